/**
 * What has to outlive the proxy's own death, as it is written down before the effects of each step: the epoch, who was the
 * primary, who left whom out, and the act under way. Pure; JSON all through (positions `X/Y`, times ms since 1970).
 */
import { formatLsn } from '../lsn.ts';
import type { FailoverAct, HerdState, LastPrimary } from './state.ts';

export interface HerdMemory {
  readonly epoch: number;
  readonly systemIdentifier: string | null;
  /** The last primary and its timeline. */
  readonly last: { readonly node: number; readonly timeline: number | null } | null;
  /** Nodes whose place another one took: they must not be started as what they were. */
  readonly replaced: readonly number[];
  readonly promoted: number | null;
  readonly fork: { readonly node: number; readonly at: string; readonly timeline: number | null } | null;
  /** Nodes that are left out, and why; pgpool_status says only that they are. */
  readonly left: readonly {
    readonly node: number;
    readonly by: string;
    readonly reason: string | null;
    readonly byOperator: boolean;
  }[];
  readonly failovers: readonly number[];
  /** The old primary of a switchover that was to come back as a standby. */
  readonly returning: number | null;
  readonly act: ActMemory | null;
}

export interface ActMemory
  extends Pick<
    FailoverAct,
    | 'kind'
    | 'phase'
    | 'reason'
    | 'by'
    | 'old'
    | 'wished'
    | 'acceptLoss'
    | 'byOperator'
    | 'forGood'
    | 'promotes'
    | 'saidWaiting'
    | 'stopped'
  > {
  readonly startedAt: number;
  readonly forkAt: string | null;
  readonly ordered: readonly (readonly [node: number, at: number])[];
  /** Of the primary that is replaced: what a loss is measured by, and who may have every acknowledged commit. */
  readonly lost: {
    readonly position: string | null;
    readonly seenAt: number;
    readonly syncStandbyNames: string;
    readonly replicas: LastPrimary['replicas'];
  } | null;
}

/** @param clock added to a time of ours it is milliseconds since 1970 */
export function memoryOf(state: HerdState, clock: number): HerdMemory {
  const wall = (at: number): number => Math.round(clock + at);
  const { lastPrimary: last, fork } = state;
  return {
    epoch: state.epoch,
    systemIdentifier: state.systemIdentifier,
    last: last === null ? null : { node: last.node, timeline: last.timeline },
    replaced: [...state.replaced],
    promoted: state.promoted,
    fork: fork === null ? null : { ...fork, at: formatLsn(fork.at) },
    left: [...state.nodes.values()]
      .filter((node) => !node.attached)
      .map(({ id, by, reason, byOperator }) => ({ node: id, by, reason, byOperator })),
    failovers: state.failovers.map(wall),
    returning: state.returning?.node ?? null,
    act: state.act === null ? null : actMemory(state.act, last, wall),
  };
}

function actMemory(act: FailoverAct, last: LastPrimary | null, wall: (at: number) => number): ActMemory {
  const { kind, phase, reason, by, old, wished, acceptLoss, byOperator, forGood, promotes, saidWaiting, stopped } = act;
  return {
    ...{ kind, phase, reason, by, old, wished, acceptLoss, byOperator, forGood, promotes, saidWaiting, stopped },
    startedAt: wall(act.startedAt),
    forkAt: act.forkAt === null ? null : formatLsn(act.forkAt),
    ordered: [...act.ordered].map(([node, at]) => [node, wall(at)] as const),
    lost:
      last === null
        ? null
        : {
            position: last.position === null ? null : formatLsn(last.position),
            seenAt: wall(last.seenAt),
            syncStandbyNames: last.syncStandbyNames,
            replicas: last.replicas,
          },
  };
}
