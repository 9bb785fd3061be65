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
    expect(leases.ask(0, 3)).toEqual({ lease: 8, ask: null });
  });

  it('with nothing spare the richest other worker is asked, and what it gives goes to the one that is short', () => {
    const leases = new Leases(12);
    leases.join(0, 3); // 4
    leases.join(1, 2); // 4
    leases.join(2, 1); // 4
    leases.kept(1, 2);
    leases.ask(2, 2); // 6
    expect(leases.ask(0, 2)).toEqual({ lease: null, ask: { worker: 2, links: 2 } });
    expect(leases.kept(2, 4)).toEqual([{ worker: 0, lease: 6 }]);
    expect(leases.spare).toBe(0);
  });

  it('a worker that is asked and keeps all changes nothing', () => {
    const leases = new Leases(4);
    leases.join(0, 2);
    leases.join(1, 1);
    leases.ask(0, 1);
    expect(leases.kept(1, 2)).toEqual([]);
    expect([leases.leaseOf(0), leases.leaseOf(1)]).toEqual([2, 2]);
  });

  it('a worker that ends gives everything back', () => {
    const leases = new Leases(4);
    leases.join(0, 2);
    leases.join(1, 1);
    leases.leave(0);
    expect(leases.spare).toBe(2);
    expect(leases.join(0, 1)).toBe(2);
  });

  it('a worker cannot raise its lease by what it says it kept', () => {
    const leases = new Leases(4);
    leases.join(0, 2);
    expect(leases.kept(0, 100)).toEqual([]);
    expect(leases.leaseOf(0)).toBe(2);
  });
});

type Step = { act: 'join' | 'leave' | 'ask' | 'kept'; worker: number; links: number };

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom('join', 'leave', 'ask', 'ask', 'kept', 'kept'),
  worker: fc.nat({ max: 4 }),
  links: fc.integer({ min: 0, max: 20 }),
});

describe('whatever workers ask and give', () => {
  it('the sum of all leases never exceeds the budget, and a grant is never less than before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 120 }), (budget, steps) => {
        const leases = new Leases(budget);
        const joined = new Set<number>();
        const sum = (): number => [0, 1, 2, 3, 4].reduce((all, worker) => all + leases.leaseOf(worker), 0);
        for (const { act, worker, links } of steps) {
          const before = leases.leaseOf(worker);
          if (act === 'join' && !joined.has(worker)) {
            joined.add(worker);
            expect(leases.join(worker, 5 - joined.size + 1)).toBe(leases.leaseOf(worker));
          } else if (act === 'leave') {
            joined.delete(worker);
            leases.leave(worker);
          } else if (act === 'ask' && joined.has(worker) && links > 0) {
            const answer = leases.ask(worker, links);
            if (answer.lease !== null) {
              expect(answer.lease).toBe(leases.leaseOf(worker));
              expect(answer.lease).toBeGreaterThan(before);
            }
            if (answer.ask !== null) expect(answer.ask.worker).not.toBe(worker);
          } else if (act === 'kept' && joined.has(worker)) {
            for (const grant of leases.kept(worker, links)) expect(grant.lease).toBe(leases.leaseOf(grant.worker));
          }
          expect(sum()).toBeLessThanOrEqual(budget);
          expect(leases.spare).toBe(budget - sum());
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
