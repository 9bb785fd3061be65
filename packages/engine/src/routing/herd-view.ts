/** The herd as decisions see it: who is the primary, who may answer reads, and how one is picked. */
import type { Strategy } from './strategies/strategy.ts';
import type { RoutingNode } from './types.ts';
import { type WeightTable, weightTable } from './weights.ts';

/** Made when the herd changes. Lag and replayed positions inside `nodes` may be brought up to date in place; who is up, the
 *  primary and the weights may not, for the tables stand on them. */
export interface HerdView {
  readonly epoch: number;
  /** Node id, or null while none is known. */
  readonly primary: number | null;
  readonly nodes: readonly RoutingNode[];
  /** `nodes` by id: ids may have gaps. */
  readonly byId: readonly (RoutingNode | undefined)[];
  /** Who may answer reads, the primary among them. */
  readonly readers: WeightTable;
  /** The same without the primary. */
  readonly standbys: WeightTable;
  /** Without the node of that id, for redirects to one node. */
  readonly readersBut: readonly WeightTable[];
  readonly strategy: Strategy;
}

export function herdView(
  epoch: number,
  primary: number | null,
  nodes: readonly RoutingNode[],
  strategy: Strategy,
): HerdView {
  const readers = nodes.filter((node) => servesReads(node, primary));
  const byId: RoutingNode[] = [];
  const readersBut: WeightTable[] = [];
  for (const node of nodes) {
    byId[node.id] = node;
    readersBut[node.id] = weightTable(readers.filter(({ id }) => id !== node.id));
  }
  return {
    epoch,
    primary,
    nodes,
    byId,
    readers: weightTable(readers),
    standbys: weightTable(readers.filter(({ id }) => id !== primary)),
    readersBut,
    strategy,
  };
}

/** Up, and no second primary: what that one says nobody else has. A role that nobody asked for is taken for a standby's. */
export function servesReads(node: RoutingNode | undefined, primary: number | null): node is RoutingNode {
  return node?.up === true && (node.id === primary || node.role !== 'primary');
}
