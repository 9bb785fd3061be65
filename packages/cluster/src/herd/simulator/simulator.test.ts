/**
 * Random schedules of faults over the code that runs in production. Whatever happens: one primary per epoch, no write in an
 * epoch that was closed, and in the end the herd serves or says why not. PGHERD_SCHEDULES=N plays more of them.
 */
import { expect, it } from 'vitest';
import { type Played, play } from './schedule.ts';

const SCHEDULES = Number(process.env['PGHERD_SCHEDULES'] ?? '') || 100_000;

it(`${SCHEDULES} schedules of faults break no rule, and each ends in a state that is explained`, {
  timeout: 1_200_000,
}, () => {
  const bad: Played[] = [];
  let failovers = 0;
  for (let seed = 1; seed <= SCHEDULES && bad.length < 5; seed++) {
    const played = play(seed);
    failovers += played.failovers;
    if (played.broken !== null || played.end === null) bad.push(played);
  }
  expect(bad).toEqual([]);
  expect(failovers).toBeGreaterThan(SCHEDULES / 4);
});
