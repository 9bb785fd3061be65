import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Leases } from './leases.ts';

describe('leases of backend connections', () => {
  it('workers that start together get equal shares', () => {
    const leases = new Leases(10);
    expect(leases.join(0, 2)).toBe(5);
    expect(leases.join(1, 1)).toBe(5);
    expect(leases.spare).toBe(0);
  });

  it('one that is short gets what is spare at once', () => {
    const leases = new Leases(10);
    leases.join(0, 2);
    expect(leases.ask(0, 3)).toEqual({ more: 3, from: [], missing: 0 });
    expect(leases.leaseOf(0)).toBe(8);
  });

  it('with nothing spare all others are asked, and what one gives goes to the one that is short', () => {
    const leases = new Leases(12);
    leases.join(0, 3);
    leases.join(1, 2);
    leases.join(2, 1);
    expect(leases.ask(0, 2)).toEqual({ more: 0, from: [1, 2], missing: 2 });
    expect(leases.gave(2, 1)).toEqual([{ worker: 0, more: 1 }]);
    expect(leases.gave(1, 2)).toEqual([{ worker: 0, more: 1 }]);
    expect(leases.spare).toBe(1);
    expect(leases.gave(1, 1)).toEqual([]);
  });

  it('gets part of what it lacks where there is no more', () => {
    const leases = new Leases(5);
    leases.join(0, 2);
    leases.join(1, 2); // 1: one stays spare for a third
    expect(leases.ask(1, 4)).toEqual({ more: 2, from: [0], missing: 2 });
  });

  it('a worker that holds nothing is not asked', () => {
    const leases = new Leases(1);
    leases.join(0, 1);
    leases.join(1, 1);
    expect([leases.leaseOf(0), leases.leaseOf(1)]).toEqual([1, 0]);
    expect(leases.ask(0, 1)).toEqual({ more: 0, from: [], missing: 1 });
    expect(leases.ask(1, 1)).toEqual({ more: 0, from: [0], missing: 1 });
  });

  it('a worker that ends gives everything back, to those who are short first', () => {
    const leases = new Leases(4);
    leases.join(0, 2);
    leases.join(1, 1);
    leases.ask(1, 1);
    expect(leases.leave(0)).toEqual([{ worker: 1, more: 1 }]);
    expect(leases.join(0, 1)).toBe(1);
  });
});

type Step = { act: 'join' | 'leave' | 'ask' | 'gave'; worker: number; links: number };

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom('join', 'leave', 'ask', 'ask', 'gave', 'gave'),
  worker: fc.nat({ max: 4 }),
  links: fc.integer({ min: 0, max: 20 }),
});

describe('whatever workers ask and give', () => {
  it('the sum of all leases never exceeds the budget, on either side, however messages cross', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 120 }), (budget, steps) => {
        const leases = new Leases(budget);
        /** What each worker believes, from the differences it heard of. */
        const believed = new Map<number, number>();
        const hear = (worker: number, more: number): void => {
          expect(more).toBeGreaterThan(0);
          believed.set(worker, (believed.get(worker) ?? 0) + more);
        };
        for (const { act, worker, links } of steps) {
          if (act === 'join' && !believed.has(worker)) {
            believed.set(worker, leases.join(worker, 5 - believed.size));
          } else if (act === 'leave') {
            believed.delete(worker);
            for (const grant of leases.leave(worker)) hear(grant.worker, grant.more);
          } else if (act === 'ask' && believed.has(worker) && links > 0) {
            const { more, from, missing } = leases.ask(worker, links);
            if (more > 0) hear(worker, more);
            expect(more + missing).toBe(links);
            expect(from).not.toContain(worker);
          } else if (act === 'gave' && believed.has(worker)) {
            const given = Math.min(links, believed.get(worker) ?? 0);
            believed.set(worker, (believed.get(worker) ?? 0) - given);
            for (const grant of leases.gave(worker, given)) hear(grant.worker, grant.more);
          }
          let sum = 0;
          for (const [id, lease] of believed) {
            expect(lease).toBe(leases.leaseOf(id));
            sum += lease;
          }
          expect(sum).toBeLessThanOrEqual(budget);
          expect(leases.spare).toBe(budget - sum);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
