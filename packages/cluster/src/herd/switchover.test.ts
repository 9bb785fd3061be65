/** What is held against the old primary of a switchover, which the switchover itself has stopped. */
import { describe, expect, it } from 'vitest';
import type { HerdEvent } from './events.ts';
import { simulatedSettings } from './simulator/schedule.ts';
import { tell } from './simulator/script.ts';
import type { HerdState } from './state.ts';
import { step } from './step.ts';

const SETTINGS = simulatedSettings(3);
const NO_ANSWER: HerdEvent = { t: 'lookFailed', node: 0, failure: { kind: 'refused', reason: 'connection refused' } };
const CHECK: HerdEvent = { t: 'suspected', node: 0, by: 'health check', reason: 'health check failed' };

/** At the second 6. */
function switchedOver(): HerdState {
  const { world } = tell('5.0 start 0', 6);
  return after(
    world.state,
    6_000,
    { t: 'switching', to: 1, by: 'dba' },
    { t: 'switchFence' },
    { t: 'switched', to: 1 },
  );
}

function after(state: HerdState, now: number, ...events: readonly HerdEvent[]): HerdState {
  return events.reduce((last, event) => step(last, event, SETTINGS, now).state, state);
}

const attached = (state: HerdState): boolean | undefined => state.nodes.get(0)?.attached;

describe('the old primary of a switchover', () => {
  it('is not left out while it is being started again', () => {
    const state = switchedOver();
    expect(state.primary).toBe(1);
    expect(attached(after(state, 7_000, CHECK, NO_ANSWER, NO_ANSWER, NO_ANSWER))).toBe(true);
    expect(attached(after(state, 7_000, { ...CHECK, by: 'session' }, NO_ANSWER, NO_ANSWER, NO_ANSWER))).toBe(true);
  });

  it('is judged as any other once it runs again, or could not be started', () => {
    const state = after(switchedOver(), 7_000, CHECK, NO_ANSWER, { t: 'returned', node: 0 });
    expect(attached(after(state, 8_000, CHECK, NO_ANSWER))).toBe(false);
  });

  it('is judged after a while, even if nobody says what became of it', () => {
    expect(attached(after(switchedOver(), 60_000, CHECK, NO_ANSWER))).toBe(false);
  });

  it('others are left out as ever', () => {
    const other = (event: HerdEvent): HerdEvent => ({ ...event, node: 2 }) as HerdEvent;
    const state = after(switchedOver(), 7_000, other(CHECK), other(NO_ANSWER));
    expect(state.nodes.get(2)?.attached).toBe(false);
  });
});
