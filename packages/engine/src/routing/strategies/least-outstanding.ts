import type { WeightTable } from '../weights.ts';
import type { Strategy } from './strategy.ts';

/** The node with the fewest reads under way for its weight; by weight among equals. */
export function leastOutstanding(): Strategy {
  const underWay: number[] = [];

  const least = ({ ids, weights }: WeightTable): number => {
    let fewest = Number.POSITIVE_INFINITY;
    for (let place = 0; place < ids.length; place++) {
      fewest = Math.min(fewest, (underWay[ids[place]!] ?? 0) / weights[place]!);
    }
    return fewest;
  };
  const isLeast = ({ ids, weights }: WeightTable, place: number, fewest: number): boolean =>
    (underWay[ids[place]!] ?? 0) / weights[place]! === fewest;

  const pick = (eligible: WeightTable, draw: () => number): number => {
    const { ids, weights } = eligible;
    const fewest = least(eligible);
    let among = 0;
    for (let place = 0; place < ids.length; place++) if (isLeast(eligible, place, fewest)) among += weights[place]!;
    let left = draw() * among;
    let last = -1;
    for (let place = 0; place < ids.length; place++) {
      if (!isLeast(eligible, place, fewest)) continue;
      last = ids[place]!;
      left -= weights[place]!;
      if (left < 0) break;
    }
    return last;
  };

  return {
    name: 'least_outstanding',
    pick,
    peek: pick,
    shares(eligible) {
      const fewest = least(eligible);
      const shares = eligible.weights.map((weight, place) => (isLeast(eligible, place, fewest) ? weight : 0));
      const among = shares.reduce((sum, share) => sum + share, 0);
      return shares.map((share) => share / among);
    },
    started(node) {
      underWay[node] = (underWay[node] ?? 0) + 1;
    },
    finished(node) {
      underWay[node] = Math.max(0, (underWay[node] ?? 0) - 1);
    },
  };
}
