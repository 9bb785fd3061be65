/** A channel without a socket: keeps what is written to it, and can play a peer that is behind. */
import type { Channel, ChannelHandler } from '../src/worker/channel.ts';

export class FakeChannel {
  handler: ChannelHandler = { onBytes() {}, onClosed() {}, onDrain() {}, onFull() {} };
  closed = false;
  closing = false;
  paused = false;
  /** Writes say "full" while this is set. */
  full = false;
  ended = false;
  readonly written: Buffer[] = [];
  /** Called after each write. */
  onWritten: (() => void) | null = null;

  /** As what the engine takes it for. */
  get channel(): Channel {
    return this as unknown as Channel;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.written);
  }

  /** Bytes from the peer, in memory that is overwritten afterwards, as the shared read buffer is. */
  receive(bytes: Buffer): void {
    const shared = Buffer.alloc(bytes.length + 64, 0xee);
    bytes.copy(shared);
    this.handler.onBytes(shared, bytes.length);
    shared.fill(0xdd);
  }

  write(source: Buffer, start: number, end: number): boolean {
    return this.writeOwned(Buffer.from(source.subarray(start, end)));
  }

  writeOwned(bytes: Buffer): boolean {
    if (this.closing) return true;
    this.written.push(bytes);
    this.onWritten?.();
    return !this.full;
  }

  flush(): void {}

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(last: Buffer | null = null): void {
    if (last !== null) this.written.push(last);
    this.ended = true;
    this.close();
  }

  mute(): void {
    this.closing = true;
  }

  destroy(): void {
    this.close();
  }

  /** The peer closes. */
  close(error: Error | null = null): void {
    if (this.closed) return;
    this.closed = this.closing = true;
    const { handler } = this;
    // As the real one: told later, never inside the call that closes.
    queueMicrotask(() => handler.onClosed(error));
  }
}
