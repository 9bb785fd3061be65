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
