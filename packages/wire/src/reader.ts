import { ProtocolError } from './errors.ts';
import { bytesToText } from './text.ts';

/**
 * Reads a message body field by field and never past its end. Error texts are PostgreSQL's own (pqformat.c).
 * Buffers it hands out are views: they live as long as the body does.
 */
export class BodyReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get remaining(): number {
    return this.#body.length - this.#at;
  }

  #take(bytes: number): number {
    if (bytes > this.remaining) {
      throw new ProtocolError(this.remaining === 0 ? 'no data left in message' : 'insufficient data left in message');
    }
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  byte(): number {
    return this.#body.readUInt8(this.#take(1));
  }

  int16(): number {
    return this.#body.readInt16BE(this.#take(2));
  }

  /** A count: PostgreSQL takes up to 65,535 of what the protocol calls Int16. */
  count16(): number {
    return this.#body.readUInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#body.readInt32BE(this.#take(4));
  }

  /** An object id, or any other Int32 that has no sign. */
  uint32(): number {
    return this.#body.readUInt32BE(this.#take(4));
  }

  cstringBytes(): Buffer {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) throw new ProtocolError('invalid string in message');
    const bytes = this.#body.subarray(this.#at, end);
    this.#at = end + 1;
    return bytes;
  }

  cstring(): string {
    return bytesToText(this.cstringBytes());
  }

  bytes(length: number): Buffer {
    if (length < 0) throw new ProtocolError('insufficient data left in message');
    const at = this.#take(length);
    return this.#body.subarray(at, at + length);
  }

  /** A value with its Int32 length before it; -1 is NULL, any other negative length is refused. */
  value(): Buffer | null {
    const length = this.int32();
    if (length === -1) return null;
    if (length < -1) throw new ProtocolError(`invalid field length ${length} in message`);
    return this.bytes(length);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  /** To be called last: a message has to end where its fields do. */
  end(): void {
    if (this.remaining !== 0) throw new ProtocolError('invalid message format');
  }
}

/** For messages that are a type byte and an empty body. */
export function expectEmpty(body: Buffer): void {
  new BodyReader(body).end();
}
