import { randomBytes } from 'node:crypto';
import type { Secret } from '../credentials.ts';

export interface FrontendTls {
  /** tls-server-end-point data of the certificate we showed, or null where its signature gives none. */
  readonly serverEndPointHash: Buffer | null;
  /** Common name of the client's certificate, null when it sent none or it did not verify. */
  readonly clientCertificateCn: string | null;
}

export interface FrontendContext {
  readonly user: string;
  readonly entry: Secret | null;
  readonly tls: FrontendTls | null;
  /** Cryptographically random bytes; Node's when left out. */
  readonly nonce?: ((bytes: number) => Buffer) | undefined;
  /**
   * At least 16 random bytes that make users without entry unremarkable. Processes that serve one address should share
   * it; left out, it is this process's own.
   */
  readonly mockSecret?: Buffer | undefined;
  /**
   * False when a source that knows all users (auth_query) says that this one is missing, expired or may not log in:
   * then no password is right, and none is tried on a backend. Left out where the source knows only some users.
   */
  readonly knowsUser?: boolean | undefined;
  /** For the text of a refusal by rule. Address null is a Unix socket. */
  readonly peer?:
    | { readonly address: string | null; readonly database: string; readonly replication?: boolean }
    | undefined;
}

/** Stands in for a mockSecret that was left out. */
export const processSecret = randomBytes(32);
