/** SCRAM-SHA-256 as a client, written from RFC 5802 and 7677 for the tests alone: what judges a sign-in must not be the
 *  code that is judged. ASCII passwords only. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

export interface ScramBinding {
  /** SHA-256 (or stronger) of the server's certificate; for `n` and `y` none. */
  readonly flag: 'n' | 'y' | 'p';
  readonly data?: Buffer;
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export class TestScram {
  readonly #password: string;
  readonly #binding: ScramBinding;
  readonly #nonce = randomBytes(18).toString('base64');
  #serverSignature = '';

  constructor(password: string, binding: ScramBinding = { flag: 'n' }) {
    this.#password = password;
    this.#binding = binding;
  }

  private get gs2(): string {
    return this.#binding.flag === 'p' ? 'p=tls-server-end-point,,' : `${this.#binding.flag},,`;
  }

  get mechanism(): string {
    return this.#binding.flag === 'p' ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
  }

  first(): Buffer {
    return Buffer.from(`${this.gs2}n=,r=${this.#nonce}`);
  }

  final(serverFirst: string): Buffer {
    const found = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst);
    if (found === null) throw new Error(`not a server-first message: ${serverFirst}`);
    const [, nonce = '', salt = '', rounds = ''] = found;
    if (!nonce.startsWith(this.#nonce)) throw new Error('the nonce is not ours');
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const bound = Buffer.concat([Buffer.from(this.gs2), this.#binding.data ?? Buffer.alloc(0)]).toString('base64');
    const bare = `c=${bound},r=${nonce}`;
    const auth = `n=,r=${this.#nonce},${serverFirst},${bare}`;
    const signature = hmac(storedKey, auth);
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), auth).toString('base64');
    return Buffer.from(`${bare},p=${proof.toString('base64')}`);
  }

  /** @throws Error when the server does not know the password */
  verify(serverFinal: string): void {
    if (serverFinal !== `v=${this.#serverSignature}`) throw new Error('the server did not prove itself');
  }
}
