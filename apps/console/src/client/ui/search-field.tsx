'use client';

import { useTranslations } from 'next-intl';
import { useRef } from 'react';
import { Icon } from './icon.tsx';

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
  return (
    <div className="search-field">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        data-filter=""
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          if (value === '') event.currentTarget.blur();
          else onChange('');
        }}
      />
      {value === '' ? (
        <kbd>/</kbd>
      ) : (
        <button
          type="button"
          className="grid size-6 place-items-center"
          aria-label={t('clear')}
          onClick={() => {
            onChange('');
            input.current?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
