import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Link } from '../backend/link.ts';
import { Pool } from './pool.ts';
import { resetPlan } from './reset.ts';

interface FakeLink {
  key: string;
  epoch: number;
  database: string;
  clean: boolean;
  closed: boolean;
  idleSinceMs: number;
  uses: number;
  onIdleClosed: ((link: Link) => void) | null;
  close(): void;
}

function link(key = 'k', more: Partial<FakeLink> = {}): Link & FakeLink {
  const made: FakeLink = {
    key,
    epoch: 1,
    database: 'app',
    clean: true,
    closed: false,
    idleSinceMs: 0,
    uses: 0,
    onIdleClosed: null,
    close() {
      made.closed = true;
      made.clean = false;
    },
    ...more,
  };
  return made as unknown as Link & FakeLink;
}

const keep = { keepIdle: true, lifeTimeMs: 0, sessionsMax: 0 };

async function opened(pool: Pool, key?: string, more?: Partial<FakeLink>): Promise<Link & FakeLink> {
  if (!(await pool.reserve(0))) throw new Error('no room');
  return link(key, more);
}

describe('a pool', () => {
  it('gives back what it was given, to the same key only, the latest first', async () => {
    const pool = new Pool(4, keep);
    const one = await opened(pool, 'a');
    const two = await opened(pool, 'a');
    pool.release(one);
    pool.release(two);
    expect(pool.take('b', 1)).toBeNull();
    expect(pool.take('a', 1)).toBe(two);
    expect(pool.take('a', 1)).toBe(one);
    expect(pool.take('a', 1)).toBeNull();
    expect(pool).toMatchObject({ total: 2, idleCount: 0, counters: { reused: 2 } });
  });

  it('closes a connection that has served as many sessions as child_max_connections allows', async () => {
    const pool = new Pool(4, { ...keep, sessionsMax: 2 });
    const one = await opened(pool, 'a');
    pool.release(one);
    expect(pool.take('a', 1)).toBe(one);
    pool.release(one);
    expect(one.closed).toBe(true);
    expect(pool).toMatchObject({ total: 0, idleCount: 0 });
  });

  it('keeps nothing that is not clean, of a template database, or when connection_cache is off', async () => {
    const pool = new Pool(4, keep);
    const dirty = await opened(pool);
    dirty.clean = false;
    pool.release(dirty);
    const template = await opened(pool, 'k', { database: 'template1' });
    pool.release(template);
    pool.settings = { keepIdle: false, lifeTimeMs: 0, sessionsMax: 0 };
    const third = await opened(pool);
    pool.release(third);
    expect([dirty.closed, template.closed, third.closed]).toEqual([true, true, true]);
    expect(pool).toMatchObject({ total: 0, idleCount: 0 });
  });

  it('gives no link of an older epoch, and none that broke while it was idle', async () => {
    const pool = new Pool(4, keep);
    const old = await opened(pool);
    const broken = await opened(pool);
    pool.release(old);
    pool.release(broken);
    broken.clean = false;
    expect(pool.take('k', 2)).toBeNull();
    expect([old.closed, broken.closed]).toEqual([true, true]);
    expect(pool.total).toBe(0);
  });

  it('forgets an idle link that its server closed', async () => {
    const pool = new Pool(4, keep);
    const gone = await opened(pool);
    pool.release(gone);
    gone.onIdleClosed?.(gone);
    gone.onIdleClosed?.(gone);
    expect(pool).toMatchObject({ total: 0, idleCount: 0 });
    expect(pool.take('k', 1)).toBeNull();
  });

  it('at its lease closes the longest idle link for a new one', async () => {
    const pool = new Pool(2, keep);
    const first = await opened(pool, 'a');
    const second = await opened(pool, 'b');
    pool.release(first);
    pool.release(second);
    first.idleSinceMs = 1;
    second.idleSinceMs = 2;
    expect(await pool.reserve(0)).toBe(true);
    expect([first.closed, second.closed]).toEqual([true, false]);
    expect(pool).toMatchObject({ total: 2, counters: { evicted: 1 } });
  });

  it('those who wait are served in order, as links end', async () => {
    const pool = new Pool(1, keep);
    const short = vi.fn();
    pool.onShort = short;
    const busy = await opened(pool);
    const order: number[] = [];
    const waiting = [1, 2].map((n) => pool.reserve(1000).then((granted) => granted && order.push(n)));
    expect(pool.waiting).toBe(2);
    expect(short).toHaveBeenCalledTimes(2);
    pool.release(busy); // somebody waits: it is not kept
    await waiting[0];
    expect(busy.closed).toBe(true);
    pool.unreserve();
    await waiting[1];
    expect(order).toEqual([1, 2]);
    expect(pool.total).toBe(1);
  });

  it('one that waits too long gets none, and leaves no trace', async () => {
    const pool = new Pool(1, keep);
    await opened(pool);
    expect(await pool.reserve(5)).toBe(false);
    expect(pool).toMatchObject({ waiting: 0, total: 1 });
  });

  it('a larger lease serves those who wait; a smaller one closes idle links', async () => {
    const pool = new Pool(1, keep);
    await opened(pool);
    const waiting = pool.reserve(1000);
    pool.lease = 3;
    pool.serveWaiters();
    expect(await waiting).toBe(true);
    const idle = link();
    pool.total++;
    pool.release(idle);
    pool.shrink(2);
    expect(idle.closed).toBe(true);
    expect(pool.total).toBe(2);
  });

  it('a database about to be dropped loses its idle links and gets none back for a while', async () => {
    vi.useFakeTimers();
    const pool = new Pool(4, keep);
    const doomed = await opened(pool, 'a', { database: 'old' });
    const other = await opened(pool, 'b', { database: 'new' });
    const busy = await opened(pool, 'a', { database: 'old' });
    pool.release(doomed);
    pool.release(other);
    pool.guardDatabase('old');
    expect([doomed.closed, other.closed]).toEqual([true, false]);
    pool.release(busy);
    expect(busy.closed).toBe(true);
    try {
      vi.advanceTimersByTime(7_000);
      const later = await opened(pool, 'a', { database: 'old' });
      pool.release(later);
      expect(later.closed).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('connection_life_time closes links that were idle for that long', async () => {
    const pool = new Pool(4, { keepIdle: true, lifeTimeMs: 1000, sessionsMax: 0 });
    const old = await opened(pool);
    const fresh = await opened(pool);
    pool.release(old);
    pool.release(fresh);
    const now = performance.now();
    old.idleSinceMs = now - 1001;
    fresh.idleSinceMs = now - 999;
    pool.expire(now);
    expect([old.closed, fresh.closed]).toEqual([true, false]);
  });

  it('whatever happens, what it counts is what there is', async () => {
    const act = fc.record({
      what: fc.constantFrom('take', 'reserve', 'release', 'break', 'discard', 'lease', 'gone', 'guard', 'epoch'),
      n: fc.nat({ max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const pool = new Pool(3, keep);
        const busy: (Link & FakeLink)[] = [];
        const idle = new Set<Link & FakeLink>();
        const all: (Link & FakeLink)[] = [];
        let epoch = 1;
        const settle = (): void => {
          for (const one of [...idle]) if (one.closed) idle.delete(one);
        };
        for (const { what, n } of acts) {
          const one = busy[n % Math.max(1, busy.length)];
          const key = `k${n % 3}`;
          if (what === 'take') {
            const taken = pool.take(key, epoch) as (Link & FakeLink) | null;
            if (taken !== null) {
              expect(idle.delete(taken)).toBe(true);
              expect(taken).toMatchObject({ key, epoch, clean: true, closed: false });
              busy.push(taken);
            }
          } else if (what === 'reserve') {
            const before = pool.total;
            const grant = pool.total < pool.lease || idle.size > 0;
            const granted = await Promise.race([pool.reserve(0), Promise.resolve().then(() => 'later' as const)]);
            if (grant) {
              const made = link(key, { epoch, database: `d${n % 2}` });
              busy.push(made);
              all.push(made);
            } else {
              expect(granted).not.toBe(true);
              await vi.waitFor(() => expect(pool.waiting).toBe(0));
              expect(pool.total).toBe(before);
            }
          } else if (what === 'release' && one !== undefined) {
            busy.splice(busy.indexOf(one), 1);
            pool.release(one);
            if (!one.closed) idle.add(one);
          } else if (what === 'break' && one !== undefined) one.clean = false;
          else if (what === 'discard' && one !== undefined) {
            busy.splice(busy.indexOf(one), 1);
            pool.discard(one);
          } else if (what === 'lease') pool.shrink(1 + n);
          else if (what === 'gone') {
            const [dead] = [...idle];
            if (dead !== undefined) {
              dead.close();
              dead.onIdleClosed?.(dead);
            }
          } else if (what === 'guard' && n === 0) pool.guardDatabase('d0');
          else if (what === 'epoch' && n === 0) epoch++;
          settle();
          expect(pool.idleCount).toBe(idle.size);
          expect(pool.total).toBe(idle.size + busy.length);
        }
        expect(all.filter((made) => !made.closed)).toHaveLength(pool.total);
      }),
      { numRuns: 300 },
    );
  });
});

describe('reset_query_list', () => {
  it('leaves out ABORT for a link outside a transaction', () => {
    const plan = resetPlan(['ABORT', 'DISCARD ALL']);
    expect([plan.idleCount, plan.inTransactionCount]).toEqual([1, 2]);
    expect(plan.idle.toString('latin1')).toContain('DISCARD ALL');
    expect(plan.idle.toString('latin1')).not.toContain('ABORT');
    expect(plan.inTransaction.toString('latin1')).toMatch(/ABORT.*DISCARD ALL/s);
  });

  it('takes blanks and empty elements, and may be empty', () => {
    expect(resetPlan([' ', '', ' RESET ALL '])).toMatchObject({ idleCount: 1, inTransactionCount: 1 });
    expect(resetPlan([])).toMatchObject({ idleCount: 0, inTransactionCount: 0 });
    expect(resetPlan(['rollback', 'abortive()'])).toMatchObject({ idleCount: 1, inTransactionCount: 2 });
  });
});
