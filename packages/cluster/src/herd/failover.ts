/**
 * Replacing a lost primary, phase by phase: ask the standbys whether WAL still arrives, fence, choose, promote, prove a
 * write, let the others follow. Each phase has a deadline and is judged by fresh facts; every end is explained by an event.
 */
import { formatLsn } from '../lsn.ts';
import { type RankedNode, rankCandidates, strange } from './candidates.ts';
import { becomePrimary, lowest, mainNode, replaced, setRoles, takeOut } from './change.ts';
import type { Draft } from './draft.ts';
import type { HerdEvent } from './events.ts';
import { COULD_NOT_FOLLOW, type FailoverAct, type FailoverPhase, mayBePromoted, type NodeState } from './state.ts';

/** Two looks at what a standby has received must lie so far apart to tell that nothing arrives. */
const STILL_MS = 300;
const LIMITS: Readonly<Record<FailoverPhase, number>> = {
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
/** How long standbys that a synchronous commit may have waited for are awaited before another one is chosen. */
const SYNC_PATIENCE_MS = 3_000;
const TICK_MS = 100;
const SLOW_TICK_MS = 1_000;
/** More failovers than this within the time are too many: the next one waits. */
const DAMPING = { failovers: 3, withinMs: 60_000, pauseMs: 10_000 };

export interface LossOfPrimary {
  readonly reason: string;
  readonly by: string;
  readonly to: number | null;
  readonly acceptLoss: boolean;
  /** It was wished: the old primary may live, and is given up all the same. */
  readonly byOperator: boolean;
  /** It does not come back, whatever it says: another node is on a later timeline. */
  readonly superseded?: boolean;
}

/** The primary is gone, or is given up. */
export function lostPrimary(
  draft: Draft,
  { reason, by, to, acceptLoss, byOperator, superseded = false }: LossOfPrimary,
): void {
  const { state, settings } = draft;
  const old = state.primary;
  if (old === null || state.act !== null) return;
  state.act = {
    ...newAct(draft, old, reason, by),
    wished: to,
    acceptLoss,
    byOperator,
    forGood: byOperator || superseded,
  };
  if (flaps(draft)) {
    draft.tell(
      'flapping',
      old,
      'warning',
      `the primary was replaced ${DAMPING.failovers} times within a minute: this time it is waited for a while`,
      by,
    );
  }
  draft.tell('failoverStarted', old, 'warning', `the primary (node ${old}) is lost: ${reason}`, by, {
    lastLsn: lsn(state.lastPrimary?.position ?? null),
    lastSeenMs: state.lastPrimary === null ? null : Math.round(draft.now - state.lastPrimary.seenAt),
    failoverBy: settings.failoverBy,
  });
  draft.look(standbys(draft).map((node) => node.id));
  if (byOperator || superseded) fence(draft);
}

function newAct(draft: Draft, old: number, reason: string, by: string): FailoverAct {
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

function flaps({ state, now }: Draft): boolean {
  return state.failovers.filter((at) => now - at < DAMPING.withinMs).length >= DAMPING.failovers;
}

/** An operator gives the primary up: asked for, so nobody is asked whether WAL still arrives. */
export function operatorFailover(draft: Draft, event: Extract<HerdEvent, { t: 'failover' }>): void {
  const { state } = draft;
  const { act } = state;
  if (act !== null) {
    draft.act({
      acceptLoss: act.acceptLoss || event.acceptLoss,
      wished: event.to ?? act.wished,
      byOperator: true,
      forGood: true,
      promotes: true,
    });
    if (act.phase === 'asking' || act.phase === 'reviving') fence(draft);
    return;
  }
  const wish = { by: event.by, to: event.to, acceptLoss: event.acceptLoss, byOperator: true };
  if (state.primary !== null) {
    lostPrimary(draft, { reason: 'given up by an operator', ...wish });
    draft.act({ promotes: true });
    return;
  }
  // There is none to give up: whoever can be promoted is.
  const old = state.lastPrimary?.node ?? NOBODY;
  const begun = newAct(draft, old, 'there is no primary', event.by);
  state.act = {
    ...begun,
    wished: event.to,
    acceptLoss: event.acceptLoss,
    byOperator: true,
    forGood: true,
    promotes: true,
    phase: 'fencing',
  };
  state.epoch++;
  draft.effect({ t: 'fence', epoch: state.epoch });
  draft.publish();
}

/** No node has this id. */
const NOBODY = -1;

/** A switchover begins: nothing else decides until it has ended. */
export function switching(draft: Draft, to: number, by: string): void {
  const { state } = draft;
  if (state.primary === null || state.act !== null) return;
  const begun = newAct(draft, state.primary, 'a switchover', by);
  state.act = { ...begun, kind: 'switchover', wished: to, phase: 'switching' };
  draft.publish();
}

/** After a switchover its old primary is out of reach for so long at most without being left out for it. */
export const RETURNS_WITHIN_MS = 40_000;

/** Its epoch closes: no link to the old primary is used any more. */
export function switchFence(draft: Draft): void {
  const { state } = draft;
  if (state.act?.phase !== 'switching') return;
  state.epoch++;
  state.primary = null;
  draft.act({ stopped: true });
  draft.effect({ t: 'fence', epoch: state.epoch });
  draft.publish();
}

/** From here on there is only forward, also over a restart. */
export function switchOrders(draft: Draft): void {
  const { act } = draft.state;
  if (act?.phase !== 'switching' || act.wished === null) return;
  draft.act({ ordered: new Map([[act.wished, draft.now]]) });
}

/** Its promotion was ordered and is in doubt: only looks can tell, and the old primary stays stopped. */
export function switchLost(draft: Draft, ordered: number): void {
  const { act } = draft.state;
  if (act?.phase !== 'switching') return;
  draft.act({ phase: 'blocked', forGood: true, ordered: new Map([[ordered, draft.now]]) });
  draft.tell(
    'primaryLost',
    act.old,
    'error',
    `the promotion of node ${ordered} is in doubt: there is no primary until it is known`,
    act.by,
  );
  lookAtAll(draft, 0);
}

/** It has ended: the node is the primary, a new one or (when it was given up before the point of no return) the old one. */
export function switched(draft: Draft, to: number): void {
  const { state } = draft;
  const { act } = state;
  if (act?.phase !== 'switching') return;
  if (state.primary !== to) {
    const answer = draft.node(to)?.answer ?? null;
    becomePrimary(draft, to, act.by, answer !== null && !answer.inRecovery ? answer : null);
  }
  state.act = null;
  if (to !== act.old) {
    state.returning = { node: act.old, until: draft.now + RETURNS_WITHIN_MS, asked: true };
    replaced(draft, act.old);
    for (const node of draft.each()) {
      if (node.id === to || node.id === act.old || !node.attached || draft.settings.failoverBy !== 'builtin') continue;
      draft.effect({ t: 'follow', node: node.id, primary: to, forkAt: null });
    }
  }
  setRoles(draft);
  draft.effect({ t: 'save' });
  draft.publish();
  lookAtAll(draft, 0);
}

export function returned(draft: Draft, node: number): void {
  if (draft.state.returning?.node !== node) return;
  draft.state.returning = null;
  draft.look([node]);
}

export function actEvent(
  draft: Draft,
  event: Extract<HerdEvent, { t: 'fenced' | 'promoted' | 'proved' | 'followed' | 'commandEnded' }>,
): void {
  const { act } = draft.state;
  if (event.t === 'followed') {
    followed(draft, event);
    return;
  }
  if (act === null) return;
  switch (event.t) {
    case 'fenced':
      if (act.phase === 'fencing' && event.epoch === draft.state.epoch) afterFence(draft);
      return;
    case 'commandEnded':
      if (act.phase === 'searching') draft.look(draft.settings.nodes.map((node) => node.id));
      return;
    case 'promoted':
      if (act.phase === 'promoting' && act.candidate === event.node && event.error !== null) {
        promotionFailed(draft, event.node, event.error);
      } else if (act.phase === 'promoting' && act.candidate === event.node) draft.look([event.node]);
      return;
    case 'proved':
      if (act.phase === 'proving' && act.candidate === event.node) proved(draft, event.error);
      return;
  }
}

/** Whatever happened: does the act go on? */
export function goOn(draft: Draft): void {
  const { act } = draft.state;
  if (act === null) return;
  switch (act.phase) {
    case 'asking':
      ask(draft, act);
      break;
    case 'fencing':
      if (late(draft, act)) draft.effect({ t: 'fence', epoch: draft.state.epoch }); // asked again; the shell kills the silent
      break;
    case 'choosing':
    case 'blocked':
      choose(draft, act);
      break;
    case 'searching':
      search(draft, act);
      break;
    case 'promoting':
      promoting(draft, act);
      break;
    case 'proving':
      if (late(draft, act)) proved(draft, 'no write was acknowledged in time');
      else if (act.candidate !== null) draft.look([act.candidate], TICK_MS * 2);
      break;
    case 'following':
      if (late(draft, act) || act.following.size === 0) settle(draft);
      break;
    case 'switching':
      return;
    case 'reviving':
      if (adoptForeign(draft, act)) break;
      if (late(draft, act)) fence(draft);
      else lookAtAll(draft, TICK_MS * 2);
      break;
  }
  const after = draft.state.act;
  if (after === null) return;
  const slow = after.phase === 'blocked' || after.phase === 'searching' || after.saidWaiting;
  draft.effect({ t: 'tick', afterMs: slow ? SLOW_TICK_MS : TICK_MS });
}

const late = (draft: Draft, act: FailoverAct): boolean => draft.now - act.phaseSince >= LIMITS[act.phase];

function standbys(draft: Draft): NodeState[] {
  return [...draft.each()].filter(
    (node) => mayBePromoted(node) && node.id !== draft.state.act?.old && node.id !== draft.state.primary,
  );
}

// --- asking -----------------------------------------------------------------------------------------------------------

function ask(draft: Draft, act: FailoverAct): void {
  const old = draft.node(act.old);
  if (draft.state.primary === null) {
    // Taken up after a restart: the old primary is heard as any other, since somebody may have promoted meanwhile.
    if (adoptForeign(draft, act)) return;
    if (old !== undefined && old.failing === null && old.answeredAt === null && !late(draft, act)) {
      draft.look([act.old], TICK_MS);
      return;
    }
  } else if (old !== undefined && old.failing === null && old.answeredAt !== null && old.answeredAt >= act.startedAt) {
    cancel(draft, act, 'it answers again');
    return;
  }
  if (flaps(draft) && draft.now - act.startedAt < DAMPING.pauseMs) {
    lookAtAll(draft, SLOW_TICK_MS);
    return;
  }
  const asked = standbys(draft).filter((node) => node.failing === null);
  const since = old?.failing?.since ?? act.startedAt;
  const arrives = asked.map((node) => (node.answer?.received == null ? false : moves(node, since)));
  if (arrives.includes(true)) {
    if (!act.saidWaiting) {
      draft.act({ saidWaiting: true });
      draft.tell(
        'failoverWaits',
        act.old,
        'warning',
        `node ${act.old} cannot be reached from here, but standbys still receive from it: it is not replaced`,
        act.by,
      );
      draft.publish();
    }
    lookAtAll(draft, SLOW_TICK_MS / 2);
    return;
  }
  if ((arrives.includes(null) && !late(draft, act)) || draft.now < act.silentUntil) {
    draft.look(
      asked.map((node) => node.id),
      TICK_MS,
    );
    return;
  }
  fence(draft);
}

/** Two looks at what it has received, far enough apart and both after the trouble began; null while there are none. */
function moves(node: NodeState, since: number): boolean | null {
  const newest = node.received.at(-1);
  const oldest = node.received.find((sample) => sample.at >= since);
  if (newest === undefined || oldest === undefined || newest.at - oldest.at < STILL_MS) return null;
  const before = node.received.findLast((sample) => newest.at - sample.at >= STILL_MS);
  return before !== undefined && newest.lsn > before.lsn;
}

function lookAtAll(draft: Draft, afterMs: number): void {
  draft.look(
    draft.settings.nodes.map((node) => node.id),
    afterMs,
  );
}

/** Nothing was fenced yet: the primary goes on as if nothing had been. */
function cancel(draft: Draft, act: FailoverAct, why: string): void {
  draft.state.act = null;
  draft.tell('failoverDone', act.old, 'info', `node ${act.old} stays the primary: ${why}`, act.by, { replaced: false });
  draft.publish();
}

// --- fencing ----------------------------------------------------------------------------------------------------------

export function fence(draft: Draft): void {
  const { state } = draft;
  const { act } = state;
  if (act === null) return;
  state.epoch++;
  state.primary = null;
  state.searchingSince = draft.now;
  draft.act({ phase: 'fencing' });
  draft.change(act.old, {
    attached: false,
    reason: act.reason,
    by: act.by,
    changedAt: draft.now,
    suspicion: null,
    falseSince: null,
    role: 'standby',
    byOperator: act.byOperator,
  });
  draft.tell('nodeDetached', act.old, 'warning', `node ${act.old} is detached: ${act.reason}`, act.by);
  draft.effect({ t: 'fence', epoch: state.epoch });
  draft.effect({ t: 'save' });
  draft.publish();
}

function afterFence(draft: Draft): void {
  const { settings, state } = draft;
  const { act } = state;
  if (act === null) return;
  // A promotion that was ordered before a restart is ours to bring to its end, whoever promotes otherwise.
  const ours = settings.failoverBy === 'builtin' || act.ordered.size > 0;
  if (ours || (act.promotes && settings.failoverBy !== 'command')) {
    draft.act({ phase: 'choosing' });
    draft.look(standbys(draft).map((node) => node.id));
    return;
  }
  draft.act({ phase: 'searching' });
  if (settings.commands.failover) {
    draft.effect({
      t: 'command',
      which: 'failover',
      node: act.old,
      newMain: act.wished ?? mainNode(draft),
      oldMain: lowest(draft, (node) => node.attached || node.id === act.old),
      oldPrimary: act.old,
    });
  }
  draft.look(standbys(draft).map((node) => node.id));
}

// --- choosing ---------------------------------------------------------------------------------------------------------

function choose(draft: Draft, act: FailoverAct): void {
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

/** Somebody else has promoted a standby, or the old primary is back while nothing was promoted: that one is taken. */
function adoptForeign(draft: Draft, act: FailoverAct): boolean {
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

// --- promoting --------------------------------------------------------------------------------------------------------

function promoting(draft: Draft, act: FailoverAct): void {
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

function promotionFailed(draft: Draft, id: number, error: string): void {
  const { act } = draft.state;
  if (act === null) return;
  draft.tell('failoverFailed', id, 'warning', `node ${id} could not be promoted: ${error}`, act.by);
  draft.act({ phase: 'choosing', candidate: null, forkAt: null, failed: new Set([...act.failed, id]) });
  draft.look(standbys(draft).map((node) => node.id));
}

/** A write was acknowledged, or waits for a synchronous standby that is still to follow: clients' writes wait likewise. */
function proved(draft: Draft, error: string | null): void {
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
function serve(draft: Draft, node: NodeState): void {
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

// --- following --------------------------------------------------------------------------------------------------------

function follow(draft: Draft, primary: number): void {
  const { settings, state } = draft;
  const { act } = state;
  if (act === null) return;
  const others = [...draft.each()].filter(
    (node) =>
      node.id !== primary && node.attached && node.id !== act.old && !keepsUpstream(draft, node, primary, act.old),
  );
  if (settings.commands.follow && settings.failoverBy !== 'builtin') {
    const oldMain = lowest(draft, (node) => node.attached || node.id === act.old);
    // As in Pgpool-II: each of the others is left out, and the command brings it back.
    for (const node of others) {
      draft.change(node.id, {
        attached: false,
        reason: 'follow_primary_command makes it follow',
        by: 'failover',
        changedAt: draft.now,
      });
      draft.effect({
        t: 'command',
        which: 'follow',
        node: node.id,
        newMain: primary,
        oldMain,
        oldPrimary: act.old,
      });
    }
    return;
  }
  if (settings.failoverBy !== 'builtin') return;
  draft.act({ following: new Set(others.map((node) => node.id)) });
  for (const node of others) draft.effect({ t: 'follow', node: node.id, primary, forkAt: act.forkAt });
}

/** A cascaded standby whose upstream lives and follows itself is left where it is. */
function keepsUpstream(draft: Draft, node: NodeState, primary: number, old: number): boolean {
  const upstream = node.answer?.upstream ?? null;
  if (upstream === null) return false;
  const from = draft.settings.nodes.find(({ host, port }) => host === upstream.host && port === upstream.port);
  const server = from === undefined ? undefined : draft.node(from.id);
  return server?.attached === true && server.id !== old && server.id !== primary && server.failing === null;
}

function followed(draft: Draft, { node: id, primary, error }: Extract<HerdEvent, { t: 'followed' }>): void {
  const { act } = draft.state;
  const node = draft.node(id);
  if (act !== null) draft.act({ following: new Set([...act.following].filter((other) => other !== id)) });
  // What was tried for a primary that is none any more says nothing.
  const current = draft.state.primary ?? act?.candidate ?? null;
  if (node === undefined || primary !== current || id === current) return;
  if (error === null) draft.tell('nodeFollows', id, 'info', `node ${id} receives from the new primary`, 'failover');
  else {
    draft.tell('nodeCannotFollow', id, 'warning', `node ${id} cannot follow: ${error}`, 'failover');
    if (node.attached) takeOut(draft, id, `it cannot follow the new primary: ${error}`, COULD_NOT_FOLLOW);
  }
  draft.look([id]);
}

function settle(draft: Draft): void {
  draft.state.act = null;
  lookAtAll(draft, 0);
}

// --- searching --------------------------------------------------------------------------------------------------------

/** Somebody else promotes; whoever it was is taken. */
function search(draft: Draft, act: FailoverAct): void {
  if (adoptForeign(draft, act)) return;
  const { searchPrimaryMs } = draft.settings;
  if (searchPrimaryMs > 0 && draft.now - act.phaseSince >= searchPrimaryMs) {
    draft.tell(
      'failoverFailed',
      act.old,
      'error',
      `no primary was found within ${Math.round(searchPrimaryMs / 1000)} s`,
      act.by,
    );
    draft.tell('primaryLost', act.old, 'error', 'there is no primary: writes are refused until one is found', act.by);
    draft.state.act = null; // looks of the streaming check go on, and judge() takes whoever is found
    draft.publish();
    return;
  }
  lookAtAll(draft, SLOW_TICK_MS / 2);
}

const lsn = (position: bigint | null): string | null => (position === null ? null : formatLsn(position));
