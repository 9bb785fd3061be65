import { ProtocolError } from './errors.ts';
import { MESSAGE_BYTES_MAX } from './limits.ts';
import { textToBytes } from './text.ts';

/**
 * The one place where a length goes onto the wire. A body over 1 GB - 1 is refused before it is copied (a length that
 * wraps turns one message into several, i.e. into injected statements), and so is a string with a NUL inside.
 *
 *     new MessageWriter().begin(Frontend.QUERY).cstring('select 1').end().finish()
 */
export class MessageWriter {
  #buffer: Buffer;
  #used = 0;
  #lengthAt = -1; // where the open message's length word is, -1 between messages

  constructor(initialBytes = 128) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** Place for so many bytes. It may replace the buffer: take it first, write after. */
  #grow(bytes: number): number {
    // Int32 length counts itself, so the body may be MESSAGE_BYTES_MAX and no more.
    if (this.#lengthAt >= 0 && this.#used + bytes - this.#lengthAt - 4 > MESSAGE_BYTES_MAX) {
      throw new ProtocolError('message is too large', '54000');
    }
    const need = this.#used + bytes;
    if (need > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(need, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#used);
      this.#buffer = larger;
    }
    const at = this.#used;
    this.#used = need;
    return at;
  }

  /** Starts a message. Without a type it is one of the startup kind, which has a length word only. */
  begin(type?: number): this {
    if (this.#lengthAt >= 0) throw new Error('MessageWriter: begin() inside a message');
    if (type !== undefined) this.byte(type);
    this.#lengthAt = this.#grow(4);
    return this;
  }

  byte(value: number): this {
    const at = this.#grow(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }

  /** Int16; counts up to 65,535 are written as PostgreSQL reads them, without sign. */
  int16(value: number): this {
    if (!Number.isInteger(value) || value < -0x8000 || value > 0xffff) {
      throw new ProtocolError(`${value} does not fit a 16-bit field`, '54000');
    }
    const at = this.#grow(2);
    this.#buffer.writeUInt16BE(value & 0xffff, at);
    return this;
  }

  /** Int32, with or without sign (object ids have none). */
  int32(value: number): this {
    if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff) {
      throw new ProtocolError(`${value} does not fit a 32-bit field`, '54000');
    }
    const at = this.#grow(4);
    this.#buffer.writeUInt32BE(value >>> 0, at);
    return this;
  }

  cstring(value: string | Buffer): this {
    const bytes = typeof value === 'string' ? textToBytes(value) : value;
    if (bytes.includes(0)) throw new ProtocolError('a string in a message cannot contain a zero byte', '22021');
    this.bytes(bytes);
    return this.byte(0);
  }

  bytes(value: Buffer): this {
    const at = this.#grow(value.length);
    value.copy(this.#buffer, at);
    return this;
  }

  /** Int32 length and the bytes, or -1 for NULL. */
  value(value: Buffer | string | null): this {
    if (value === null) return this.int32(-1);
    const bytes = typeof value === 'string' ? textToBytes(value) : value;
    return this.int32(bytes.length).bytes(bytes);
  }

  /** Closes the open message. */
  end(): this {
    if (this.#lengthAt < 0) throw new Error('MessageWriter: end() outside a message');
    this.#buffer.writeUInt32BE(this.#used - this.#lengthAt, this.#lengthAt);
    this.#lengthAt = -1;
    return this;
  }

  /** All messages so far, in memory of their own; the writer is empty afterwards. */
  finish(): Buffer {
    if (this.#lengthAt >= 0) throw new Error('MessageWriter: finish() inside a message');
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#buffer = Buffer.allocUnsafe(128);
    this.#used = 0;
    return bytes;
  }
}

/** A message without fields, made once. */
export function emptyMessage(type: number): Buffer {
  return new MessageWriter(5).begin(type).end().finish();
}
