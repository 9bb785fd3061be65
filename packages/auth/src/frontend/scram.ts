import { randomBytes } from 'node:crypto';
import {
  decodeSaslInitialResponse,
  decodeSaslResponse,
  encodeAuthenticationSasl,
  encodeAuthenticationSaslContinue,
  encodeAuthenticationSaslFinal,
  ProtocolError,
} from '@pgherd/wire';
import { createCredentials } from '../credentials.ts';
import { ScramError } from '../scram/error.ts';
import { buildVerifier, ITERATIONS_DEFAULT, parseVerifier, type ScramVerifier } from '../scram/keys.ts';
import { mockVerifier, ScramServer, stableSalt } from '../scram/server.ts';
import { type FrontendContext, processSecret } from './context.ts';
import { type FrontendMethod, type FrontendStep, outOfOrder, passwordFailed, refuse } from './step.ts';

type State =
  | { readonly at: 'start' | 'preparing' | 'done' }
  | { readonly at: 'client-first' | 'client-final'; readonly server: ScramServer; readonly doom: string | null };

/** SCRAM-SHA-256, with -PLUS under TLS. Users without a fitting entry walk the same steps and are refused at the end. */
export class ScramMethod implements FrontendMethod {
  readonly #context: FrontendContext;
  #state: State = { at: 'start' };

  constructor(context: FrontendContext) {
    this.#context = context;
  }

  async begin(): Promise<FrontendStep> {
    if (this.#state.at !== 'start') return this.#end(outOfOrder());
    this.#state = { at: 'preparing' };
    const { verifier, doom } = await this.#verifier();
    const server = new ScramServer({
      verifier,
      doomed: doom !== null,
      nonce: (this.#context.nonce ?? randomBytes)(18).toString('base64'),
      channelBinding: this.#context.tls?.serverEndPointHash ?? null,
    });
    this.#state = { at: 'client-first', server, doom };
    return { kind: 'send', bytes: encodeAuthenticationSasl(server.mechanisms) };
  }

  respond(body: Buffer): FrontendStep {
    const state = this.#state;
    try {
      switch (state.at) {
        case 'client-first': {
          const { mechanism, data } = decodeSaslInitialResponse(body);
          const reply = state.server.first(mechanism, data);
          this.#state = { ...state, at: 'client-final' };
          return { kind: 'send', bytes: encodeAuthenticationSaslContinue(reply) };
        }
        case 'client-final':
          return this.#end(this.#judge(state.server, state.doom, decodeSaslResponse(body)));
        default:
          return this.#end(outOfOrder());
      }
    } catch (error) {
      return this.#end(this.#refusal(error));
    }
  }

  #judge(server: ScramServer, doom: string | null, data: Buffer): FrontendStep {
    const outcome = server.final(data);
    if (doom !== null) return passwordFailed(this.#context.user, doom);
    if (!outcome.proved)
      return passwordFailed(this.#context.user, 'the SCRAM proof does not match the entry of the user');
    const { entry } = this.#context;
    const credentials =
      entry?.kind === 'text'
        ? createCredentials({ password: entry.password })
        : createCredentials({ scram: outcome.keys });
    return { kind: 'ok', bytes: encodeAuthenticationSaslFinal(outcome.data), credentials };
  }

  #refusal(error: unknown): FrontendStep {
    if (error instanceof ScramError) return refuse(error.sqlstate, error.message, undefined, error.detail);
    if (error instanceof ProtocolError) return refuse(error.sqlstate, error.message);
    // An invariant broke. The client is refused like one with a wrong password; the log has the cause.
    return passwordFailed(this.#context.user, `internal error during SCRAM: ${String(error)}`);
  }

  /** A step that ends the exchange. */
  #end(step: FrontendStep): FrontendStep {
    this.#state = { at: 'done' };
    return step;
  }

  async #verifier(): Promise<{ verifier: ScramVerifier; doom: string | null }> {
    const { user, entry, knowsUser, mockSecret = processSecret } = this.#context;
    const mock = (doom: string) => ({ verifier: mockVerifier(user, mockSecret, ITERATIONS_DEFAULT), doom });
    if (knowsUser === false) return mock('the role does not exist, has expired or may not log in');
    switch (entry?.kind) {
      case undefined:
        return mock('the user has no entry; scram-sha-256 needs a TEXT, AES or SCRAM entry');
      case 'md5':
        return mock('the entry of the user is an md5 hash; scram-sha-256 needs a TEXT, AES or SCRAM entry');
      case 'aes':
        return mock('the entry of the user is encrypted (AES) and its key is not available');
      case 'text': {
        if (entry.password === '') return mock('the entry of the user holds an empty password');
        const salt = stableSalt(user, mockSecret);
        return { verifier: await buildVerifier(entry.password, salt, ITERATIONS_DEFAULT), doom: null };
      }
      case 'scram': {
        const verifier = parseVerifier(entry.verifier);
        return verifier === null ? mock('the SCRAM verifier of the user is malformed') : { verifier, doom: null };
      }
    }
  }
}
