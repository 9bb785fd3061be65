/** No worker has a link to the old primary from here on. */
import { lowest, mainNode } from '../change.ts';
import type { Draft } from '../draft.ts';
import { standbys } from './act.ts';

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

export function afterFence(draft: Draft): void {
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
