'use client';

import { useTranslations } from 'next-intl';
import type { SessionView } from '../../../shared/live/topics.ts';
import { useTopic } from '../../live/live.tsx';
import { Age } from '../../ui/age.tsx';
import { BigTable } from '../../ui/big-table.tsx';
import type { Column } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';

interface Row {
  readonly session: SessionView;
  readonly link: SessionView['links'][number];
}

interface NodeSessionsProps {
  readonly node: number;
  readonly cluster: string;
  readonly base: string;
}

export function NodeSessions({ node, cluster, base }: NodeSessionsProps) {
  const t = useTranslations('nodes.sessions');
  const format = useFormat();
  const now = useNow();
  const { data, sourceAt } = useTopic(cluster, 'sessions');
  const rows = (data ?? []).flatMap((session): Row[] => {
    const link = session.links.find((one) => one.node === node);
    return link === undefined ? [] : [{ session, link }];
  });
  const columns: readonly Column<Row>[] = [
    {
      ...{ id: 'who', head: t('who'), card: 'head' },
      cell: ({ session: { user, database } }) => `${user}@${database}`,
      sortBy: ({ session: { user, database } }) => `${user}@${database}`,
    },
    {
      ...{ id: 'application', head: t('application'), width: '180px' },
      cell: ({ session }) => session.application,
      sortBy: ({ session }) => session.application,
    },
    { id: 'state', head: t('state'), width: '180px', card: 'status', cell: ({ session }) => session.state },
    {
      ...{ id: 'pid', head: t('pid'), width: '140px', numeric: true },
      cell: ({ link }) => link.pid,
      sortBy: ({ link }) => link.pid,
    },
    {
      ...{ id: 'uses', head: t('uses'), width: '90px', numeric: true },
      cell: ({ link }) => format.number(link.uses),
      sortBy: ({ link }) => link.uses,
    },
    {
      ...{ id: 'opened', head: t('opened'), width: '120px', numeric: true },
      cell: ({ link }) => (now === null ? '' : format.roughDuration(Math.max(0, now - Date.parse(link.openedAt)))),
      sortBy: ({ link }) => -Date.parse(link.openedAt),
    },
  ];
  return (
    <Panel
      title={t('title')}
      count={data === null ? undefined : rows.length}
      end={
        <>
          <LinkButton small href={`${base}/sessions?node=${node}`}>
            {t('all')}
          </LinkButton>
          <Age atMs={sourceAt} />
        </>
      }
    >
      {data === null ? (
        <Skeleton what={t('title')} />
      ) : (
        <BigTable
          label={t('title')}
          columns={columns}
          rows={rows}
          rowKey={({ session }) => session.key}
          dense
          empty={<EmptyState title={t('none')} />}
        />
      )}
    </Panel>
  );
}
