/** What all phases of a failover share: an act at its beginning, its deadlines, who could be promoted. */
import { formatLsn } from '../../lsn.ts';
import type { Draft } from '../draft.ts';
import { type FailoverAct, type FailoverPhase, mayBePromoted, type NodeState } from '../state.ts';

export const LIMITS: Readonly<Record<FailoverPhase, number>> = {
  asking: 1_500,
  fencing: 3_000,
  choosing: 2_000,
  blocked: Number.POSITIVE_INFINITY,
  searching: Number.POSITIVE_INFINITY,
  promoting: 15_000,
  proving: 3_000,
  following: 30_000,
  switching: Number.POSITIVE_INFINITY,
  reviving: 45_000,
};

export const TICK_MS = 100;

export const SLOW_TICK_MS = 1_000;

/** More failovers than this within the time are too many: the next one waits. */
export const DAMPING = { failovers: 3, withinMs: 60_000, pauseMs: 10_000 };

export function newAct(draft: Draft, old: number, reason: string, by: string): FailoverAct {
  return {
    kind: 'failover',
    reason,
    by,
    old,
    wished: null,
    acceptLoss: false,
    byOperator: false,
    phase: 'asking',
    startedAt: draft.now,
    phaseSince: draft.now,
    candidate: null,
    forkAt: null,
    forGood: false,
    promotes: false,
    ordered: new Map(),
    failed: new Set(),
    following: new Set(),
    saidWaiting: false,
    silentUntil: 0,
    stopped: false,
  };
}

export function flaps({ state, now }: Draft): boolean {
  return state.failovers.filter((at) => now - at < DAMPING.withinMs).length >= DAMPING.failovers;
}

export const late = (draft: Draft, act: FailoverAct): boolean => draft.now - act.phaseSince >= LIMITS[act.phase];

export function standbys(draft: Draft): NodeState[] {
  return [...draft.each()].filter(
    (node) => mayBePromoted(node) && node.id !== draft.state.act?.old && node.id !== draft.state.primary,
  );
}

export function lookAtAll(draft: Draft, afterMs: number): void {
  draft.look(
    draft.settings.nodes.map((node) => node.id),
    afterMs,
  );
}

export const lsn = (position: bigint | null): string | null => (position === null ? null : formatLsn(position));
