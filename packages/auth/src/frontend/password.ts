import { bytesToText, decodePasswordMessage, encodeAuthenticationCleartext, textToBytes } from '@pgherd/wire';
import { createCredentials, type Secret } from '../credentials.ts';
import { isMd5Hash, md5Hash, sameBytes } from '../md5.ts';
import { ITERATIONS_DEFAULT, matchesVerifier, parseVerifier } from '../scram/keys.ts';
import { mockVerifier } from '../scram/server.ts';
import { type FrontendContext, processSecret } from './context.ts';
import { type FrontendMethod, type FrontendStep, outOfOrder, passwordFailed, refuse } from './step.ts';

/** Clear text: compared with the entry, whatever its kind; without an entry a backend has to prove it. */
export class PasswordMethod implements FrontendMethod {
  readonly #context: FrontendContext;
  #state: 'start' | 'asked' | 'done' = 'start';

  constructor(context: FrontendContext) {
    this.#context = context;
  }

  begin(): FrontendStep {
    if (this.#state !== 'start') return this.#end(outOfOrder());
    this.#state = 'asked';
    return { kind: 'send', bytes: encodeAuthenticationCleartext() };
  }

  async respond(body: Buffer): Promise<FrontendStep> {
    if (this.#state !== 'asked') return this.#end(outOfOrder());
    this.#state = 'done';
    const password = readPassword(body);
    if (typeof password !== 'string') return password;
    const { user, entry, knowsUser, mockSecret = processSecret } = this.#context;
    if (knowsUser === false) {
      // The work of a real comparison, so that the time taken does not tell who exists.
      await matchesVerifier(password, mockVerifier(user, mockSecret, ITERATIONS_DEFAULT));
      return passwordFailed(user, 'the role does not exist, has expired or may not log in');
    }
    if (entry === null) {
      return { kind: 'ok', bytes: null, credentials: createCredentials({ password, unproved: true }) };
    }
    const verdict = await matchesEntry(password, user, entry);
    if (verdict !== true) return passwordFailed(user, verdict);
    return { kind: 'ok', bytes: null, credentials: createCredentials({ password }) };
  }

  #end(step: FrontendStep): FrontendStep {
    this.#state = 'done';
    return step;
  }
}

/** The password of a PasswordMessage as reversible text, or the refusal of what is not one. */
export function readPassword(body: Buffer): string | FrontendStep {
  let bytes: Buffer;
  try {
    bytes = decodePasswordMessage(body);
  } catch {
    return refuse('08P01', 'invalid password packet size');
  }
  if (bytes.length === 0) return refuse('28P01', 'empty password returned by client');
  return bytesToText(bytes);
}

/** True, or what the log says. */
async function matchesEntry(password: string, user: string, entry: Secret): Promise<true | string> {
  const mismatch = 'the password does not match the entry of the user';
  switch (entry.kind) {
    case 'text':
      if (entry.password === '') return 'the entry of the user holds an empty password';
      return sameBytes(textToBytes(password), textToBytes(entry.password)) || mismatch;
    case 'md5':
      if (!isMd5Hash(entry.hash)) return 'the md5 entry of the user is malformed';
      return sameBytes(Buffer.from(md5Hash(password, user)), Buffer.from(entry.hash.toLowerCase())) || mismatch;
    case 'scram': {
      const verifier = parseVerifier(entry.verifier);
      if (verifier === null) return 'the SCRAM verifier of the user is malformed';
      return (await matchesVerifier(password, verifier)) || mismatch;
    }
    case 'aes':
      return 'the entry of the user is encrypted (AES) and its key is not available';
  }
}
