'use client';

import { useTranslations } from 'next-intl';
import { useRef, useState } from 'react';
import { Icon } from './icon.tsx';
import { receive, type, typedText } from './typed-text.ts';

interface SearchFieldProps {
  /** What is searched: "Search 186 parameters". Also the placeholder. */
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** The filter of a page: `/` leads here (the shell looks for `data-filter`), Escape empties it, then leaves it. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const t = useTranslations('ui.field');
  const input = useRef<HTMLInputElement>(null);
  const [held, setHeld] = useState(() => typedText(value));
  const now = receive(held, value);
  if (now !== held) setHeld(now);
  const change = (text: string): void => {
    setHeld((field) => type(field, text));
    onChange(text);
  };
  return (
    <div className="search-field">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        data-filter=""
        aria-label={label}
        placeholder={label}
        value={now.text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          if (now.text === '') event.currentTarget.blur();
          else change('');
        }}
      />
      {now.text === '' ? (
        <kbd>/</kbd>
      ) : (
        <button
          type="button"
          className="grid size-6 place-items-center"
          aria-label={t('clear')}
          onClick={() => {
            change('');
            input.current?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
