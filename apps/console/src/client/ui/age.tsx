'use client';

import { useTranslations } from 'next-intl';
import { cx } from './cx.ts';
import { useFormat } from './use-format.ts';
import { useNow } from './use-now.ts';

interface AgeProps {
  /** When the value was measured, in ms since 1970; null when there is none yet. */
  readonly atMs: number | null;
  /** From this age on it is amber. Three times the interval at which newer ones are expected. */
  readonly lateMs?: number;
}

/** How old a value is: "1 s ago", amber once it should have been replaced. */
export function Age({ atMs, lateMs = 10_000 }: AgeProps) {
  const t = useTranslations('ui.age');
  const format = useFormat();
  const now = useNow();
  if (atMs === null) return <span className="age">{t('never')}</span>;
  if (now === null) return <span className="age">{format.clock(atMs)}</span>;
  const age = Math.max(0, now - atMs);
  const late = age >= lateMs;
  const duration = format.wholeDuration(age);
  return (
    <time
      className={cx('age', late && 'age-late')}
      dateTime={new Date(atMs).toISOString()}
      title={format.fullInstant(atMs)}
    >
      {late ? t('late', { duration }) : age < 1000 ? t('now') : t('ago', { duration })}
    </time>
  );
}
