'use client';

import { useTranslations } from 'next-intl';
import { type HTMLInputAutoCompleteAttribute, type Ref, useState } from 'react';
import { cx } from './cx.ts';
import type { FieldIds } from './field.tsx';

interface InputProps {
  /** From Field; or give `label`. */
  readonly field?: FieldIds;
  readonly label?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onBlur?: () => void;
  /** Stands inside the field, at its right. */
  readonly unit?: string;
  readonly type?: 'text' | 'password' | 'email' | 'url';
  /** Which keyboard a phone shows. Numbers stay texts: units and signs are the server's to judge. */
  readonly keyboard?: 'numeric' | 'decimal' | 'text';
  readonly mono?: boolean;
  readonly changed?: boolean;
  readonly disabled?: boolean;
  readonly placeholder?: string;
  readonly name?: string;
  readonly autoComplete?: HTMLInputAutoCompleteAttribute;
  readonly required?: boolean;
  readonly ref?: Ref<HTMLInputElement>;
}

export function Input(props: InputProps) {
  const { field, value, onChange, unit, type = 'text', mono, changed, disabled = false, placeholder, ref } = props;
  const t = useTranslations('ui.field');
  const [shown, setShown] = useState(false);
  const invalid = field?.invalid === true;
  return (
    <div
      className={cx(
        'input',
        mono === true && 'input-mono',
        changed === true && 'input-changed',
        invalid && 'input-invalid',
      )}
      data-disabled={disabled || undefined}
    >
      <input
        ref={ref}
        id={field?.id}
        aria-describedby={field?.describedBy}
        aria-invalid={invalid || undefined}
        aria-label={props.label}
        type={type === 'password' && shown ? 'text' : type}
        inputMode={props.keyboard}
        name={props.name}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onBlur={props.onBlur}
        readOnly={disabled}
        placeholder={placeholder}
        autoComplete={props.autoComplete ?? 'off'}
        spellCheck={false}
        required={props.required}
      />
      {unit !== undefined && unit !== '' && <span className="input-unit">{unit}</span>}
      {type === 'password' && (
        <button type="button" className="link small" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? t('hide') : t('show')}
        </button>
      )}
    </div>
  );
}
