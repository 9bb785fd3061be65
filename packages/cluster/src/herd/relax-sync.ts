/**
 * failover_relax_sync_after: writes at a new primary wait for synchronous standbys that nobody is left to be. After a while
 * it is asked for no more than can be met, and for all of it again as soon as enough stream. Pure.
 */
import type { Draft } from './draft.ts';
import type { Answer } from './facts.ts';
import type { RelaxedSync } from './state.ts';
import { formatSyncRule, isListed, parseSyncStandbyNames, type SyncRule } from './sync-standbys.ts';

const BY = 'failover_relax_sync_after';
/** A change that failed, or has not been seen yet, is asked for again after this. */
const ASK_AGAIN_MS = 30_000;
/** What was changed is read back by the next looks; within this an older value says nothing. */
const READ_BACK_MS = 5_000;

/** @param answer the node has just given */
export function relaxSync(draft: Draft, id: number, answer: Answer): void {
  const { state } = draft;
  if (state.act !== null && state.act.phase !== 'following') return;
  const relaxed = state.relaxed.get(id);
  if (relaxed !== undefined) {
    if (!relaxed.underWay) tightenAgain(draft, id, answer, relaxed);
    return;
  }
  const { relaxSyncAfterMs } = draft.settings;
  const rule = parseSyncStandbyNames(answer.syncStandbyNames);
  const ours = relaxSyncAfterMs > 0 && state.promoted === id && state.primary === id && !answer.inRecovery;
  if (!ours || rule === null) return;
  const able = streaming(rule, answer);
  if (able >= rule.count) {
    state.syncShortSince = null;
    return;
  }
  state.syncShortSince ??= draft.now;
  if (draft.now - state.syncShortSince < relaxSyncAfterMs) return;
  ask(draft, id, { was: answer.syncStandbyNames, to: formatSyncRule(rule, able) }, formatSyncRule(rule, able));
}

function streaming(rule: SyncRule, answer: Answer): number {
  return answer.replicas.filter((row) => row.state === 'streaming' && isListed(rule, row.applicationName)).length;
}

function tightenAgain(draft: Draft, id: number, answer: Answer, relaxed: RelaxedSync): void {
  const { state } = draft;
  const rule = parseSyncStandbyNames(relaxed.was);
  const since = draft.now - relaxed.askedAt;
  if (answer.inRecovery) {
    // It writes nothing now; what it asks for must be whole before it is promoted again.
    if (since >= READ_BACK_MS) ask(draft, id, relaxed, relaxed.was);
    return;
  }
  if (state.primary !== id) return; // a server that was replaced is left alone
  if (answer.syncStandbyNames !== relaxed.to) {
    if (since < READ_BACK_MS) return;
    forget(draft, id); // somebody else has set it meanwhile: theirs stays
    return;
  }
  const able = rule === null ? 0 : streaming(rule, answer);
  if (rule === null || able >= rule.count) {
    if (since >= READ_BACK_MS) ask(draft, id, relaxed, relaxed.was);
    return;
  }
  const better = formatSyncRule(rule, able);
  const asked = parseSyncStandbyNames(relaxed.to)?.count ?? 0;
  if (able !== asked && since >= (able > asked ? READ_BACK_MS : draft.settings.relaxSyncAfterMs))
    ask(draft, id, { was: relaxed.was, to: better }, better);
}

function ask(draft: Draft, id: number, { was, to }: Pick<RelaxedSync, 'was' | 'to'>, names: string): void {
  draft.state.relaxed = new Map([...draft.state.relaxed, [id, { was, to, askedAt: draft.now, underWay: true }]]);
  draft.effect({ t: 'syncNames', node: id, names });
}

function forget(draft: Draft, id: number): void {
  draft.state.relaxed = new Map([...draft.state.relaxed].filter(([node]) => node !== id));
  draft.state.syncShortSince = null;
}

export function syncNamed(draft: Draft, id: number, names: string, error: string | null): void {
  const relaxed = draft.state.relaxed.get(id);
  if (relaxed === undefined) return;
  const restores = names === relaxed.was;
  if (error !== null) {
    const what = restores ? 'put back' : 'relaxed';
    const told = `synchronous_standby_names of node ${id} could not be ${what}: ${error}`;
    draft.tell('failoverWaits', id, 'warning', told, BY);
    const askedAt = draft.now + ASK_AGAIN_MS;
    if (restores)
      draft.state.relaxed = new Map([...draft.state.relaxed, [id, { ...relaxed, askedAt, underWay: false }]]);
    else {
      forget(draft, id);
      draft.state.syncShortSince = askedAt;
    }
    return;
  }
  if (restores) {
    forget(draft, id);
    draft.tell('syncRestored', id, 'info', `synchronous_standby_names of node ${id} is ${quoted(names)} again`, BY);
    return;
  }
  const next = { ...relaxed, askedAt: draft.now, underWay: false };
  draft.state.relaxed = new Map([...draft.state.relaxed, [id, next]]);
  draft.tell(
    'syncRelaxed',
    id,
    'warning',
    `writes at node ${id} would wait for synchronous standbys that do not stream: synchronous_standby_names is ` +
      `${quoted(names)} instead of ${quoted(relaxed.was)} until they do`,
    BY,
    { was: relaxed.was, to: names },
  );
  draft.look([id]);
}

const quoted = (names: string): string => `"${names}"`;
