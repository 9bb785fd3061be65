'use client';

import { useTranslations } from 'next-intl';
import type { StatusKind } from '../../../ui/status.ts';
import { StatusWord } from '../../../ui/status-word.tsx';
import type { Version } from '../answers.ts';

/** Where a version came from, in words. */
export function useSourceWord(): (version: Pick<Version, 'source' | 'rollbackOf'>) => string {
  const t = useTranslations('config.history.source');
  return ({ source, rollbackOf }) => {
    if (rollbackOf !== null) return t('rollback', { number: String(rollbackOf) });
    return source === 'import' || source === 'drift' || source === 'api' ? t(source) : t('ui');
  };
}

const KIND: Readonly<Record<string, StatusKind>> = {
  inStep: 'instep',
  restartPending: 'pending',
  rejected: 'failed',
  unreachable: 'failed',
  waiting: 'unknown',
};
const isKnown = (outcome: string): outcome is 'inStep' => outcome in KIND;

/** How the last apply of a version ended on each proxy; equal ends are told once. */
export function Outcomes({ outcome }: { readonly outcome: Readonly<Record<string, string>> }) {
  const t = useTranslations('config.run.outcome');
  const ends = [...new Set(Object.values(outcome))].sort();
  return (
    <span className="flex flex-wrap gap-x-3">
      {ends.map((end) => {
        const proxies = Object.keys(outcome).filter((proxy) => outcome[proxy] === end);
        return (
          <StatusWord key={end} kind={KIND[end] ?? 'unknown'} size="small" since={proxies.join(', ')}>
            {end === 'waiting' ? t('notBegun') : isKnown(end) ? t(end) : end}
          </StatusWord>
        );
      })}
    </span>
  );
}
