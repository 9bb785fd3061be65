'use client';

import { useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { Button } from './button.tsx';

interface CopyButtonProps {
  readonly text: string;
  /** "Copy as curl", "Copy link". */
  readonly label: string;
  readonly small?: boolean;
}

export function CopyButton({ text, label, small = false }: CopyButtonProps) {
  const t = useTranslations('ui.button');
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <>
      <Button icon={copied ? 'check' : 'copy'} small={small} onClick={() => void copy(text).then(setCopied)}>
        {copied ? t('copied') : label}
      </Button>
      <span className="sr-only" role="status">
        {copied ? t('copied') : ''}
      </span>
    </>
  );
}

/** The clipboard is missing where a page is not secure; an old way still works there. @returns whether it was copied */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    // Inside an open dialog the focus may not leave it.
    (document.querySelector('[role=dialog]') ?? document.body).append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
