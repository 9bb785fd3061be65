import { encodeCommandComplete } from '@pgherd/wire';
import { expect, it } from 'vitest';
import { Counters } from './stats.ts';

it('clients that make up SQLSTATEs fill no memory, and each error is counted', () => {
  const counters = new Counters();
  for (let n = 0; n < 5000; n++) counters.onSqlState(`A${String(n).padStart(4, '0')}`);
  counters.onSqlState('A0000');
  const rest = { sessions: 0, linksTotal: 0, linksIdle: 0, waiting: 0, opened: 0, reused: 0, evicted: 0, waits: 0 };
  const { sqlStates } = counters.snapshot({ ...rest, logLinesDropped: 0 });
  expect(Object.keys(sqlStates).length).toBeLessThanOrEqual(301);
  expect(sqlStates).toMatchObject({ A0000: 2, other: 4700 });
});

it.each([
  ['SELECT 1', 'selects'],
  ['INSERT 0 1', 'inserts'],
  ['UPDATE 3', 'updates'],
  ['DELETE 0', 'deletes'],
  ['CREATE TABLE', 'ddls'],
  ['COPY 3', 'ddls'],
  ['DO', 'ddls'],
  ['COMMENT', 'ddls'],
  ['COMMIT', 'others'],
  ['BEGIN', 'others'],
  ['SET', 'others'],
  ['LOCK TABLE', 'others'],
] as const)('what the server calls %s counts among %s', (tag, kind) => {
  const counters = new Counters();
  const rest = { sessions: 0, linksTotal: 0, linksIdle: 0, waiting: 0, opened: 0, reused: 0, evicted: 0, waits: 0 };
  counters.onCommand(1, encodeCommandComplete(tag), 5);
  const stats = counters.snapshot({ ...rest, logLinesDropped: 0 });
  const all = ['selects', 'inserts', 'updates', 'deletes', 'ddls', 'others'] as const;
  expect(all.filter((name) => stats[name].length > 0)).toEqual([kind]);
  expect(stats[kind]).toEqual([0, 1]);
});

it('errors count by severity', () => {
  const counters = new Counters();
  const rest = { sessions: 0, linksTotal: 0, linksIdle: 0, waiting: 0, opened: 0, reused: 0, evicted: 0, waits: 0 };
  counters.onError(0, 'ERROR');
  counters.onError(0, 'ERROR');
  counters.onError(2, 'FATAL');
  expect(counters.snapshot({ ...rest, logLinesDropped: 0 })).toMatchObject({
    errors: [2],
    fatals: [0, 0, 1],
    panics: [],
  });
});
