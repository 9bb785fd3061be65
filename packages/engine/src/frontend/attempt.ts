/**
 * What a session tries on a read node: the question, kept so that the primary can be asked it instead, and the beginning
 * of the answer, held until its first row. The same object serves every read of a session.
 */

const QUESTION_BYTES_MAX = 64 * 1024;
/** Memory for a longer question is given back after it. */
const QUESTION_BYTES_KEPT = 2048;
const HELD_BYTES_MAX = 64 * 1024;
const NOTHING = Buffer.alloc(0);
/** DataRow, CopyOutResponse, CopyData, CommandComplete, EmptyQueryResponse, PortalSuspended. */
const ROWS: ReadonlySet<number> = new Set([0x44, 0x48, 0x64, 0x43, 0x49, 0x73]);
/** The last three of them. */
const DONE: ReadonlySet<number> = new Set([0x43, 0x49, 0x73]);

export class Attempt {
  private kept: Buffer = NOTHING;
  private length = 0;
  /** Nothing of the answer has reached the client, and the question is kept. */
  open = false;
  /** The primary is to answer instead: nothing more of this answer is for the client. */
  givenUp = false;
  /** Of the first error in the answer. */
  sqlState: string | null = null;
  /** Which of the statements failed, once it is given up. */
  refusedAt = 0;
  /** It binds the unnamed statement that an earlier batch made. */
  usesUnnamed = false;
  private held: Buffer | null = null;

  /** @param mayRepeat the primary could be asked the same */
  begin(buffer: Buffer, start: number, end: number, mayRepeat: boolean, usesUnnamed: boolean): void {
    const size = end - start;
    this.sqlState = null;
    this.givenUp = false;
    this.held = null;
    this.usesUnnamed = usesUnnamed;
    this.open = mayRepeat && size <= QUESTION_BYTES_MAX;
    if (!this.open) return;
    if (this.kept.length < size || this.kept.length > QUESTION_BYTES_KEPT) {
      this.kept = Buffer.allocUnsafeSlow(Math.max(size, 256));
    }
    buffer.copy(this.kept, 0, start, end);
    this.length = size;
  }

  /** A copy of the question. */
  get question(): Buffer {
    return Buffer.from(this.kept.subarray(0, this.length));
  }

  /** Keeps a part of the answer. @returns false when that is too much to go on so */
  hold(buffer: Buffer, start: number, end: number): boolean {
    const part = Buffer.from(buffer.subarray(start, end));
    this.held = this.held === null ? part : Buffer.concat([this.held, part]);
    return this.held.length < HELD_BYTES_MAX;
  }

  /** The part of the answer that was held; the client gets it now. */
  release(): Buffer | null {
    const { held } = this;
    this.open = false;
    this.held = null;
    return held;
  }

  /** The error is in this part of the answer. Rows that came with it have not reached the client either. */
  giveUp(buffer: Buffer, start: number, end: number): void {
    this.refusedAt = this.completed(buffer, start, end);
    this.givenUp = true;
    this.held = null;
  }

  /** The primary is being asked. */
  over(): void {
    this.givenUp = false;
    this.open = false;
    this.held = null;
  }

  shrink(): void {
    if (this.kept.length > QUESTION_BYTES_KEPT) this.kept = NOTHING;
  }

  /** Rows, copied data or a completed command are among the messages that begin at `start` (or were begun before). */
  hasRows(buffer: Buffer, start: number, end: number): boolean {
    const all = this.held === null ? buffer : Buffer.concat([this.held, buffer.subarray(start, end)]);
    let pos = this.held === null ? start : 0;
    const stop = this.held === null ? end : all.length;
    while (pos < stop) {
      if (ROWS.has(all[pos] as number)) return true;
      if (stop - pos < 5) return false;
      pos += all.readUInt32BE(pos + 1) + 1;
    }
    return false;
  }

  /** How many statements were done before the error. */
  private completed(buffer: Buffer, start: number, end: number): number {
    const part = buffer.subarray(start, end);
    const all = this.held === null ? part : Buffer.concat([this.held, part]);
    let count = 0;
    for (let pos = 0; all.length - pos >= 5; pos += all.readUInt32BE(pos + 1) + 1) {
      if (DONE.has(all[pos] as number)) count++;
    }
    return count;
  }
}
