'use client';

import { type ReactNode, useId } from 'react';
import { Glyph } from './glyph.tsx';

export interface FieldMessage {
  readonly kind: 'error' | 'warning';
  readonly text: string;
}

export interface FieldIds {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
}

interface FieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly messages?: readonly FieldMessage[];
  /** The control gets the ids that tie it to its label, its hint and its messages. */
  readonly children: (ids: FieldIds) => ReactNode;
}

/** A label, a control, and under it what is wrong, with the calculation in words. */
export function Field({ label, hint, messages = [], children }: FieldProps) {
  const id = useId();
  const about = [hint === undefined ? null : `${id}-hint`, messages.length === 0 ? null : `${id}-messages`];
  const describedBy = about.filter((part) => part !== null).join(' ') || undefined;
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      {children({ id, describedBy, invalid: messages.some(({ kind }) => kind === 'error') })}
      {hint !== undefined && (
        <div className="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      <FieldMessages id={`${id}-messages`} messages={messages} />
    </div>
  );
}

/** Errors and warnings of a control. Announced politely as they appear while one types. */
export function FieldMessages({ id, messages }: { readonly id: string; readonly messages: readonly FieldMessage[] }) {
  return (
    <div id={id} aria-live="polite">
      {messages.map(({ kind, text }) => (
        <div key={text} className={`field-message ${kind === 'error' ? 'tone-down' : 'tone-degraded'}`}>
          <Glyph kind={kind === 'error' ? 'down' : 'degraded'} toned={false} />
          <span>{text}</span>
        </div>
      ))}
    </div>
  );
}
