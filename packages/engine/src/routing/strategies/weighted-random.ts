import { placeAt, weightShares } from '../weights.ts';
import type { Strategy } from './strategy.ts';

/** Each pick for itself, by weight: as Pgpool-II does it. */
export function weightedRandom(): Strategy {
  const pick: Strategy['pick'] = (eligible, draw) => eligible.ids[placeAt(eligible, draw() * eligible.total)]!;
  return { name: 'weighted_random', pick, peek: pick, shares: weightShares, started() {}, finished() {} };
}
