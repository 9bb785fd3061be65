/** What every subscription has in common: it ends with its token, and gives its place back. */
import { TRPCError } from '@trpc/server';
import { latest, type Watch } from '../../feeds/latest.ts';
import type { ControlContext } from '../context.ts';

export interface Watcher extends ControlContext {
  readonly leave: () => void;
}

/** @throws TRPCError UNAUTHORIZED once the token has been withdrawn */
export async function* watching<T>(
  watch: Watch<T>,
  watcher: Watcher,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  try {
    for await (const value of latest(watch, signal, () => watcher.drained())) {
      if (watcher.role() === null) {
        throw new TRPCError({ code: 'UNAUTHORIZED', message: 'This token is not valid any more.' });
      }
      yield value;
    }
  } finally {
    watcher.leave();
  }
}
