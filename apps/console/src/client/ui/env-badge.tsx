import { useTranslations } from 'next-intl';
import { cx } from './cx.ts';

export type Environment = 'production' | 'staging' | 'development' | 'demo' | 'test';

/** Crimson frames production and means nothing else. */
export function EnvBadge({ environment }: { readonly environment: Environment }) {
  const t = useTranslations('words.environment');
  return <span className={cx('env-badge', environment === 'production' && 'env-badge-prod')}>{t(environment)}</span>;
}
