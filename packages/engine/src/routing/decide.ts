/**
 * Where a session or statement goes, and why. Pure: facts in, a decision out.
 *
 * The ladder has one rung so far: everything goes to the primary. Reads will be spread here and nowhere else.
 */
import type { ClusterSnapshot } from '../ipc.ts';

/** One rung of the ladder: what was asked, what was found, whether it decided. */
export interface Reason {
  readonly rule: string;
  readonly found: string;
  readonly decided: boolean;
}

export interface Decision {
  /** Node id, or null when no node can serve (see `why`). */
  readonly node: number | null;
  readonly why: readonly Reason[];
}

const decisions = new WeakMap<ClusterSnapshot, Decision>();

export function decide(cluster: ClusterSnapshot): Decision {
  const known = decisions.get(cluster);
  if (known !== undefined) return known;
  const decision = decideFresh(cluster);
  decisions.set(cluster, decision);
  return decision;
}

function decideFresh(cluster: ClusterSnapshot): Decision {
  if (cluster.primary === null) {
    return { node: null, why: [{ rule: 'primary', found: 'no primary node is known', decided: true }] };
  }
  return {
    node: cluster.primary,
    why: [{ rule: 'primary', found: `node ${cluster.primary} is the primary`, decided: true }],
  };
}
