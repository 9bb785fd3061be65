import { timingSafeEqual } from 'node:crypto';
import { AttributeReader, checkNonce, messageText } from './attributes.ts';
import { decodeBase64 } from './base64.ts';
import { malformed, ScramError } from './error.ts';
import { deriveKeys, hmac, ITERATIONS_MAX, KEY_BYTES, type ScramKeys, sha256, xor } from './keys.ts';

const SALT_BYTES_MAX = 1024;

/** What channel binding we can do and what the server offered; it decides the gs2 header. */
export type ClientChannelBinding =
  /** No TLS, or a certificate that gives no data: we do not support it here. */
  | { readonly use: 'no' }
  /** We could, the server did not offer it. Tells a server that did offer that somebody is in between. */
  | { readonly use: 'not-offered' }
  /** SCRAM-SHA-256-PLUS, with the hash of the server's certificate. */
  | { readonly use: 'yes'; readonly serverEndPointHash: Buffer };

export interface ScramClientOptions {
  /** A password, or the keys that a client's own sign-in left with us; salt and iterations do not matter for keys. */
  readonly secret: { readonly password: string } | ScramKeys;
  /** Our nonce: printable ASCII without comma, from at least 18 random bytes. */
  readonly nonce: string;
  readonly channelBinding: ClientChannelBinding;
}

/**
 * Client side of SCRAM-SHA-256 and -PLUS. The server is not trusted until `final` has verified its signature: a nonce
 * over 1 kB, more than a million iterations and every malformed field are refused with a ScramError.
 */
export class ScramClient {
  readonly #options: ScramClientOptions;
  readonly #gs2Header: string;
  readonly #clientFirstBare: string;
  #state: 'start' | 'first-sent' | 'deriving' | 'final-sent' | 'verified' | 'failed' = 'start';
  #serverSignature: Buffer | null = null;

  constructor(options: ScramClientOptions) {
    this.#options = options;
    this.#gs2Header = gs2Header(options.channelBinding);
    this.#clientFirstBare = `n=,r=${options.nonce}`;
  }

  get verified(): boolean {
    return this.#state === 'verified';
  }

  /** client-first-message. The user name is left empty, as libpq does: the startup packet has it. */
  first(): Buffer {
    this.#enter('start', 'first-sent');
    return Buffer.from(this.#gs2Header + this.#clientFirstBare, 'latin1');
  }

  /** server-first-message → client-final-message. */
  async continue(data: Buffer): Promise<Buffer> {
    this.#enter('first-sent', 'failed');
    const text = messageText(data);
    const { nonce, salt, iterations } = this.#parseServerFirst(text);
    this.#state = 'deriving';
    const { secret } = this.#options;
    const keys = 'password' in secret ? await deriveKeys(secret.password, salt, iterations) : secret;
    const withoutProof = `c=${this.#bindingInput().toString('base64')},r=${nonce}`;
    const authMessage = Buffer.from(`${this.#clientFirstBare},${text},${withoutProof}`, 'latin1');
    const proof = xor(keys.clientKey, hmac(sha256(keys.clientKey), authMessage));
    this.#serverSignature = hmac(keys.serverKey, authMessage);
    this.#state = 'final-sent';
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`, 'latin1');
  }

  /** server-final-message; returns only when the server has proved that it knows the verifier. */
  final(data: Buffer): void {
    this.#enter('final-sent', 'failed');
    const reader = new AttributeReader(messageText(data));
    if (reader.nextName === 'e') throw new ScramError('server refused the SCRAM exchange', undefined, '28P01');
    const signature = decodeBase64(reader.expect('v'));
    if (!reader.atEnd) throw malformed('Garbage found at the end of server-final-message.');
    if (signature?.length !== KEY_BYTES || this.#serverSignature === null) {
      throw malformed('Malformed server signature.');
    }
    if (!timingSafeEqual(signature, this.#serverSignature)) {
      throw new ScramError('incorrect server signature', undefined, '28000');
    }
    this.#state = 'verified';
  }

  #parseServerFirst(text: string): { nonce: string; salt: Buffer; iterations: number } {
    const reader = new AttributeReader(text);
    if (reader.nextName === 'm') throw new ScramError('server requires an unsupported SCRAM extension');
    const nonce = checkNonce(reader.expect('r'));
    if (!nonce.startsWith(this.#options.nonce) || nonce.length === this.#options.nonce.length) {
      throw new ScramError('invalid SCRAM response', 'Nonce does not match.');
    }
    const salt = decodeBase64(reader.expect('s'));
    if (salt === null || salt.length === 0 || salt.length > SALT_BYTES_MAX) throw malformed('Invalid salt.');
    const iterationsText = reader.expect('i');
    const iterations = /^[1-9][0-9]{0,9}$/.test(iterationsText) ? Number(iterationsText) : 0;
    if (iterations < 1 || iterations > ITERATIONS_MAX) throw malformed('Invalid iteration count.');
    if (!reader.atEnd) throw malformed('Garbage found at the end of server-first-message.');
    return { nonce, salt, iterations };
  }

  #bindingInput(): Buffer {
    const { channelBinding } = this.#options;
    const header = Buffer.from(this.#gs2Header, 'latin1');
    return channelBinding.use === 'yes' ? Buffer.concat([header, channelBinding.serverEndPointHash]) : header;
  }

  #enter(from: 'start' | 'first-sent' | 'final-sent', to: 'first-sent' | 'failed'): void {
    if (this.#state !== from) {
      this.#state = 'failed';
      throw new ScramError('unexpected SCRAM message', 'The exchange is not at the step this message belongs to.');
    }
    this.#state = to;
  }
}

function gs2Header(binding: ClientChannelBinding): string {
  switch (binding.use) {
    case 'no':
      return 'n,,';
    case 'not-offered':
      return 'y,,';
    case 'yes':
      return 'p=tls-server-end-point,,';
  }
}
