/** What a procedure knows of its call. */

import type { Console } from '../console.ts';
import type { Caller } from '../people/caller.ts';

export interface CallContext {
  readonly console: Console;
  /** Asked anew for each call: what was revoked does not count. */
  readonly caller: () => Promise<Caller | null>;
  readonly address: string;
  readonly userAgent: string;
  readonly door: 'trpc' | 'rest' | 'ws';
  /** `https://host`, as the browser sees it. */
  readonly origin: string;
  /** Set-Cookie of the answer; does nothing where there is none (a WebSocket). */
  setSession(token: string | null): void;
}
