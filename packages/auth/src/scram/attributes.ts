import { malformed, ScramError } from './error.ts';

/** Longest SCRAM message we read. A nonce is capped apart, at NONCE_BYTES_MAX. */
export const SCRAM_BYTES_MAX = 8192;
export const NONCE_BYTES_MAX = 1024;

/** Text of a message; a zero byte or an empty message is refused, as in PostgreSQL. */
export function messageText(data: Buffer | null): string {
  if (data === null || data.length === 0) throw malformed('The message is empty.');
  if (data.length > SCRAM_BYTES_MAX) throw malformed('The message is too long.');
  if (data.includes(0)) throw malformed('Message length does not match input length.');
  return data.toString('latin1');
}

/** Walks `x=value,y=value` in the order in which RFC 5802 fixes it. */
export class AttributeReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Name of the next attribute, or '' at the end. */
  get nextName(): string {
    return this.#text.charAt(this.#at);
  }

  expect(name: string): string {
    if (this.nextName !== name) {
      throw malformed(`Attribute "${name}" expected but ${this.atEnd ? 'message ended' : 'another found'}.`);
    }
    return this.any().value;
  }

  any(): { name: string; value: string } {
    const name = this.nextName;
    if (!/^[A-Za-z]$/.test(name)) throw malformed('Attribute expected, but found an invalid character.');
    if (this.#text.charAt(this.#at + 1) !== '=') throw malformed(`Expected character "=" for attribute "${name}".`);
    const comma = this.#text.indexOf(',', this.#at + 2);
    const end = comma < 0 ? this.#text.length : comma;
    const value = this.#text.slice(this.#at + 2, end);
    // A comma at the very end promises an attribute that is not there: keep it visible to atEnd by failing here.
    if (comma >= 0 && comma === this.#text.length - 1) throw malformed('Attribute expected, but message ended.');
    this.#at = comma < 0 ? end : comma + 1;
    return { name, value };
  }
}

export function checkNonce(nonce: string): string {
  if (nonce.length === 0) throw malformed('The nonce is empty.');
  if (nonce.length > NONCE_BYTES_MAX) throw malformed('The nonce is too long.');
  if (!/^[\x21-\x2b\x2d-\x7e]+$/.test(nonce)) throw new ScramError('non-printable characters in SCRAM nonce');
  return nonce;
}
