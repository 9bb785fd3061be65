/** What is believed of the herd. Times are milliseconds of a clock that never goes back. */
import type { Answer, Failure } from './facts.ts';

export interface HerdState {
  /** Grows by one each time the primary changes or is given up. No link of an older epoch is used to write. */
  readonly epoch: number;
  readonly primary: number | null;
  /** Of the primary of this epoch, as recorded when it was found or promoted. */
  readonly timeline: number | null;
  readonly systemIdentifier: string | null;
  readonly nodes: ReadonlyMap<number, NodeState>;
  readonly act: FailoverAct | null;
  /** Since when there has been no primary. */
  readonly searchingSince: number | null;
  /** The last primary and what was last seen of it: where loss is measured from, and what it must be to come back. */
  readonly lastPrimary: LastPrimary | null;
  /** Where the last failover left the old timeline: its loss is told exactly once the old server can be read. */
  readonly fork: { readonly node: number; readonly at: bigint; readonly timeline: number | null } | null;
  /** Standbys that no node stands for and that were told of, as `name at address`. */
  readonly strangers: ReadonlySet<string>;
  /** They were the primary until another node took their place, and were not seen as standbys since. */
  readonly replaced: ReadonlySet<number>;
  /** The node that a built-in failover has promoted last. */
  readonly promoted: number | null;
  /** Since when too few of the promoted node's synchronous standbys stream. */
  readonly syncShortSince: number | null;
  /** Nodes whose synchronous_standby_names asks for less than its owner wished. */
  readonly relaxed: ReadonlyMap<number, RelaxedSync>;
  /** The old primary of a switchover, which has stopped it and starts it again: nobody leaves it out before `until`. */
  readonly returning: Returning | null;
  /** Epoch, last primary and act come from before a restart of the proxy, and no primary was found since. */
  readonly recalled: boolean;
  /** Times of the last failovers, for damping. */
  readonly failovers: readonly number[];
}

export interface Returning {
  readonly node: number;
  readonly until: number;
  /** Somebody makes it a standby and starts it; false after a restart of the proxy, which forgot who did. */
  readonly asked: boolean;
}

export interface LastPrimary {
  readonly node: number;
  readonly timeline: number | null;
  readonly position: bigint | null;
  readonly seenAt: number;
  readonly syncStandbyNames: string;
  readonly replicas: Answer['replicas'];
}

/** Values of synchronous_standby_names. */
export interface RelaxedSync {
  /** As its owner wished it. */
  readonly was: string;
  readonly to: string;
  /** When a change was last asked for. */
  readonly askedAt: number;
  readonly underWay: boolean;
}

export interface NodeState {
  readonly id: number;
  /** False: left out until somebody, or auto_failback, attaches it again. */
  readonly attached: boolean;
  /** Found by one pgpool alone, without the consensus of the others (watchdog). */
  readonly quarantined: boolean;
  /** Why it is where it is: one sentence, and who decided. */
  readonly reason: string | null;
  readonly by: string;
  /** An operator left it out: only an operator brings it back. */
  readonly byOperator: boolean;
  readonly changedAt: number;
  readonly role: 'primary' | 'standby' | 'unknown';
  /** The last answer, kept when later looks fail. */
  readonly answer: Answer | null;
  readonly answeredAt: number | null;
  /** What a standby had received at its last looks, oldest first: moves while WAL arrives. */
  readonly received: readonly { readonly at: number; readonly lsn: bigint }[];
  /** Looks that failed in a row; null while the last one succeeded. */
  readonly failing: { readonly since: number; readonly looks: number; readonly last: Failure } | null;
  /** It lives, but did not let us in at the last look: why. */
  readonly refusal: string | null;
  /** Somebody had trouble with it: looks go on until it answers or is left out. */
  readonly suspicion: { readonly since: number; readonly by: SuspectedBy; readonly reason: string } | null;
  /** The last attach by auto_failback. */
  readonly failedBackAt: number | null;
  /** Since when it is known to take writes without being the primary; null = it does not. */
  readonly falseSince: number | null;
}

/**
 * Left out because it could not follow a new primary. Should that one die too, it may still be the best there is: it is a
 * standby of the same herd, and its timeline says what it lacks.
 */
export const COULD_NOT_FOLLOW = 'could not follow';

/** Added to the configuration while the herd was running, and not attached yet: its server may not even exist. */
export const NEWCOMER = 'new in the configuration';

export const mayBePromoted = (node: NodeState): boolean => node.attached || node.by === COULD_NOT_FOLLOW;

export type SuspectedBy = 'health check' | 'session' | 'shutdown message' | 'operator';

export interface FailoverAct {
  readonly kind: 'failover' | 'switchover';
  /** Why the primary is replaced: one sentence, and who found it. */
  readonly reason: string;
  readonly by: string;
  readonly old: number;
  /** The node that is wished to be the next primary; null = the best one. */
  readonly wished: number | null;
  readonly acceptLoss: boolean;
  /** It was wished: the old primary may live, and is given up all the same. */
  readonly byOperator: boolean;
  readonly phase: FailoverPhase;
  readonly startedAt: number;
  readonly phaseSince: number;
  /** The chosen node, from `promoting` on. */
  readonly candidate: number | null;
  /** Its last position before the promotion: everything after it is lost. */
  readonly forkAt: bigint | null;
  /** The old primary does not come back: somebody gave it up, or another node is on a later timeline. */
  readonly forGood: boolean;
  /** Somebody wished that a node is promoted, whatever failover_by says. */
  readonly promotes: boolean;
  /** Nodes whose promotion was ordered, and when: what came of it may show later. */
  readonly ordered: ReadonlyMap<number, number>;
  /** Candidates that could not be promoted. */
  readonly failed: ReadonlySet<number>;
  /** Standbys that are being made to follow. */
  readonly following: ReadonlySet<number>;
  readonly saidWaiting: boolean;
  /** Until then it says nothing that no WAL arrives: after a restart its writers have to come back first. */
  readonly silentUntil: number;
  /** A switchover has closed its epoch: from then on the old primary may have been stopped. */
  readonly stopped: boolean;
}

export type FailoverPhase =
  /** Are standbys still receiving WAL? Then the primary lives, and is merely out of reach from here. */
  | 'asking'
  /** Workers close their links to the old primary. */
  | 'fencing'
  /** Fresh facts of the standbys are awaited. */
  | 'choosing'
  /** Nobody can or may be promoted now. */
  | 'blocked'
  /** Somebody else promotes (external, or failover_command has run). */
  | 'searching'
  | 'promoting'
  /** A write is tried at the new primary. */
  | 'proving'
  /** The other standbys are being re-pointed; clients are served. */
  | 'following'
  /** A switchover is under way: it drives itself, and looks decide nothing meanwhile. */
  | 'switching'
  /** The proxy died within a switchover, before the promotion: the old primary is started again. */
  | 'reviving';

export const NO_HERD_STATE: HerdState = {
  epoch: 1,
  primary: null,
  timeline: null,
  systemIdentifier: null,
  nodes: new Map(),
  act: null,
  searchingSince: 0,
  lastPrimary: null,
  fork: null,
  strangers: new Set(),
  replaced: new Set(),
  promoted: null,
  syncShortSince: null,
  relaxed: new Map(),
  returning: null,
  recalled: false,
  failovers: [],
};
