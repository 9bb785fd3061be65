/** The best standby by fresh facts, or the reason why nobody is promoted now. */
import { type RankedNode, rankCandidates } from '../candidates.ts';
import type { Draft } from '../draft.ts';
import { COULD_NOT_FOLLOW, type FailoverAct } from '../state.ts';
import { late, lookAtAll, SLOW_TICK_MS, standbys, TICK_MS } from './act.ts';
import { adoptForeign } from './foreign.ts';

/** How long standbys that a synchronous commit may have waited for are awaited before another one is chosen. */
const SYNC_PATIENCE_MS = 3_000;

export function choose(draft: Draft, act: FailoverAct): void {
  if (adoptForeign(draft, act)) return;
  const asked = standbys(draft);
  const heard = asked.every(
    (node) => node.failing !== null || (node.answeredAt !== null && node.answeredAt >= act.phaseSince),
  );
  if (act.phase === 'choosing' && !heard && !late(draft, act)) return;
  const ranking = rankCandidates(
    draft.state,
    draft.settings,
    draft.state.lastPrimary,
    act.phase === 'blocked' ? draft.now - 2 * SLOW_TICK_MS : act.phaseSince,
    act.failed,
  );
  const waited = draft.now - act.phaseSince;
  if (ranking.syncProved === false && act.phase === 'choosing' && waited < SYNC_PATIENCE_MS && !act.acceptLoss) {
    draft.look(
      asked.map((node) => node.id),
      TICK_MS,
    );
    return;
  }
  const best = pick(ranking.nodes, act.wished, act.acceptLoss);
  if (best === undefined) {
    block(draft, act, act.failed.size > 0 ? 'nobody could be promoted' : 'no standby can be promoted', ranking.nodes);
    if (act.failed.size > 0) draft.act({ failed: new Set() });
    return;
  }
  const { maxLostBytes } = draft.settings;
  const unknown = best.behind === null || ranking.syncProved === false;
  if (maxLostBytes !== null && !act.acceptLoss && (unknown || (best.behind ?? 0n) > maxLostBytes)) {
    const lost = unknown ? 'an unknown number of' : `at least ${best.behind}`;
    block(
      draft,
      act,
      `node ${best.node} would lose ${lost} bytes, more than failover_max_lost_bytes allows`,
      ranking.nodes,
    );
    return;
  }
  if (ranking.syncProved === false) {
    draft.tell(
      'failoverWaits',
      best.node,
      'warning',
      `node ${best.node} is promoted although not enough synchronous standbys answered: acknowledged commits may be lost`,
      act.by,
    );
  }
  // Whoever was ordered before and is not seen as a standby may still become a primary: it is not used as one.
  for (const [id] of act.ordered) {
    const node = draft.node(id);
    if (id === best.node || node === undefined || !node.attached) continue;
    draft.change(id, {
      attached: false,
      by: COULD_NOT_FOLLOW,
      reason: 'its promotion is in doubt',
      changedAt: draft.now,
    });
  }
  const ordered = new Map([...act.ordered, [best.node, draft.now]]);
  draft.act({ phase: 'promoting', candidate: best.node, forkAt: best.received, ordered });
  draft.effect({ t: 'promote', node: best.node });
}

/** The wished one, unless it lacks what another one has and nobody accepted that. */
function pick(ranked: readonly RankedNode[], wished: number | null, acceptLoss: boolean): RankedNode | undefined {
  const eligible = ranked.filter((node) => node.eligible);
  const [best] = eligible;
  const asked = eligible.find((node) => node.node === wished);
  if (asked === undefined || best === undefined) return best;
  const lacks = (best.received ?? 0n) > (asked.received ?? 0n) || (best.timeline ?? 0) > (asked.timeline ?? 0);
  return lacks && !acceptLoss ? best : asked;
}

/** Nobody is promoted now. Looks go on: a standby that comes back, or somebody else's promotion, ends it. */
function block(draft: Draft, act: FailoverAct, why: string, ranked: readonly RankedNode[]): void {
  if (act.phase !== 'blocked') {
    const each = ranked.map((node) => `node ${node.node}: ${node.reasons.join(', ')}`).join('; ');
    draft.tell('failoverFailed', act.old, 'error', `${why}${each === '' ? '' : ` (${each})`}`, act.by);
    draft.tell(
      'primaryLost',
      act.old,
      'error',
      'there is no primary: writes wait or are refused until one is found',
      act.by,
    );
    draft.act({ phase: 'blocked' });
    draft.publish();
  }
  lookAtAll(draft, SLOW_TICK_MS);
}
