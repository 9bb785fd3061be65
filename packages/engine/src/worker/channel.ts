/**
 * A byte channel to one peer: a socket with a shared read buffer, one write per call, and back-pressure both ways.
 *
 * Plain sockets read into one buffer that all sockets of the process share (`onread`): Node reads, calls back
 * synchronously, and the view is dead when the callback returns. Whatever outlives the call is copied. That keeps an
 * idle client at a few kilobytes and a busy one free of allocations on the read side. Accepted sockets honour `onread`
 * only when the socket object is built by us around the raw handle, which is why the acceptor hands over handles.
 *
 * Writes are copied into a slab, because a write that the kernel takes only in part keeps pointing at its memory.
 */
import net from 'node:net';
import tls from 'node:tls';
import { directWriter, type WriteHandle, writeHandleOf } from './direct-write.ts';

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

export type RawHandle = net.Socket extends { _handle: infer H } ? H : unknown;

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

export class Channel {
  handler: ChannelHandler = IGNORE;
  socket: net.Socket | tls.TLSSocket;
  /** True once the peer or we closed it. */
  closed = false;
  private error: Error | null = null;
  /** Set for a plain socket that is written to directly. */
  private handle: WriteHandle | null = null;
  private inFlight = 0;
  /** More is queued than the peer takes. */
  private full = false;
  private paused = false;

  private constructor() {
    this.socket = undefined as unknown as net.Socket;
  }

  /** Takes over an accepted connection by its raw handle (what `process.send` delivers). */
  static accept(handle: unknown, unix: boolean): Channel {
    const channel = new Channel();
    const socket = new net.Socket({
      handle,
      allowHalfOpen: false,
      onread: {
        buffer: sharedReadBuffer,
        callback: (length: number, buffer: Buffer) => channel.read(buffer, length),
      },
    } as net.SocketConstructorOpts);
    channel.adopt(socket);
    if (!unix) channel.tune();
    channel.handle = writeHandleOf(socket);
    return channel;
  }

  /** Opens a connection; `onConnect` fires once it stands, `handler.onClosed` if it never does. */
  static connect(
    target: { host: string; port: number } | { path: string },
    handler: ChannelHandler,
    onConnect: () => void,
  ): Channel {
    const channel = new Channel();
    channel.handler = handler;
    const socket = net.connect({
      ...target,
      onread: {
        buffer: sharedReadBuffer,
        callback: (length: number, buffer: Buffer) => channel.read(buffer, length),
      },
    } as net.NetConnectOpts);
    channel.adopt(socket);
    socket.once('connect', () => {
      if (!('path' in target)) channel.tune();
      channel.handle = writeHandleOf(socket);
      onConnect();
    });
    return channel;
  }

  private read(buffer: Buffer, length: number): boolean {
    this.handler.onBytes(buffer, length);
    return !this.paused;
  }

  private adopt(socket: net.Socket | tls.TLSSocket): void {
    this.socket = socket;
    socket.on('error', (error: Error) => {
      this.error ??= error;
    });
    socket.on('close', () => this.finish(socket));
    socket.on('end', () => {
      if (socket === this.socket) this.socket.end();
    });
    socket.on('drain', () => this.drained());
  }

  /** TCP only: a Unix socket has neither Nagle nor keepalive. */
  private tune(): void {
    this.socket.setNoDelay(true);
    this.socket.setKeepAlive(true, KEEPALIVE_IDLE_MS);
  }

  private finish(socket: net.Socket): void {
    if (socket !== this.socket || this.closed) return;
    this.closed = true;
    const handler = this.handler;
    this.handler = IGNORE;
    handler.onClosed(this.error);
  }

  /**
   * Turns the channel into the server side of TLS. `head` are bytes that belong to the handshake and were already read
   * (direct TLS). `done` fires after the handshake; a failure closes the channel.
   */
  startTlsServer(options: tls.TLSSocketOptions, head: Buffer | null, done: (socket: tls.TLSSocket) => void): void {
    this.flush();
    this.handle = null;
    const plain = this.socket;
    plain.pause();
    plain.removeAllListeners('drain');
    plain.removeAllListeners('end');
    if (head !== null) plain.unshift(head);
    const secure = new tls.TLSSocket(plain, { ...options, isServer: true });
    this.adoptTls(secure, plain);
    secure.once('secure', () => done(secure));
  }

  /** Turns the channel into the client side of TLS (towards a backend). */
  startTlsClient(options: tls.ConnectionOptions, done: (socket: tls.TLSSocket) => void): void {
    this.flush();
    this.handle = null;
    const plain = this.socket;
    plain.pause();
    plain.removeAllListeners('drain');
    plain.removeAllListeners('end');
    const secure = tls.connect({ ...options, socket: plain });
    this.adoptTls(secure, plain);
    secure.once('secureConnect', () => done(secure));
  }

  private adoptTls(secure: tls.TLSSocket, plain: net.Socket): void {
    this.adopt(secure);
    plain.on('close', () => secure.destroy());
    secure.on('data', (chunk: Buffer) => this.handler.onBytes(chunk, chunk.length));
  }

  /** Sends a copy of `[start, end)`. @returns false when the peer is behind: stop reading its source until onDrain. */
  write(source: Buffer, start: number, end: number): boolean {
    if (this.closed) return true;
    return this.enqueue(copyOut(source, start, end));
  }

  private pending: Buffer | null = null;
  private more: Buffer[] | null = null;
  private pendingBytes = 0;

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
    if (this.closed) return;
    const bytes = more === null ? pending : Buffer.concat([pending, ...more], this.pendingBytes);
    const handle = this.handle;
    if (handle === null || directWriter === null) {
      if (!this.socket.write(bytes)) this.behind();
      return;
    }
    const result = directWriter.write(handle, bytes, this.written);
    if (result === 0) return;
    if (result < 0) {
      this.socket.destroy(new Error('the peer is gone'));
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

  private readonly written = (status: number): void => {
    this.inFlight--;
    if (status < 0) {
      this.socket.destroy(new Error('the peer is gone'));
      return;
    }
    if (this.inFlight === 0) this.drained();
  };

  private drained(): void {
    if (!this.full) return;
    this.full = false;
    this.handler.onDrain();
  }

  /** Sends a buffer that nobody changes afterwards (precomputed messages). */
  writeOwned(bytes: Buffer): boolean {
    if (this.closed) return true;
    return this.enqueue(bytes);
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.socket.resume();
  }

  /** Sends what is queued, then closes. A peer that does not take it within `graceMs` is cut off. */
  end(last: Buffer | null = null, graceMs = 5_000): void {
    if (this.closed) return;
    this.flush();
    const socket = this.socket;
    if (last === null && this.handle !== null && this.inFlight === 0) {
      // Everything is with the kernel: closing sends FIN by itself.
      socket.destroy();
      return;
    }
    if (last !== null) socket.end(last);
    this.resume();
    // Closes once everything queued is out; it does not wait for the peer's own FIN.
    socket.destroySoon();
    if (this.inFlight === 0 && socket.writableLength === 0) return;
    const timer = setTimeout(() => socket.destroy(), graceMs);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.socket.destroy();
  }
}
