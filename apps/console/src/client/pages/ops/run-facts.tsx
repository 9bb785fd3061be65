'use client';
/** What the herd and its clients do while an operation runs, by the live topics. */
import type { Operation } from '@pgherd/operations';
import { useTranslations } from 'next-intl';
import { STALE_AFTER_MS } from '../../../shared/live/topics.ts';
import { useTopic } from '../../live/live.tsx';
import { Age } from '../../ui/age.tsx';
import { Chart } from '../../ui/chart.tsx';
import { Panel } from '../../ui/panel.tsx';
import { RoleBadge } from '../../ui/role-badge.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Strip } from '../../ui/strip.tsx';
import { useFormat } from '../../ui/use-format.ts';

interface Props {
  readonly cluster: string;
  readonly operation: Operation;
}

/** A little before it began, so that the change can be seen. */
const BEFORE_MS = 20_000;

function useSpan({ startedAt, endedAt }: Operation): { readonly from: number; readonly to: number | null } {
  return { from: Date.parse(startedAt), to: endedAt === null ? null : Date.parse(endedAt) };
}

export function ClientsPanel({ cluster, operation }: Props) {
  const t = useTranslations('ops.run');
  const format = useFormat();
  const { data: points, sourceAt } = useTopic(cluster, 'metrics');
  const { from, to } = useSpan(operation);
  const during = points?.filter(({ at }) => at >= from && (to === null || at <= to + 1_000)) ?? [];
  const last = during.at(-1);
  const title = to === null ? t('clients') : t('clientsThen');
  if (points !== null && to !== null && (points[0]?.at ?? Number.POSITIVE_INFINITY) > to) {
    return (
      <Panel title={title}>
        <p className="panel-part quiet">{t('clientsGone')}</p>
      </Panel>
    );
  }
  const waiting = Math.max(0, ...during.map(({ sessions }) => sessions.waiting));
  const errors = during.reduce((sum, point) => sum + Object.values(point.errors).reduce((all, one) => all + one, 0), 0);
  const rate = Object.values(last?.statements ?? {}).reduce((sum, one) => sum + one, 0);
  const mean =
    during.reduce((sum, point) => sum + Object.values(point.statements).reduce((all, one) => all + one, 0), 0) /
    Math.max(1, during.length);
  return (
    <Panel title={title} end={<Age atMs={sourceAt} lateMs={STALE_AFTER_MS} />}>
      {points === null ? (
        <SkeletonBlock what={title} height={64} />
      ) : (
        <Strip
          cells={[
            {
              label: t('waiting'),
              value: format.number(to === null ? (last?.sessions.waiting ?? 0) : waiting),
              note: t('waitingNote', { count: waiting }),
            },
            {
              label: t('reads'),
              value: t('perSecond', { count: format.number(to === null ? rate : mean) }),
              note: t('readsNote'),
            },
            { label: t('errors'), value: format.number(errors), note: t('errorsNote') },
          ]}
        />
      )}
    </Panel>
  );
}

export function RolesPanel({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('ops');
  const { data: status, sourceAt } = useTopic(cluster, 'status');
  return (
    <Panel title={t('run.roles')} end={<Age atMs={sourceAt} lateMs={STALE_AFTER_MS} />}>
      {status === null ? (
        <SkeletonBlock what={t('run.roles')} height={108} />
      ) : (
        <ul className={status.stale ? 'stale' : undefined}>
          {status.nodes
            .filter((node) => node.status !== 'unused')
            .map((node) => {
              const measured = node.pgRole === 'unknown' ? node.role : node.pgRole;
              return (
                <li key={node.id} className="panel-part flex flex-wrap items-center gap-3">
                  <span className="min-w-28">
                    <b>{t('node', { id: node.id })}</b> <span className="muted">{node.hostname}</span>
                  </span>
                  {measured !== 'unknown' && (
                    <RoleBadge
                      measured={measured}
                      {...(node.split && node.role !== 'unknown' ? { believed: node.role } : {})}
                    />
                  )}
                  <span className="ml-auto">
                    <StatusWord kind={node.health} />
                  </span>
                </li>
              );
            })}
        </ul>
      )}
    </Panel>
  );
}

export function LagPanel({ cluster, operation }: Props) {
  const t = useTranslations('ops.run');
  const format = useFormat();
  const { data: points } = useTopic(cluster, 'metrics');
  const { from, to } = useSpan(operation);
  const { node } = operation;
  if (node === null || points === null) return null;
  const shown = points.filter(({ at }) => at >= from - BEFORE_MS && (to === null || at <= to + BEFORE_MS));
  const [first] = shown;
  const last = shown.at(-1);
  if (first === undefined || last === undefined || shown.length < 2) return null;
  const values = shown.map(({ lagMs }) => lagMs[node] ?? null);
  if (values.every((value) => value === null)) return null;
  const events = [
    { atMs: from, label: t('began'), tone: 'changing' as const },
    ...(to === null ? [] : [{ atMs: to, label: t('finish') }]),
  ];
  return (
    <Chart
      title={t('lag', { node })}
      kind="lines"
      times={shown.map(({ at }) => at)}
      series={[{ id: 'lag', name: '', values, line: 2 }]}
      span={{ from: first.at, to: Math.max(last.at, to ?? 0) }}
      format={format.duration}
      events={events}
      live={to === null}
    />
  );
}
