/** From a token to a caller, with the limit on wrong ones. */

import { Failures } from './failures.ts';
import { isLoopback } from './loopback.ts';
import type { Refusal } from './refusal.ts';
import type { TokenEntry, TokenFile } from './token-file.ts';

export class SignIn {
  readonly #tokens: TokenFile;
  readonly #log: (message: string) => void;
  readonly #failures = new Failures();

  constructor(tokens: TokenFile, log: (message: string) => void) {
    this.#tokens = tokens;
    this.#log = log;
  }

  /** On this host somebody's wrong tokens must not lock out the owner of a right one; from elsewhere they do, for a while. */
  accept(token: string | null, address: string): TokenEntry | Refusal {
    const nowMs = performance.now();
    const isBlocked = this.#failures.isBlocked(address, nowMs);
    const tooMany: Refusal = {
      code: 'TOO_MANY_REQUESTS',
      message: 'Too many wrong tokens from this address: wait a minute.',
    };
    if (isBlocked && !isLoopback(address)) return tooMany;
    if (token === null) return { code: 'UNAUTHORIZED', message: 'A token is needed: "Authorization: Bearer …".' };
    const entry = this.#tokens.find(token);
    if (entry !== null) return entry;
    if (isBlocked) return tooMany;
    this.#failures.failed(address, nowMs);
    if (this.#failures.isBlocked(address, nowMs))
      this.#log(`many wrong tokens from ${address}: they are not looked at for a while`);
    return { code: 'UNAUTHORIZED', message: 'This token is not valid.' };
  }

  roleOf(entry: TokenEntry): ReturnType<TokenFile['roleOf']> {
    return this.#tokens.roleOf(entry);
  }
}

export const isRefusal = (outcome: TokenEntry | Refusal): outcome is Refusal => 'code' in outcome;
