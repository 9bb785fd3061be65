/**
 * The beginnings of the clients' last statements, for SHOW pool_pools: copied as they pass, so that a query costs no
 * object. All sessions of a worker share the memory; one that never sent a statement takes none.
 */

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
