/**
 * Finds the end of the server's answers to what was sent so far in an open batch, and takes the answers to the engine's
 * own messages out of what goes to the client. No Sync is needed for that, which would end the implicit transaction.
 */
import {
  Backend,
  encodeClose,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeParameterDescription,
  encodeParse,
  encodeParseComplete,
} from '@pgherd/wire';

const MARK_NAME = 'pgherd mark';
/** Types that no statement has: the description of a statement with them is the mark. */
const MARK_TYPES = [0x7ffffff1, 0x7ffffff2, 0x7ffffff3, Math.floor(Math.random() * 0x7fffffff)];
const MARK = encodeParameterDescription(MARK_TYPES);
const PARSE_COMPLETE = encodeParseComplete();
const BESIDE: ReadonlySet<number> = new Set([
  Backend.NOTICE_RESPONSE,
  Backend.NOTIFICATION_RESPONSE,
  Backend.PARAMETER_STATUS,
]);

/** An empty statement that is parsed, described and closed. */
export const MARK_MESSAGES = Buffer.concat([
  encodeParse({ statement: MARK_NAME, sql: '', parameterTypes: MARK_TYPES }),
  encodeDescribe({ kind: 'statement', name: MARK_NAME }),
  encodeClose({ kind: 'statement', name: MARK_NAME }),
  encodeFlush(),
]);

/** No portal of that name exists: makes the batch fail. */
export const FAIL_MESSAGES = encodeExecute({ portal: 'pgherd: the batch failed', rowsMax: 0 });

export class Barrier {
  /** `mark`: up to the mark; `error`: up to the error that FAIL_MESSAGES bring about. */
  private next: 'mark' | 'no-data' | 'close' | 'error' | 'nothing';
  /** Bytes of a message that is passing that are still to come. */
  private rest: number;
  /** A mark of which the end is still to come. */
  private part: Buffer | null = null;
  /** A ParseComplete that may be the mark's. */
  private held = false;

  constructor(kind: 'mark' | 'error', restOfMessage: number) {
    this.next = kind;
    this.rest = restOfMessage;
  }

  /** All that was to be taken out has come. */
  get over(): boolean {
    return this.next === 'nothing';
  }

  /** The next error is the engine's own doing. */
  get expectsError(): boolean {
    return this.next === 'error';
  }

  /** The server skips the rest of the batch: no mark will come. */
  giveUp(put: (buffer: Buffer, start: number, end: number) => void): void {
    this.next = 'nothing';
    if (this.held) put(PARSE_COMPLETE, 0, PARSE_COMPLETE.length);
    if (this.part !== null) put(this.part, 0, this.part.length);
    this.held = false;
    this.part = null;
  }

  /** Passes `[start, end)` on without what is the engine's. */
  take(buffer: Buffer, start: number, end: number, put: (buffer: Buffer, start: number, end: number) => void): void {
    if (this.part !== null) {
      const whole = Buffer.concat([this.part, buffer.subarray(start, end)]);
      this.part = null;
      this.take(whole, 0, whole.length, put);
      return;
    }
    let pos = start;
    let from = start;
    const flush = (to: number): void => {
      if (to > from) put(buffer, from, to);
    };
    if (this.rest > 0) {
      pos = Math.min(end, start + this.rest);
      this.rest -= pos - start;
    }
    while (end - pos >= 5) {
      const type = buffer[pos] as number;
      const size = buffer.readUInt32BE(pos + 1) + 1;
      if (this.next === 'mark' && type === Backend.PARAMETER_DESCRIPTION && size === MARK.length && size > end - pos) {
        flush(pos);
        this.part = Buffer.from(buffer.subarray(pos, end));
        return;
      }
      if (this.takesOut(type, buffer, pos, size, put, flush)) {
        pos += size;
        from = pos;
        continue;
      }
      if (this.held && !BESIDE.has(type)) {
        flush(pos);
        from = pos;
        put(PARSE_COMPLETE, 0, PARSE_COMPLETE.length);
        this.held = false;
      }
      this.rest = Math.max(0, size - (end - pos));
      pos = Math.min(end, pos + size);
    }
    flush(end);
  }

  private takesOut(
    type: number,
    buffer: Buffer,
    pos: number,
    size: number,
    put: (buffer: Buffer, start: number, end: number) => void,
    flush: (to: number) => void,
  ): boolean {
    switch (this.next) {
      case 'mark':
        if (type === Backend.PARSE_COMPLETE) {
          flush(pos);
          if (this.held) put(PARSE_COMPLETE, 0, PARSE_COMPLETE.length);
          this.held = true;
          return true;
        }
        if (type !== Backend.PARAMETER_DESCRIPTION || buffer.compare(MARK, 0, MARK.length, pos, pos + size) !== 0) {
          return false;
        }
        this.held = false;
        this.next = 'no-data';
        break;
      case 'no-data':
        if (type !== Backend.NO_DATA) return false;
        this.next = 'close';
        break;
      case 'close':
        if (type !== Backend.CLOSE_COMPLETE) return false;
        this.next = 'nothing';
        break;
      case 'error':
        if (type !== Backend.ERROR_RESPONSE) return false;
        this.next = 'nothing';
        break;
      case 'nothing':
        return false;
    }
    flush(pos);
    return true;
  }
}
