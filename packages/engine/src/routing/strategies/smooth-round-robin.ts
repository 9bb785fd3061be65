import type { WeightTable } from '../weights.ts';
import type { Strategy } from './strategy.ts';

/** By turns, in the proportion of the weights and without bunching: with 5, 1, 1 the nodes come as a a b a c a a. At each
 *  turn every node earns its weight; the richest one is picked and pays all that was earned. */
export function smoothRoundRobin(): Strategy {
  const credit: number[] = [];

  const richest = ({ ids, weights }: WeightTable): number => {
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < ids.length; place++) {
      const has = (credit[ids[place]!] ?? 0) + weights[place]!;
      // Sums of fractions differ in their last bits; a turn must not hang on them.
      if (has > most + 1e-9) {
        most = has;
        best = place;
      }
    }
    return best;
  };

  return {
    name: 'smooth_round_robin',
    pick(eligible) {
      const { ids, weights, total } = eligible;
      const best = richest(eligible);
      for (let place = 0; place < ids.length; place++) {
        const id = ids[place]!;
        credit[id] = (credit[id] ?? 0) + weights[place]!;
      }
      const id = ids[best]!;
      credit[id] = credit[id]! - total;
      return id;
    },
    peek: (eligible) => eligible.ids[richest(eligible)]!,
    shares(eligible) {
      const next = richest(eligible);
      return eligible.ids.map((_, place) => (place === next ? 1 : 0));
    },
    started() {},
    finished() {},
  };
}
