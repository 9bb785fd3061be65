import { describe, expect, it } from 'vitest';
import { STRATEGY_NAMES, strategyName } from './strategies/names.ts';
import { createStrategy, peeking } from './strategies/strategies.ts';
import type { Strategy } from './strategies/strategy.ts';
import { type WeightTable, weightTable } from './weights.ts';

const tableOf = (weights: readonly number[]): WeightTable =>
  weightTable(
    weights.map((weight, id) => ({
      id,
      role: 'standby',
      up: true,
      weight,
      lagBytes: null,
      lagMs: null,
      replayed: null,
    })),
  );

/** Even steps through 0 up to 1, in an order that is not rising. */
function evenly(count: number): () => number {
  let i = 0;
  return () => ((i++ * 7_919) % count) / count;
}

function picks(strategy: Strategy, table: WeightTable, count: number, draw = evenly(count)): number[] {
  const counts: number[] = [];
  for (let i = 0; i < count; i++) {
    const node = strategy.pick(table, draw);
    counts[node] = (counts[node] ?? 0) + 1;
  }
  return counts;
}

describe('load_balance_strategy', () => {
  it('is weighted_random unless it names another', () => {
    expect(strategyName(undefined)).toBe('weighted_random');
    expect(strategyName('unheard of')).toBe('weighted_random');
    for (const name of STRATEGY_NAMES) expect(createStrategy(strategyName(name)).name).toBe(name);
  });

  it.each(STRATEGY_NAMES)('%s never picks a node without weight', (name) => {
    const strategy = createStrategy(name);
    const table = tableOf([0, 1, 0, 0.001, 0]);
    for (const node of picks(strategy, table, 2_000).keys()) if (node !== 1 && node !== 3) expect(node).toBeLessThan(3);
    const counts = picks(strategy, table, 2_000);
    expect([counts[0], counts[2], counts[4]]).toEqual([undefined, undefined, undefined]);
  });

  it.each(STRATEGY_NAMES)('%s peeks without remembering', (name) => {
    const strategy = createStrategy(name);
    const table = tableOf([1, 2, 3]);
    for (let i = 0; i < 200; i++) {
      const draw = (): number => ((i * 37) % 200) / 200;
      const peeked = [strategy.peek(table, draw), peeking(strategy).pick(table, draw)];
      const node = strategy.pick(table, draw);
      expect(peeked).toEqual([node, node]);
      strategy.started(node);
      if (i % 3 > 0) strategy.finished(node, 1 + ((i * 13) % 50));
    }
  });

  it.each(STRATEGY_NAMES)('%s says how probable each node is', (name) => {
    const strategy = createStrategy(name);
    const table = tableOf([1, 2, 3, 4]);
    for (let i = 0; i < 4; i++) strategy.finished(i, 10 - i);
    const shares = strategy.shares(table);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    const count = 20_000;
    const peeked = [0, 0, 0, 0];
    const draw = evenly(count);
    for (let i = 0; i < count; i++) peeked[strategy.peek(table, draw)]! += 1;
    shares.forEach((share, node) => {
      expect(Math.abs(peeked[node]! / count - share)).toBeLessThan(0.002);
    });
  });
});

describe('weighted_random', () => {
  it('picks in proportion to the weights', () => {
    expect(picks(createStrategy('weighted_random'), tableOf([1, 2, 1]), 4_000)).toEqual([1_000, 2_000, 1_000]);
  });

  it('takes the ends of the range', () => {
    const strategy = createStrategy('weighted_random');
    const table = tableOf([0.1, 0.2, 0.7]);
    expect(strategy.pick(table, () => 0)).toBe(0);
    expect(strategy.pick(table, () => 1 - Number.EPSILON / 2)).toBe(2);
  });
});

describe('smooth_round_robin', () => {
  it('gives 3,000 reads at 1:1:1 in thirds', () => {
    expect(picks(createStrategy('smooth_round_robin'), tableOf([1, 1, 1]), 3_000)).toEqual([1_000, 1_000, 1_000]);
  });

  it('does so with shares that no binary fraction has', () => {
    const shares = [1 / 3, 1 / 3, 1 / 3];
    expect(picks(createStrategy('smooth_round_robin'), tableOf(shares), 3_000)).toEqual([1_000, 1_000, 1_000]);
    expect(picks(createStrategy('smooth_round_robin'), tableOf([0.1, 0.2, 0.7]), 10_000)).toEqual([
      1_000, 2_000, 7_000,
    ]);
  });

  it('does not bunch', () => {
    const strategy = createStrategy('smooth_round_robin');
    const table = tableOf([5, 1, 1]);
    const order = Array.from({ length: 7 }, () => strategy.pick(table, () => 0));
    expect(order).toEqual([0, 0, 1, 0, 2, 0, 0]);
  });

  it('goes on when a node leaves and comes back', () => {
    const strategy = createStrategy('smooth_round_robin');
    picks(strategy, tableOf([1, 1, 1]), 100);
    const [first, without, last] = picks(strategy, tableOf([1, 0, 1]), 100);
    expect([first! + last!, without]).toEqual([100, undefined]);
    expect(Math.abs(first! - last!)).toBeLessThanOrEqual(2);
    for (const count of picks(strategy, tableOf([1, 1, 1]), 300)) expect(Math.abs(count - 100)).toBeLessThanOrEqual(2);
  });
});

describe('least_outstanding', () => {
  it('picks the node with the fewest reads under way for its weight', () => {
    const strategy = createStrategy('least_outstanding');
    const table = tableOf([1, 1, 2]);
    strategy.started(0);
    strategy.started(2);
    expect(strategy.pick(table, () => 0.5)).toBe(1);
    strategy.started(1);
    expect(strategy.pick(table, () => 0.5)).toBe(2);
    strategy.finished(0, null);
    strategy.finished(0, null);
    expect(strategy.pick(table, () => 0.5)).toBe(0);
  });

  it('picks by weight among equals', () => {
    expect(picks(createStrategy('least_outstanding'), tableOf([1, 3]), 4_000)).toEqual([1_000, 3_000]);
  });
});

describe('lowest_latency', () => {
  it('prefers the faster of two that are drawn', () => {
    const strategy = createStrategy('lowest_latency');
    for (const [node, ms] of [1, 5, 50].entries()) strategy.finished(node, ms);
    const counts = picks(strategy, tableOf([1, 1, 1]), 300);
    expect(counts[0]).toBeGreaterThan(190);
    expect(counts[2] ?? 0).toBeLessThan(10);
  });

  it('tries a slow node again, and comes back to it when it is fast', () => {
    const strategy = createStrategy('lowest_latency');
    const table = tableOf([1, 1]);
    strategy.finished(0, 1);
    strategy.finished(1, 100);
    let tried = 0;
    const draw = evenly(5_000);
    for (let i = 0; i < 5_000; i++) {
      const node = strategy.pick(table, draw);
      if (node === 1) tried++;
      strategy.finished(node, node === 0 ? 1 : 0.1);
    }
    expect(tried).toBeGreaterThan(2_000);
  });

  it('learns nothing from an end without a time', () => {
    const strategy = createStrategy('lowest_latency');
    strategy.finished(0, 5);
    strategy.finished(1, 10);
    for (let i = 0; i < 100; i++) strategy.finished(1, null);
    expect(strategy.peek(tableOf([1, 1]), () => 0.9)).toBe(0);
  });
});
