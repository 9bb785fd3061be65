import { ProtocolError } from './errors.ts';
import { MESSAGE_BYTES_MAX } from './limits.ts';

export interface Frame {
  readonly type: number;
  /** Memory of its own, or a view of the chunk that was pushed: copy it to keep it past a reuse of that chunk. */
  readonly body: Buffer;
}

const HEADER_BYTES = 5;

/**
 * Cuts a stream of typed messages into frames, each whole. For links where every message is of interest and none is
 * large (internal connections, tests); a proxied session forwards in pieces and has framing of its own.
 *
 * Memory follows what arrived, never what a header claims: a length is checked as soon as it is there, chunks wait
 * as they came, and are joined once when the last one is in.
 */
export class FrameReader {
  readonly #bodyBytesMax: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #frameBytes = 0; // of the frame at the front, 0 until its header is there
  #broken = false;

  constructor(options: { readonly bodyBytesMax?: number } = {}) {
    this.#bodyBytesMax = Math.min(options.bodyBytesMax ?? MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX);
  }

  /** Bytes that are not yet part of a whole frame. */
  get pendingBytes(): number {
    return this.#waitingBytes;
  }

  /** @throws ProtocolError 08P01 for a length under 4 or over the cap; the stream is of no use afterwards. */
  push(chunk: Buffer): Frame[] {
    if (this.#broken) throw new ProtocolError('stream already lost its framing');
    if (chunk.length === 0) return [];
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    const need = this.#frameBytes === 0 ? HEADER_BYTES : this.#frameBytes;
    if (this.#waitingBytes < need) return [];
    return this.#cut(this.#waiting.length === 1 ? chunk : Buffer.concat(this.#waiting, this.#waitingBytes));
  }

  #cut(bytes: Buffer): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    this.#frameBytes = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const frameBytes = 1 + this.#checkedLength(bytes.readUInt32BE(at + 1));
      if (bytes.length - at < frameBytes) {
        this.#frameBytes = frameBytes;
        break;
      }
      frames.push({ type: bytes.readUInt8(at), body: bytes.subarray(at + HEADER_BYTES, at + frameBytes) });
      at += frameBytes;
    }
    this.#waiting = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#waitingBytes = bytes.length - at;
    return frames;
  }

  #checkedLength(length: number): number {
    if (length >= 4 && length - 4 <= this.#bodyBytesMax) return length;
    this.#broken = true;
    throw new ProtocolError('invalid message length');
  }
}
