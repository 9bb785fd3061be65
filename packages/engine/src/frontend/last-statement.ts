/**
 * The beginnings of the clients' last statements, for SHOW pool_pools: copied as they pass, so that a query costs no
 * object. All sessions of a worker share the memory; one that never sent a statement takes none.
 */
import { Frontend } from '@pgherd/wire';
import type { PreparedStatements } from './prepared.ts';

/** A text is cut there, as Pgpool-II does. */
const TEXT_BYTES_MAX = 1023;
const SLOT_BYTES = 1024;
const SLOTS_PER_CHUNK = 64;

export class LastStatements {
  private readonly chunks: Buffer[] = [];
  private readonly free: number[] = [];

  /** Memory for one session. */
  take(): number {
    const slot = this.free.pop();
    if (slot !== undefined) return slot;
    const first = this.chunks.length * SLOTS_PER_CHUNK;
    this.chunks.push(Buffer.allocUnsafeSlow(SLOTS_PER_CHUNK * SLOT_BYTES));
    for (let other = first + SLOTS_PER_CHUNK - 1; other > first; other--) this.free.push(other);
    return first;
  }

  give(slot: number): void {
    this.free.push(slot);
  }

  /** @returns how many bytes were kept */
  keep(slot: number, source: Buffer, start: number, end: number): number {
    const length = Math.min(end - start, TEXT_BYTES_MAX);
    const chunk = this.chunks[(slot / SLOTS_PER_CHUNK) | 0] as Buffer;
    const at = (slot % SLOTS_PER_CHUNK) * SLOT_BYTES;
    source.copy(chunk, at, start, start + length);
    return length;
  }

  text(slot: number, length: number): string {
    const at = (slot % SLOTS_PER_CHUNK) * SLOT_BYTES;
    return this.cut(this.chunks[(slot / SLOTS_PER_CHUNK) | 0] as Buffer, at, at + length);
  }

  /** A text up to its zero byte or `end`, at most 1023 bytes; no character is cut in two. */
  cut(bytes: Buffer, start: number, end: number): string {
    const zero = bytes.indexOf(0, start);
    let stop = zero >= 0 && zero < end ? zero : end;
    if (stop - start >= TEXT_BYTES_MAX) {
      stop = start + TEXT_BYTES_MAX;
      let last = stop - 1;
      while (last > start && ((bytes[last] as number) & 0xc0) === 0x80) last--;
      if (last + characterBytes(bytes[last] as number) > stop) stop = last;
    }
    return bytes.toString('utf8', start, stop);
  }
}

/** How many bytes a character has that begins so, in UTF-8. */
function characterBytes(first: number): number {
  return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

export const lastStatements = new LastStatements();

/** The last statement of one client. */
export class LastStatement {
  /** Where its beginning is kept; -1 = there was none. */
  private slot = -1;
  private length = 0;
  /** What is kept is the name of a prepared statement that was bound. */
  private isName = false;
  /** It is the text of a Parse of the unnamed statement. */
  private isUnnamed = false;

  /**
   * A Query, Parse or Bind message begins at `pos`; it is whole, or goes on behind `end`.
   * @param again it parses the same as the last Parse of the unnamed statement did
   */
  passed(buffer: Buffer, pos: number, end: number, again: boolean): void {
    const type = buffer[pos];
    // Nearly always: a look, and no copy.
    if (again && this.isUnnamed && type === Frontend.PARSE) return;
    let start = pos + 5;
    if (type !== Frontend.QUERY) start = buffer[start] === 0 ? start + 1 : buffer.indexOf(0, start) + 1;
    if (type === Frontend.BIND && buffer[start] === 0) return; // the unnamed statement, whose text was the last one parsed
    if (start <= pos || start > end) return; // malformed: the server will say so
    if (this.slot < 0) this.slot = lastStatements.take();
    this.isName = type === Frontend.BIND;
    this.isUnnamed = type === Frontend.PARSE && buffer[pos + 5] === 0;
    this.length = lastStatements.keep(this.slot, buffer, start, end);
  }

  /** At most 1023 bytes of it; empty when there was none. */
  text(prepared: PreparedStatements | null): string {
    if (this.slot < 0) return '';
    const text = lastStatements.text(this.slot, this.length);
    if (!this.isName) return text;
    const message = prepared?.get(text)?.message;
    if (message === undefined) return `EXECUTE ${text}`;
    const start = message.indexOf(0, 5) + 1;
    return lastStatements.cut(message, start, message.length);
  }

  forget(): void {
    if (this.slot >= 0) lastStatements.give(this.slot);
    this.slot = -1;
  }
}
