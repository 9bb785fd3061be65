'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import type { NodeView } from '../../../shared/live/topics.ts';
import { HerdPage } from '../../herd/herd-page.tsx';
import { passedShare, syncText } from '../../herd/sync.ts';
import { useActLock, useHerd } from '../../herd/use-herd.ts';
import { believedRole, roleOf } from '../../herd/words.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { RoleBadge } from '../../ui/role-badge.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';

export function NodesPage({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('nodes');
  const herd = useHerd(cluster);
  return (
    <HerdPage herd={herd} title={t('title')} acts={<AddNode herd={herd} />}>
      <Panel
        title={t('title')}
        count={herd.status === null ? undefined : herd.status.nodes.length}
        end={<Age atMs={herd.sourceAt} />}
      >
        {herd.status === null ? (
          <Skeleton what={t('title')} rows={3} />
        ) : (
          <NodeTable nodes={herd.status.nodes} primary={herd.status.primary} base={herd.base} />
        )}
      </Panel>
    </HerdPage>
  );
}

export function AddNode({ herd }: { readonly herd: ReturnType<typeof useHerd> }) {
  const t = useTranslations('herd.act');
  const why = useActLock(herd)('config.apply');
  return why === undefined ? (
    <LinkButton href={`${herd.base}/ops/new/add-node`}>{t('addNode')}</LinkButton>
  ) : (
    <Button reason={why}>{t('addNode')}</Button>
  );
}

interface NodeTableProps {
  readonly nodes: readonly NodeView[];
  readonly primary: number | null;
  readonly base: string;
}

function NodeTable({ nodes, primary, base }: NodeTableProps) {
  const t = useTranslations('nodes');
  const words = useTranslations('words');
  const format = useFormat();
  const now = useNow();
  const router = useRouter();
  const sinceMs = ({ lastStatusChange }: NodeView): number => Date.parse(lastStatusChange);
  const columns: readonly Column<NodeView>[] = [
    {
      id: 'node',
      head: t('column.node'),
      card: 'head',
      sortBy: ({ id }) => id,
      cell: ({ id, hostname, port }) => (
        <>
          <Link className="link" href={`${base}/nodes/${id}`} prefetch={false}>
            {words('nodeName', { id: String(id) })}
          </Link>{' '}
          <span className="muted font-normal">
            {hostname}:{port}
          </span>
        </>
      ),
    },
    {
      id: 'health',
      head: t('column.health'),
      card: 'status',
      sortBy: ({ health }) => health,
      cell: ({ health }) => <StatusWord kind={health} />,
    },
    {
      id: 'role',
      head: t('column.role'),
      sortBy: (node) => roleOf(node),
      cell: (node) => {
        const believed = believedRole(node);
        return <RoleBadge measured={roleOf(node)} {...(believed === undefined ? {} : { believed })} />;
      },
    },
    {
      id: 'status',
      head: t('column.status'),
      sortBy: ({ status }) => status,
      cell: ({ status, pgStatus }) => (
        <>
          {t(`status.${status}`)} <span className="muted">· {t(`pg.${pgStatus}`)}</span>
        </>
      ),
    },
    {
      id: 'weight',
      head: t('column.weight'),
      numeric: true,
      sortBy: ({ weight }) => weight,
      cell: ({ weight }) => format.percent(weight),
    },
    {
      id: 'share',
      head: t('column.share'),
      numeric: true,
      sortBy: ({ share }) => share,
      cell: ({ share }) => (share === null ? '' : format.percent(share)),
    },
    {
      id: 'lag',
      head: t('column.lag'),
      numeric: true,
      sortBy: ({ lagMs }) => lagMs,
      cell: ({ id, lagMs }) => (id === primary || lagMs === null ? '' : format.duration(lagMs)),
    },
    {
      id: 'behind',
      head: t('column.behind'),
      numeric: true,
      sortBy: ({ lagBytes }) => lagBytes,
      cell: ({ id, lagBytes }) => (id === primary || lagBytes === null ? '' : format.bytes(lagBytes)),
    },
    { id: 'sync', head: t('column.sync'), cell: syncText },
    {
      id: 'checks',
      head: t('column.checks'),
      numeric: true,
      sortBy: passedShare,
      cell: (node) => {
        const share = passedShare(node);
        return share === null ? '' : format.percent(share, 1);
      },
    },
    {
      id: 'average',
      head: t('column.average'),
      numeric: true,
      sortBy: ({ healthCheck }) => healthCheck.durationAverageMs,
      cell: ({ healthCheck }) => (healthCheck.total === 0 ? '' : format.duration(healthCheck.durationAverageMs)),
    },
    {
      id: 'since',
      head: t('column.since'),
      numeric: true,
      sortBy: sinceMs,
      cell: (node) => (
        <time dateTime={node.lastStatusChange} title={format.fullInstant(sinceMs(node))}>
          {now === null ? '' : format.roughDuration(Math.max(0, now - sinceMs(node)))}
        </time>
      ),
    },
  ];
  return (
    <DataTable
      label={t('title')}
      columns={columns}
      rows={nodes}
      rowKey={({ id }) => String(id)}
      onOpen={({ id }) => router.push(`${base}/nodes/${id}`)}
      empty={<EmptyState title={t('none')}>{t('noneText')}</EmptyState>}
    />
  );
}
