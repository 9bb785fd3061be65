/** Where a session's own connection goes: the primary, whatever its number. */
import type { ClusterSnapshot } from '../ipc.ts';
import type { Reason } from './types.ts';

export interface HomeNode {
  /** Node id, or null when no node can serve (see `why`). */
  readonly node: number | null;
  readonly why: readonly Reason[];
}

const known = new WeakMap<ClusterSnapshot, HomeNode>();

/** The node for all that may not leave the primary; the same object for the same snapshot. */
export function homeNode(cluster: ClusterSnapshot): HomeNode {
  const before = known.get(cluster);
  if (before !== undefined) return before;
  const { primary } = cluster;
  const found = primary === null ? 'no primary node is known' : `node ${primary} is the primary`;
  const home: HomeNode = { node: primary, why: [{ rule: 'primary', found, decided: true }] };
  known.set(cluster, home);
  return home;
}
