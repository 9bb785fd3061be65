/**
 * A byte channel to one peer: a shared read buffer, one write per turn of the event loop, and back-pressure both ways.
 *
 * Plain connections read into one buffer that all of the process share: Node reads, calls back synchronously, and the
 * view is dead when the callback returns. Whatever outlives the call is copied. That keeps an idle client at a few
 * kilobytes and a busy one free of allocations on the read side.
 *
 * Writes are copied into a slab, because a write that the kernel takes only in part keeps pointing at its memory.
 *
 * A channel stands on a native handle (plain connections, see native-handle.ts) or on a stream (TLS; everything, where
 * Node's internals are not as expected).
 */
import net from 'node:net';
import tls from 'node:tls';
import { type Connecting, canConnectNatively, connectNatively } from './native-connect.ts';
import { END_OF_STREAM, type NativeHandle, type NativeOwner, nativeHandles, streamOf } from './native-handle.ts';

const FLUSH_NOW_BYTES = 32 * 1024;
let dirty: Channel[] = [];
let flushScheduled = false;

/**
 * Writes go out after all sockets that were readable have been read: a peer process that owns several of them is then
 * woken once, not once for each.
 */
function flushAll(): void {
  flushScheduled = false;
  const batch = dirty;
  dirty = [];
  for (const channel of batch) channel.flush();
}

function scheduleFlush(channel: Channel): void {
  dirty.push(channel);
  if (flushScheduled) return;
  flushScheduled = true;
  setImmediate(flushAll);
}

/** What a channel tells its owner. `onBytes` views are valid only during the call. */
export interface ChannelHandler {
  onBytes(buffer: Buffer, length: number): void;
  /** The peer closed or the socket failed; called once, after all bytes were delivered. */
  onClosed(error: Error | null): void;
  /** The outgoing buffer is empty again after `write` said false. */
  onDrain(): void;
  /** More is queued for the peer than it takes: stop reading what feeds it until `onDrain`. */
  onFull(): void;
}

const READ_BUFFER_BYTES = 64 * 1024;
const SLAB_BYTES = 256 * 1024;
const KEEPALIVE_IDLE_MS = 10_000;

const sharedReadBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let slabUsed = 0;

/** A copy of `[start, end)` that lives until the kernel has taken it. */
function copyOut(source: Buffer, start: number, end: number): Buffer {
  const length = end - start;
  if (length > SLAB_BYTES >> 3) {
    const own = Buffer.allocUnsafeSlow(length);
    source.copy(own, 0, start, end);
    return own;
  }
  if (slabUsed + length > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabUsed = 0;
  }
  const at = slabUsed;
  source.copy(slab, at, start, end);
  slabUsed = at + length;
  return slab.subarray(at, at + length);
}

const IGNORE: ChannelHandler = { onBytes() {}, onClosed() {}, onDrain() {}, onFull() {} };

export class Channel implements NativeOwner {
  handler: ChannelHandler = IGNORE;
  /** True once the peer or we closed it, and the owner was told. */
  closed = false;
  /** What it stands on: exactly one of the two, or neither once it is closing. */
  private native: NativeHandle | null = null;
  private stream: net.Socket | tls.TLSSocket | null = null;
  private connecting: Connecting | null = null;
  private error: Error | null = null;
  private paused = false;
  /** Closing it takes back what the kernel still holds: a peer that comes back must not get it. */
  private resets = false;
  /** No more bytes will go out or come in. */
  closing = false;
  /** Native writes that the kernel has not taken yet. */
  private inFlight = 0;
  /** More is queued than the peer takes. */
  private full = false;
  private pending: Buffer | null = null;
  private more: Buffer[] | null = null;
  private pendingBytes = 0;
  private peerName: { address?: string; port?: number } | null = null;

  private constructor() {}

  /** Takes over an accepted connection by its raw handle (what `process.send` delivers). */
  static accept(handle: unknown, unix: boolean, native = nativeHandles): Channel {
    const channel = new Channel();
    if (native?.fits(handle) === true) channel.standOn(handle, unix);
    else channel.adoptAccepted(handle, unix);
    return channel;
  }

  /** Opens a connection; `onConnect` fires once it stands, `handler.onClosed` if it never does. */
  static connect(
    target: { host: string; port: number } | { path: string },
    handler: ChannelHandler,
    onConnect: () => void,
    native = true,
  ): Channel {
    const channel = new Channel();
    channel.handler = handler;
    const unix = 'path' in target;
    if (canConnectNatively && native) {
      channel.connecting = connectNatively(
        target,
        (handle) => {
          channel.connecting = null;
          channel.standOn(handle, unix);
          onConnect();
        },
        (error) => {
          channel.connecting = null;
          channel.error ??= error;
          channel.finish();
        },
      );
      return channel;
    }
    const socket = net.connect({
      ...target,
      onread: {
        buffer: sharedReadBuffer,
        callback: (length: number, buffer: Buffer) => channel.read(buffer, length),
      },
    } as net.NetConnectOpts);
    channel.adopt(socket);
    socket.once('connect', () => {
      if (!unix) tune(socket);
      onConnect();
    });
    return channel;
  }

  private standOn(handle: NativeHandle, unix: boolean): void {
    this.native = handle;
    if (!unix) {
      handle.setNoDelay?.(true);
      handle.setKeepAlive?.(true, KEEPALIVE_IDLE_MS / 1000);
    }
    nativeHandles?.adopt(handle, this, sharedReadBuffer);
  }

  private adoptAccepted(handle: unknown, unix: boolean): void {
    const socket = new net.Socket({
      handle,
      allowHalfOpen: false,
      onread: {
        buffer: sharedReadBuffer,
        callback: (length: number, buffer: Buffer) => this.read(buffer, length),
      },
    } as net.SocketConstructorOpts);
    this.adopt(socket);
    if (!unix) tune(socket);
  }

  /** Address and port of the peer; empty for a Unix socket or one that is gone. */
  get peer(): { readonly address: string; readonly port: number } {
    if (this.peerName === null && this.native !== null) {
      this.peerName = {};
      this.native.getpeername?.(this.peerName);
    }
    const name = this.peerName;
    if (name !== null) return { address: name.address ?? '', port: name.port ?? 0 };
    return { address: this.stream?.remoteAddress ?? '', port: this.stream?.remotePort ?? 0 };
  }

  // --- reading ----------------------------------------------------------------------------------------------------

  private read(buffer: Buffer, length: number): boolean {
    this.handler.onBytes(buffer, length);
    return !this.paused;
  }

  nativeRead(count: number): void {
    if (this.closing) return;
    if (count > 0) {
      this.handler.onBytes(sharedReadBuffer, count);
      return;
    }
    if (count === END_OF_STREAM) {
      this.end();
      return;
    }
    this.destroy(new Error(`reading failed (${count})`));
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    if (this.native !== null) this.native.readStop();
    else this.stream?.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.native !== null) this.native.readStart();
    else this.stream?.resume();
  }

  // --- writing ----------------------------------------------------------------------------------------------------

  /** Sends a copy of `[start, end)`. @returns false when the peer is behind: stop reading its source until onDrain. */
  write(source: Buffer, start: number, end: number): boolean {
    if (this.closing) return true;
    return this.enqueue(copyOut(source, start, end));
  }

  /** Sends a buffer that nobody changes afterwards (precomputed messages). */
  writeOwned(bytes: Buffer): boolean {
    if (this.closing) return true;
    return this.enqueue(bytes);
  }

  private enqueue(bytes: Buffer): boolean {
    if (this.pending === null) {
      this.pending = bytes;
      this.pendingBytes = bytes.length;
      scheduleFlush(this);
    } else {
      this.more ??= [];
      this.more.push(bytes);
      this.pendingBytes += bytes.length;
    }
    if (this.pendingBytes >= FLUSH_NOW_BYTES) this.flush();
    return !this.full;
  }

  flush(): void {
    const { pending, more } = this;
    if (pending === null) return;
    this.pending = null;
    this.more = null;
    this.send(more === null ? pending : Buffer.concat([pending, ...more], this.pendingBytes));
  }

  private send(bytes: Buffer): void {
    if (this.native === null || nativeHandles === null) {
      if (this.stream !== null && !this.stream.write(bytes)) this.behind();
      return;
    }
    const result = nativeHandles.write(this.native, bytes, this);
    if (result === 0) return;
    if (result < 0) {
      this.destroy(new Error(`writing failed (${result})`));
      return;
    }
    this.inFlight++;
    this.behind();
  }

  private behind(): void {
    if (this.full) return;
    this.full = true;
    this.handler.onFull();
  }

  nativeWritten(status: number): void {
    this.inFlight--;
    if (status < 0) this.destroy(new Error(`writing failed (${status})`));
    else if (this.inFlight === 0) this.drained();
  }

  private drained(): void {
    if (!this.full) return;
    this.full = false;
    if (!this.closing) this.handler.onDrain();
  }

  // --- TLS --------------------------------------------------------------------------------------------------------

  /**
   * Turns the channel into the server side of TLS. `head` are bytes that belong to the handshake and were already read
   * (direct TLS). `done` fires after the handshake; a failure closes the channel.
   */
  startTlsServer(options: tls.TLSSocketOptions, head: Buffer | null, done: (socket: tls.TLSSocket) => void): void {
    const plain = this.plainStream();
    if (plain === null) return;
    if (head !== null) plain.unshift(head);
    const secure = new tls.TLSSocket(plain, { ...options, isServer: true });
    this.adoptTls(secure, plain);
    secure.once('secure', () => {
      // Without a tls.Server around it Node reports a record that is broken here only, and leaves the socket open.
      secure.on('_tlsError', (error: Error) => secure.destroy(error));
      done(secure);
    });
  }

  /** Turns the channel into the client side of TLS (towards a backend). */
  startTlsClient(options: tls.ConnectionOptions, done: (socket: tls.TLSSocket) => void): void {
    const plain = this.plainStream();
    if (plain === null) return;
    const secure = tls.connect({ ...options, socket: plain });
    this.adoptTls(secure, plain);
    secure.once('secureConnect', () => done(secure));
  }

  /** The connection as a stream that TLS can sit on, paused. Null when it is closing. */
  private plainStream(): net.Socket | null {
    this.flush();
    const { native } = this;
    if (native !== null) {
      void this.peer; // the name is the handle's to tell
      native.readStop();
      this.native = null;
      const stream = streamOf(native);
      this.adopt(stream);
      stream.removeAllListeners('drain');
      stream.removeAllListeners('end');
      return stream;
    }
    const stream = this.stream;
    if (stream === null) return null;
    stream.pause();
    stream.removeAllListeners('drain');
    stream.removeAllListeners('end');
    return stream;
  }

  private adoptTls(secure: tls.TLSSocket, plain: net.Socket): void {
    this.adopt(secure);
    plain.on('close', () => secure.destroy());
    secure.on('data', (chunk: Buffer) => this.handler.onBytes(chunk, chunk.length));
  }

  private adopt(stream: net.Socket | tls.TLSSocket): void {
    this.stream = stream;
    stream.on('error', (error: Error) => {
      this.error ??= error;
    });
    stream.on('close', () => {
      if (stream === this.stream) this.finish();
    });
    stream.on('end', () => {
      if (stream !== this.stream) return;
      this.closing = true;
      stream.end();
    });
    stream.on('drain', () => this.drained());
  }

  /** The kernel has not taken all that was sent. */
  get busy(): boolean {
    return !this.closed && (this.inFlight > 0 || this.stream !== null);
  }

  /** Not one byte more goes out, not even what is queued here. It costs no call into the system where none is needed;
   *  `destroy` follows. */
  mute(): void {
    if (this.closing) return;
    this.resets = true;
    if (this.native === null || this.inFlight > 0) {
      this.destroy(); // what is on its way is not ours any more
      return;
    }
    this.closing = true;
    this.pending = null;
    this.more = null;
  }

  // --- closing ----------------------------------------------------------------------------------------------------

  /** Sends what is queued, then closes. A peer that does not take it within `graceMs` is cut off. */
  end(last: Buffer | null = null, graceMs = 5_000): void {
    if (this.closing) return;
    if (this.connecting !== null) {
      this.destroy();
      return;
    }
    if (last !== null) this.enqueue(last);
    this.flush();
    if (this.closing) return; // the write found the peer gone
    this.closing = true;
    const timer = this.native !== null && this.inFlight === 0 ? null : this.endLater(graceMs);
    if (this.native !== null) this.endNative(timer);
    else this.endStream(timer);
  }

  private endLater(graceMs: number): NodeJS.Timeout {
    const timer = setTimeout(() => this.destroy(), graceMs);
    timer.unref();
    return timer;
  }

  private endNative(timer: NodeJS.Timeout | null): void {
    const native = this.native as NativeHandle;
    native.readStop();
    // Everything is with the kernel: closing sends FIN by itself.
    if (timer === null) this.closeNative();
    else {
      nativeHandles?.shutdown(native, () => {
        clearTimeout(timer);
        this.closeNative();
      });
    }
  }

  private endStream(timer: NodeJS.Timeout | null): void {
    const stream = this.stream;
    if (stream === null) return;
    this.paused = false;
    stream.resume();
    // Closes once everything queued is out; it does not wait for the peer's own FIN.
    stream.destroySoon();
    if (timer !== null) stream.once('close', () => clearTimeout(timer));
  }

  destroy(error: Error | null = null): void {
    this.error ??= error;
    this.closing = true;
    if (this.native !== null) this.closeNative();
    else if (this.stream !== null) this.stream.destroy();
    else if (this.connecting !== null) {
      this.connecting.cancel();
      this.connecting = null;
      setImmediate(() => this.finish());
    }
  }

  private closeNative(): void {
    const { native } = this;
    if (native === null) return;
    this.native = null;
    native.readStop();
    const done = () => this.finish();
    if (!this.resets || native.reset === undefined || native.reset(done) !== 0) native.close(done);
  }

  private finish(): void {
    if (this.closed) return;
    this.closed = true;
    this.closing = true;
    this.pending = null;
    this.more = null;
    const handler = this.handler;
    this.handler = IGNORE;
    handler.onClosed(this.error);
  }
}

function tune(socket: net.Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEPALIVE_IDLE_MS);
}
