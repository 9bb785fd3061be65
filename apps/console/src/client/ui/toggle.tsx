'use client';

import { useTranslations } from 'next-intl';

interface ToggleProps {
  /** What is turned on, for readers; the word beside it is On or Off. */
  readonly label: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly describedBy?: string;
  readonly disabled?: boolean;
  /** Ties it to a label outside, which then names it in place of `label`. */
  readonly id?: string;
}

export function Toggle({ label, on, onChange, describedBy, disabled = false, id }: ToggleProps) {
  const t = useTranslations('words');
  return (
    <button
      type="button"
      role="switch"
      id={id}
      className="toggle"
      aria-checked={on}
      aria-label={id === undefined ? label : undefined}
      aria-describedby={describedBy}
      aria-disabled={disabled || undefined}
      onClick={() => {
        if (!disabled) onChange(!on);
      }}
    >
      <span className="toggle-track" />
      {on ? t('on') : t('off')}
    </button>
  );
}
