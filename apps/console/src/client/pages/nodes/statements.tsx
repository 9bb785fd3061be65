'use client';

import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import type { NodeView } from '../../../shared/live/topics.ts';
import { useTopic } from '../../live/live.tsx';
import { Age } from '../../ui/age.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { useFormat } from '../../ui/use-format.ts';

const HerdChart = dynamic(() => import('../../herd/herd-chart.tsx').then((module) => module.HerdChart), { ssr: false });

const KINDS = ['selects', 'inserts', 'updates', 'deletes', 'ddls', 'others'] as const;
const SEVERITIES = ['errors', 'fatals', 'panics'] as const;
type Count = (typeof KINDS)[number] | (typeof SEVERITIES)[number];

interface StatementsProps {
  readonly node: NodeView;
  readonly cluster: string;
  readonly sourceAt: number | null;
}

export function Statements({ node, cluster, sourceAt }: StatementsProps) {
  const t = useTranslations('nodes.statements');
  const format = useFormat();
  const metrics = useTopic(cluster, 'metrics');
  const columns = (head: string): readonly Column<Count>[] => [
    { id: 'kind', head, cell: (kind) => t(kind), card: 'head' },
    {
      ...{ id: 'count', head: t('count'), numeric: true, card: 'status' },
      cell: (kind) => format.number(node.counts[kind]),
    },
  ];
  const table = (head: string, rows: readonly Count[]) => (
    <Panel title={head} end={<Age atMs={sourceAt} />}>
      <DataTable label={head} columns={columns(head)} rows={rows} rowKey={(kind) => kind} dense />
    </Panel>
  );
  const points = metrics.data ?? [];
  const rate = points.at(-1)?.statements[node.id] ?? 0;
  return (
    <>
      {metrics.data === null ? (
        <Panel label={t('chart')}>
          <SkeletonBlock what={t('chart')} height={140} />
        </Panel>
      ) : (
        <HerdChart
          title={t('chart')}
          value={format.number(Math.round(rate))}
          unit={t('perSecond')}
          format={(value) => format.number(Math.round(value))}
          points={points}
          lines={[
            { id: String(node.id), name: '', pick: ({ statements }) => statements[node.id] ?? 0, line: 1 as const },
          ]}
        />
      )}
      <div className="columns desk:grid-cols-2" style={{ alignItems: 'start' }}>
        {table(t('kind'), KINDS)}
        {table(t('severity'), SEVERITIES)}
      </div>
    </>
  );
}
