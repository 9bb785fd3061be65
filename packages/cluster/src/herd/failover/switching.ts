/** A switchover, which drives itself (engine/supervisor/switchover), as the brain sees it. */
import { becomePrimary, replaced, setRoles } from '../change.ts';
import type { Draft } from '../draft.ts';
import { lookAtAll, newAct } from './act.ts';
import { RETURNS_WITHIN_MS } from './promoting.ts';

/** A switchover begins: nothing else decides until it has ended. */
export function switching(draft: Draft, to: number, by: string): void {
  const { state } = draft;
  if (state.primary === null || state.act !== null) return;
  const begun = newAct(draft, state.primary, 'a switchover', by);
  state.act = { ...begun, kind: 'switchover', wished: to, phase: 'switching' };
  draft.publish();
}

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
