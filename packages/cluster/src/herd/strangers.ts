/** Standbys that stream from the primary and that no node of the configuration stands for. */
import type { Draft } from './draft.ts';
import type { Answer } from './facts.ts';

/** Nobody has so many; whoever makes up names is told of so often, and no more. */
const TOLD_MAX = 100;
const ARCHIVERS = new Set(['pg_receivewal', 'pg_basebackup', 'pg_recvlogical']);

/** @param answer of the primary */
export function meetStrangers(draft: Draft, primary: number, answer: Answer): void {
  const { state, settings } = draft;
  if (!settings.discoverStandbys || state.primary !== primary || answer.inRecovery) return;
  // Without its name a node's own row cannot be told from a stranger's.
  if (settings.nodes.some((node) => node.id !== primary && node.applicationName === '')) return;
  const known = new Set(settings.nodes.map((node) => node.applicationName));
  for (const row of answer.replicas) {
    if (!row.replays || known.has(row.applicationName) || ARCHIVERS.has(row.applicationName)) continue;
    const who = `${row.applicationName} at ${row.clientAddress}`;
    if (state.strangers.has(who) || state.strangers.size >= TOLD_MAX) continue;
    state.strangers = new Set([...state.strangers, who]);
    draft.effect({ t: 'discovered', applicationName: row.applicationName, address: row.clientAddress, primary });
  }
}
