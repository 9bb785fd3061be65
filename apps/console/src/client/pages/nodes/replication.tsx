'use client';

import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { Fragment, type ReactNode } from 'react';
import type { ClusterStatus, NodeView } from '../../../shared/live/topics.ts';
import { upstreamOf } from '../../herd/topology-facts.ts';
import { useTopic } from '../../live/live.tsx';
import { Age } from '../../ui/age.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { useFormat } from '../../ui/use-format.ts';

const HerdChart = dynamic(() => import('../../herd/herd-chart.tsx').then((module) => module.HerdChart), { ssr: false });

interface ReplicationProps {
  readonly node: NodeView;
  readonly status: ClusterStatus;
  readonly sourceAt: number | null;
  readonly base: string;
}

export function Replication({ node, status, sourceAt, base }: ReplicationProps) {
  const t = useTranslations('nodes.replication');
  const tabs = useTranslations('nodes.tabs');
  const words = useTranslations('words');
  const format = useFormat();
  const metrics = useTopic(status.slug, 'metrics');
  const isPrimary = node.id === status.primary;
  const upstream = upstreamOf(node, status);
  const downstream = status.nodes.filter((one) => upstreamOf(one, status) === String(node.id));
  const link = (id: string | number): ReactNode => (
    <Link key={id} className="link mr-3" href={`${base}/nodes/${id}?tab=replication`} prefetch={false}>
      {words('nodeName', { id: String(id) })}
    </Link>
  );
  const rows: readonly (readonly [string, ReactNode])[] = [
    [
      t('upstream'),
      upstream !== null
        ? link(upstream)
        : node.upstream === null
          ? t('nobody')
          : `${node.upstream.host}:${node.upstream.port}`,
    ],
    [t('downstream'), downstream.length === 0 ? t('nobody') : downstream.map(({ id }) => link(id))],
    [t('state'), node.replicationState],
    [t('sync'), node.replicationSyncState],
    [t('timeline'), node.timeline ?? t('notMeasured')],
    ...(isPrimary
      ? [[t('written'), node.replayLsn ?? t('notMeasured')] as const]
      : ([
          [t('received'), node.receivedLsn ?? t('notMeasured')],
          [t('replayed'), node.replayLsn ?? t('notMeasured')],
          [t('lag'), node.lagMs === null ? t('notMeasured') : format.duration(node.lagMs)],
          [t('behind'), node.lagBytes === null ? t('notMeasured') : format.bytes(node.lagBytes)],
        ] as const)),
  ];
  const points = metrics.data ?? [];
  const bySeconds = points.some(({ lagMs }) => (lagMs[node.id] ?? null) !== null);
  const byBytes = points.some(({ lagBytes }) => (lagBytes[node.id] ?? null) !== null);
  return (
    <div className="columns desk:grid-cols-2">
      <Panel title={tabs('replication')} end={<Age atMs={sourceAt} />}>
        <PanelPart>
          <dl className="fact-list">
            {rows
              .filter(([, value]) => value !== '')
              .map(([label, value]) => (
                <Fragment key={label}>
                  <dt>{label}</dt>
                  <dd>{value}</dd>
                </Fragment>
              ))}
          </dl>
        </PanelPart>
      </Panel>
      {metrics.data === null ? (
        <Panel label={t('chart')}>
          <SkeletonBlock what={t('chart')} height={160} />
        </Panel>
      ) : isPrimary || (!bySeconds && !byBytes) ? (
        <Panel title={t('chart')}>
          <EmptyState title={t('noLag')}>{t('noLagText')}</EmptyState>
        </Panel>
      ) : (
        <HerdChart
          title={t('chart')}
          value={
            bySeconds
              ? node.lagMs === null
                ? ''
                : format.duration(node.lagMs)
              : node.lagBytes === null
                ? ''
                : format.bytes(node.lagBytes)
          }
          unit={t('chartUnit')}
          format={bySeconds ? format.duration : format.bytes}
          points={points}
          height={160}
          lines={[
            {
              id: String(node.id),
              name: '',
              pick: ({ lagMs, lagBytes }) => (bySeconds ? lagMs : lagBytes)[node.id] ?? null,
              line: 2,
            },
          ]}
        />
      )}
    </div>
  );
}
