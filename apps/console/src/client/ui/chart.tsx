'use client';

import { useTranslations } from 'next-intl';
import { type CSSProperties, memo, type ReactNode, useMemo } from 'react';
import {
  drawBars,
  drawLine,
  drawStack,
  pathOf,
  roundUp,
  type Span,
  splitAtLevel,
  spreadLabels,
  sumInto,
  summaryOf,
  ticksOf,
} from './chart-model.ts';
import { cx } from './cx.ts';
import type { Health } from './status.ts';
import { useFormat } from './use-format.ts';
import { usePhone } from './use-phone.ts';

export interface ChartSeries {
  readonly id: string;
  /** Short: it stands at the right end. */
  readonly name: string;
  /** Beside `times`; null: not measured. */
  readonly values: readonly (number | null)[];
  /** A node keeps its line everywhere: the primary 1, the first standby 2, then 3 to 5. By default its place. */
  readonly line?: 1 | 2 | 3 | 4 | 5;
}

export interface ChartEvent {
  readonly atMs: number;
  readonly label: string;
  readonly tone?: Health;
}

export interface ChartProps {
  readonly title: string;
  /** The figure of the moment, with a word or two: "212" "of 288". */
  readonly value?: ReactNode;
  readonly unit?: string;
  readonly kind: 'lines' | 'stack' | 'bars';
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly span: Span;
  readonly format: (value: number) => string;
  /** `limit` turns what is over it amber; `max` is the top of what is possible. Without one, half the scale is drawn. */
  readonly level?: { readonly kind: 'limit' | 'max'; readonly value: number };
  readonly events?: readonly ChartEvent[];
  /** The span ends now; else its end is written out. */
  readonly live?: boolean;
  /** Height of the plot, px. */
  readonly height?: number;
  /** Room for the names at the right, px. */
  readonly end?: number;
  /** Without its own padding and heading, inside a part that has them. */
  readonly bare?: boolean;
}

/** Distance of two labels, px. */
const LABEL = 16;
const BARS = 30;
/** --plot-height-phone of chart.css. */
const PHONE_HEIGHT = 72;

/** Drawn in per cent, stretched by the browser: sizes follow the column without a measurement. */
export const Chart = memo(function Chart(props: ChartProps) {
  const { title, value, unit, kind, times, series, span, format, level, events = [], height = 104 } = props;
  const t = useTranslations('ui.chart');
  const phone = usePhone();
  const summaries = useMemo(() => series.map(({ values }) => summaryOf(values)), [series]);
  const top = useMemo(() => topOf(props), [props]);
  const drawn = useMemo(() => draw(kind, times, series, span, top, level), [kind, times, series, span, top, level]);

  const ends = useMemo(() => {
    const lasts = summaries.map((summary) => summary?.last ?? null);
    let sum = 0;
    const places = lasts.map((last) => {
      if (last === null) return 100;
      // The name of a band stands at its middle, that of a line at its end.
      const at = kind === 'stack' ? sum + last / 2 : last;
      sum += last;
      return 100 - (at / top) * 100;
    });
    const wanted = kind === 'bars' ? series.map((_, at) => 16 + at * 24) : places;
    return spreadLabels(wanted, (LABEL / (phone ? PHONE_HEIGHT : height)) * 100);
  }, [summaries, kind, series, top, height, phone]);

  const levelValue = level?.value ?? top / 2;
  const levelY = 100 - (levelValue / top) * 100;
  const levelWord = level === undefined ? format(levelValue) : t(level.kind, { value: format(level.value) });

  return (
    <figure
      className={props.bare === true ? 'min-w-0' : 'panel chart'}
      aria-label={title}
      style={
        {
          '--plot-height': `${height}px`,
          ...(props.end === undefined ? {} : { '--plot-end': `${props.end}px` }),
        } as CSSProperties
      }
    >
      <div className="chart-head">
        <h2>{title}</h2>
        {value !== undefined && (
          <span className="chart-value">
            {value} <small>{unit}</small>
          </span>
        )}
      </div>
      <div className="plot" aria-hidden="true">
        {drawn.gaps.map(([from, to]) => (
          <span key={from} className="plot-gap" style={{ left: `${from}%`, width: `${to - from}%` }} />
        ))}
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          <line
            className={level?.kind === 'limit' ? 'plot-limit' : 'plot-grid'}
            x1="0"
            x2="100"
            y1={levelY}
            y2={levelY}
          />
          <line className="plot-axis" x1="0" x2="100" y1="100" y2="100" />
          {drawn.shapes.map((shape) =>
            shape.bar === undefined ? (
              <path key={shape.key} className={shape.className} d={shape.d} />
            ) : (
              <rect
                key={shape.key}
                className="plot-bar"
                x={shape.bar[0]}
                y={shape.bar[1]}
                width={shape.bar[2]}
                height={shape.bar[3]}
              />
            ),
          )}
          {events.map((event) => {
            const x = ((event.atMs - span.from) / (span.to - span.from)) * 100;
            if (x < 0 || x > 100) return null;
            const tone = event.tone ?? 'ok';
            return (
              <line
                key={`${event.atMs} ${event.label}`}
                className={cx('plot-event', `plot-event-${tone}`)}
                x1={x}
                x2={x}
                y1="0"
                y2="100"
              />
            );
          })}
        </svg>
        <span
          className={cx('plot-label plot-level', level?.kind === 'max' && 'plot-level-under')}
          style={{ top: `${levelY}%` }}
        >
          {levelWord}
        </span>
        {series.map((one, at) => {
          const last = summaries[at]?.last;
          if (last === undefined) return null;
          return (
            <span key={one.id} className="plot-label plot-end" style={{ top: `${ends[at] ?? 0}%` }}>
              <b>{kind === 'bars' ? format(total(one)) : format(last)}</b> {one.name}
            </span>
          );
        })}
        <Ticks span={span} live={props.live !== false} />
      </div>
      <Twin {...props} />
    </figure>
  );
});

const total = (series: ChartSeries): number => series.values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

function topOf({ kind, times, series, span, level }: ChartProps): number {
  let most = 0;
  if (kind === 'lines') {
    for (const { values } of series) most = Math.max(most, summaryOf(values)?.most ?? 0);
  } else if (kind === 'stack') {
    times.forEach((_, at) => {
      most = Math.max(
        most,
        series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
      );
    });
  } else {
    const sums = sumAll(times, series, span);
    most = Math.max(0, ...sums);
  }
  if (level?.kind === 'max') return Math.max(level.value, most) * 1.077;
  return roundUp(Math.max(most * 1.12, level === undefined ? 0 : level.value * 1.5));
}

function sumAll(times: readonly number[], series: readonly ChartSeries[], span: Span): readonly number[] {
  const values = times.map((_, at) => series.reduce((sum, one) => sum + (one.values[at] ?? 0), 0));
  return sumInto(times, values, span, BARS);
}

interface Shape {
  readonly key: string;
  readonly className?: string;
  readonly d?: string;
  readonly bar?: readonly [number, number, number, number];
}

function draw(
  kind: ChartProps['kind'],
  times: readonly number[],
  series: readonly ChartSeries[],
  span: Span,
  top: number,
  level: ChartProps['level'],
): { readonly shapes: readonly Shape[]; readonly gaps: readonly (readonly [number, number])[] } {
  if (kind === 'stack') {
    const { areas, gaps } = drawStack(
      times,
      series.map(({ values }) => values),
      span,
      top,
    );
    return { gaps, shapes: areas.map((d, at) => ({ key: `${at}`, className: `plot-area-${Math.min(3, at + 1)}`, d })) };
  }
  if (kind === 'bars') {
    const values = times.map((_, at) => series.reduce((sum, one) => sum + (one.values[at] ?? 0), 0));
    return { gaps: [], shapes: drawBars(times, values, span, top, BARS).map((bar) => ({ key: `${bar[0]}`, bar })) };
  }
  const lines = series.map(({ values }) => drawLine(times, values, span, top));
  // What is missing in all series is a gap of the measuring, not of a node.
  const gaps = lines.length > 0 ? (lines.toSorted((a, b) => a.gaps.length - b.gaps.length)[0]?.gaps ?? []) : [];
  const limitY = level?.kind === 'limit' ? 100 - (level.value / top) * 100 : null;
  const shapes = lines.flatMap(({ runs }, at): Shape[] => {
    const one = series[at];
    const className = `plot-line plot-line-${one?.line ?? Math.min(5, at + 1)}`;
    if (limitY === null) return [{ key: `${one?.id}`, className, d: pathOf(runs) }];
    const parts = runs.map((run) => splitAtLevel(run, limitY));
    const over = parts.flatMap((part) => part.over);
    return [
      { key: `${one?.id}`, className, d: pathOf(parts.flatMap((part) => part.under)) },
      ...(over.length === 0
        ? []
        : [{ key: `${one?.id} over`, className: 'plot-line plot-line-over', d: pathOf(over) }]),
    ];
  });
  // The most important line lies on top.
  return { gaps, shapes: shapes.toReversed() };
}

function Ticks({ span, live }: { readonly span: Span; readonly live: boolean }) {
  const t = useTranslations('ui.chart');
  const format = useFormat();
  const write = span.to - span.from <= 240_000 ? format.clock : format.minute;
  return (
    <>
      <span className="plot-label plot-tick plot-tick-first" style={{ left: 0 }}>
        {write(span.from)}
      </span>
      {ticksOf(span).map((time) => (
        <span
          key={time}
          className="plot-label plot-tick"
          style={{ left: `${((time - span.from) / (span.to - span.from)) * 100}%` }}
        >
          {write(time)}
        </span>
      ))}
      <span className="plot-label plot-tick plot-tick-last" style={{ left: '100%' }}>
        {live ? t('now') : write(span.to)}
      </span>
    </>
  );
}

/** The same for those who do not see it. */
const Twin = memo(function Twin({ title, series, kind, format, level, events = [] }: ChartProps) {
  const t = useTranslations('ui.chart');
  const clock = useFormat().clock;
  return (
    <div className="sr-only">
      <table>
        <caption>
          {title}
          {level !== undefined && `, ${t(level.kind, { value: format(level.value) })}`}
          {events.map((event) => `, ${clock(event.atMs)} ${event.label}`).join('')}
        </caption>
        <thead>
          <tr>
            <th scope="col">{t('series')}</th>
            <th scope="col">{kind === 'bars' ? t('sum') : t('last')}</th>
            <th scope="col">{t('least')}</th>
            <th scope="col">{t('most')}</th>
          </tr>
        </thead>
        <tbody>
          {series.map((one) => {
            const summary = summaryOf(one.values);
            return (
              <tr key={one.id}>
                <th scope="row">{one.name === '' ? title : one.name}</th>
                <td>{summary === null ? t('none') : format(kind === 'bars' ? total(one) : summary.last)}</td>
                <td>{summary !== null && format(summary.least)}</td>
                <td>{summary !== null && format(summary.most)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
});
