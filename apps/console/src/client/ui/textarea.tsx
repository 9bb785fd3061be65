'use client';

import type { FieldIds } from './field.tsx';

interface TextareaProps {
  readonly field?: FieldIds;
  readonly label?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly rows?: number;
  readonly mono?: boolean;
  readonly placeholder?: string;
  readonly maxLength?: number;
}

export function Textarea({ field, label, value, onChange, rows = 2, mono, placeholder, maxLength }: TextareaProps) {
  return (
    <textarea
      id={field?.id}
      className={mono === true ? 'textarea mono' : 'textarea'}
      aria-describedby={field?.describedBy}
      aria-invalid={field?.invalid === true || undefined}
      aria-label={label}
      value={value}
      rows={rows}
      placeholder={placeholder}
      maxLength={maxLength}
      spellCheck={mono !== true}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
