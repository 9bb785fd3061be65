/** Filters, groups and targets of the session list. Pure: 5,000 rows pass through here every two seconds. */
import type { SessionView } from '../../../shared/live/topics.ts';

export const GROUPS = ['user', 'database', 'application', 'node', 'state'] as const;
export type GroupBy = (typeof GROUPS)[number];
export const STATES = ['active', 'idle', 'idle in transaction', 'idle in failed transaction'] as const;

/** Empty: no filter. `application` names those without one as `-`, as it stands in addresses. */
export interface SessionFilter {
  readonly q: string;
  readonly state: string;
  readonly node: string;
  readonly user: string;
  readonly database: string;
  readonly application: string;
  readonly proxy: string;
}

export const NO_NAME = '-';

const groupOf = (session: SessionView, by: GroupBy): string =>
  by === 'node' ? String(session.readNode) : session[by] === '' ? NO_NAME : session[by];

export function filterSessions(all: readonly SessionView[], filter: SessionFilter): readonly SessionView[] {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  const exact = (['state', 'user', 'database', 'application'] as const).filter((name) => filter[name] !== '');
  const node = filter.node === '' ? null : Number(filter.node);
  if (words.length === 0 && exact.length === 0 && node === null && filter.proxy === '') return all;
  return all.filter((session) => {
    if (exact.some((name) => groupOf(session, name) !== filter[name])) return false;
    if (filter.proxy !== '' && session.proxy !== filter.proxy) return false;
    if (node !== null && session.readNode !== node && !session.links.some((link) => link.node === node)) return false;
    if (words.length === 0) return true;
    const { user, database, application, host, port, workerPid, links, id } = session;
    const pids = links.map(({ pid }) => pid).join(' ');
    const text = `${user}@${database} ${application} ${host}:${port} ${workerPid} ${pids} ${id}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export interface SessionGroup {
  readonly value: string;
  readonly sessions: number;
  readonly active: number;
  readonly inTransaction: number;
  /** ISO 8601: the first that connected. */
  readonly oldest: string;
}

/** The greatest first. */
export function groupSessions(all: readonly SessionView[], by: GroupBy): readonly SessionGroup[] {
  const groups = new Map<string, SessionGroup>();
  for (const session of all) {
    const value = groupOf(session, by);
    const known = groups.get(value);
    groups.set(value, {
      value,
      sessions: (known?.sessions ?? 0) + 1,
      active: (known?.active ?? 0) + (session.state === 'active' ? 1 : 0),
      inTransaction: (known?.inTransaction ?? 0) + (session.transactionStartedAt === null ? 0 : 1),
      oldest: known === undefined || session.connectedAt < known.oldest ? session.connectedAt : known.oldest,
    });
  }
  return [...groups.values()].sort((a, b) => b.sessions - a.sessions || (a.value < b.value ? -1 : 1));
}

/** The most that one call takes. */
const TARGETS_MAX = 1_000;

export interface Call {
  readonly proxy: string;
  readonly sessions: readonly { readonly id: string; readonly user: string; readonly connectedAt: string }[];
}

/** One call for each proxy, more where there are many. With what identifies a session, so that no other one is hit. */
export function callsFor(chosen: readonly SessionView[]): readonly Call[] {
  const byProxy = Map.groupBy(chosen, ({ proxy }) => proxy);
  return [...byProxy].flatMap(([proxy, sessions]) => {
    const calls: Call[] = [];
    for (let at = 0; at < sessions.length; at += TARGETS_MAX) {
      const part = sessions.slice(at, at + TARGETS_MAX);
      calls.push({ proxy, sessions: part.map(({ id, user, connectedAt }) => ({ id, user, connectedAt })) });
    }
    return calls;
  });
}

/** "checkout-api 12, storefront 3 …": who is hit, the greatest first. */
export function clientsText(chosen: readonly SessionView[], noName: string, most = 4): string {
  const groups = groupSessions(chosen, 'application');
  const shown = groups.slice(0, most).map(({ value, sessions }) => `${value === NO_NAME ? noName : value} ${sessions}`);
  return `${shown.join(', ')}${groups.length > most ? ' …' : ''}`;
}
