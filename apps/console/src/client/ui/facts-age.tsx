'use client';

import { useTranslations } from 'next-intl';
import { useFormat } from './use-format.ts';
import { useNow } from './use-now.ts';

/** Whether facts are too old to act on. */
export function useFactsLocked(atMs: number | null, limitMs: number): boolean {
  const now = useNow();
  return atMs === null || (now !== null && now - atMs >= limitMs);
}

interface FactsAgeProps {
  readonly atMs: number | null;
  /** From this age on nothing dangerous may be started, ms. */
  readonly limitMs: number;
}

/** Beside the acts of a wizard: how old its facts are, and when acting locks. */
export function FactsAge({ atMs, limitMs }: FactsAgeProps) {
  const t = useTranslations('ui');
  const format = useFormat();
  const now = useNow();
  if (atMs === null) return <span className="age">{t('age.never')}</span>;
  const age = format.wholeDuration(Math.max(0, (now ?? atMs) - atMs));
  const limit = format.wholeDuration(limitMs);
  const locked = now !== null && now - atMs >= limitMs;
  return (
    <span className={locked ? 'age age-late whitespace-normal' : 'age'}>
      {locked ? t('wizard.factsLocked', { age, limit }) : t('wizard.factsAge', { age, limit })}
    </span>
  );
}
