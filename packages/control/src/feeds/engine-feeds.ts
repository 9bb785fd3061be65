/** What subscriptions read from: one look at the engine serves all of them. */
import type { EngineStatus, Operations, SessionFacts } from '@pgherd/operations';
import type { Watch } from './latest.ts';
import { polled, shared } from './shared.ts';

export interface EngineFeeds {
  readonly status: Watch<EngineStatus>;
  readonly sessions: Watch<readonly SessionFacts[]>;
}

const SESSIONS_PERIOD_MS = 1_000;

export function engineFeeds(operations: Operations): EngineFeeds {
  return {
    status: shared((listener) => {
      let heard = false;
      const end = operations.watch((status) => {
        heard = true;
        listener(status);
      });
      // The first regular one may be a second away.
      Promise.resolve(operations.status()).then(
        (status) => {
          if (!heard) listener(status);
        },
        () => {},
      );
      return end;
    }),
    sessions: shared(polled(() => operations.sessions(), SESSIONS_PERIOD_MS)),
  };
}
