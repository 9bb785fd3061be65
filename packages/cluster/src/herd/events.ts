/** What happens to the herd, and what is to be done about it. */
import type { Answer, Failure } from './facts.ts';
import type { HerdMemory } from './memory.ts';
import type { SuspectedBy } from './state.ts';

export type HerdEvent =
  /** A look at a node is over. */
  | { readonly t: 'looked'; readonly node: number; readonly answer: Answer }
  | { readonly t: 'lookFailed'; readonly node: number; readonly failure: Failure }
  | { readonly t: 'suspected'; readonly node: number; readonly by: SuspectedBy; readonly reason: string }
  /** All workers use the epoch; no link to the old primary is open any more. */
  | { readonly t: 'fenced'; readonly epoch: number }
  | { readonly t: 'promoted'; readonly node: number; readonly error: string | null }
  | { readonly t: 'proved'; readonly node: number; readonly error: string | null }
  | { readonly t: 'followed'; readonly node: number; readonly primary: number; readonly error: string | null }
  /** synchronous_standby_names of the node is `names` now, or could not be set. */
  | { readonly t: 'syncNamed'; readonly node: number; readonly names: string; readonly error: string | null }
  /** failover_command has ended. */
  | { readonly t: 'commandEnded' }
  | { readonly t: 'tick' }
  | { readonly t: 'attach'; readonly node: number; readonly by: string; readonly reason: string }
  | {
      readonly t: 'detach';
      readonly node: number;
      readonly by: string;
      readonly reason: string;
      readonly byOperator: boolean;
    }
  /** The operator says who the primary is. */
  | { readonly t: 'relabel'; readonly node: number; readonly by: string }
  /** The operator gives the primary up. */
  | { readonly t: 'failover'; readonly to: number | null; readonly acceptLoss: boolean; readonly by: string }
  /** A switchover begins, closes the epoch, and ends with `to` as the primary. */
  | { readonly t: 'switching'; readonly to: number; readonly by: string }
  | { readonly t: 'switchFence' }
  /** Its promotion is about to be ordered: the point of no return. */
  | { readonly t: 'switchOrders' }
  | { readonly t: 'switched'; readonly to: number }
  /** The old primary, which the switchover has stopped, runs again, or could not be started: looks judge it as any other. */
  | { readonly t: 'returned'; readonly node: number }
  /** A switchover has ordered a promotion, and nobody knows what came of it: the herd goes on as in a failover. */
  | { readonly t: 'switchLost'; readonly ordered: number }
  /** The old primary of a switchover that was cut short runs again, or could not be started. */
  | { readonly t: 'revived'; readonly node: number; readonly error: string | null }
  /** The proxy starts, and this is what it wrote down last. `clock` + a time of ours = milliseconds since 1970. */
  | { readonly t: 'recalled'; readonly memory: HerdMemory; readonly clock: number }
  | { readonly t: 'configured' };

export type Effect =
  /** Look at these nodes after a while. */
  | { readonly t: 'look'; readonly nodes: readonly number[]; readonly afterMs: number }
  | { readonly t: 'tick'; readonly afterMs: number }
  /** The state has changed in a way that workers must know. */
  | { readonly t: 'publish' }
  /** Close the epoch: `fenced` follows when every worker has left the old primary. */
  | { readonly t: 'fence'; readonly epoch: number }
  | { readonly t: 'promote'; readonly node: number }
  | { readonly t: 'prove'; readonly node: number }
  /** Make a standby receive from `primary`; `forkAt` = the end of the old timeline that both share at most. */
  | { readonly t: 'follow'; readonly node: number; readonly primary: number; readonly forkAt: bigint | null }
  | {
      readonly t: 'command';
      readonly which: 'failover' | 'failback' | 'follow';
      readonly node: number;
      readonly newMain: number | null;
      /** The main node before. */
      readonly oldMain: number | null;
      readonly oldPrimary: number | null;
    }
  /** A standby streams from the primary that no node stands for. */
  | { readonly t: 'discovered'; readonly applicationName: string; readonly address: string; readonly primary: number }
  | { readonly t: 'syncNames'; readonly node: number; readonly names: string }
  /** Start the old primary of a switchover again, as the primary that it was: `revived` follows. */
  | { readonly t: 'revive'; readonly node: number }
  /** Start the stopped old primary of a switchover as a standby of the new one: `returned` follows. */
  | { readonly t: 'rejoin'; readonly node: number; readonly primary: number }
  | Told
  /** Write pgpool_status. */
  | { readonly t: 'save' };

/** An entry of the journal. */
export interface Told {
  readonly t: 'tell';
  readonly kind: ToldKind;
  readonly node: number | null;
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly by: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

export type ToldKind =
  | 'nodeSuspected'
  | 'nodeDetached'
  | 'nodeAttached'
  | 'primaryFound'
  | 'primaryLost'
  | 'falsePrimary'
  | 'failoverStarted'
  | 'failoverWaits'
  | 'failoverDone'
  | 'failoverFailed'
  | 'actResumed'
  | 'lossKnown'
  | 'nodeFollows'
  | 'nodeCannotFollow'
  | 'standbyDiscovered'
  | 'syncRelaxed'
  | 'syncRestored'
  | 'flapping';
