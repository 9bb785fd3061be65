/** What may be done with a node as it is, and how it comes back. Pure. */
import type { ClusterStatus, NodeView } from '../../shared/live/topics.ts';

export type DeadBecause =
  | 'attached'
  | 'detached'
  | 'replaced'
  | 'silent'
  | 'isPrimary'
  | 'isOut'
  | 'noPrimary'
  | 'notStandby'
  | 'unused'
  | 'running';

type Herd = Pick<ClusterStatus, 'nodes' | 'primary' | 'running'>;

/** Left out: it gets no statements, until it is attached or recovered. */
export const isOut = ({ status, attached }: Pick<NodeView, 'status' | 'attached'>): boolean =>
  status === 'down' || status === 'quarantine' || (!attached && status !== 'unused');

/** Why each act is not possible; null: it is. The engine decides anew, and more exactly. */
export function deadActs(
  node: NodeView,
  herd: Herd,
): Readonly<Record<'attach' | 'detach' | 'recover' | 'switchover' | 'failover' | 'relabel', DeadBecause | null>> {
  const out = isOut(node);
  const isPrimary = node.id === herd.primary;
  const common: DeadBecause | null = node.status === 'unused' ? 'unused' : herd.running.length > 0 ? 'running' : null;
  const taking = (): DeadBecause | null => {
    if (isPrimary) return 'isPrimary';
    if (out) return 'isOut';
    return node.pgStatus === 'down' ? 'silent' : null;
  };
  return {
    attach: !out ? 'attached' : node.replaced ? 'replaced' : node.pgStatus === 'down' ? 'silent' : null,
    detach: common ?? (out ? 'detached' : null),
    recover: common ?? (isPrimary ? 'isPrimary' : herd.primary === null ? 'noPrimary' : null),
    switchover:
      common ?? taking() ?? (node.pgRole !== 'standby' ? 'notStandby' : herd.primary === null ? 'noPrimary' : null),
    failover: common ?? taking(),
    relabel: common ?? taking(),
  };
}

export interface BringBack {
  readonly choice: 'attach' | 'recover' | 'start';
  readonly because:
    | 'receives'
    | 'notReceiving'
    | 'replaced'
    | 'secondPrimary'
    | 'otherSystem'
    | 'otherTimeline'
    | 'silent'
    | 'noPrimary';
}

/** How a node that is left out comes back, by what was measured of it; null: it is not left out. */
export function bringBack(node: NodeView, { nodes, primary }: Herd): BringBack | null {
  if (!isOut(node)) return null;
  const first = nodes.find(({ id }) => id === primary);
  if (node.pgStatus !== 'up') return { choice: 'start', because: 'silent' };
  if (first === undefined || first.id === node.id) return { choice: 'attach', because: 'noPrimary' };
  if (differs(node.systemIdentifier, first.systemIdentifier)) return { choice: 'recover', because: 'otherSystem' };
  if (node.replaced) return { choice: 'recover', because: 'replaced' };
  if (node.pgRole === 'primary') return { choice: 'recover', because: 'secondPrimary' };
  if (differs(node.timeline, first.timeline)) return { choice: 'recover', because: 'otherTimeline' };
  if (node.upstream === null && node.replicationState === '') return { choice: 'recover', because: 'notReceiving' };
  return { choice: 'attach', because: 'receives' };
}

const differs = <T>(a: T | null, b: T | null): boolean => a !== null && b !== null && a !== b;
