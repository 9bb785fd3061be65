import { timingSafeEqual } from 'node:crypto';
import { AttributeReader, checkNonce, messageText } from './attributes.ts';
import { decodeBase64 } from './base64.ts';
import { malformed, ScramError } from './error.ts';
import { hmac, KEY_BYTES, type ScramKeys, type ScramVerifier, sha256, xor } from './keys.ts';

export const SCRAM_SHA_256 = 'SCRAM-SHA-256';
export const SCRAM_SHA_256_PLUS = 'SCRAM-SHA-256-PLUS';

export interface ScramServerOptions {
  readonly verifier: ScramVerifier;
  /** Set for a mock verifier: the exchange is walked to its end and then refused, whatever the proof. */
  readonly doomed: boolean;
  /** Our part of the nonce: printable ASCII without comma, from at least 18 random bytes. */
  readonly nonce: string;
  /** tls-server-end-point data of our certificate, or null: without TLS, or where the certificate gives none. */
  readonly channelBinding: Buffer | null;
}

export type ScramServerOutcome =
  | { readonly proved: true; readonly data: Buffer; readonly keys: ScramKeys }
  | { readonly proved: false };

type State =
  | { readonly at: 'client-first' }
  | {
      readonly at: 'client-final';
      readonly gs2Header: string;
      readonly bound: boolean;
      readonly nonce: string;
      readonly clientFirstBare: string;
      readonly serverFirst: string;
    }
  | { readonly at: 'done' };

/**
 * Server side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), in the order, strictness and texts of
 * PostgreSQL. Pure: no clock and no randomness of its own.
 * Both steps throw ScramError for what breaks the exchange; a wrong proof is an outcome, not an error.
 */
export class ScramServer {
  readonly #options: ScramServerOptions;
  #state: State = { at: 'client-first' };

  constructor(options: ScramServerOptions) {
    this.#options = options;
  }

  /** Names for AuthenticationSASL, the preferred one first. */
  get mechanisms(): readonly string[] {
    return this.#options.channelBinding === null ? [SCRAM_SHA_256] : [SCRAM_SHA_256_PLUS, SCRAM_SHA_256];
  }

  /** client-first-message → server-first-message. */
  first(mechanism: string, data: Buffer | null): Buffer {
    if (this.#state.at !== 'client-first') throw this.#outOfOrder();
    this.#state = { at: 'done' }; // a throw below leaves the exchange over
    if (!this.mechanisms.includes(mechanism)) {
      throw new ScramError('client selected an invalid SASL authentication mechanism');
    }
    const text = messageText(data);
    const bound = mechanism === SCRAM_SHA_256_PLUS;
    const bareAt = this.#readGs2Header(text, bound);
    const reader = new AttributeReader(text, bareAt);
    if (reader.nextName === 'm') {
      throw new ScramError('client requires an unsupported SCRAM extension', undefined, '0A000');
    }
    reader.expect('n'); // the name in the startup packet is the one that counts
    const nonce = checkNonce(reader.expect('r')) + this.#options.nonce;
    while (!reader.atEnd) reader.any();
    const { verifier } = this.#options;
    const serverFirst = `r=${nonce},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`;
    this.#state = {
      at: 'client-final',
      gs2Header: text.slice(0, bareAt),
      bound,
      nonce,
      clientFirstBare: text.slice(bareAt),
      serverFirst,
    };
    return Buffer.from(serverFirst, 'latin1');
  }

  /** Checks `n,,`, `y,,` or `p=tls-server-end-point,,` and gives the place after it. */
  #readGs2Header(text: string, bound: boolean): number {
    const comma = text.indexOf(',');
    const flag = comma < 0 ? text : text.slice(0, comma);
    switch (text.charAt(0)) {
      case 'n':
      case 'y':
        if (bound) {
          const detail =
            'The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.';
          throw malformed(detail);
        }
        if (flag.length !== 1) throw malformed('Comma expected after the channel-binding flag.');
        if (flag === 'y' && this.#options.channelBinding !== null) {
          throw new ScramError(
            'SCRAM channel binding negotiation error',
            'The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.',
            '28000',
          );
        }
        break;
      case 'p':
        if (!bound) {
          const detail =
            'The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.';
          throw malformed(detail);
        }
        if (flag !== 'p=tls-server-end-point') throw new ScramError('unsupported SCRAM channel-binding type');
        break;
      default:
        throw malformed('Unexpected channel-binding flag.');
    }
    if (comma < 0) throw malformed('Comma expected after the channel-binding flag.');
    const authzid = text.charAt(comma + 1);
    if (authzid === 'a') {
      throw new ScramError('client uses authorization identity, but it is not supported', undefined, '0A000');
    }
    if (authzid !== ',') throw malformed('Unexpected attribute in client-first-message.');
    return comma + 2;
  }

  /** client-final-message → the verdict, with server-final-message and the client's keys when it is proved. */
  final(data: Buffer): ScramServerOutcome {
    const state = this.#state;
    this.#state = { at: 'done' };
    if (state.at !== 'client-final') throw this.#outOfOrder();
    const text = messageText(data);
    const reader = new AttributeReader(text);
    this.#checkChannelBinding(reader.expect('c'), state.gs2Header, state.bound);
    if (!equalText(reader.expect('r'), state.nonce)) {
      throw new ScramError('invalid SCRAM response', 'Nonce does not match.');
    }
    let proofAt = reader.position;
    while (!reader.atEnd && reader.nextName !== 'p') {
      reader.any();
      proofAt = reader.position;
    }
    const proof = decodeBase64(reader.expect('p'));
    if (proof?.length !== KEY_BYTES) throw malformed('Malformed proof in client-final-message.');
    if (!reader.atEnd) throw malformed('Garbage found at the end of client-final-message.');
    const withoutProof = text.slice(0, proofAt - 1);
    return this.#judge(proof, `${state.clientFirstBare},${state.serverFirst},${withoutProof}`);
  }

  #checkChannelBinding(sent: string, gs2Header: string, bound: boolean): void {
    const binding = bound ? (this.#options.channelBinding ?? Buffer.alloc(0)) : Buffer.alloc(0);
    const expected = Buffer.concat([Buffer.from(gs2Header, 'latin1'), binding]).toString('base64');
    if (equalText(sent, expected)) return;
    if (bound) throw new ScramError('SCRAM channel binding check failed', undefined, '28000');
    throw new ScramError('unexpected SCRAM channel-binding attribute in client-final-message');
  }

  #judge(proof: Buffer, authMessageText: string): ScramServerOutcome {
    const { verifier, doomed } = this.#options;
    const authMessage = Buffer.from(authMessageText, 'latin1');
    const clientKey = xor(proof, hmac(verifier.storedKey, authMessage));
    const matches = timingSafeEqual(sha256(clientKey), verifier.storedKey);
    const serverSignature = hmac(verifier.serverKey, authMessage);
    if (!matches || doomed) return { proved: false };
    return {
      proved: true,
      data: Buffer.from(`v=${serverSignature.toString('base64')}`, 'latin1'),
      keys: { clientKey, serverKey: Buffer.from(verifier.serverKey) },
    };
  }

  #outOfOrder(): ScramError {
    return new ScramError('unexpected SCRAM message', 'The exchange is not at the step this message belongs to.');
  }
}

function equalText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * The verifier to walk through with a user who has none: random to anybody without `mockSecret`, and the same on each
 * try, as a real one is. Processes that serve one address share the secret, or the salts would tell.
 */
export function mockVerifier(user: string, mockSecret: Buffer, iterations: number): ScramVerifier {
  return {
    iterations,
    salt: stableSalt(user, mockSecret),
    storedKey: hmac(mockSecret, `stored:${user}`),
    serverKey: hmac(mockSecret, `server:${user}`),
  };
}

/** 16 bytes, PostgreSQL's length. Also the salt for a password kept as text: equal to a mock's, and so unremarkable. */
export function stableSalt(user: string, mockSecret: Buffer): Buffer {
  return hmac(mockSecret, `salt:${user}`).subarray(0, 16);
}
