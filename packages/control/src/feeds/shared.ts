/** Many listeners on one source, which runs only while somebody listens. Who comes later gets the last value at once. */
import type { Watch } from './latest.ts';

export function shared<T>(source: Watch<T>): Watch<T> {
  const listeners = new Set<(value: T) => void>();
  let end: (() => void) | null = null;
  let run = 0;
  let last: { readonly value: T } | null = null;
  return (listener) => {
    listeners.add(listener);
    if (end === null) {
      const mine = ++run;
      end = source((value) => {
        if (mine !== run) return; // a late answer to listeners that are gone
        last = { value };
        for (const each of listeners) each(value);
      });
    } else if (last !== null) listener(last.value);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      end?.();
      end = null;
      run++;
      last = null;
    };
  };
}

/** Asks again and again, the next time only after an answer. One that fails is asked again later. */
export function polled<T>(ask: () => T | Promise<T>, periodMs: number): Watch<T> {
  return (listener) => {
    let ended = false;
    let timer: NodeJS.Timeout | null = null;
    const look = async (): Promise<void> => {
      try {
        const value = await ask();
        if (!ended) listener(value);
      } catch {
        // the engine says itself what is wrong with it; whoever watches sees that nothing comes
      }
      if (!ended) timer = setTimeout(() => void look(), periodMs);
    };
    void look();
    return () => {
      ended = true;
      if (timer !== null) clearTimeout(timer);
    };
  };
}
