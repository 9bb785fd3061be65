import type { Credentials } from '../credentials.ts';

/** An ErrorResponse (FATAL) for the client, and what the operator reads in the log besides. */
export interface Refusal {
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
  readonly log?: string;
}

export type FrontendStep =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** `bytes` (SASLFinal) go out before AuthenticationOk, which is the caller's to send. */
  | { readonly kind: 'ok'; readonly bytes: Buffer | null; readonly credentials: Credentials }
  | { readonly kind: 'refuse'; readonly error: Refusal };

/**
 * How a client proves who it is. The caller sends what a step says, and gives the body of each 'p' message that
 * answers it to `respond`, one at a time. Nothing is thrown for what a client sends; after `ok` or `refuse` every
 * further message is refused.
 */
export interface FrontendMethod {
  /** What the log says of a success, where it says anything. */
  readonly passed?: string;
  begin(): FrontendStep | Promise<FrontendStep>;
  respond(body: Buffer): FrontendStep | Promise<FrontendStep>;
}

export function refuse(sqlstate: string, message: string, log?: string, detail?: string): FrontendStep {
  return {
    kind: 'refuse',
    error: { sqlstate, message, ...(detail !== undefined && { detail }), ...(log !== undefined && { log }) },
  };
}

/** PostgreSQL's answer to a wrong password, an unknown user and a useless entry alike; only the log tells them apart. */
export function passwordFailed(user: string, log: string): FrontendStep {
  return refuse('28P01', `password authentication failed for user "${user}"`, log);
}

export function outOfOrder(): FrontendStep {
  return refuse('08P01', 'unexpected message during authentication');
}
