import { drawLine, pathOf } from './chart-model.ts';

interface SparklineProps {
  readonly values: readonly (number | null)[];
  /** The top of the scale; by default the greatest value. */
  readonly max?: number;
  readonly tone?: 'data' | 'degraded' | 'down';
}

const LINE = { data: 'plot-line-2', degraded: 'plot-line-over', down: 'plot-line-down' } as const;

/** A trend in the height of a line of text. The figure stands beside it. */
export function Sparkline({ values, max, tone = 'data' }: SparklineProps) {
  const top = max ?? Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  const times = values.map((_, at) => at);
  const { runs } = drawLine(times, values, { from: 0, to: Math.max(1, values.length - 1) }, top);
  return (
    <svg className="sparkline" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      <path className={`plot-line ${LINE[tone]}`} d={pathOf(runs)} />
    </svg>
  );
}
