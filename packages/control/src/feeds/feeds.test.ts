import { describe, expect, test, vi } from 'vitest';
import { DeltaMaker } from './delta.ts';
import { latest, type Watch } from './latest.ts';
import { polled, shared } from './shared.ts';

describe('a delta', () => {
  test('is everything first, then what changed and what left', () => {
    const maker = new DeltaMaker<{ id: number; a: number }, number>(({ id }) => id);
    const [one, two, three] = [1, 2, 3].map((id) => ({ id, a: 0 }));
    expect(maker.next([one!, two!])).toEqual({ all: true, changed: [one, two], gone: [] });
    expect(maker.next([two!, one!])).toBeNull();
    expect(maker.next([{ id: 1, a: 5 }, three!])).toEqual({ all: false, changed: [{ id: 1, a: 5 }, three], gone: [2] });
    expect(maker.next([])).toEqual({ all: false, changed: [], gone: [1, 3] });
    expect(maker.next([])).toBeNull();
  });

  test('passes over what is not looked at', () => {
    const maker = new DeltaMaker<{ id: string; idleMs: number }, string>(
      ({ id }) => id,
      ({ id }) => id,
    );
    maker.next([{ id: 'a', idleMs: 1 }]);
    expect(maker.next([{ id: 'a', idleMs: 2 }])).toBeNull();
  });
});

function source(): { watch: Watch<number>; push(value: number): void; listeners: number; starts: number } {
  const listeners = new Set<(value: number) => void>();
  const made = {
    starts: 0,
    get listeners() {
      return listeners.size;
    },
    push(value: number) {
      for (const each of listeners) each(value);
    },
    watch: (listener: (value: number) => void) => {
      made.starts++;
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return made;
}

describe('the latest value', () => {
  test('is all that a slow reader gets, and nothing piles up', async () => {
    const from = source();
    const reader = latest(from.watch, undefined);
    const first = reader.next();
    from.push(1);
    expect((await first).value).toBe(1);
    for (let value = 2; value <= 10_000; value++) from.push(value);
    expect((await reader.next()).value).toBe(10_000);
    await reader.return();
    expect(from.listeners).toBe(0);
  });

  test('is taken when the reader is ready, not before', async () => {
    const from = source();
    let go: () => void = () => {};
    const reader = latest(from.watch, undefined, () => new Promise<void>((resolve) => (go = resolve)));
    const first = reader.next();
    from.push(1);
    await new Promise(setImmediate);
    from.push(2);
    go();
    expect((await first).value).toBe(2);
    await reader.return();
  });

  test('ends with its signal, also while it waits', async () => {
    const from = source();
    const abort = new AbortController();
    const reader = latest(from.watch, abort.signal);
    const next = reader.next();
    abort.abort();
    expect((await next).done).toBe(true);
    expect(from.listeners).toBe(0);
  });
});

describe('a shared source', () => {
  test('runs once for all, while somebody listens, and tells the last value to who comes later', () => {
    const from = source();
    const watch = shared(from.watch);
    const [one, two] = [vi.fn(), vi.fn()];
    const ends = [watch(one)];
    from.push(1);
    ends.push(watch(two));
    expect(two.mock.calls).toEqual([[1]]);
    from.push(2);
    expect([from.starts, one.mock.calls, two.mock.calls]).toEqual([1, [[1], [2]], [[1], [2]]]);
    for (const end of ends) end();
    expect(from.listeners).toBe(0);
    const three = vi.fn();
    watch(three)();
    expect(three).not.toHaveBeenCalled();
    expect(from.starts).toBe(2);
  });

  test('by asking goes on after a question that failed, and ends', async () => {
    vi.useFakeTimers();
    let asked = 0;
    const heard: number[] = [];
    const end = polled(() => {
      if (++asked === 1) throw new Error('not now');
      return asked;
    }, 1)((value) => heard.push(value));
    await vi.advanceTimersByTimeAsync(2);
    expect(heard).toEqual([2, 3]);
    end();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heard).toEqual([2, 3]);
    vi.useRealTimers();
  });
});
