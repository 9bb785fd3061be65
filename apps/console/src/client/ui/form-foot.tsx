'use client';

import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';

interface FormFootProps {
  /** The id of the form in the dialog's body: Enter in a field does the same as the button. */
  readonly form: string;
  readonly busy: boolean;
  readonly onClose: () => void;
  /** Names the act and its object. */
  readonly children: ReactNode;
}

/** The foot of a dialog that holds a form: Cancel at the left, the act at the right. */
export function FormFoot({ form, busy, onClose, children }: FormFootProps) {
  const t = useTranslations('ui.button');
  return (
    <>
      <Button kind="quiet" onClick={onClose}>
        {t('cancel')}
      </Button>
      <span className="flex-1" />
      <button type="submit" form={form} className="button button-primary" aria-busy={busy || undefined}>
        {children}
      </button>
    </>
  );
}
