import type { StartupMessage } from '@pgherd/wire';

/** Replication connections are outside the pool and never reused: they need no key of their own. */
export const REPLICATION_KEY = 'replication';

/** The client's own start-up packet, without what only this hop may negotiate. */
export function startupParams(message: StartupMessage): (readonly [string, string])[] {
  return [...message.params].filter(([name]) => !name.startsWith('_pq_.'));
}

/** What makes two links interchangeable: the node, the protocol and the whole start-up packet, in any order. */
export function linkKey(nodeId: number, protocol: number, params: readonly (readonly [string, string])[]): string {
  const sorted = params.map(([name, value]) => `${name}\0${value}`).sort();
  return `${nodeId}\0${protocol}\0${sorted.join('\0')}`;
}

/** Start-up parameters that say nothing of what names mean. */
const NOT_FOR_NAMES: ReadonlySet<string> = new Set([
  ...['application_name', 'client_encoding', 'client_min_messages', 'datestyle', 'intervalstyle', 'timezone'],
  ...['extra_float_digits', 'bytea_output', 'statement_timeout', 'lock_timeout', 'replication'],
  'idle_in_transaction_session_timeout',
]);

/** What in such a key decides on the meaning of names: user, database, `options` and the like. */
export function scopeOfKey(key: string): string {
  const [, , ...params] = key.split('\0');
  const found: string[] = [];
  for (let i = 0; i + 1 < params.length; i += 2) {
    const name = (params[i] as string).toLowerCase();
    if (!NOT_FOR_NAMES.has(name)) found.push(name, params[i + 1] as string);
  }
  return found.join('\0');
}

/** The user in such a key. */
export function userOfKey(key: string): string {
  const [, , ...params] = key.split('\0');
  for (let i = 0; i + 1 < params.length; i += 2) if (params[i] === 'user') return params[i + 1] as string;
  return '';
}
