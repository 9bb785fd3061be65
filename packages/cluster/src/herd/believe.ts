/**
 * What single nodes are believed to be: looks, suspicions, attach and detach, and who the primary is while no failover runs.
 */
import { formatLsn } from '../lsn.ts';
import { greater, strange } from './candidates.ts';
import { becomePrimary, command, forgiven, setRoles, takeOut } from './change.ts';
import type { Draft } from './draft.ts';
import type { Answer, Failure } from './facts.ts';
import { lostPrimary } from './failover/begin.ts';
import { forgetOtherHerd } from './recall.ts';
import { relaxSync } from './relax-sync.ts';
import { NEWCOMER, type NodeState, type SuspectedBy } from './state.ts';
import { meetStrangers } from './strangers.ts';
import { truePrimary } from './true-primary.ts';

/** A suspicion asks again so often, and believes so many failures in a row that last so long. */
const ASK_AGAIN_MS = 200;
const REFUSED = { looks: 3, ms: 500 };
const TIMED_OUT = { looks: 2, ms: 0 };
/** A server that says that it is starting or stopping is given this long: a crash of one backend restarts it. */
const STARTING = { looks: 3, ms: 10_000 };
/** A health check has made its own retries: one more look confirms it. */
const CHECKED = { looks: 1, ms: 0 };

/** Samples of a standby's received position: at one look each 100 ms they reach back two seconds. */
const RECEIVED_KEPT = 20;

const LEAD_BACK_MS = 3_000;

export function looked(draft: Draft, id: number, answer: Answer): void {
  const node = draft.node(id);
  if (node === undefined) return;
  const wasFailing = node.failing !== null;
  draft.change(id, {
    answer,
    answeredAt: draft.now,
    received:
      answer.received === null
        ? []
        : [...node.received.slice(1 - RECEIVED_KEPT), { at: draft.now, lsn: answer.received }],
    failing: null,
    refusal: null,
    suspicion: null,
  });
  if (wasFailing) draft.publish();
  if (answer.inRecovery) forgiven(draft, id);
  if (draft.state.recalled) forgetOtherHerd(draft);
  notePrimary(draft, id, answer);
  relaxSync(draft, id, answer);
  if (draft.state.act !== null) return;
  welcome(draft, id);
  judge(draft);
  meetStrangers(draft, id, answer);
  bringBack(draft, id);
  leadBack(draft, id);
}

/** A new node is attached as soon as it is seen to belong: it streams from the primary, or nobody else takes writes. */
function welcome(draft: Draft, id: number): void {
  const { state, settings } = draft;
  const node = draft.node(id);
  const { answer } = node ?? {};
  if (node === undefined || node.attached || node.by !== NEWCOMER || answer == null) return;
  if (!settings.streaming || !settings.canAsk) {
    attach(draft, id, 'configuration', 'it is new, and answers');
  } else if (strange(state.systemIdentifier, answer.systemIdentifier)) {
    draft.change(id, { reason: 'it is a server of another herd' });
  } else if (!answer.inRecovery) {
    if (state.primary === null && (answer.timeline ?? 0) >= (state.lastPrimary?.timeline ?? 0))
      attach(draft, id, 'configuration', 'it is new, and the only one that takes writes');
    else draft.change(id, { reason: 'it is new and takes writes: it is no standby of this herd' });
  } else if (streams(draft, id, answer)) {
    attach(draft, id, 'configuration', 'it is new, and streams from the primary');
  } else draft.change(id, { reason: 'it is new, and does not stream from the primary yet' });
}

/** What was last seen of the primary: where a loss would be measured from. */
function notePrimary(draft: Draft, id: number, answer: Answer): void {
  const { state } = draft;
  if (state.fork?.node === id) tellExactLoss(draft, id, answer);
  if (state.primary !== id || answer.inRecovery || state.act !== null) return;
  state.lastPrimary = {
    node: id,
    timeline: answer.timeline,
    position: greater(answer.position, state.lastPrimary?.node === id ? state.lastPrimary.position : null),
    seenAt: draft.now,
    syncStandbyNames: answer.syncStandbyNames,
    replicas: answer.replicas,
  };
  // It may have been restarted and promoted again between two looks.
  if (answer.timeline !== null && answer.timeline > (state.timeline ?? 0)) {
    state.timeline = answer.timeline;
    draft.publish();
  }
  if (answer.systemIdentifier !== null && state.systemIdentifier === null) {
    state.systemIdentifier = answer.systemIdentifier;
    draft.publish();
  }
}

/** The server that was the primary can be read again: what it wrote after the fork is lost. */
function tellExactLoss(draft: Draft, id: number, answer: Answer): void {
  const { fork } = draft.state;
  if (fork === null || answer.position === null || answer.inRecovery || answer.timeline !== fork.timeline) return;
  draft.state.fork = null;
  const lost = answer.position > fork.at ? answer.position - fork.at : 0n;
  const message =
    lost > 0n ? `node ${id} wrote ${lost} bytes that nobody else has` : `node ${id} wrote nothing that the others lack`;
  draft.tell('lossKnown', id, lost > 0n ? 'warning' : 'info', message, 'failover', {
    lostBytes: Number(lost),
    position: formatLsn(answer.position),
    fork: formatLsn(fork.at),
  });
}

export function lookFailed(draft: Draft, id: number, failure: Failure): void {
  const node = draft.node(id);
  if (node === undefined) return;
  if (failure.kind === 'resolver') {
    // A name that cannot be looked up says nothing about the server.
    draft.change(id, { refusal: failure.reason });
    if (node.suspicion !== null) draft.look([id], ASK_AGAIN_MS * 5);
    return;
  }
  if (failure.kind === 'refusal') {
    if (node.failing !== null) draft.publish();
    // It lives and does not let us in: nothing is known of its role, and nobody is detached for that.
    draft.change(id, { failing: null, suspicion: null, refusal: failure.reason });
    if (draft.state.act === null) judge(draft);
    return;
  }
  const failing = {
    since: node.failing?.since ?? draft.now,
    looks: (node.failing?.looks ?? 0) + 1,
    last: failure,
  };
  draft.change(id, { failing });
  if (node.failing === null) draft.publish();
  if (draft.state.act !== null && draft.state.act.phase !== 'following') return;
  if (node.suspicion === null || !node.attached || returns(draft, id)) {
    if (draft.state.act === null) judge(draft);
    return;
  }
  if (!confirmed(failing, node, draft.now)) {
    askAgain(draft, id);
    return;
  }
  draft.change(id, { suspicion: null });
  const { reason, by } = node.suspicion;
  nodeIsGone(draft, id, reason.includes(failure.reason) ? reason : `${reason}: ${failure.reason}`, by);
}

/** A switchover has stopped it and is about to start it again: that it does not answer is no news. */
function returns({ state, now }: Draft, id: number): boolean {
  return state.returning?.node === id && now < state.returning.until;
}

function confirmed(failing: NonNullable<NodeState['failing']>, node: NodeState, now: number): boolean {
  const needed =
    failing.last.kind === 'starting'
      ? STARTING
      : node.suspicion?.by === 'health check'
        ? CHECKED
        : failing.last.kind === 'timeout'
          ? TIMED_OUT
          : REFUSED;
  return failing.looks >= needed.looks && now - failing.since >= needed.ms;
}

/** The standbys are looked at beside a primary in doubt: whether WAL still arrives there is asked next. */
function askAgain(draft: Draft, id: number, afterMs = ASK_AGAIN_MS): void {
  draft.look(id === draft.state.primary ? draft.settings.nodes.map((node) => node.id) : [id], afterMs);
}

/** Somebody had trouble with a node. Nobody is detached for that: a look decides. */
export function suspected(draft: Draft, id: number, by: SuspectedBy, reason: string): void {
  const node = draft.node(id);
  const { settings, state } = draft;
  if (node === undefined) return;
  if (!node.attached || !mayDetach(draft, by)) {
    if (node.failing === null) askAgain(draft, id, 0); // nothing is decided, but it is known sooner
    return;
  }
  if (state.act !== null && state.act.old === id) return;
  if (returns(draft, id)) return;
  if (node.suspicion !== null) {
    if (by !== 'health check' || node.suspicion.by === 'health check') return;
  } else {
    draft.tell('nodeSuspected', id, 'info', `node ${id} is suspected: ${reason}`, by);
  }
  draft.change(id, { suspicion: { since: draft.now, by, reason } });
  if (settings.nodes.length > 0) askAgain(draft, id, 0);
}

function mayDetach({ settings }: Draft, by: SuspectedBy): boolean {
  if (by === 'session') return settings.failoverOnBackendError;
  if (by === 'shutdown message') return settings.failoverOnBackendShutdown;
  return true;
}

/** A look has confirmed that the node is gone. */
function nodeIsGone(draft: Draft, id: number, reason: string, by: string): void {
  if (draft.of(id)?.allowToFailover !== true) {
    draft.tell(
      'nodeSuspected',
      id,
      'warning',
      `node ${id} is gone, and DISALLOW_TO_FAILOVER keeps it attached: ${reason}`,
      by,
    );
    return;
  }
  if (id === draft.state.primary && draft.state.act?.phase === 'following') draft.state.act = null; // it was served already
  if (id === draft.state.primary) lostPrimary(draft, { reason, by, to: null, acceptLoss: false, byOperator: false });
  else takeOut(draft, id, reason, by);
}

export function attach(draft: Draft, id: number, by: string, reason: string): void {
  const node = draft.node(id);
  if (node === undefined || node.attached) return;
  draft.change(id, {
    attached: true,
    reason,
    by,
    changedAt: draft.now,
    failing: null,
    suspicion: null,
    falseSince: null,
    byOperator: false,
  });
  draft.tell('nodeAttached', id, node.failing === null ? 'info' : 'warning', `node ${id} is attached: ${reason}`, by);
  if (draft.settings.commands.failback) command(draft, 'failback', id);
  draft.effect({ t: 'save' });
  draft.look([id]);
  draft.publish();
}

/** An operator's wish; the primary is replaced as far as failover_by allows. */
export function detach(draft: Draft, id: number, by: string, reason: string, byOperator: boolean): void {
  const node = draft.node(id);
  if (node === undefined || !node.attached) return;
  if (id === draft.state.primary && draft.state.act === null) {
    lostPrimary(draft, { reason, by, to: null, acceptLoss: byOperator, byOperator });
  } else takeOut(draft, id, reason, by);
  draft.change(id, { byOperator });
}

/** pcp_promote_node without switchover: only what is believed changes; the other nodes are marked down. */
export function relabel(draft: Draft, id: number, by: string): void {
  const { state } = draft;
  const node = draft.node(id);
  if (node === undefined || state.primary === id) return;
  state.act = null;
  for (const other of [...draft.each()]) {
    if (other.id === id || !other.attached) continue;
    takeOut(draft, other.id, `node ${id} was made the primary`, by);
  }
  draft.change(id, { attached: true, reason: 'made the primary by an operator', by, changedAt: draft.now });
  becomePrimary(draft, id, by, node.answer?.inRecovery === false ? node.answer : null);
}

/** Who is the primary, while no failover runs. */
export function judge(draft: Draft): void {
  const { state, settings } = draft;
  const fixed = settings.nodes.find((node) => node.alwaysPrimary);
  const only = settings.nodes.length === 1 ? settings.nodes[0] : undefined;
  if (fixed !== undefined || only !== undefined || !settings.canAsk) {
    byConfiguration(draft, fixed?.id ?? only?.id ?? null);
    return;
  }
  const writable = [...draft.each()].filter(
    (node) => node.attached && node.failing === null && node.answer?.inRecovery === false,
  );
  const kept = state.primary === null ? undefined : writable.find((node) => node.id === state.primary);
  if (state.primary !== null && kept === undefined) {
    if (writable.length > 0) replacedByOthers(draft, writable);
  } else if (kept !== undefined && writable.length > 1) {
    const newer = truePrimary(writable, draft);
    // A lower timeline is one that was left, whoever still follows it.
    const later = (newer?.answer?.timeline ?? 0) >= (state.timeline ?? 0);
    if (newer !== undefined && newer.id !== kept.id && later) superseded(draft, newer);
  } else if (state.primary === null) {
    const last = state.lastPrimary?.timeline ?? 0;
    const newest = writable.filter((node) => (node.answer?.timeline ?? 0) >= last);
    const found = newest.length === 1 ? newest[0] : truePrimary(newest, draft);
    if (found !== undefined && everybodyWasAsked(draft))
      becomePrimary(draft, found.id, 'streaming check', found.answer);
    else if (newest.length === 0) comesBack(draft);
  }
  for (const node of writable)
    if (node.id !== draft.state.primary && draft.state.primary !== null) falsePrimary(draft, node);
  setRoles(draft);
}

/** At the start every node is heard first, or has failed: a second writable one may be the true primary. */
function everybodyWasAsked(draft: Draft): boolean {
  return [...draft.each()].every((node) => !node.attached || node.answer !== null || node.failing !== null);
}

function byConfiguration(draft: Draft, fixed: number | null): void {
  const { state } = draft;
  const first = [...draft.each()].find((node) => node.attached && node.failing === null) ?? [...draft.each()][0];
  const primary = fixed ?? state.primary ?? first?.id ?? null;
  if (primary !== null && primary !== state.primary) {
    becomePrimary(draft, primary, 'configuration', draft.node(primary)?.answer ?? null);
  }
  setRoles(draft);
}

/** The believed primary is a standby now, or is gone, and somebody has promoted another node. */
function replacedByOthers(draft: Draft, writable: readonly NodeState[]): void {
  const { state } = draft;
  const old = state.primary === null ? undefined : draft.node(state.primary);
  if (old === undefined) return;
  const gone = old.failing !== null || old.answer?.inRecovery === true;
  if (!gone) return;
  const newer = writable.filter(
    (node) =>
      !strange(state.systemIdentifier, node.answer?.systemIdentifier ?? null) &&
      (node.answer?.timeline ?? 0) >= (state.timeline ?? 0),
  );
  const found = newer.length === 1 ? newer[0] : truePrimary(newer, draft);
  if (found === undefined) return;
  // It must be as sure that the old one is gone as without the new one: a look that failed once is none.
  if (old.failing !== null && !confirmed(old.failing, old, draft.now)) askAgain(draft, old.id);
  else superseded(draft, found);
}

/** Another node is the primary now. Its predecessor is fenced like one that was lost. */
function superseded(draft: Draft, by: NodeState): void {
  const reason = `node ${by.id} was promoted`;
  lostPrimary(draft, {
    reason,
    by: 'streaming check',
    to: null,
    acceptLoss: false,
    byOperator: false,
    superseded: true,
  });
}

/** Nobody took the place of a primary that was lost, and it is back: it is the primary again, whatever auto_failback says. */
function comesBack(draft: Draft): void {
  const { state } = draft;
  const last = state.lastPrimary;
  if (last === null || state.recalled) notInTheFile(draft);
  if (last === null || state.primary !== null) return;
  const node = draft.node(last.node);
  if (node === undefined || node.attached || node.failing !== null || node.byOperator) return;
  const { answer } = node;
  if (answer === null || answer.inRecovery || node.answeredAt !== draft.now) return;
  if (strange(state.systemIdentifier, answer.systemIdentifier) || (answer.timeline ?? 0) < (last.timeline ?? 0)) return;
  attach(draft, node.id, 'streaming check', 'the primary is back, and nobody took its place');
  becomePrimary(draft, node.id, 'streaming check', answer);
}

/** At the start pgpool_status may leave out the only node that takes writes: the file is older than the herd. */
function notInTheFile(draft: Draft): void {
  const { systemIdentifier, lastPrimary } = draft.state;
  const behind = ({ answer }: NodeState): boolean =>
    strange(systemIdentifier, answer?.systemIdentifier ?? null) ||
    (answer?.timeline ?? 0) < (lastPrimary?.timeline ?? 0);
  if (![...draft.each()].every((node) => node.answer !== null || node.failing !== null)) return;
  const writable = [...draft.each()].filter(
    (node) =>
      node.by === 'pgpool_status' && node.failing === null && node.answer?.inRecovery === false && !behind(node),
  );
  const [node] = writable;
  if (node === undefined || writable.length > 1) return;
  attach(draft, node.id, 'streaming check', 'pgpool_status leaves it out, but no other node takes writes');
  becomePrimary(draft, node.id, 'streaming check', node.answer);
}

/** It takes writes and is not the primary: never used for them, and shown. */
function falsePrimary(draft: Draft, node: NodeState): void {
  const { state, settings } = draft;
  const primary = state.primary === null ? undefined : draft.node(state.primary);
  const mutual = (node.answer?.subscriptions ?? 0) > 0 && (primary?.answer?.subscriptions ?? 0) > 0;
  if (node.falseSince === null) {
    draft.change(node.id, { falseSince: draft.now });
    draft.tell(
      'falsePrimary',
      node.id,
      'warning',
      mutual
        ? `nodes ${node.id} and ${state.primary} both take writes and subscribe to each other: they are left alone`
        : `node ${node.id} takes writes although node ${state.primary} is the primary`,
      'streaming check',
      { timeline: node.answer?.timeline ?? null },
    );
  }
  if (!settings.detachFalsePrimary || mutual) return;
  const both = primary === undefined ? [] : [primary, node];
  if (truePrimary(both, draft)?.id === state.primary)
    takeOut(draft, node.id, 'it is a false primary', 'detach_false_primary');
}

/** auto_failback: a detached standby that streams from the primary is attached again. */
function bringBack(draft: Draft, id: number): void {
  const { state, settings } = draft;
  const node = draft.node(id);
  if (
    node === undefined ||
    node.attached ||
    node.quarantined ||
    node.byOperator ||
    !settings.autoFailback ||
    state.primary === null
  )
    return;
  const { answer } = node;
  if (answer === null || !answer.inRecovery || strange(state.systemIdentifier, answer.systemIdentifier)) return;
  if (node.failedBackAt !== null && draft.now - node.failedBackAt < settings.autoFailbackIntervalMs) return;
  draft.change(id, { failedBackAt: draft.now });
  if (streams(draft, id, answer)) attach(draft, id, 'auto_failback', 'it answers and streams from the primary');
  else if (settings.failoverBy === 'builtin') {
    draft.effect({
      t: 'follow',
      node: id,
      primary: state.primary,
      forkAt: state.act === null ? null : state.act.forkAt,
    });
  }
}

/** An attached standby that has lost its upstream and falls behind (a cascade's middle is gone) is led to the primary. */
function leadBack(draft: Draft, id: number): void {
  const { state, settings } = draft;
  const node = draft.node(id);
  if (node === undefined || !node.attached || settings.failoverBy !== 'builtin' || state.primary === null) return;
  const { answer } = node;
  const primary = draft.node(state.primary)?.answer ?? null;
  if (answer === null || primary === null || id === state.primary || !answer.inRecovery || answer.upstream !== null)
    return;
  const name = draft.of(id)?.applicationName ?? '';
  if (name !== '' && primary.replicas.some((row) => row.applicationName === name)) return;
  if (answer.received === null || primary.position === null || answer.received >= primary.position) return;
  if (node.failedBackAt !== null && draft.now - node.failedBackAt < LEAD_BACK_MS) return;
  draft.change(id, { failedBackAt: draft.now });
  // Not at the first sight: a WAL receiver that restarts is back within a moment.
  if (node.failedBackAt !== null) draft.effect({ t: 'follow', node: id, primary: state.primary, forkAt: null });
}

/** The primary lists it by its name, or it says itself that it receives from there. */
function streams(draft: Draft, id: number, answer: Answer): boolean {
  const { primary } = draft.state;
  if (primary === null) return false;
  const name = draft.of(id)?.applicationName ?? '';
  const rows = draft.node(primary)?.answer?.replicas ?? [];
  const row = name === '' ? undefined : rows.find((replica) => replica.applicationName === name);
  return row?.state === 'streaming' || receivesFrom(draft, answer, primary);
}

function receivesFrom(draft: Draft, answer: Answer, primary: number): boolean {
  const { upstream } = answer;
  const node = draft.of(primary);
  return upstream !== null && node !== undefined && upstream.host === node.host && upstream.port === node.port;
}
