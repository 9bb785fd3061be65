/** Somebody else has promoted a node, or the old primary is back: it is taken instead. */
import { strange } from '../candidates.ts';
import type { Draft } from '../draft.ts';
import { type FailoverAct, mayBePromoted, type NodeState } from '../state.ts';
import { LIMITS, standbys } from './act.ts';
import { serve } from './promoting.ts';

/** Somebody else has promoted a standby, or the old primary is back while nothing was promoted: that one is taken. */
export function adoptForeign(draft: Draft, act: FailoverAct): boolean {
  const { state } = draft;
  const found = [...draft.each()]
    .filter(
      (node) =>
        node.failing === null &&
        node.answer?.inRecovery === false &&
        node.answeredAt !== null &&
        node.answeredAt >= act.phaseSince,
    )
    .filter((node) => !strange(state.systemIdentifier, node.answer?.systemIdentifier ?? null))
    .filter((node) =>
      node.id === act.old
        ? oldMayReturn(draft, act)
        : mayBePromoted(node) && draft.of(node.id)?.configured === true && !longFalse(draft, node),
    )
    .filter((node) => (node.answer?.timeline ?? 0) >= (state.lastPrimary?.timeline ?? 0))
    .sort(
      (a, b) =>
        (b.answer?.timeline ?? 0) - (a.answer?.timeline ?? 0) || Number(a.id === act.old) - Number(b.id === act.old),
    );
  const [node] = found;
  if (node === undefined) return false;
  if (node.id === act.old) {
    draft.change(node.id, {
      attached: true,
      reason: 'the primary is back, and nobody took its place',
      by: 'failover',
      changedAt: draft.now,
    });
    draft.tell(
      'nodeAttached',
      node.id,
      'info',
      `node ${node.id} is attached: the primary is back, and nobody took its place`,
      act.by,
    );
  }
  const ordered = act.ordered.size === 0 || act.ordered.has(node.id);
  draft.act({ candidate: node.id, forkAt: ordered ? act.forkAt : null });
  serve(draft, node);
  return true;
}

/** Nothing was promoted and, as far as can be seen, nothing is being promoted by others. */
function oldMayReturn(draft: Draft, act: FailoverAct): boolean {
  if (act.forGood || act.failed.size > 0 || (act.phase === 'searching' && draft.settings.commands.failover))
    return false;
  for (const [id, at] of act.ordered) {
    // A promotion that was ordered may be under way for as long as its limit, whatever became of the answer.
    const node = draft.node(id);
    const since = at + LIMITS.promoting;
    const undone = node?.answer?.inRecovery === true && node.failing === null && (node.answeredAt ?? 0) >= since;
    if (!undone) return false;
  }
  const timeline = draft.state.lastPrimary?.timeline ?? 0;
  return standbys(draft).every((node) => {
    if (node.failing !== null) return true;
    const fresh = node.answeredAt !== null && node.answeredAt >= act.phaseSince;
    return fresh && (node.answer?.inRecovery === true || (node.answer?.timeline ?? 0) < timeline);
  });
}

/** It has taken writes of its own for a while, and a standby of the lost primary is there to be promoted instead. */
function longFalse(draft: Draft, node: NodeState): boolean {
  if (node.falseSince === null || draft.now - node.falseSince < LONG_FALSE_MS) return false;
  return standbys(draft).some((other) => other.failing === null && other.answer?.inRecovery === true);
}

const LONG_FALSE_MS = 30_000;
