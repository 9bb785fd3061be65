import { placeAt, type WeightTable } from '../weights.ts';
import type { Strategy } from './strategy.ts';

/** Weight of the newest measurement in the moving average. */
const NEWEST = 0.1;
/** What an average loses each time its node is passed over, so that a slow node is tried again some day. */
const FORGETTING = 0.995;

/** Two nodes are drawn by weight and the one that answers faster on average is picked (the power of two choices). A node
 *  that nobody measured yet counts as the fastest. */
export function lowestLatency(): Strategy {
  /** Milliseconds, by node id. */
  const average: number[] = [];
  let first = 0;
  let second = 0;

  /** One number serves both draws: what is left of it behind the first is as evenly spread. */
  const drawTwo = (eligible: WeightTable, drawn: number): void => {
    const { weights, total } = eligible;
    const at = drawn * total;
    first = placeAt(eligible, at);
    let before = 0;
    for (let place = 0; place < first; place++) before += weights[place]!;
    const rest = total - weights[first]!;
    let left = ((at - before) / weights[first]!) * rest;
    second = first;
    for (let place = 0; place < weights.length; place++) {
      if (place === first) continue;
      second = place;
      left -= weights[place]!;
      if (left < 0) break;
    }
  };
  const faster = ({ ids }: WeightTable, one: number, other: number): number =>
    (average[ids[other]!] ?? 0) < (average[ids[one]!] ?? 0) ? other : one;

  return {
    name: 'lowest_latency',
    pick(eligible, draw) {
      drawTwo(eligible, draw());
      const picked = faster(eligible, first, second);
      const passed = eligible.ids[picked === first ? second : first]!;
      const known = average[passed];
      if (first !== second && known !== undefined) average[passed] = known * FORGETTING;
      return eligible.ids[picked]!;
    },
    peek(eligible, draw) {
      drawTwo(eligible, draw());
      return eligible.ids[faster(eligible, first, second)]!;
    },
    shares(eligible) {
      const { weights, total } = eligible;
      const shares = weights.map(() => 0);
      for (let one = 0; one < weights.length; one++) {
        const rest = total - weights[one]!;
        if (weights.length === 1) shares[one] = 1;
        for (let other = 0; other < weights.length; other++) {
          if (other === one) continue;
          const picked = faster(eligible, one, other);
          shares[picked] = shares[picked]! + (weights[one]! / total) * (weights[other]! / rest);
        }
      }
      return shares;
    },
    started() {},
    finished(node, ms) {
      if (ms === null) return;
      const known = average[node];
      average[node] = known === undefined ? ms : known + NEWEST * (ms - known);
    },
  };
}
