import type { Operation } from '@pgherd/operations';
import { describe, expect, it } from 'vitest';
import { entriesOf, estimatesOf, fits, lastPauses, mustEnd, reportMarkdown, stepOf, writePause } from './ops-model.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const step = (name: string, from: number, to: number | null): Operation['steps'][number] => ({
  ...{ name, startedAt: at(from), detail: null },
  ...{ endedAt: to === null ? null : at(to), state: to === null ? 'running' : 'done' },
});
const operation = (change: Partial<Operation> = {}): Operation => ({
  ...{
    id: 'a',
    act: 'switchover',
    node: 1,
    by: { user: 'console: sato', door: 'control', address: '' },
    state: 'done',
  },
  ...{ steps: [step('checkpoint', 0, 1), step('hold transactions', 1, 2), step('release clients', 3, 4)] },
  ...{ progress: null, startedAt: at(0), endedAt: at(9), error: null, output: [] },
  ...change,
});

describe('operations', () => {
  it('are one list: what a proxy tells now over what was kept, who and why from what was kept', () => {
    const kept = [{ proxy: 'p', by: 'Sato', reason: 'kernel', operation: operation({ state: 'running' }) }];
    const live = [
      { ...operation(), proxy: 'p', reason: '' },
      { ...operation({ id: 'b', startedAt: at(5) }), proxy: 'p', reason: 'test' },
    ];
    const [newest, older] = entriesOf(live, kept);
    expect(newest?.operation.id).toBe('b');
    expect(older).toMatchObject({ by: 'Sato', reason: 'kernel', operation: { state: 'done' } });
  });

  it('pause writes from the hold to the release', () => {
    expect(writePause(operation())).toEqual({ fromMs: Date.parse(at(1)), toMs: Date.parse(at(4)) });
    const running = operation({ state: 'running', endedAt: null, steps: [step('hold transactions', 1, null)] });
    expect(writePause(running)).toEqual({ fromMs: Date.parse(at(1)), toMs: null });
    expect(writePause(operation({ steps: [step('checkpoint', 0, 1)] }))).toBeNull();
    expect(writePause(operation({ act: 'recover' }))).toBeNull();
  });

  it('tell what to expect by what was', () => {
    const [entry] = entriesOf([{ ...operation(), proxy: 'p', reason: '' }], []);
    const entries = entry === undefined ? [] : [entry];
    expect(lastPauses(entries, 'switchover')).toEqual([3_000]);
    expect(lastPauses(entries, 'failover')).toEqual([]);
    expect(estimatesOf(entries, 'switchover').get('checkpoint')).toBe(1_000);
  });

  it('are found by kind and text', () => {
    const entry = { operation: operation({ state: 'failed', error: 'no agent' }), proxy: 'p', by: 'Sato', reason: '' };
    expect(fits(entry, 'failed', 'AGENT')).toBe(true);
    expect(fits(entry, 'recover', '')).toBe(false);
    expect(fits(entry, 'other', '')).toBe(false);
  });
});

it('knows the words of engine steps, and leaves others as they came', () => {
  expect(stepOf('promote node 12')).toEqual({ key: 'promote', node: '12' });
  expect(stepOf('synchronous_standby_names')).toBeNull();
});

it('writes a report that a table of Markdown keeps whole', () => {
  const text = reportMarkdown({
    ...{ title: 'T', facts: [['Reason', 'a | b']], stepsTitle: 'Steps', outputTitle: 'Output', output: ['x'] },
    steps: [{ state: 'failed', text: 'Promote', took: '2 s' }],
  });
  expect(text).toContain('| Reason | a \\| b |');
  expect(text).toContain('- [!] Promote (2 s)');
  expect(text).toContain('```\nx\n```');
});

it('counts a statement outside a transaction block among what a switchover waits for', () => {
  expect(mustEnd({ state: 'active', transactionStartedAt: null })).toBe(true);
  expect(mustEnd({ state: 'idle in transaction', transactionStartedAt: at(1) })).toBe(true);
  expect(mustEnd({ state: 'idle', transactionStartedAt: null })).toBe(false);
});
