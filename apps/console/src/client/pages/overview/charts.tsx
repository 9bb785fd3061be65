'use client';
/** Fifteen minutes in four charts. Drawn from points of a second; gaps stay gaps. */
import { useTranslations } from 'next-intl';
import { type CSSProperties, useMemo } from 'react';
import type { ClusterStatus, EventView, MetricsPoint } from '../../../shared/live/topics.ts';
import { eventKind } from '../../herd/words.ts';
import { Chart, type ChartEvent, type ChartSeries } from '../../ui/chart.tsx';
import { isHealth } from '../../ui/status.ts';
import { useFormat } from '../../ui/use-format.ts';

const SPAN_MS = 15 * 60_000;
/** Events that explain a bend in a line. */
const TOLD: readonly string[] = [
  'failoverDone',
  'switchoverDone',
  'nodeDetached',
  'nodeAttached',
  'primaryLost',
  'recoveryDone',
];
const ERRORS_SHOWN = 3;

interface ChartsProps {
  readonly points: readonly MetricsPoint[];
  readonly status: ClusterStatus;
  readonly events: readonly EventView[];
}

export function Charts({ points, status, events }: ChartsProps) {
  const t = useTranslations('overview');
  const format = useFormat();
  const toMs = points.at(-1)?.at ?? 0;
  const span = useMemo(() => ({ from: toMs - SPAN_MS, to: toMs }), [toMs]);
  const times = useMemo(() => points.map(({ at }) => at), [points]);
  const marks = useMemo(() => marksOf(events, span.from), [events, span]);
  const last = points.at(-1);
  const nodes = status.nodes.map(({ id }) => id);
  const line = (id: number): { line: 1 | 2 | 3 | 4 | 5 } => ({ line: lineOf(id, status) });
  const perNode = (pick: (point: MetricsPoint, id: number) => number | null): ChartSeries[] =>
    nodes.map((id) => ({
      id: String(id),
      name: `n${id}`,
      values: points.map((point) => pick(point, id)),
      ...line(id),
    }));
  const standbys = perNode(({ lagMs }, id) => lagMs[id] ?? null).filter(({ id }) => Number(id) !== status.primary);
  const bySeconds = standbys.some(({ values }) => values.some((value) => value !== null));
  const lag = bySeconds
    ? standbys
    : perNode(({ lagBytes }, id) => lagBytes[id] ?? null).filter(({ id }) => Number(id) !== status.primary);
  const statements = sumOf(Object.values(last?.statements ?? {}));
  const errors = errorSeries(points);
  const worst = status.worstLag;
  return (
    <div className="columns" style={{ '--columns': 'repeat(4, minmax(0, 1fr))' } as CSSProperties}>
      <Chart
        title={t('charts.sessions')}
        value={format.number(status.sessions.used)}
        unit={t('charts.of', { max: format.number(status.sessions.max) })}
        kind="stack"
        times={times}
        span={span}
        format={format.number}
        level={{ kind: 'max', value: Math.max(1, status.sessions.max) }}
        events={marks}
        live
        series={[
          { id: 'active', name: t('charts.active'), values: points.map(({ sessions }) => sessions.active) },
          { id: 'idle', name: t('charts.idle'), values: points.map(({ sessions }) => sessions.idle) },
          { id: 'waiting', name: t('charts.waiting'), values: points.map(({ sessions }) => sessions.waiting) },
        ]}
      />
      <Chart
        title={t('charts.statements')}
        value={format.number(Math.round(statements))}
        unit={t('charts.perSecond')}
        kind="lines"
        times={times}
        span={span}
        format={(value) => format.number(Math.round(value))}
        events={marks}
        live
        series={perNode(({ statements: rates }, id) => rates[id] ?? 0)}
      />
      <Chart
        title={t('charts.lag')}
        value={worst === null ? '' : bySeconds ? format.duration(worst.ms ?? 0) : format.bytes(worst.bytes ?? 0)}
        unit={worst === null ? '' : t('charts.worst', { node: worst.node })}
        kind="lines"
        times={times}
        span={span}
        format={bySeconds ? format.duration : format.bytes}
        events={marks}
        live
        series={lag}
      />
      <Chart
        title={t('charts.errors')}
        value={format.number(sumOf(errors.flatMap(({ values }) => values.map((value) => value ?? 0))))}
        unit={t('charts.inSpan')}
        kind="bars"
        times={times}
        span={span}
        format={format.number}
        events={marks}
        live
        series={errors}
      />
    </div>
  );
}

/** A node keeps its line everywhere: the primary solid, the first standby next. */
function lineOf(id: number, { nodes, primary }: ClusterStatus): 1 | 2 | 3 | 4 | 5 {
  if (id === primary) return 1;
  const at = nodes.filter((node) => node.id !== primary).findIndex((node) => node.id === id);
  return Math.min(5, at + 2) as 2 | 3 | 4 | 5;
}

function errorSeries(points: readonly MetricsPoint[]): ChartSeries[] {
  const sums = new Map<string, number>();
  for (const { errors } of points)
    for (const [state, count] of Object.entries(errors)) sums.set(state, (sums.get(state) ?? 0) + count);
  const shown = [...sums]
    .sort((a, b) => b[1] - a[1])
    .slice(0, ERRORS_SHOWN)
    .map(([state]) => state);
  if (shown.length === 0) return [{ id: 'none', name: '', values: points.map(() => 0) }];
  return shown.map((state) => ({ id: state, name: state, values: points.map(({ errors }) => errors[state] ?? 0) }));
}

function marksOf(events: readonly EventView[], fromMs: number): ChartEvent[] {
  return events
    .filter(({ kind, at }) => TOLD.includes(kind) && Date.parse(at) >= fromMs)
    .slice(-4)
    .map((event) => {
      const kind = eventKind(event);
      return {
        atMs: Date.parse(event.at),
        label: event.message,
        ...(kind !== null && isHealth(kind) ? { tone: kind } : {}),
      };
    });
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
