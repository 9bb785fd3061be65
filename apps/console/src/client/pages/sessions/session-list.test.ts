import { expect, it } from 'vitest';
import type { SessionView } from '../../../shared/live/topics.ts';
import { callsFor, clientsText, filterSessions, groupSessions, type SessionFilter } from './session-list.ts';

const NONE: SessionFilter = { q: '', state: '', node: '', user: '', database: '', application: '', proxy: '' };
const STATES = ['active', 'idle', 'idle in transaction'] as const;

const session = (at: number): SessionView => ({
  ...{ id: `s${at}`, key: `p${at % 2}:s${at}`, proxy: `p${at % 2}`, workerPid: 100 + (at % 8), status: '' },
  ...{ database: `db${at % 3}`, user: `user${at % 5}`, application: at % 7 === 0 ? '' : `app${at % 7}` },
  ...{ state: STATES[at % 3] ?? 'idle', stateChangedAt: '2026-01-01T00:00:00Z', idleMs: 0, protocol: [3, 0] },
  ...{ transactionStartedAt: at % 3 === 2 ? '2026-01-01T00:00:00Z' : null, readNode: at % 3, lastNodes: [] },
  ...{ connectedAt: new Date(1e12 + at).toISOString(), host: '10.0.0.1', port: String(at), statement: '' },
  links: [{ node: 0, pid: 40_000 + at, openedAt: '', uses: 1 }],
});
const all = Array.from({ length: 5_000 }, (_, at) => session(at));
const keys = (filter: Partial<SessionFilter>) => filterSessions(all, { ...NONE, ...filter }).length;

it('filters 5,000 sessions by each part of the address', () => {
  expect(filterSessions(all, NONE)).toBe(all);
  expect(keys({ state: 'active' })).toBe(1_667);
  expect(keys({ user: 'user3', proxy: 'p1' })).toBe(500);
  expect(keys({ application: '-' })).toBe(715);
  // A node: its reads go there, or a server process of it is held.
  expect(keys({ node: '0' })).toBe(5_000);
  expect(keys({ node: '2' })).toBe(1_666);
  expect(keys({ q: 'USER1@db1 10.0.0.1' })).toBe(334);
  expect(keys({ q: '41234' })).toBe(1);
});

it('groups them, the greatest first', () => {
  const groups = groupSessions(all, 'application');
  expect(groups.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(5_000);
  expect(groups[0]?.sessions).toBeGreaterThanOrEqual(groups.at(-1)?.sessions ?? 0);
  const [first] = groupSessions(all, 'state');
  expect(first).toEqual({
    value: 'active',
    sessions: 1_667,
    active: 1_667,
    inTransaction: 0,
    oldest: all[0]?.connectedAt,
  });
});

it('names each session so that no other one is hit, at most a thousand for a call', () => {
  const calls = callsFor(all);
  expect(calls.map(({ proxy, sessions }) => [proxy, sessions.length])).toEqual([
    ...[
      ['p0', 1_000],
      ['p0', 1_000],
      ['p0', 500],
    ],
    ...[
      ['p1', 1_000],
      ['p1', 1_000],
      ['p1', 500],
    ],
  ]);
  expect(calls[0]?.sessions[0]).toEqual({ id: 's0', user: 'user0', connectedAt: all[0]?.connectedAt });
});

it('says who is hit', () => {
  expect(clientsText(all.slice(0, 3), 'nameless')).toBe('nameless 1, app1 1, app2 1');
  expect(clientsText(all, 'nameless')).toMatch(/^nameless 715, app1 715, .* …$/);
});
