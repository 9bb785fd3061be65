import { useTranslations } from 'next-intl';
import { isHealth, type StatusKind } from './status.ts';

/** The word of a status in the visitor's language. */
export function useStatusWord(): (kind: StatusKind) => string {
  const t = useTranslations('words');
  return (kind) => (isHealth(kind) ? t(`health.${kind}`) : t(`configuration.${kind}`));
}
