/** Are standbys still receiving WAL? Then the primary lives, and is merely out of reach from here. */
import type { Draft } from '../draft.ts';
import type { FailoverAct, NodeState } from '../state.ts';
import { DAMPING, flaps, late, lookAtAll, SLOW_TICK_MS, standbys, TICK_MS } from './act.ts';
import { fence } from './fencing.ts';
import { adoptForeign } from './foreign.ts';

/** Two looks at what a standby has received must lie so far apart to tell that nothing arrives. */
const STILL_MS = 300;

export function ask(draft: Draft, act: FailoverAct): void {
  const old = draft.node(act.old);
  if (draft.state.primary === null) {
    // Taken up after a restart: the old primary is heard as any other, since somebody may have promoted meanwhile.
    if (adoptForeign(draft, act)) return;
    const heard = [...standbys(draft), ...(old === undefined ? [] : [old])].every(
      (node) => node.failing !== null || (node.answeredAt !== null && node.answeredAt >= act.phaseSince),
    );
    // One that takes writes is waited for as long as others are: it is taken once they have said what they are.
    const lives = old?.failing === null && old.answer?.inRecovery === false;
    if (!heard && (lives || !late(draft, act))) {
      lookAtAll(draft, TICK_MS);
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

/** Nothing was fenced yet: the primary goes on as if nothing had been. */
function cancel(draft: Draft, act: FailoverAct, why: string): void {
  draft.state.act = null;
  draft.tell('failoverDone', act.old, 'info', `node ${act.old} stays the primary: ${why}`, act.by, { replaced: false });
  draft.publish();
}
