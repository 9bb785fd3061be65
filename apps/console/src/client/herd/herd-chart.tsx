'use client';
/** One node's or several nodes' figures over the last fifteen minutes, by default. */
import { useMemo } from 'react';
import type { MetricsPoint } from '../../shared/live/topics.ts';
import { Chart, type ChartProps, type ChartSeries } from '../ui/chart.tsx';

interface HerdChartProps
  extends Pick<ChartProps, 'title' | 'value' | 'unit' | 'format' | 'level' | 'height' | 'bare' | 'end'> {
  readonly points: readonly MetricsPoint[];
  readonly minutes?: number;
  readonly lines: readonly {
    readonly id: string;
    readonly name: string;
    readonly pick: (point: MetricsPoint) => number | null;
    readonly line?: ChartSeries['line'];
  }[];
}

export function HerdChart({ points, minutes = 15, lines, ...chart }: HerdChartProps) {
  const toMs = points.at(-1)?.at ?? 0;
  const fromMs = toMs - minutes * 60_000;
  const shown = useMemo(() => points.filter(({ at }) => at >= fromMs), [points, fromMs]);
  const times = useMemo(() => shown.map(({ at }) => at), [shown]);
  return (
    <Chart
      {...chart}
      kind="lines"
      live
      times={times}
      span={{ from: fromMs, to: toMs }}
      series={lines.map(({ id, name, pick, line }) => ({
        ...{ id, name, values: shown.map(pick) },
        ...(line === undefined ? {} : { line }),
      }))}
    />
  );
}
