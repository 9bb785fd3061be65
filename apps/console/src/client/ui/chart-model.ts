/**
 * Where a chart's lines run, in per cent of the plot: x from the left, y from the top. Pure, so that a second's worth of new
 * points costs a few loops and no layout.
 */
export type Point = readonly [x: number, y: number];

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Columns that a plot is drawn in: more points than this per line cannot be seen. */
export const COLUMNS = 240;

const STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10] as const;

/** The smallest round number that is not below `value`. */
export function roundUp(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

const xOf = (time: number, span: Span): number =>
  span.to <= span.from ? 0 : ((time - span.from) / (span.to - span.from)) * 100;
const yOf = (value: number, top: number): number => 100 - Math.max(0, Math.min(1.05, value / top)) * 100;

export interface Drawn {
  /** Runs of points without a gap. */
  readonly runs: readonly (readonly Point[])[];
  /** Where nothing was measured, as [x, x]. */
  readonly gaps: readonly (readonly [number, number])[];
}

type Values = readonly (number | null)[];

/** The usual distance between two measurements, ms: the median, so that a gap does not count. */
export function intervalOf(times: readonly number[]): number {
  const distances = times.slice(1).map((time, at) => time - (times[at] ?? time));
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? 0;
}

/** After this many missed measurements a line is cut, not joined. */
const MISSED = 3;

/** Lines of one series. Of many points in a column the first, least, greatest and last stay, so that no peak is lost. */
export function drawLine(times: readonly number[], values: Values, span: Span, top: number): Drawn {
  const apart = intervalOf(times) * MISSED;
  const runs: Point[][] = [];
  const gaps: [number, number][] = [];
  let run: Point[] = [];
  let column = -1;
  let bucket: Point[] = [];
  let lastTime: number | null = null;

  const flush = (): void => {
    if (bucket.length <= 4) run.push(...bucket);
    else {
      const kept = new Set([0, bucket.length - 1]);
      let low = 0;
      let high = 0;
      bucket.forEach((point, at) => {
        if (point[1] < (bucket[high]?.[1] ?? 0)) high = at;
        if (point[1] > (bucket[low]?.[1] ?? 0)) low = at;
      });
      kept.add(low).add(high);
      run.push(...bucket.filter((_, at) => kept.has(at)));
    }
    bucket = [];
  };
  const cut = (until: number | null): void => {
    flush();
    if (run.length > 0) runs.push(run);
    if (lastTime !== null && until !== null && until > lastTime) gaps.push([xOf(lastTime, span), xOf(until, span)]);
    run = [];
    column = -1;
  };

  for (let at = 0; at < times.length; at++) {
    const time = times[at] ?? 0;
    const value = values[at];
    if (time < span.from || time > span.to || value === null || value === undefined || Number.isNaN(value)) continue;
    if (lastTime !== null && apart > 0 && time - lastTime > apart) cut(time);
    const x = xOf(time, span);
    const here = Math.floor((x / 100) * COLUMNS);
    if (here !== column) {
      flush();
      column = here;
    }
    bucket.push([x, yOf(value, top)]);
    lastTime = time;
  }
  // Facts that stopped coming leave a gap up to now.
  cut(lastTime !== null && apart > 0 && span.to - lastTime > apart ? span.to : null);
  return { runs, gaps };
}

/** Parts of a run at or under a level and parts over it, cut exactly where it is crossed. y grows downwards. */
export function splitAtLevel(
  run: readonly Point[],
  level: number,
): { readonly under: readonly (readonly Point[])[]; readonly over: readonly (readonly Point[])[] } {
  const under: Point[][] = [];
  const over: Point[][] = [];
  let part: Point[] = [];
  let isOver: boolean | null = null;
  const end = (): void => {
    if (part.length > 1) (isOver === true ? over : under).push(part);
  };
  run.forEach((point, at) => {
    const now = point[1] < level;
    const before = run[at - 1];
    if (isOver !== null && now !== isOver && before !== undefined) {
      const share = (level - before[1]) / (point[1] - before[1]);
      const crossing: Point = [before[0] + (point[0] - before[0]) * share, level];
      part.push(crossing);
      end();
      part = [crossing];
    }
    isOver = now;
    part.push(point);
  });
  end();
  return { under, over };
}

const digits = (value: number): string => String(Math.round(value * 10) / 10);

/** SVG path data of runs. */
export function pathOf(runs: readonly (readonly Point[])[]): string {
  return runs
    .filter((run) => run.length > 0)
    .map((run) => {
      const points = run.map(([x, y]) => `${digits(x)} ${digits(y)}`).join(' ');
      // A single measurement between gaps is a dot: a line of no length with round ends would be invisible.
      return run.length === 1 ? `M${points} h.4` : `M${points}`;
    })
    .join('');
}

/** Areas stacked from the bottom in the order given: for each series the outline of its band. Gaps stay empty. */
export function drawStack(
  times: readonly number[],
  series: readonly Values[],
  span: Span,
  top: number,
): { readonly areas: readonly string[]; readonly gaps: Drawn['gaps'] } {
  const columns = new Map<number, { x: number; count: number; sums: number[] }>();
  times.forEach((time, at) => {
    if (time < span.from || time > span.to) return;
    const values = series.map((list) => list[at]);
    if (values.some((value) => value === null || value === undefined || Number.isNaN(value))) return;
    const x = xOf(time, span);
    const column = Math.floor((x / 100) * COLUMNS);
    const entry = columns.get(column) ?? { x, count: 0, sums: series.map(() => 0) };
    entry.count++;
    entry.x = x;
    values.forEach((value, index) => {
      entry.sums[index] = (entry.sums[index] ?? 0) + (value ?? 0);
    });
    columns.set(column, entry);
  });
  const points = [...columns.values()];
  const apart = Math.max(xOf(span.from + intervalOf(times) * MISSED, span), (MISSED * 100) / COLUMNS);
  const runs: (typeof points)[] = [];
  const gaps: [number, number][] = [];
  points.forEach((point, at) => {
    const before = points[at - 1];
    if (before === undefined || point.x - before.x > apart) {
      if (before !== undefined) gaps.push([before.x, point.x]);
      runs.push([point]);
    } else runs.at(-1)?.push(point);
  });
  const last = points.at(-1);
  if (last !== undefined && 100 - last.x > apart) gaps.push([last.x, 100]);

  const height = (point: (typeof points)[number], upTo: number): number => {
    let sum = 0;
    for (let index = 0; index <= upTo; index++) sum += (point.sums[index] ?? 0) / point.count;
    return yOf(sum, top);
  };
  const areas = series.map((_, index) =>
    runs
      .map((run) => {
        const upper = run.map((point) => `${digits(point.x)} ${digits(height(point, index))}`);
        const lower = run.toReversed().map((point) => `${digits(point.x)} ${digits(height(point, index - 1))}`);
        return `M${upper.join(' ')} L${lower.join(' ')}Z`;
      })
      .join(''),
  );
  return { areas, gaps };
}

/** Bars that stand on the axis: values of one interval each, summed into at most `most` bars. As [x, y, width, height]. */
export function drawBars(
  times: readonly number[],
  values: Values,
  span: Span,
  top: number,
  most: number,
): readonly (readonly [number, number, number, number])[] {
  return sumInto(times, values, span, most).flatMap((sum, at) => {
    if (sum <= 0) return [];
    const width = 100 / most;
    const y = yOf(sum, top);
    return [[at * width + width * 0.15, y, width * 0.7, 100 - y] as const];
  });
}

export function sumInto(times: readonly number[], values: Values, span: Span, parts: number): readonly number[] {
  const sums = new Array<number>(parts).fill(0);
  times.forEach((time, at) => {
    const value = values[at];
    if (time < span.from || time > span.to || value === null || value === undefined) return;
    const part = Math.min(parts - 1, Math.floor((xOf(time, span) / 100) * parts));
    sums[part] = (sums[part] ?? 0) + value;
  });
  return sums;
}

/** Labels at the right end, moved apart where they would overlap: y in, y out, in the same order. */
export function spreadLabels(wanted: readonly number[], apart: number): readonly number[] {
  const order = wanted.map((y, at) => ({ y, at })).sort((a, b) => a.y - b.y);
  // Down from the top, then up again from the bottom edge.
  order.forEach((label, at) => {
    const above = order[at - 1];
    if (above !== undefined) label.y = Math.max(label.y, above.y + apart);
  });
  for (let at = order.length - 1; at >= 0; at--) {
    const label = order[at];
    if (label === undefined) continue;
    const limit = at === order.length - 1 ? 100 : (order[at + 1]?.y ?? 100) - apart;
    label.y = Math.min(label.y, limit);
  }
  const result = new Array<number>(wanted.length).fill(0);
  for (const { y, at } of order) result[at] = y;
  return result;
}

const TICK_STEPS_MS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1000,
);

/** Round times inside the span that leave room for the labels at both ends, as ms. */
export function ticksOf(span: Span): readonly number[] {
  const length = span.to - span.from;
  const step = TICK_STEPS_MS.find((candidate) => length / candidate <= 2.4) ?? length;
  const ticks: number[] = [];
  for (let time = Math.ceil(span.from / step) * step; time < span.to; time += step) {
    const x = xOf(time, span);
    if (x >= 34 && x <= 76) ticks.push(time);
  }
  return ticks;
}

/** The last value that was measured, the least and the most, for the labels and the table twin. */
export function summaryOf(
  values: Values,
): { readonly last: number; readonly least: number; readonly most: number } | null {
  let last: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value === null || Number.isNaN(value)) continue;
    last = value;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return last === null ? null : { last, least, most };
}
