/** Who may get reads, and how many: nodes that are up, with a share above 0. */
import type { RoutingNode } from './types.ts';

/** Node ids with their shares. Made when the herd changes, never for a read. */
export interface WeightTable {
  readonly ids: readonly number[];
  /** Beside `ids`; each above 0, in any unit. */
  readonly weights: readonly number[];
  readonly total: number;
}

export const NO_NODES: WeightTable = { ids: [], weights: [], total: 0 };

export function weightTable(nodes: readonly RoutingNode[]): WeightTable {
  const eligible = nodes.filter(({ weight }) => weight > 0);
  return {
    ids: eligible.map(({ id }) => id),
    weights: eligible.map(({ weight }) => weight),
    total: eligible.reduce((sum, { weight }) => sum + weight, 0),
  };
}

/** The place in the table that `at`, from 0 up to the table's total, falls on. */
export function placeAt(table: WeightTable, at: number): number {
  const { weights } = table;
  const last = weights.length - 1;
  let left = at;
  for (let place = 0; place < last; place++) {
    left -= weights[place]!;
    if (left < 0) return place;
  }
  return last;
}

/** Probability of each node of the table for one draw by weight, beside `ids`. */
export function weightShares({ weights, total }: WeightTable): number[] {
  return weights.map((weight) => weight / total);
}
