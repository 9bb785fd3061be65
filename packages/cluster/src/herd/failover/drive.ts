/**
 * Replacing a lost primary, phase by phase: ask the standbys whether WAL still arrives, fence, choose, promote, prove a write, let
 * the others follow. Each phase has a deadline and is judged by fresh facts; every end is explained by an event.
 */
import type { Draft } from '../draft.ts';
import type { HerdEvent } from '../events.ts';
import { late, lookAtAll, SLOW_TICK_MS, TICK_MS } from './act.ts';
import { ask } from './asking.ts';
import { choose } from './choosing.ts';
import { afterFence, fence } from './fencing.ts';
import { followed, settle } from './following.ts';
import { adoptForeign } from './foreign.ts';
import { promoting, promotionFailed, proved } from './promoting.ts';
import { search } from './searching.ts';

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
