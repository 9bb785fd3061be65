import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission, type AdmissionLimits } from './admission.ts';

const limits = (slots: number, queue: number, reserved = 0): AdmissionLimits => ({ slots, queue, reserved });

describe('client slots', () => {
  it('num_init_children clients come in, the next wait in order, those beyond the queue are refused', () => {
    const admission = new Admission(limits(2, 2));
    expect([1, 2, 3].map((id) => admission.arrive(id))).toEqual([true, true, false]);
    expect([3, 4, 5].map((id) => admission.want(id))).toEqual(['wait', 'wait', 'refuse']);
    expect(admission).toMatchObject({ busy: 2, waiting: 2, refused: 1 });
    expect(admission.end([1])).toEqual([3]);
    expect(admission.end([2, 3])).toEqual([4]);
    expect(admission.end([4])).toEqual([]);
    expect(admission).toMatchObject({ busy: 0, waiting: 0 });
  });

  it('nobody overtakes those who wait', () => {
    const admission = new Admission(limits(1, 4));
    admission.arrive(1);
    admission.want(2);
    admission.want(3);
    expect(admission.end([1])).toEqual([2]);
    expect(admission.arrive(4)).toBe(false);
    expect(admission.want(4)).toBe('wait');
    expect(admission.end([2])).toEqual([3]);
  });

  it('one that gives up while waiting takes no slot', () => {
    const admission = new Admission(limits(1, 4));
    admission.arrive(1);
    admission.want(2);
    admission.want(3);
    expect(admission.end([2])).toEqual([]);
    expect(admission.end([1])).toEqual([3]);
  });

  it('reserved_connections refuses at once, and keeps that many slots free', () => {
    const admission = new Admission(limits(4, 8, 1));
    expect([1, 2, 3, 4].map((id) => admission.arrive(id))).toEqual([true, true, true, false]);
    expect(admission.want(4)).toBe('refuse');
    expect(admission).toMatchObject({ busy: 3, waiting: 0, refused: 1 });
  });

  it('more slots after a change of the limits go to those who wait', () => {
    const admission = new Admission(limits(1, 8));
    admission.arrive(1);
    for (const id of [2, 3, 4]) admission.want(id);
    admission.limits = limits(3, 8);
    expect(admission.promote()).toEqual([2, 3]);
    admission.limits = limits(1, 8);
    expect(admission.end([1])).toEqual([]);
    expect(admission.end([2])).toEqual([]);
    expect(admission.end([3])).toEqual([4]);
  });

  it('one that gives its slot back lets the next one in, and queues behind all others when it wants one again', () => {
    const admission = new Admission(limits(1, 8));
    admission.arrive(1);
    admission.want(2);
    admission.want(3);
    expect(admission.giveBack(1)).toEqual([2]);
    expect([admission.holds(1), admission.holds(2)]).toEqual([false, true]);
    expect(admission.want(1)).toBe('wait');
    expect(admission.end([2])).toEqual([3]);
    expect(admission.end([3])).toEqual([1]);
    expect(admission.giveBack(1)).toEqual([]);
    expect(admission.want(1)).toBe('admit');
  });

  it('an end that is reported twice frees one slot', () => {
    const admission = new Admission(limits(1, 8));
    admission.arrive(1);
    admission.want(2);
    admission.want(3);
    expect(admission.end([1, 1])).toEqual([2]);
    expect(admission.end([1])).toEqual([]);
  });
});

type Step = { act: 'arrive' | 'end'; pick: number } | { act: 'limits'; limits: AdmissionLimits };

const anyLimits = fc
  .record({
    slots: fc.integer({ min: 1, max: 6 }),
    queue: fc.integer({ min: 0, max: 6 }),
    reserved: fc.nat({ max: 5 }),
  })
  .map(({ slots, queue, reserved }) => limits(slots, queue, Math.min(reserved, slots - 1)));

const steps = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ act: fc.constantFrom('arrive' as const, 'end' as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: anyLimits.map((given): Step => ({ act: 'limits', limits: given })) },
  ),
  { maxLength: 80 },
);

describe('whatever happens', () => {
  it('never more than the slots are in, the queue is first in first out, and a free slot is never kept from it', () => {
    fc.assert(
      fc.property(anyLimits, steps, (first, sequence: Step[]) => {
        const admission = new Admission(first);
        const inside = new Set<number>();
        const queue: number[] = [];
        let nextId = 1;
        let room = first.slots - first.reserved;
        const admitted = (ids: readonly number[]): void => {
          expect(ids).toEqual(queue.splice(0, ids.length));
          for (const id of ids) inside.add(id);
        };
        for (const step of sequence) {
          if (step.act === 'limits') {
            admission.limits = step.limits;
            room = step.limits.slots - step.limits.reserved;
            admitted(admission.promote());
          } else if (step.act === 'arrive') {
            const id = nextId++;
            const hadRoom = inside.size < room && queue.length === 0;
            if (admission.arrive(id)) inside.add(id);
            else {
              const verdict = admission.want(id);
              expect(hadRoom).toBe(false);
              expect(verdict).not.toBe('admit');
              if (verdict === 'wait') queue.push(id);
              else expect(admission.limits.reserved > 0 || queue.length >= admission.limits.queue).toBe(true);
            }
            expect(inside.size <= room || !inside.has(id)).toBe(true);
          } else {
            const all = [...inside, ...queue];
            const id = all[step.pick % Math.max(1, all.length)] ?? -1;
            const before = inside.size;
            if (inside.delete(id)) expect(inside.size).toBe(before - 1);
            const at = queue.indexOf(id);
            if (at >= 0) queue.splice(at, 1);
            admitted(admission.end([id]));
            if (queue.length > 0) expect(inside.size).toBeGreaterThanOrEqual(room);
          }
          expect(admission.busy).toBe(inside.size);
          expect(admission.waiting).toBe(queue.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
