/**
 * The brain of the herd: state and event in, state and effects out. No clock, no socket, no randomness: `now` is an
 * argument, and whatever is to be done is returned as effects, whose results come back as events.
 */
import { attach, detach, looked, lookFailed, relabel, suspected } from './believe.ts';
import { Draft } from './draft.ts';
import type { Effect, HerdEvent } from './events.ts';

import { operatorFailover } from './failover/begin.ts';
import { actEvent, goOn } from './failover/drive.ts';
import { returned, switched, switchFence, switching, switchLost, switchOrders } from './failover/switching.ts';

import { recall } from './recall.ts';
import { syncNamed } from './relax-sync.ts';
import { rejoins, revived } from './revive.ts';
import type { HerdSettings } from './settings.ts';
import type { HerdState } from './state.ts';

export interface Step {
  readonly state: HerdState;
  readonly effects: readonly Effect[];
}

export function step(state: HerdState, event: HerdEvent, settings: HerdSettings, now: number): Step {
  const draft = new Draft(state, settings, now);
  switch (event.t) {
    case 'configured':
      draft.adoptNodes();
      break;
    case 'looked':
      looked(draft, event.node, event.answer);
      break;
    case 'lookFailed':
      lookFailed(draft, event.node, event.failure);
      break;
    case 'suspected':
      suspected(draft, event.node, event.by, event.reason);
      break;
    case 'attach':
      attach(draft, event.node, event.by, event.reason);
      break;
    case 'detach':
      detach(draft, event.node, event.by, event.reason, event.byOperator);
      break;
    case 'relabel':
      relabel(draft, event.node, event.by);
      break;
    case 'failover':
      operatorFailover(draft, event);
      break;
    case 'switched':
      switched(draft, event.to);
      break;
    case 'returned':
      returned(draft, event.node);
      break;
    case 'switching':
      switching(draft, event.to, event.by);
      break;
    case 'switchOrders':
      switchOrders(draft);
      break;
    case 'revived':
      revived(draft, event.node, event.error);
      break;
    case 'recalled':
      recall(draft, event.memory, event.clock);
      break;
    case 'switchLost':
      switchLost(draft, event.ordered);
      break;
    case 'switchFence':
      switchFence(draft);
      break;
    case 'fenced':
    case 'promoted':
    case 'proved':
    case 'followed':
    case 'commandEnded':
      actEvent(draft, event);
      break;
    case 'syncNamed':
      syncNamed(draft, event.node, event.names, event.error);
      break;
    case 'tick':
      break;
  }
  goOn(draft);
  rejoins(draft);
  return draft.done();
}
