/**
 * Backend connections per node as a budget leased to workers. The sum of all leases never exceeds the budget; a worker
 * short of one asks, and another gives up what it does not use. Pure.
 */
export class Leases {
  private readonly held = new Map<number, number>();
  private readonly short = new Map<number, number>();
  private readonly budget: number;

  /** @param budget connections per node for all workers together */
  constructor(budget: number) {
    this.budget = budget;
  }

  get spare(): number {
    let sum = 0;
    for (const links of this.held.values()) sum += links;
    return this.budget - sum;
  }

  leaseOf(worker: number): number {
    return this.held.get(worker) ?? 0;
  }

  /** A worker starts. @returns its first lease: an equal share of what is spare */
  join(worker: number, workersMissing: number): number {
    const share = Math.max(1, Math.floor(this.spare / Math.max(1, workersMissing)));
    const links = Math.min(share, Math.max(this.spare, 0));
    this.held.set(worker, links);
    return links;
  }

  leave(worker: number): void {
    this.held.delete(worker);
    this.short.delete(worker);
  }

  /** A worker needs `links` more. @returns its new lease, if any, and whom to ask to give some up */
  ask(worker: number, links: number): { lease: number | null; ask: { worker: number; links: number } | null } {
    const spare = this.spare;
    if (spare > 0) {
      const granted = Math.min(spare, links);
      this.held.set(worker, this.leaseOf(worker) + granted);
      return { lease: this.leaseOf(worker), ask: null };
    }
    this.short.set(worker, links);
    let richest: number | null = null;
    for (const [other, held] of this.held) {
      if (other !== worker && held > 1 && (richest === null || held > this.leaseOf(richest))) richest = other;
    }
    return { lease: null, ask: richest === null ? null : { worker: richest, links } };
  }

  /** A worker says what it kept. @returns grants to those who were short */
  kept(worker: number, links: number): { worker: number; lease: number }[] {
    if (links < this.leaseOf(worker)) this.held.set(worker, links);
    const grants: { worker: number; lease: number }[] = [];
    for (const [other, wanted] of this.short) {
      const granted = Math.min(this.spare, wanted);
      if (granted <= 0) break;
      this.held.set(other, this.leaseOf(other) + granted);
      this.short.delete(other);
      grants.push({ worker: other, lease: this.leaseOf(other) });
    }
    return grants;
  }
}
