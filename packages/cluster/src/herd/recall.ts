/**
 * The proxy starts again: what it wrote down is believed as far as the servers bear it out. The epoch goes on growing, and an
 * act that was under way is taken up: nothing of it is repeated blindly, each step is decided again by fresh facts.
 */
import { parseLsn } from '../lsn.ts';
import { strange } from './candidates.ts';
import { setRoles } from './change.ts';
import type { Draft } from './draft.ts';
import type { ActMemory, HerdMemory } from './memory.ts';
import { COULD_NOT_FOLLOW, type FailoverAct, type FailoverPhase } from './state.ts';

export function recall(draft: Draft, memory: HerdMemory, clock: number): void {
  const { state } = draft;
  const ours = (at: number): number => Math.min(draft.now, at - clock);
  state.epoch = memory.epoch + 1;
  state.recalled = true;
  state.systemIdentifier = memory.systemIdentifier;
  state.promoted = memory.promoted;
  state.replaced = new Set(memory.replaced.filter((id) => draft.node(id) !== undefined));
  state.failovers = memory.failovers.map(ours);
  state.fork = memory.fork === null ? null : { ...memory.fork, at: parseLsn(memory.fork.at) ?? 0n };
  if (memory.last !== null) {
    const lost = memory.act?.lost ?? null;
    state.lastPrimary = {
      ...memory.last,
      position: parseLsn(lost?.position ?? ''),
      seenAt: ours(lost?.seenAt ?? clock + draft.now),
      syncStandbyNames: lost?.syncStandbyNames ?? '',
      replicas: lost?.replicas ?? [],
    };
  }
  for (const { node: id, by, reason, byOperator } of memory.left) {
    const node = draft.node(id);
    if (node === undefined || node.attached) continue;
    draft.change(id, { reason, byOperator, ...(byOperator || by === COULD_NOT_FOLLOW ? { by } : {}) });
  }
  if (memory.returning !== null && draft.node(memory.returning) !== undefined) {
    state.returning = { node: memory.returning, until: draft.now + RETURN_IS_ASKED_MS, asked: false };
  }
  if (memory.act !== null && decidesItself(draft)) takeUp(draft, memory.act, ours);
  draft.publish();
}

/** For a primary to be found that the old one of a switchover returns to. */
const RETURN_IS_ASKED_MS = 60_000;

/** For clients to come back and write to a primary that its supervisor cannot reach. */
const WRITERS_RETURN_MS = 5_000;

/** Roles are found by asking: who the primary is does not stand in the configuration. */
function decidesItself({ settings }: Draft): boolean {
  return settings.canAsk && settings.nodes.length > 1 && !settings.nodes.some((node) => node.alwaysPrimary);
}

function takeUp(draft: Draft, kept: ActMemory, ours: (at: number) => number): void {
  const { state } = draft;
  const ordered = new Map(kept.ordered.map(([node, at]) => [node, ours(at)]));
  const phase = phaseAfter(kept, ordered.size > 0);
  if (phase === null) return;
  const { kind, by, old, wished, acceptLoss, byOperator, promotes, stopped } = kept;
  const act: FailoverAct = {
    ...{ kind, by, old, wished, acceptLoss, byOperator, promotes, stopped },
    phase,
    reason: kind === 'switchover' ? 'it was lost during a switchover' : kept.reason,
    forGood: kept.forGood || (kind === 'switchover' && ordered.size > 0),
    startedAt: ours(kept.startedAt),
    phaseSince: draft.now,
    candidate: null,
    forkAt: parseLsn(kept.forkAt ?? ''),
    ordered,
    failed: new Set(),
    following: new Set(),
    saidWaiting: false,
    silentUntil: phase === 'asking' && kept.saidWaiting ? draft.now + WRITERS_RETURN_MS : 0,
  };
  state.act = act;
  state.searchingSince = draft.now;
  if (act.silentUntil > 0 && state.lastPrimary?.node === old) {
    // It served clients while it was out of reach from here: they find it again, at the timeline that it had.
    state.primary = old;
    state.timeline = state.lastPrimary.timeline;
    state.recalled = false;
    setRoles(draft);
  }
  const replaced = kind === 'failover' && phase !== 'asking';
  if (replaced) {
    draft.change(old, { attached: false, role: 'standby', by, reason: kept.reason, byOperator, changedAt: draft.now });
  }
  draft.tell('actResumed', old, 'warning', sentence(act, kept), by, { phase: kept.phase });
  if (phase === 'fencing') draft.effect({ t: 'fence', epoch: state.epoch });
  if (phase === 'reviving') draft.effect({ t: 'revive', node: old });
  if (replaced) draft.effect({ t: 'save' });
  draft.look(draft.settings.nodes.map((node) => node.id));
}

/** Where it goes on; null = it had done all that cannot be found out by looking. */
function phaseAfter(kept: ActMemory, ordered: boolean): FailoverPhase | null {
  if (kept.kind === 'switchover' && !ordered) {
    // Given up for an operator's failover, or by a failure: from there on it was a failover.
    if (kept.phase === 'switching' || kept.phase === 'reviving') return kept.stopped ? 'reviving' : 'asking';
  }
  if (kept.phase === 'asking' || kept.phase === 'searching') return kept.phase;
  if (kept.phase === 'following' && !ordered) return null;
  return 'fencing';
}

function sentence({ kind, phase, old, ordered }: FailoverAct, kept: ActMemory): string {
  const begun = `the ${kind} of node ${old} that was under way when pgherd ended is taken up`;
  if (phase === 'reviving') return `${begun}: nothing was promoted, and node ${old} is started again`;
  if (phase === 'searching')
    return `${begun}: failover_command may have run or not, and is not run again; "pgherd failover" does that`;
  const nodes = [...ordered.keys()].map((id) => `node ${id}`).join(' and ');
  return ordered.size > 0 ? `${begun}: the promotion of ${nodes} was ordered` : `${begun} where it was ${kept.phase}`;
}

/** The servers are others than those that were remembered: nothing of that counts but the epoch. */
export function forgetOtherHerd(draft: Draft): void {
  const { state } = draft;
  const heard = [...draft.each()].filter((node) => node.failing === null && node.answer?.systemIdentifier != null);
  const others = heard.filter((node) => strange(state.systemIdentifier, node.answer?.systemIdentifier ?? null));
  const all = [...draft.each()].every((node) => node.answer !== null || node.failing !== null);
  if (!all || heard.length === 0 || others.length < heard.length) return;
  state.recalled = false;
  state.systemIdentifier = null;
  state.lastPrimary = null;
  state.fork = null;
  state.promoted = null;
  state.replaced = new Set();
  state.returning = null;
  if (state.act === null) return;
  draft.tell(
    'failoverFailed',
    null,
    'warning',
    'the servers are those of another herd: nothing is taken up',
    'failover',
  );
  state.act = null;
}
