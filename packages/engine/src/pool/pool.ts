/**
 * The connections of one worker to all nodes: idle ones by key, and a lease that bounds how many exist per node.
 * A key is node, database, user and the whole start-up packet, so that a reused connection has exactly the defaults
 * that a fresh one of this client would have. All sessions of the worker share the pool.
 *
 * The interface is acquire/release, so that a later transaction mode can use it once per transaction.
 */
import type { Link } from '../backend/link.ts';

export interface PoolSettings {
  /** connection_cache and max_pool > 0 */
  keepIdle: boolean;
  /** connection_life_time in ms; 0 = for ever */
  lifeTimeMs: number;
  /** child_max_connections: sessions that one connection may serve; 0 = any number */
  sessionsMax: number;
}

export interface PoolCounters {
  opened: number;
  reused: number;
  evicted: number;
  waits: number;
}

interface Waiter {
  resolve(grant: boolean): void;
  timer: NodeJS.Timeout;
}

/** Databases that CREATE DATABASE copies from: an idle connection would block it. */
const TEMPLATES: ReadonlySet<string> = new Set(['template0', 'template1']);
/** How long connections to a database about to be dropped are not kept (PostgreSQL itself waits 5 s for others). */
const DROP_GUARD_MS = 6_000;

export class Pool {
  /** Idle links, most recently used last. */
  private readonly idle = new Map<string, Link[]>();
  idleCount = 0;
  /** Links that exist or are being opened, idle ones included. */
  total = 0;
  /** How many links may exist. The supervisor raises and lowers it. */
  lease: number;
  settings: PoolSettings;
  readonly counters: PoolCounters = { opened: 0, reused: 0, evicted: 0, waits: 0 };
  private readonly waiters: Waiter[] = [];
  /** All that are open, idle or not. */
  private readonly open = new Set<Link>();
  /** Those that were given up and may still have something to say. */
  private leaving: Link[] = [];
  private readonly guarded = new Map<string, number>();
  /** Asked when the lease is used up and nothing idle can give way. */
  onShort: (() => void) | null = null;

  constructor(lease: number, settings: PoolSettings) {
    this.lease = lease;
    this.settings = settings;
  }

  /** A link was opened in a place that was reserved. */
  add(link: Link): void {
    this.open.add(link);
    this.counters.opened++;
  }

  /** Breaks off every link that `gone` is true of, whoever uses it: nothing more is sent there. */
  cut(because: string, gone: (link: Link) => boolean): void {
    for (const link of this.open) if (gone(link)) link.cut(because);
    for (const link of this.leaving) if (gone(link)) link.channel.destroy();
    this.leaving = this.leaving.filter((link) => !link.channel.closed);
    this.closeIdle(gone);
  }

  /** An idle link for this key that was opened in this term of the node, or null. */
  take(key: string, epoch: number): Link | null {
    const list = this.idle.get(key);
    while (list !== undefined && list.length > 0) {
      const link = list.pop() as Link;
      this.idleCount--;
      if (list.length === 0) this.idle.delete(key);
      link.onIdleClosed = null;
      if (link.epoch !== epoch || !link.clean) {
        this.discard(link);
        continue;
      }
      link.uses++;
      this.counters.reused++;
      return link;
    }
    return null;
  }

  /** Those that wait for a client. */
  idleLinks(): Link[] {
    return [...this.idle.values()].flat();
  }

  /**
   * Room for one more link: evicts the longest idle one if the lease is used up, waits if there is none.
   * @returns false when no room came up within `limitMs`
   */
  async reserve(limitMs: number): Promise<boolean> {
    if (this.total < this.lease || this.evictOldest()) {
      this.total++;
      return true;
    }
    this.counters.waits++;
    this.onShort?.();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        resolve,
        timer: setTimeout(() => {
          const at = this.waiters.indexOf(waiter);
          if (at >= 0) this.waiters.splice(at, 1);
          resolve(false);
        }, limitMs),
      };
      this.waiters.push(waiter);
    });
  }

  get waiting(): number {
    return this.waiters.length;
  }

  /** A reserved place is free again (the link could not be opened, or ended). */
  unreserve(): void {
    this.total--;
    this.serveWaiters();
  }

  serveWaiters(): void {
    while (this.waiters.length > 0 && (this.total < this.lease || this.evictOldest())) {
      const waiter = this.waiters.shift() as Waiter;
      clearTimeout(waiter.timer);
      this.total++;
      waiter.resolve(true);
    }
  }

  /** Takes back a link that was reset. Anything that is not provably clean is closed. */
  release(link: Link): void {
    const guard = this.guarded.get(link.database);
    if (guard !== undefined && guard < performance.now()) this.guarded.delete(link.database);
    if (
      !link.clean ||
      !this.settings.keepIdle ||
      TEMPLATES.has(link.database) ||
      this.guarded.has(link.database) ||
      this.total > this.lease ||
      (this.settings.sessionsMax > 0 && link.uses + 1 >= this.settings.sessionsMax) ||
      this.waiters.length > 0
    ) {
      this.discard(link);
      return;
    }
    link.idleSinceMs = performance.now();
    let list = this.idle.get(link.key);
    if (list === undefined) this.idle.set(link.key, (list = []));
    list.push(link);
    this.idleCount++;
    link.onIdleClosed = (closed) => this.forget(closed);
  }

  /** Closes a link that is not idle and gives its place back. */
  discard(link: Link): void {
    this.close(link);
    this.unreserve();
  }

  private close(link: Link): void {
    this.open.delete(link);
    link.close();
    if (link.channel?.busy === true) this.leaving = [...this.leaving.filter((one) => !one.channel.closed), link];
  }

  /** The lease became smaller: idle links beyond it are closed. */
  shrink(lease: number): void {
    this.lease = lease;
    while (this.total > this.lease && this.evictOldest());
  }

  private forget(link: Link): void {
    const list = this.idle.get(link.key);
    const at = list?.indexOf(link) ?? -1;
    if (list === undefined || at < 0) return;
    list.splice(at, 1);
    if (list.length === 0) this.idle.delete(link.key);
    this.idleCount--;
    this.open.delete(link);
    this.unreserve();
  }

  private evictOldest(): boolean {
    let oldest: Link | null = null;
    for (const list of this.idle.values()) {
      const first = list[0] as Link;
      if (oldest === null || first.idleSinceMs < oldest.idleSinceMs) oldest = first;
    }
    if (oldest === null) return false;
    this.removeIdle(oldest);
    this.close(oldest);
    this.total--;
    this.counters.evicted++;
    return true;
  }

  private removeIdle(link: Link): void {
    const list = this.idle.get(link.key) as Link[];
    list.splice(list.indexOf(link), 1);
    if (list.length === 0) this.idle.delete(link.key);
    this.idleCount--;
    link.onIdleClosed = null;
  }

  /** Closes idle links for which `gone` says so; returns how many. */
  closeIdle(gone: (link: Link) => boolean): number {
    let closed = 0;
    for (const list of [...this.idle.values()]) {
      for (const link of [...list]) {
        if (!gone(link)) continue;
        this.removeIdle(link);
        this.discard(link);
        closed++;
      }
    }
    return closed;
  }

  /** A DROP DATABASE is about to run: closes what is idle there and keeps nothing for a while. */
  guardDatabase(database: string): void {
    this.guarded.set(database, performance.now() + DROP_GUARD_MS);
    this.closeIdle((link) => link.database === database);
  }

  /** connection_life_time, and guards that are over; called about once a second. */
  expire(now: number): void {
    for (const [database, until] of this.guarded) if (until < now) this.guarded.delete(database);
    const limit = this.settings.lifeTimeMs;
    if (limit === 0 || this.idleCount === 0) return;
    this.closeIdle((link) => now - link.idleSinceMs >= limit);
  }
}
