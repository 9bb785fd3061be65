/** The old primary of a switchover that the proxy did not live to end: started again, as what the herd needs it to be. */
import type { Draft } from './draft.ts';
import { fence } from './failover/fencing.ts';
import { RETURNS_WITHIN_MS } from './failover/promoting.ts';

/** Before the promotion: it is the primary again as soon as it is seen to take writes. */
export function revived(draft: Draft, node: number, error: string | null): void {
  const { act } = draft.state;
  if (act?.phase !== 'reviving' || act.old !== node) return;
  if (error === null) {
    draft.look([node]);
    return;
  }
  draft.tell('failoverWaits', node, 'warning', `node ${node} could not be started again: ${error}`, act.by);
  // It may run all the same, started by somebody else: then a look has the last word.
  const known = draft.node(node);
  if (known?.failing === null && known.answer?.inRecovery === false) draft.look([node]);
  else fence(draft);
}

/** After it: it comes back as a standby. Who had begun that is gone, so it is asked for once more. */
export function rejoins(draft: Draft): void {
  const { returning, primary, act } = draft.state;
  if (returning === null || returning.asked || primary === null) return;
  if (act !== null && act.phase !== 'following') return;
  if (primary === returning.node || draft.node(returning.node) === undefined) {
    draft.state.returning = null;
    return;
  }
  draft.state.returning = { ...returning, until: draft.now + RETURNS_WITHIN_MS, asked: true };
  draft.effect({ t: 'rejoin', node: returning.node, primary });
}
