'use client';

import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '../../frame/me.tsx';
import { useTopic } from '../../live/live.tsx';
import { useQueryParam } from '../../live/use-query-param.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Batch } from './batch.tsx';
import { Cases } from './cases.tsx';
import type { Context } from './context.tsx';
import { Explain } from './explain.tsx';
import { RoutingTabs, VIEWS } from './routing-tabs.tsx';
import { useSides } from './sides.ts';

/** Where statements go, and why: one, many at once, and those that are kept to be looked at with every draft. */
export function Routing({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('routing');
  const ui = useTranslations('ui.button');
  const may = useMay();
  const [view] = useQueryParam('view');
  const [sql, setSql] = useQueryParam('sql');
  const sides = useSides(cluster);
  const { data: status } = useTopic(cluster, 'status');
  const [context, setContext] = useState<Context>({
    ...{ database: 'postgres', user: 'postgres', application: '' },
    ...{ inTransaction: false, afterWrite: false },
  });
  const here = VIEWS.find((one) => one === view) ?? 'one';
  const base = `/c/${encodeURIComponent(cluster)}/routing`;
  const allowed = may('view.sql', cluster);
  const common = {
    cluster,
    context,
    onContext: setContext,
    sides,
    nodes: status?.nodes ?? [],
    stale: status?.stale ?? false,
  };
  return (
    <>
      <div className="page-head">
        <div className="min-w-0 flex-1">
          <h1 className="page-title">{t('title')}</h1>
          <p className="muted">{t('about')}</p>
        </div>
      </div>
      <RoutingTabs cluster={cluster} here={here} />
      {!allowed ? (
        <Panel>
          <EmptyState title={t('forbidden')}>{ui('missingPermission', { permission: 'view.sql' })}</EmptyState>
        </Panel>
      ) : here === 'one' ? (
        <Explain {...common} sql={sql} onSql={setSql} />
      ) : here === 'batch' ? (
        <Batch {...common} />
      ) : (
        <Cases cluster={cluster} base={base} />
      )}
    </>
  );
}
