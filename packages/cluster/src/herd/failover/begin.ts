/** How a failover begins: a look has confirmed that the primary is gone, another node took its place, or somebody gives it up. */
import type { Draft } from '../draft.ts';
import type { HerdEvent } from '../events.ts';
import { DAMPING, flaps, lsn, newAct, standbys } from './act.ts';
import { fence } from './fencing.ts';

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

/** No node has this id. */
const NOBODY = -1;

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
