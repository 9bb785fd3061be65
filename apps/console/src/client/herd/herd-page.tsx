'use client';

import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { cx } from '../ui/cx.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Panel } from '../ui/panel.tsx';
import type { Herd } from './use-herd.ts';

interface HerdPageProps {
  readonly herd: Pick<Herd, 'refused' | 'stale' | 'locked' | 'status'>;
  readonly title: ReactNode;
  /** Beside the title: acts, the age of the facts. */
  readonly acts?: ReactNode;
  readonly children: ReactNode;
}

/** Head and body of a live page: forbidden in place of all, "last known" beside the title when the facts are old. */
export function HerdPage({ herd, title, acts, children }: HerdPageProps) {
  const t = useTranslations('herd');
  return (
    <div className="flex flex-col gap-4">
      <div className="page-head">
        <h1 className="page-title flex-1">
          {title}
          {herd.status !== null && herd.locked && <span className="age age-late ml-3">{t('lastKnown')}</span>}
        </h1>
        {acts}
      </div>
      {herd.refused === null ? (
        <div className={cx('stack', herd.stale && 'stale-page')}>{children}</div>
      ) : (
        <Panel label={t('forbidden')}>
          <EmptyState title={t('forbidden')}>{herd.refused.message}</EmptyState>
        </Panel>
      )}
    </div>
  );
}
