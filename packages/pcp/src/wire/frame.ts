/**
 * A PCP frame: Byte1 type, Int32 length (big-endian; counts itself, not the type), payload. A declared length is judged as
 * soon as it is there, before anything is kept for it.
 */
export interface Frame {
  /** One character. */
  readonly type: string;
  readonly body: Buffer;
}

export const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;

/** The longest request, as its length field says: a server must not keep memory for strangers. */
export const REQUEST_LENGTH_MAX = 259;
/** The longest reply that a client believes in. */
export const REPLY_LENGTH_MAX = 16 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);

export function encodeFrame(type: string, body: Buffer = NOTHING): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.write(type, 0, 1, 'latin1');
  frame.writeInt32BE(LENGTH_BYTES + body.length, 1);
  body.copy(frame, HEADER_BYTES);
  return frame;
}

/** The peer said a length that no frame has. */
export class FrameLengthError extends Error {
  readonly code = 'PCP_LENGTH';
  readonly length: number;
  constructor(length: number) {
    super(`incorrect packet length (${length})`);
    this.length = length;
  }
}

export class FrameReader {
  private readonly lengthMax: number;
  private pending: Buffer = NOTHING;

  constructor(lengthMax: number) {
    this.lengthMax = lengthMax;
  }

  push(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
  }

  /** The next whole frame; its body aliases what was pushed. Null: more bytes are needed. @throws FrameLengthError */
  next(): Frame | null {
    const { pending } = this;
    if (pending.length < HEADER_BYTES) return null;
    const length = pending.readInt32BE(1);
    if (length < LENGTH_BYTES || length > this.lengthMax) throw new FrameLengthError(length);
    const end = 1 + length;
    if (pending.length < end) return null;
    this.pending = pending.subarray(end);
    return { type: pending.toString('latin1', 0, 1), body: pending.subarray(HEADER_BYTES, end) };
  }
}
