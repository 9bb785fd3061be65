/** How one of several nodes is picked for a read. A strategy may remember, so each worker has its own. */
import type { WeightTable } from '../weights.ts';
import type { StrategyName } from './names.ts';

export interface Strategy {
  readonly name: StrategyName;
  /** A node of the table, which is not empty. `draw` gives a number from 0 up to 1, and is called once at most. */
  pick(eligible: WeightTable, draw: () => number): number;
  /** What `pick` would give, leaving everything as it is. */
  peek(eligible: WeightTable, draw: () => number): number;
  /** Probability of each node of the table for the next pick, beside its ids. */
  shares(eligible: WeightTable): readonly number[];
  /** A read was sent to the node. */
  started(node: number): void;
  /** A read that was started there ended, after so many milliseconds; null when its time says nothing of the node (an error,
   *  a cancelled statement, a client that read slowly). */
  finished(node: number, ms: number | null): void;
}
