/** One place that holds the newest value only: whoever is slow misses what came between, and nothing piles up. */

export type Watch<T> = (listener: (value: T) => void) => () => void;

/** Yields the newest value each time there is one and the reader is ready for it. Ends with `signal`. */
export async function* latest<T>(
  watch: Watch<T>,
  signal: AbortSignal | undefined,
  ready: () => Promise<void> = async () => {},
): AsyncGenerator<T, void, undefined> {
  let held: { readonly value: T } | null = null;
  let wake: () => void = () => {};
  const end = watch((value) => {
    held = { value };
    wake();
  });
  const aborted = (): void => wake();
  signal?.addEventListener('abort', aborted);
  try {
    while (signal?.aborted !== true) {
      if (held === null) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      await ready();
      const { value } = held as { readonly value: T };
      held = null;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', aborted);
    end();
  }
}
