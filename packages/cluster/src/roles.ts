/**
 * Which node is the primary: pure. Facts from probes go in, the believed primary and each node's role come out.
 * A probe that fails never moves the primary by itself; another node that is found writable does, when the old primary
 * is gone or is a standby now.
 */

export interface NodeFacts {
  readonly id: number;
  readonly alwaysPrimary: boolean;
  /** Null while nobody could ask. */
  readonly inRecovery: boolean | null;
  readonly reachable: boolean | null;
  /** Why the last probe failed, if it did. */
  readonly reason?: string | null;
}

export type Role = 'primary' | 'standby' | 'unknown';

export interface Roles {
  readonly primary: number | null;
  readonly roles: ReadonlyMap<number, Role>;
  /** Nodes besides the primary that take writes: never used, and shown. */
  readonly falsePrimaries: readonly number[];
  /** One sentence for each node that keeps the primary from being known. */
  readonly reasons: readonly string[];
}

/**
 * @param believed the primary so far
 * @param canAsk false when there is no user to ask with (sr_check_user empty or sr_check_period 0)
 */
export function judgeRoles(nodes: readonly NodeFacts[], believed: number | null, canAsk: boolean): Roles {
  const fixed = nodes.find((node) => node.alwaysPrimary);
  if (fixed !== undefined) return result(nodes, fixed.id, [], []);
  if (nodes.length === 1) return result(nodes, (nodes[0] as NodeFacts).id, [], []);
  if (!canAsk) {
    const first = nodes.find((node) => node.reachable !== false) ?? nodes[0];
    return result(nodes, believed ?? first?.id ?? null, [], []);
  }
  const writable = nodes.filter((node) => node.inRecovery === false).map((node) => node.id);
  const kept = nodes.find((node) => node.id === believed);
  if (kept !== undefined && (kept.inRecovery === false || writable.length === 0)) {
    return result(
      nodes,
      kept.id,
      writable.filter((id) => id !== kept.id),
      [],
    );
  }
  if (writable.length > 0) {
    const [primary, ...others] = writable;
    return result(nodes, primary as number, others, []);
  }
  return result(nodes, null, [], nodes.map(whyNotPrimary));
}

function whyNotPrimary(node: NodeFacts): string {
  if (node.inRecovery === true) return `node ${node.id} is in recovery, so it is a standby`;
  const what = node.reachable === false ? 'cannot be reached' : 'could not be asked';
  const because = node.reason === undefined || node.reason === null ? '' : ` (${node.reason})`;
  return `node ${node.id} ${what}${because}`;
}

function result(
  nodes: readonly NodeFacts[],
  primary: number | null,
  falsePrimaries: readonly number[],
  reasons: readonly string[],
): Roles {
  const roles = new Map<number, Role>();
  for (const node of nodes) {
    roles.set(node.id, node.id === primary ? 'primary' : node.inRecovery === null ? 'unknown' : 'standby');
  }
  return { primary, roles, falsePrimaries, reasons };
}
