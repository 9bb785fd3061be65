import { leastOutstanding } from './least-outstanding.ts';
import { lowestLatency } from './lowest-latency.ts';
import type { StrategyName } from './names.ts';
import { smoothRoundRobin } from './smooth-round-robin.ts';
import type { Strategy } from './strategy.ts';
import { weightedRandom } from './weighted-random.ts';

const MAKERS: Readonly<Record<StrategyName, () => Strategy>> = {
  weighted_random: weightedRandom,
  smooth_round_robin: smoothRoundRobin,
  least_outstanding: leastOutstanding,
  lowest_latency: lowestLatency,
};

/** A strategy without memory yet. Keep it for as long as the setting stays: it learns. */
export function createStrategy(name: StrategyName): Strategy {
  return MAKERS[name]();
}

/** The same answers, remembering nothing: for explaining what would happen. */
export function peeking(strategy: Strategy): Strategy {
  return {
    name: strategy.name,
    pick: (eligible, draw) => strategy.peek(eligible, draw),
    peek: (eligible, draw) => strategy.peek(eligible, draw),
    shares: (eligible) => strategy.shares(eligible),
    started() {},
    finished() {},
  };
}
