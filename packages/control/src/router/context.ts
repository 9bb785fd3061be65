/** What a transport tells of one caller. Free of anything from `node:`, since the client's types lead here. */
import type { Role } from './access.ts';

export interface ControlContext {
  /** The name of the token. */
  readonly user: string;
  /** For whom its holder acts: a name of the console's; null: for itself. */
  readonly onBehalfOf: string | null;
  readonly address: string;
  /** The role at this moment; null once the token has been withdrawn. */
  role(): Role | null;
  /** Takes one of the connection's places for calls or for subscriptions. @returns how to give it back, or null: none left */
  enter(kind: 'call' | 'subscription'): (() => void) | null;
  /** Resolves once the peer has taken what was sent before, or is gone. */
  drained(): Promise<void>;
}
