import type { AuthRow } from './row.ts';

export interface AuthCacheOptions {
  readonly fetch: (user: string) => Promise<AuthRow | null>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** At most 30,000: how long an expired, locked or dropped role may go unnoticed. */
  readonly ttlMs?: number;
  readonly entriesMax?: number;
}

const TTL_MS_MAX = 30_000;
/** A failed proof asks the server again only when the row is older, so that guessing costs the server little. */
const RENEW_AFTER_MS = 1_000;

interface Entry {
  readonly row: AuthRow | null;
  readonly fetchedAt: number;
}

/**
 * What auth_query answered, by role. Each role is asked for once at a time however many clients wait; an answer is kept
 * for half a minute at most; a fetch that fails is not kept and fails those who wait for it.
 */
export class AuthCache {
  readonly #options: Required<AuthCacheOptions>;
  readonly #entries = new Map<string, Entry>(); // in order of fetching
  readonly #flights = new Map<string, Promise<AuthRow | null>>();
  #generation = 0;

  constructor(options: AuthCacheOptions) {
    const ttlMs = Math.min(options.ttlMs ?? TTL_MS_MAX, TTL_MS_MAX);
    this.#options = { ...options, ttlMs, entriesMax: options.entriesMax ?? 10_000 };
  }

  get size(): number {
    return this.#entries.size;
  }

  lookup(user: string): Promise<AuthRow | null> {
    const entry = this.#entries.get(user);
    if (entry !== undefined && this.#age(entry) < this.#options.ttlMs) return Promise.resolve(entry.row);
    return this.#fetch(user);
  }

  /**
   * After a failed proof: asks again, once, because the password may have changed. Gives the new row when it differs
   * from `used`, and undefined when there is nothing new. A SCRAM client has to connect again to use it.
   */
  async renew(user: string, used: AuthRow | null): Promise<AuthRow | null | undefined> {
    const entry = this.#entries.get(user);
    const isFresh = entry !== undefined && this.#age(entry) < RENEW_AFTER_MS;
    const row = isFresh ? entry.row : await this.#fetch(user);
    return sameRow(row, used) ? undefined : row;
  }

  /** On reload, on a change of primary, and when the link to the server is lost. */
  clear(): void {
    this.#generation += 1;
    this.#entries.clear();
    this.#flights.clear();
  }

  #age(entry: Entry): number {
    return this.#options.now() - entry.fetchedAt;
  }

  #fetch(user: string): Promise<AuthRow | null> {
    const known = this.#flights.get(user);
    if (known !== undefined) return known;
    const flight = this.#ask(user).finally(() => {
      if (this.#flights.get(user) === flight) this.#flights.delete(user);
    });
    this.#flights.set(user, flight);
    return flight;
  }

  async #ask(user: string): Promise<AuthRow | null> {
    const generation = this.#generation;
    const askedAt = this.#options.now(); // age counts from the question: the answer may have been on its way for long
    const answer = await this.#options.fetch(user);
    // A row of somebody else (a query that ignores $1, a folded name) is no row.
    const row = answer?.user === user ? answer : null;
    if (generation === this.#generation) this.#store(user, { row, fetchedAt: askedAt });
    return row;
  }

  #store(user: string, entry: Entry): void {
    this.#entries.delete(user);
    this.#entries.set(user, entry);
    if (this.#entries.size > this.#options.entriesMax) {
      this.#entries.delete(this.#entries.keys().next().value as string);
    }
  }
}

function sameRow(a: AuthRow | null, b: AuthRow | null): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
