/** Counts wrong tokens by address, so that guessing is slow. Pure: the time is given. */

const FREE = 10;
/** One failure is forgiven in this time. */
const FORGIVEN_AFTER_MS = 6_000;
/** More addresses than this are not told apart: the longest known one gives its place. */
const ADDRESSES_MAX = 1_000;

export class Failures {
  readonly #known = new Map<string, { count: number; atMs: number }>();

  isBlocked(address: string, nowMs: number): boolean {
    return this.#count(address, nowMs) >= FREE;
  }

  failed(address: string, nowMs: number): void {
    const count = Math.min(FREE, this.#count(address, nowMs)) + 1;
    this.#known.delete(address);
    this.#known.set(address, { count, atMs: nowMs });
    const [oldest] = this.#known.keys();
    if (this.#known.size > ADDRESSES_MAX && oldest !== undefined) this.#known.delete(oldest);
  }

  get size(): number {
    return this.#known.size;
  }

  #count(address: string, nowMs: number): number {
    const known = this.#known.get(address);
    return known === undefined ? 0 : Math.max(0, known.count - Math.floor((nowMs - known.atMs) / FORGIVEN_AFTER_MS));
  }
}
