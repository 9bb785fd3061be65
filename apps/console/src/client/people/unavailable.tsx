'use client';

import { useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { DoorFrame } from './door-frame.tsx';

const AGAIN_MS = 3_000;

/** While the console's database cannot be used. Goes on by itself when it can. */
export function Unavailable() {
  const t = useTranslations('door');
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    const look = async (): Promise<void> => {
      const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => null);
      const state = (await answer?.json().catch(() => null)) as
        | { ready: boolean; trouble: string | null }
        | null
        | undefined;
      if (state?.ready === true) window.location.replace('/');
      else setTrouble(state?.trouble ?? '');
    };
    void look();
    const timer = setInterval(() => void look(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <DoorFrame title={t('unavailableTitle')}>
      <p>{t('unavailableText')}</p>
      {trouble !== '' && (
        <div role="status">
          <h2>{t('unavailableReason')}</h2>
          <p className="mono small">{trouble}</p>
        </div>
      )}
    </DoorFrame>
  );
}
