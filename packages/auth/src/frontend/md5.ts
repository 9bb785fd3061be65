import { randomBytes } from 'node:crypto';
import { decodePasswordMessage, encodeAuthenticationMd5 } from '@pgherd/wire';
import { type Credentials, createCredentials } from '../credentials.ts';
import { isMd5Hash, md5Hash, verifyMd5Response } from '../md5.ts';
import type { FrontendContext } from './context.ts';
import { type FrontendMethod, type FrontendStep, outOfOrder, passwordFailed, refuse } from './step.ts';

/** An md5 challenge with a fresh salt. Users without a fitting entry get one too, and are refused after it. */
export class Md5Method implements FrontendMethod {
  readonly #context: FrontendContext;
  readonly #salt: Buffer;
  #state: 'start' | 'asked' | 'done' = 'start';

  constructor(context: FrontendContext) {
    this.#context = context;
    this.#salt = Buffer.from((context.nonce ?? randomBytes)(4));
  }

  begin(): FrontendStep {
    if (this.#state !== 'start') return this.#end(outOfOrder());
    this.#state = 'asked';
    return { kind: 'send', bytes: encodeAuthenticationMd5(this.#salt) };
  }

  respond(body: Buffer): FrontendStep {
    if (this.#state !== 'asked') return this.#end(outOfOrder());
    this.#state = 'done';
    let response: Buffer;
    try {
      response = decodePasswordMessage(body);
    } catch {
      return refuse('08P01', 'invalid password packet size');
    }
    if (response.length === 0) return refuse('28P01', 'empty password returned by client');
    const known = this.#known();
    const hash = known.hash ?? md5Hash(randomBytes(16).toString('hex'), this.#context.user);
    const matches = verifyMd5Response(response, hash, this.#salt);
    if (known.hash === null) return passwordFailed(this.#context.user, known.log);
    if (!matches) return passwordFailed(this.#context.user, 'the md5 answer does not match the entry of the user');
    return { kind: 'ok', bytes: null, credentials: known.credentials() };
  }

  #end(step: FrontendStep): FrontendStep {
    this.#state = 'done';
    return step;
  }

  #known(): { hash: string; credentials: () => Credentials } | { hash: null; log: string } {
    const { user, entry, knowsUser } = this.#context;
    if (knowsUser === false) return { hash: null, log: 'the role does not exist, has expired or may not log in' };
    if (entry?.kind === 'text' && entry.password !== '') {
      const { password } = entry;
      return { hash: md5Hash(password, user), credentials: () => createCredentials({ password }) };
    }
    if (entry?.kind === 'md5' && isMd5Hash(entry.hash)) {
      const { hash } = entry;
      return { hash, credentials: () => createCredentials({ md5: hash }) };
    }
    if (entry === null) return { hash: null, log: 'the user has no entry; md5 needs an md5, TEXT or AES entry' };
    if (entry.kind === 'aes') {
      return { hash: null, log: 'the entry of the user is encrypted (AES) and its key is not available' };
    }
    return { hash: null, log: 'the entry of the user is of no use for md5' };
  }
}
