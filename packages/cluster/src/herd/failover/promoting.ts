/** The chosen node: promoted, proved by a write, and the primary of its epoch. */
import { becomePrimary, replaced } from '../change.ts';
import type { Draft } from '../draft.ts';
import type { FailoverAct, NodeState } from '../state.ts';
import { DAMPING, late, lsn, standbys, TICK_MS } from './act.ts';
import { follow } from './following.ts';

export function promoting(draft: Draft, act: FailoverAct): void {
  const node = act.candidate === null ? undefined : draft.node(act.candidate);
  if (node === undefined) {
    draft.act({ phase: 'choosing', candidate: null });
    return;
  }
  const { answer } = node;
  if (
    node.failing === null &&
    answer !== null &&
    !answer.inRecovery &&
    node.answeredAt !== null &&
    node.answeredAt >= act.phaseSince
  ) {
    draft.act({ phase: 'proving' });
    draft.effect({ t: 'prove', node: node.id });
    follow(draft, node.id);
    return;
  }
  if (late(draft, act)) promotionFailed(draft, node.id, 'it was not promoted in time');
  else if (isGone(node)) promotionFailed(draft, node.id, node.failing?.last.reason ?? 'it is gone');
  else draft.look([node.id], TICK_MS);
}

const GONE_LOOKS = 3;

const isGone = (node: NodeState): boolean => (node.failing?.looks ?? 0) >= GONE_LOOKS;

export function promotionFailed(draft: Draft, id: number, error: string): void {
  const { act } = draft.state;
  if (act === null) return;
  draft.tell('failoverFailed', id, 'warning', `node ${id} could not be promoted: ${error}`, act.by);
  draft.act({ phase: 'choosing', candidate: null, forkAt: null, failed: new Set([...act.failed, id]) });
  draft.look(standbys(draft).map((node) => node.id));
}

/** A write was acknowledged, or waits for a synchronous standby that is still to follow: clients' writes wait likewise. */
export function proved(draft: Draft, error: string | null): void {
  const { act } = draft.state;
  const node = act?.candidate == null ? undefined : draft.node(act.candidate);
  if (act === null || node === undefined) return;
  if (error !== null) {
    if (node.failing !== null) {
      promotionFailed(draft, node.id, error);
      return;
    }
    draft.tell(
      'failoverWaits',
      node.id,
      'warning',
      `node ${node.id} has not acknowledged a write yet: ${error}`,
      act.by,
    );
  }
  serve(draft, node);
}

/** The node is the primary of this epoch. */
export function serve(draft: Draft, node: NodeState): void {
  const { state } = draft;
  const { act, lastPrimary } = state;
  if (act === null) return;
  const before = lastPrimary;
  const lost =
    act.forkAt === null || before?.position == null
      ? null
      : before.position > act.forkAt
        ? before.position - act.forkAt
        : 0n;
  if (act.phase !== 'proving') follow(draft, node.id);
  becomePrimary(draft, node.id, act.by, node.answer);
  if (act.forkAt !== null && node.id !== act.old)
    state.fork = { node: act.old, at: act.forkAt, timeline: before?.timeline ?? null };
  if (draft.settings.failoverBy === 'builtin' && node.id !== act.old) state.promoted = node.id;
  if (node.id !== act.old) replaced(draft, act.old);
  if (act.kind === 'switchover' && node.id !== act.old)
    state.returning = { node: act.old, until: draft.now + RETURNS_WITHIN_MS, asked: false };
  state.failovers = [...state.failovers.filter((at) => draft.now - at < DAMPING.withinMs), draft.now];
  draft.tell('failoverDone', node.id, 'info', `node ${node.id} is the primary in place of node ${act.old}`, act.by, {
    replaced: node.id !== act.old,
    tookMs: Math.round(draft.now - act.startedAt),
    fork: lsn(act.forkAt),
    lastLsn: lsn(before?.position ?? null),
    lastSeenMs: before === null ? null : Math.round(act.startedAt - before.seenAt),
    lostBytesAtLeast: lost === null ? null : Number(lost),
  });
  draft.effect({ t: 'save' });
  draft.act({ phase: 'following' });
}

/** After a switchover its old primary is out of reach for so long at most without being left out for it. */
export const RETURNS_WITHIN_MS = 40_000;
