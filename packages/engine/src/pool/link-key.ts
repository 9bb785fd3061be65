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
