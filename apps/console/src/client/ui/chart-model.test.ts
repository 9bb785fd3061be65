import { describe, expect, it } from 'vitest';
import {
  COLUMNS,
  drawBars,
  drawLine,
  drawStack,
  pathOf,
  roundUp,
  splitAtLevel,
  spreadLabels,
  summaryOf,
  ticksOf,
} from './chart-model.ts';

const seconds = (count: number): number[] => Array.from({ length: count }, (_, at) => at * 1000);

describe('roundUp', () => {
  it.each([
    [0, 1],
    [0.37, 0.4],
    [1, 1],
    [4.2, 5],
    [1806, 2000],
    [2001, 2500],
    [Number.NaN, 1],
  ])('takes %d to %d', (value, top) => expect(roundUp(value)).toBeCloseTo(top));
});

describe('drawLine', () => {
  const span = { from: 0, to: 899_000 };

  it('keeps the peak of one second among 900', () => {
    const values = seconds(900).map((_, at) => (at === 451 ? 100 : 1));
    const { runs, gaps } = drawLine(seconds(900), values, span, 100);
    expect(gaps).toEqual([]);
    expect(Math.min(...runs.flat().map(([, y]) => y))).toBe(0);
  });

  it('draws no more than four points a column', () => {
    const values = seconds(9000).map((_, at) => Math.sin(at));
    const { runs } = drawLine(seconds(9000), values, { from: 0, to: 9_000_000 }, 1);
    expect(runs.flat().length).toBeLessThanOrEqual((COLUMNS + 1) * 4);
  });

  it('never joins a gap, and says where it is', () => {
    const values = seconds(100).map((_, at) => (at >= 40 && at < 60 ? null : 5));
    const { runs, gaps } = drawLine(seconds(100), values, { from: 0, to: 99_000 }, 10);
    expect(runs).toHaveLength(2);
    expect(gaps).toHaveLength(1);
    expect(gaps[0]?.[0]).toBeCloseTo(39.4, 1);
    expect(gaps[0]?.[1]).toBeCloseTo(60.6, 1);
  });

  it('leaves a gap up to now when facts stopped coming', () => {
    const { gaps } = drawLine(seconds(50), seconds(50).fill(1), { from: 0, to: 99_000 }, 10);
    expect(gaps.at(-1)?.[1]).toBe(100);
  });

  it('draws nothing for a series without a value', () => {
    expect(drawLine(seconds(3), [null, null, null], span, 1)).toEqual({ runs: [], gaps: [] });
  });
});

describe('splitAtLevel', () => {
  it('turns a line at the point where it crosses the limit', () => {
    const { under, over } = splitAtLevel(
      [
        [0, 100],
        [10, 0],
        [20, 100],
      ],
      50,
    );
    expect(over).toEqual([
      [
        [5, 50],
        [10, 0],
        [15, 50],
      ],
    ]);
    expect(under).toHaveLength(2);
    expect(under[0]?.at(-1)).toEqual([5, 50]);
  });

  it('leaves a line that only touches the limit under it', () => {
    expect(
      splitAtLevel(
        [
          [0, 50],
          [10, 50],
        ],
        50,
      ).over,
    ).toEqual([]);
  });
});

it('writes runs as one path, a lone measurement as a short stroke', () => {
  expect(pathOf([[[0, 1.234] as const, [10, 2] as const], [[50, 3] as const]])).toBe('M0 1.2 10 2M50 3 h.4');
});

describe('drawStack', () => {
  it('puts bands upon each other', () => {
    const { areas } = drawStack(
      [0, 1000],
      [
        [10, 10],
        [5, 5],
      ],
      { from: 0, to: 1000 },
      20,
    );
    expect(areas).toEqual(['M0 50 100 50 L100 100 0 100Z', 'M0 25 100 25 L100 50 0 50Z']);
  });

  it('is empty where one of the bands was not measured', () => {
    const values = seconds(100).map((_, at) => (at >= 40 && at < 60 ? null : 5));
    const { areas, gaps } = drawStack(seconds(100), [values, seconds(100).fill(1)], { from: 0, to: 99_000 }, 10);
    expect(gaps).toHaveLength(1);
    expect(areas[0]?.match(/M/g)).toHaveLength(2);
  });
});

it('sums bars of one interval, and draws none for nothing', () => {
  const bars = drawBars([0, 10, 20, 90], [1, 2, 0, 4], { from: 0, to: 100 }, 4, 10);
  expect(bars.map(([x, y]) => [Math.round(x), y])).toEqual([
    [2, 75],
    [12, 50],
    [92, 0],
  ]);
});

describe('spreadLabels', () => {
  it('moves labels apart and keeps their order', () => {
    const places = spreadLabels([50, 51, 20], 15);
    expect(places[2]).toBe(20);
    expect((places[1] ?? 0) - (places[0] ?? 0)).toBeGreaterThanOrEqual(15);
  });

  it('pushes up from the axis when labels crowd there', () => {
    const places = spreadLabels([99, 100, 98], 15);
    expect(Math.max(...places)).toBe(100);
    expect(places.toSorted((a, b) => a - b)).toEqual([70, 85, 100]);
  });
});

it('chooses round times that leave room for both ends', () => {
  const start = Date.UTC(2026, 10, 20, 4, 50);
  expect(ticksOf({ from: start, to: start + 900_000 })).toEqual([start + 600_000]);
});

it('sums a series up: the last that was measured, least, most', () => {
  expect(summaryOf([3, null, 1, 2, null])).toEqual({ last: 2, least: 1, most: 3 });
  expect(summaryOf([null])).toBeNull();
});

it('draws 900 points of four series in a few milliseconds', () => {
  const times = seconds(900);
  const series = [1, 2, 3, 4].map((phase) => times.map((_, at) => Math.sin(at / phase) + 1));
  const started = performance.now();
  for (let round = 0; round < 20; round++) {
    for (const values of series) pathOf(drawLine(times, values, { from: 0, to: 899_000 }, 2).runs);
  }
  // Generous: a slow machine under load. Measured here: about 1 ms.
  expect((performance.now() - started) / 20).toBeLessThan(25);
});
