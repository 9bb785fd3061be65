'use client';

import { useTranslations } from 'next-intl';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

interface Props {
  readonly title: string;
  readonly about?: string;
  /** The link, the token, the codes, a line each. */
  readonly text: string;
  readonly copy: string;
  readonly done?: string;
  readonly onClose: () => void;
}

/** A secret that is shown once: it can be copied, and is gone with the dialog. */
export function ShownOnce({ title, about, text, copy, done, onClose }: Props) {
  const t = useTranslations('settings');
  return (
    <Dialog
      title={title}
      about={about ?? t('once')}
      onClose={onClose}
      foot={
        <>
          <CopyButton text={text} label={copy} />
          <span className="flex-1" />
          <Button kind="primary" onClick={onClose}>
            {done ?? t('done')}
          </Button>
        </>
      }
    >
      <pre className="error-raw" data-once="">
        {text}
      </pre>
      {about !== undefined && <p className="small muted">{t('once')}</p>}
    </Dialog>
  );
}
