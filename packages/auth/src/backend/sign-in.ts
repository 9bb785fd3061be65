import { randomBytes } from 'node:crypto';
import {
  type Authentication,
  encodePasswordMessage,
  encodeSaslInitialResponse,
  encodeSaslResponse,
} from '@pgherd/wire';
import type { Credentials } from '../credentials.ts';
import { isMd5Hash, md5Hash, md5Response } from '../md5.ts';
import { type ClientChannelBinding, ScramClient, type ScramClientOptions } from '../scram/client.ts';
import { ScramError } from '../scram/error.ts';
import { SCRAM_SHA_256, SCRAM_SHA_256_PLUS } from '../scram/server.ts';

export type BackendStep =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** `proved`: the server asked for the password and took it. False where it asked nothing (trust, cert, peer). */
  | { readonly kind: 'ok'; readonly proved: boolean }
  /** Nothing to send: the next Authentication message is awaited. */
  | { readonly kind: 'continue' }
  | {
      readonly kind: 'fail';
      readonly sqlstate: '28P01' | '28000' | '08P01';
      readonly message: string;
      /** For the log: what entry or setting would have made it work. */
      readonly missing?: string | undefined;
    };

export type BackendMethodName = 'none' | 'password' | 'md5' | 'scram-sha-256';

export interface BackendSignInOptions {
  readonly user: string;
  readonly credentials: Credentials;
  /** Null without TLS; the hash is null where the server's certificate gives no channel-binding data. */
  readonly tls: { readonly peerEndPointHash: Buffer | null } | null;
  readonly requireChannelBinding?: boolean | undefined;
  /** What the server may ask for; everything when left out. A server that asks for something weaker is refused. */
  readonly allowedMethods?: readonly BackendMethodName[] | undefined;
  /** Cryptographically random bytes; Node's when left out. */
  readonly nonce?: ((bytes: number) => Buffer) | undefined;
}

export interface BackendSignIn {
  /** One decoded Authentication message at a time; never throws for what a server sends. */
  respond(request: Authentication): BackendStep | Promise<BackendStep>;
}

export function createBackendSignIn(options: BackendSignInOptions): BackendSignIn {
  return new SignIn(options);
}

type State =
  | { readonly at: 'start' | 'password-sent' | 'busy' | 'done' }
  | { readonly at: 'scram-first-sent' | 'scram-final-sent' | 'scram-verified'; readonly scram: ScramClient };

/**
 * A server asks once. It may say ok at the start, after a password or md5 answer, or after its SCRAM signature was
 * verified; anything else, such as ok in the middle of SCRAM, ends the sign-in.
 */
class SignIn implements BackendSignIn {
  readonly #options: BackendSignInOptions;
  #state: State = { at: 'start' };

  constructor(options: BackendSignInOptions) {
    this.#options = options;
  }

  respond(request: Authentication): BackendStep | Promise<BackendStep> {
    const state = this.#state;
    this.#state = { at: 'busy' };
    switch (request.kind) {
      case 'ok':
        return this.#ok(state);
      case 'cleartext':
        return state.at === 'start' ? this.#password() : this.#unexpected();
      case 'md5':
        return state.at === 'start' ? this.#md5(request.salt) : this.#unexpected();
      case 'sasl':
        return state.at === 'start' ? this.#saslFirst(request.mechanisms) : this.#unexpected();
      case 'sasl-continue':
        return state.at === 'scram-first-sent' ? this.#saslContinue(state.scram, request.data) : this.#unexpected();
      case 'sasl-final':
        return state.at === 'scram-final-sent' ? this.#saslFinal(state.scram, request.data) : this.#unexpected();
      case 'unsupported':
        return this.#fail('28000', `the server asks for authentication method ${request.code}, which is not supported`);
    }
  }

  #ok(state: State): BackendStep {
    const proved = state.at === 'password-sent' || state.at === 'scram-verified';
    if (!proved && state.at !== 'start') return this.#unexpected();
    if (state.at === 'start') {
      if (!this.#allows('none')) return this.#notAllowed('no authentication');
      if (this.#options.requireChannelBinding === true) return this.#unbound();
      if (this.#options.credentials.unproved) {
        return this.#fail(
          '28P01',
          `password authentication failed for user "${this.#options.user}"`,
          'the user has no entry and the server asks for no password, so nothing proves what the client sent',
        );
      }
    }
    this.#state = { at: 'done' };
    return { kind: 'ok', proved };
  }

  #password(): BackendStep {
    if (!this.#allows('password')) return this.#notAllowed('a clear-text password');
    if (this.#options.requireChannelBinding === true) return this.#unbound();
    const { password } = this.#options.credentials;
    if (!isUsable(password)) return this.#noSecret('a clear-text password', 'a TEXT or AES entry');
    this.#state = { at: 'password-sent' };
    return { kind: 'send', bytes: encodePasswordMessage(password) };
  }

  #md5(salt: Buffer): BackendStep {
    if (!this.#allows('md5')) return this.#notAllowed('md5');
    if (this.#options.requireChannelBinding === true) return this.#unbound();
    const { user, credentials } = this.#options;
    const hash = isUsable(credentials.password) ? md5Hash(credentials.password, user) : credentials.md5;
    if (hash === undefined || !isMd5Hash(hash)) return this.#noSecret('md5', 'an md5, TEXT or AES entry');
    this.#state = { at: 'password-sent' };
    return { kind: 'send', bytes: encodePasswordMessage(md5Response(hash, salt)) };
  }

  #saslFirst(mechanisms: readonly string[]): BackendStep {
    if (!this.#allows('scram-sha-256')) return this.#notAllowed('SCRAM');
    const { tls } = this.#options;
    const offersPlus = mechanisms.includes(SCRAM_SHA_256_PLUS);
    if (offersPlus && tls === null) {
      return this.#fail('08P01', 'the server offered SCRAM-SHA-256-PLUS on a connection without TLS');
    }
    const binding = chooseBinding(tls?.peerEndPointHash ?? null, offersPlus);
    if (this.#options.requireChannelBinding === true && binding.use !== 'yes') return this.#unbound();
    const mechanism = binding.use === 'yes' ? SCRAM_SHA_256_PLUS : SCRAM_SHA_256;
    if (!mechanisms.includes(mechanism)) {
      return this.#fail('28000', 'the server offers no SASL mechanism that is supported');
    }
    const secret = scramSecret(this.#options.credentials);
    if (secret === null) return this.#noSecret('SCRAM', 'a TEXT or AES entry, or a sign-in by SCRAM');
    const nonce = (this.#options.nonce ?? randomBytes)(18).toString('base64');
    const scram = new ScramClient({ secret, nonce, channelBinding: binding });
    this.#state = { at: 'scram-first-sent', scram };
    return { kind: 'send', bytes: encodeSaslInitialResponse(mechanism, scram.first()) };
  }

  async #saslContinue(scram: ScramClient, data: Buffer): Promise<BackendStep> {
    try {
      const reply = await scram.continue(data);
      this.#state = { at: 'scram-final-sent', scram };
      return { kind: 'send', bytes: encodeSaslResponse(reply) };
    } catch (error) {
      return this.#scramFailed(error);
    }
  }

  #saslFinal(scram: ScramClient, data: Buffer): BackendStep {
    try {
      scram.final(data);
    } catch (error) {
      return this.#scramFailed(error);
    }
    this.#state = { at: 'scram-verified', scram };
    return { kind: 'continue' };
  }

  #scramFailed(error: unknown): BackendStep {
    if (!(error instanceof ScramError)) return this.#fail('28000', 'SCRAM with the server failed', String(error));
    const sqlstate = error.sqlstate === '28P01' || error.sqlstate === '28000' ? error.sqlstate : '08P01';
    return this.#fail(sqlstate, `SCRAM with the server failed: ${error.message}`, error.detail);
  }

  #allows(method: BackendMethodName): boolean {
    return this.#options.allowedMethods?.includes(method) ?? true;
  }

  #notAllowed(what: string): BackendStep {
    return this.#fail('28000', `the server asks for ${what}, which is not among the allowed methods`);
  }

  #unbound(): BackendStep {
    return this.#fail('28000', 'channel binding is required, but the server authenticates without it');
  }

  #noSecret(asked: string, needed: string): BackendStep {
    const { user } = this.#options;
    return this.#fail(
      '28P01',
      `password authentication failed for user "${user}"`,
      `the server asks for ${asked}, which needs ${needed} for the user`,
    );
  }

  #unexpected(): BackendStep {
    return this.#fail('08P01', 'unexpected authentication message from the server');
  }

  #fail(sqlstate: '28P01' | '28000' | '08P01', message: string, missing?: string): BackendStep {
    this.#state = { at: 'done' };
    return { kind: 'fail', sqlstate, message, missing };
  }
}

function isUsable(password: string | undefined): password is string {
  return password !== undefined && password !== '';
}

function scramSecret(credentials: Credentials): ScramClientOptions['secret'] | null {
  if (isUsable(credentials.password)) return { password: credentials.password };
  return credentials.scram ?? null;
}

/** A certificate without channel-binding data means that we do not support it; `y` would be a lie about that. */
function chooseBinding(peerEndPointHash: Buffer | null, offersPlus: boolean): ClientChannelBinding {
  if (peerEndPointHash === null) return { use: 'no' };
  return offersPlus ? { use: 'yes', serverEndPointHash: peerEndPointHash } : { use: 'not-offered' };
}
