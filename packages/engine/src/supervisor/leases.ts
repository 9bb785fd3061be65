/**
 * Backend connections per node as a budget leased to workers. The sum of all leases never exceeds the budget; a worker
 * short of one asks, and the others give up what they do not use. Both sides speak in differences, so that messages
 * that cross lose nothing. Pure.
 */
export interface Grant {
  readonly worker: number;
  /** By how much its lease grows. */
  readonly more: number;
}

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
    const links = Math.min(share, this.spare);
    this.held.set(worker, links);
    return links;
  }

  /** A worker ended. @returns what others get of its lease */
  leave(worker: number): Grant[] {
    this.held.delete(worker);
    this.short.delete(worker);
    return this.serve();
  }

  /** A worker needs `links` more. @returns what it gets at once, and whom to ask for the rest */
  ask(worker: number, links: number): { more: number; from: number[]; missing: number } {
    const more = Math.min(this.spare, links);
    this.held.set(worker, this.leaseOf(worker) + more);
    const missing = links - more;
    if (missing === 0) {
      this.short.delete(worker);
      return { more, from: [], missing };
    }
    this.short.set(worker, missing);
    const from = [...this.held].filter(([other, held]) => other !== worker && held > 0).map(([other]) => other);
    return { more, from, missing };
  }

  /** A worker gave up so many. @returns what those who were short get */
  gave(worker: number, links: number): Grant[] {
    this.held.set(worker, Math.max(0, this.leaseOf(worker) - links));
    return this.serve();
  }

  private serve(): Grant[] {
    const grants: Grant[] = [];
    for (const [worker, wanted] of this.short) {
      const more = Math.min(this.spare, wanted);
      if (more === 0) break;
      this.held.set(worker, this.leaseOf(worker) + more);
      if (more === wanted) this.short.delete(worker);
      else this.short.set(worker, wanted - more);
      grants.push({ worker, more });
    }
    return grants;
  }
}
