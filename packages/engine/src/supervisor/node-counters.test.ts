import { describe, expect, it } from 'vitest';
import type { WorkerStats } from '../ipc.ts';
import { NodeCounters } from './node-counters.ts';

const stats = (over: Partial<WorkerStats>): WorkerStats => ({
  sessions: 0,
  linksTotal: 0,
  linksIdle: 0,
  waiting: 0,
  opened: 0,
  reused: 0,
  evicted: 0,
  waits: 0,
  clients: 0,
  cancels: 0,
  wrongCancels: 0,
  logLinesDropped: 0,
  statements: [],
  selects: [],
  inserts: [],
  updates: [],
  deletes: [],
  ddls: [],
  others: [],
  panics: [],
  fatals: [],
  errors: [],
  latency: [],
  latencySumMs: 0,
  sqlStates: {},
  loopDelayMs: { mean: 0, max: 0, p99: 0 },
  rssBytes: 0,
  ...over,
});

describe('counters by node', () => {
  it('are summed over workers, and those of a worker that ended stay', () => {
    const counters = new NodeCounters();
    counters.keep(stats({ statements: [1, 2], selects: [1, 1], errors: [0, 4] }));
    counters.keep(stats({ statements: [1], selects: [1] }));
    const running = [stats({ statements: [10, 20, 30], selects: [5, 6, 7], ddls: [1] }), stats({ statements: [100] })];
    expect([0, 1, 2, 3].map((node) => counters.statements(running, node))).toEqual([112, 22, 30, 0]);
    expect(counters.counts(running, 0)).toMatchObject({ selects: 7, ddls: 1, errors: 0, inserts: 0 });
    expect(counters.counts(running, 1)).toMatchObject({ selects: 7, errors: 4 });
  });
});
