import { expect, it } from 'vitest';
import type { MetricsPoint, NodeView } from '../../../shared/live/topics.ts';
import { quantity, readsNow, sharesOf } from './shares.ts';

const node = (id: number, change: Partial<NodeView> = {}): NodeView =>
  ({
    ...{ id, status: 'up', attached: true, weight: 1, lagMs: 0, lagBytes: 0 },
    ...change,
  }) as NodeView;
const point = (at: number, statements: Record<number, number>): MetricsPoint => ({
  ...{ at, statements, sessions: { active: 0, inTransaction: 0, idle: 0, waiting: 0 }, lagMs: {}, lagBytes: {} },
  ...{ errors: {}, latencyMs: { p50: null, p95: null } },
});
const NONE = { lagMs: 0, lagBytes: 0 };

it('sets what the weights ask for beside what was measured in a span of time', () => {
  const nodes = [node(0, { weight: 1 }), node(1, { weight: 3 })];
  const points = [point(1, { 0: 100, 1: 0 }), point(10, { 0: 30, 1: 10 }), point(11, { 0: 30, 1: 10 })];
  expect(sharesOf(nodes, points, 10, 0, NONE).map(({ wanted, measured }) => [wanted, measured])).toEqual([
    [0.25, 0.75],
    [0.75, 0.25],
  ]);
  expect(sharesOf(nodes, [], 0, 0, NONE).map(({ measured }) => measured)).toEqual([null, null]);
});

it.each([
  ['a node that is up', node(1), NONE, 'serving'],
  ['one that is detached', node(1, { attached: false }), NONE, 'out'],
  ['one without weight', node(1, { weight: 0 }), NONE, 'noWeight'],
  ['one that is late', node(1, { lagMs: 2_000 }), { lagMs: 1_000, lagBytes: 0 }, 'lagMs'],
  ['one that is far behind', node(1, { lagBytes: 2_000, lagMs: null }), { lagMs: 0, lagBytes: 1_000 }, 'lagBytes'],
  ['one within the time, whatever the bytes', node(1, { lagBytes: 2_000 }), { lagMs: 1_000, lagBytes: 1 }, 'serving'],
  ['the primary', node(0, { lagMs: 9_000 }), { lagMs: 1, lagBytes: 1 }, 'serving'],
] as const)('%s: %#', (_, one, limits, now) => expect(readsNow(one, 0, limits)).toBe(now));

it('reads values as SHOW prints them', () => {
  expect([quantity('10s', 'ms'), quantity('500', 'ms'), quantity('1MB', 'bytes'), quantity(undefined, 'ms')]).toEqual([
    ...[10_000, 500, 1_048_576, 0],
  ]);
});
