/** Somebody else promotes; whoever it was is taken. */
import type { Draft } from '../draft.ts';
import type { FailoverAct } from '../state.ts';
import { lookAtAll, SLOW_TICK_MS } from './act.ts';
import { adoptForeign } from './foreign.ts';

export function search(draft: Draft, act: FailoverAct): void {
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
