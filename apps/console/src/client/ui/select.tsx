'use client';

import { cx } from './cx.ts';
import type { FieldIds } from './field.tsx';
import { Icon } from './icon.tsx';

interface SelectProps {
  readonly field?: FieldIds;
  readonly label?: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
  readonly mono?: boolean;
  readonly changed?: boolean;
  readonly disabled?: boolean;
}

/** The browser's own select: it works with every keyboard, reader and phone. */
export function Select({ field, label, value, options, onChange, mono, changed, disabled = false }: SelectProps) {
  return (
    <div
      className={cx('input', mono === true && 'input-mono', changed === true && 'input-changed')}
      data-disabled={disabled || undefined}
    >
      <select
        id={field?.id}
        aria-describedby={field?.describedBy}
        aria-invalid={field?.invalid === true || undefined}
        aria-label={label}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="open" />
    </div>
  );
}
