/**
 * Slows down who guesses passwords: after so many failed sign-ins of one account from one address, of one address, or of
 * one account, further ones are refused unseen until a minute has passed. Pure: time is given.
 */
const QUIET_MS = 60_000;
const LIMITS = { pair: 10, address: 30, account: 60 } as const;
/** Strangers choose account names: what is remembered of them is bounded, and the oldest goes first. */
const KEYS_MAX = 10_000;

interface Count {
  readonly failures: number;
  readonly lastMs: number;
}

export class FailedSignIns {
  private readonly counts = new Map<string, Count>();

  /** Seconds to wait, or 0. */
  waitSeconds(account: string, address: string, nowMs: number): number {
    let wait = 0;
    for (const [key, limit] of keysOf(account, address)) {
      const count = this.counts.get(key);
      if (count === undefined || count.failures < limit) continue;
      wait = Math.max(wait, Math.ceil((count.lastMs + QUIET_MS - nowMs) / 1000));
    }
    return wait;
  }

  /** Counted before the password is looked at, so that many attempts at once are not one look each for free. */
  attempt(account: string, address: string, nowMs: number): void {
    for (const [key] of keysOf(account, address)) {
      const before = this.counts.get(key);
      const failures = before === undefined || nowMs - before.lastMs >= QUIET_MS ? 0 : before.failures;
      this.counts.delete(key); // behind all others
      this.counts.set(key, { failures: failures + 1, lastMs: nowMs });
    }
    for (const key of this.counts.keys()) {
      if (this.counts.size <= KEYS_MAX) break;
      this.counts.delete(key);
    }
  }

  /** The last attempt was none: the right password also clears what its own user mistyped here. */
  succeeded(account: string, address: string): void {
    for (const [key] of keysOf(account, address)) {
      const count = this.counts.get(key);
      if (count === undefined) continue;
      if (count.failures <= 1 || key === pairKey(account, address)) this.counts.delete(key);
      else this.counts.set(key, { ...count, failures: count.failures - 1 });
    }
  }
}

const pairKey = (account: string, address: string): string => `pair ${address} ${account}`;

const keysOf = (account: string, address: string): readonly (readonly [string, number])[] => [
  [pairKey(account, address), LIMITS.pair],
  [`address ${address}`, LIMITS.address],
  [`account ${account}`, LIMITS.account],
];
