/**
 * Who could be the next primary, and in which order: pure. Timeline first, then what was received, then what was replayed,
 * then synchronous ones, weight, and the lowest id.
 */
import { formatLsn } from '../lsn.ts';
import type { HerdNodeSettings, HerdSettings } from './settings.ts';
import { type HerdState, type LastPrimary, mayBePromoted, type NodeState } from './state.ts';
import { answersNeeded, isListed, parseSyncStandbyNames } from './sync-standbys.ts';

export interface RankedNode {
  readonly node: number;
  readonly eligible: boolean;
  /** One sentence each: why not, or what speaks for it. */
  readonly reasons: readonly string[];
  readonly timeline: number | null;
  readonly received: bigint | null;
  readonly replayed: bigint | null;
  readonly syncState: string;
  /** Bytes behind the old primary's last known position. */
  readonly behind: bigint | null;
}

export interface Ranking {
  /** Best first; those that are not eligible last. */
  readonly nodes: readonly RankedNode[];
  /** Enough standbys answered that one of them has every commit that was acknowledged. Null: not synchronous. */
  readonly syncProved: boolean | null;
}

/** @param since only answers from then on count; 0 = the last known ones */
export function rankCandidates(
  state: HerdState,
  settings: HerdSettings,
  last: LastPrimary | null,
  since: number,
  failed: ReadonlySet<number> = new Set(),
): Ranking {
  const ranked: RankedNode[] = [];
  for (const node of settings.nodes) {
    const known = state.nodes.get(node.id);
    if (known === undefined || node.id === last?.node) continue;
    ranked.push(rankOne(known, node, state, last, since, failed));
  }
  const weights = new Map(settings.nodes.map(({ id, weight }) => [id, weight]));
  ranked.sort((a, b) => compare(a, b, weights));
  return { nodes: ranked, syncProved: syncProved(ranked, settings, last) };
}

function rankOne(
  node: NodeState,
  settings: HerdNodeSettings,
  state: HerdState,
  last: LastPrimary | null,
  since: number,
  failed: ReadonlySet<number>,
): RankedNode {
  const { answer } = node;
  const fresh = answer !== null && node.answeredAt !== null && node.answeredAt >= since && node.failing === null;
  const against: string[] = [];
  if (!mayBePromoted(node)) against.push(`it is detached: ${node.reason ?? 'by an operator'}`);
  if (!fresh)
    against.push(node.failing === null ? 'it has not answered yet' : `it does not answer: ${node.failing.last.reason}`);
  else if (!answer.inRecovery) against.push('it is not a standby');
  else if (strange(state.systemIdentifier, answer.systemIdentifier)) against.push('it is a server of another herd');
  if (!settings.configured) against.push('it is not in the configuration');
  if (failed.has(node.id)) against.push('it could not be promoted a moment ago');
  const received = answer === null ? null : greater(answer.received, answer.position);
  const ahead = last?.position ?? null;
  const behind = ahead === null || received === null ? null : ahead > received ? ahead - received : 0n;
  const syncState = last?.replicas.find((row) => row.applicationName === settings.applicationName)?.syncState ?? '';
  const speaks = received === null ? [] : [`it has received up to ${formatLsn(received)}`];
  if (syncState === 'sync' || syncState === 'quorum') speaks.push(`it was synchronous (${syncState})`);
  return {
    node: node.id,
    eligible: against.length === 0,
    reasons: against.length === 0 ? speaks : against,
    timeline: answer?.timeline ?? null,
    received,
    replayed: answer?.position ?? null,
    syncState,
    behind,
  };
}

function compare(a: RankedNode, b: RankedNode, weights: ReadonlyMap<number, number>): number {
  if (a.eligible !== b.eligible) return a.eligible ? -1 : 1;
  const timelines = (b.timeline ?? 0) - (a.timeline ?? 0);
  if (a.timeline !== null && b.timeline !== null && timelines !== 0) return timelines;
  const received = order(a.received, b.received);
  if (received !== 0) return received;
  const replayed = order(a.replayed, b.replayed);
  if (replayed !== 0) return replayed;
  const sync = syncRank(b.syncState) - syncRank(a.syncState);
  if (sync !== 0) return sync;
  const weight = (weights.get(b.node) ?? 0) - (weights.get(a.node) ?? 0);
  return weight === 0 ? a.node - b.node : weight;
}

const syncRank = (state: string): number =>
  state === 'sync' || state === 'quorum' ? 2 : state === 'potential' ? 1 : 0;
const order = (a: bigint | null, b: bigint | null): number =>
  (a ?? -1n) === (b ?? -1n) ? 0 : (a ?? -1n) > (b ?? -1n) ? -1 : 1;

export const greater = (a: bigint | null, b: bigint | null): bigint | null =>
  a === null ? b : b === null ? a : a > b ? a : b;

export const strange = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && one !== other;

function syncProved(ranked: readonly RankedNode[], settings: HerdSettings, last: LastPrimary | null): boolean | null {
  const rule = parseSyncStandbyNames(last?.syncStandbyNames ?? '');
  if (rule === null) return null;
  const names = new Map(settings.nodes.map(({ id, applicationName }) => [id, applicationName]));
  const listed = ranked.filter(({ node }) => isListed(rule, names.get(node) ?? ''));
  if (rule.method === 'first' && listed.some((node) => node.eligible && node.syncState === 'sync')) return true;
  const heard = listed.filter((node) => node.eligible).length;
  // A standby that is not one of our nodes may have been the one that a commit waited for.
  const strangers = (last?.replicas ?? []).filter(
    (row) =>
      isListed(rule, row.applicationName) &&
      !settings.nodes.some((node) => node.applicationName === row.applicationName),
  ).length;
  return heard >= answersNeeded(rule, listed.length + strangers);
}
