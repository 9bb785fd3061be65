import type { Decision, Reason, Rung } from './types.ts';

/** The decisions of one rung: one object for each node and each node passed over, made when first needed and kept. */
export class RungDecisions {
  readonly rung: Rung;
  readonly #because: Reason;
  /** By node + 1, then by node passed over + 1; 0 is nobody. */
  readonly #made: Decision[][] = [];

  constructor(rung: Rung, found: string) {
    this.rung = rung;
    this.#because = { rule: rung, found, decided: true };
  }

  /** Node ids, or NO_NODE. */
  of(node: number, insteadOf: number): Decision {
    const made = (this.#made[node + 1] ??= []);
    return (made[insteadOf + 1] ??= {
      node: node < 0 ? null : node,
      rung: this.rung,
      because: this.#because,
      insteadOf: insteadOf < 0 ? null : insteadOf,
    });
  }
}
