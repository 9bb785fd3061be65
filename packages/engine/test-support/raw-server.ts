/** A server that says exactly what a test wants it to say: what no honest PostgreSQL would. */
import net from 'node:net';
import {
  encodeAuthenticationOk,
  encodeBackendKeyData,
  encodeParameterStatus,
  encodeReadyForQuery,
  type Frame,
  FrameReader,
} from '@pgherd/wire';

/** One connection as a script sees it. Waiting ends with an error when the other side goes. */
export class RawPeer {
  private readonly socket: net.Socket;
  private held: Buffer = Buffer.alloc(0);
  private reader: FrameReader | null = null;
  private readonly frames: Frame[] = [];
  private wake: (() => void) | null = null;
  received = 0;

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.length;
      if (this.reader === null) this.held = Buffer.concat([this.held, chunk]);
      else this.frames.push(...this.reader.push(chunk));
      this.wake?.();
    });
    socket.on('close', () => this.wake?.());
  }

  get closed(): boolean {
    return this.socket.closed;
  }

  private async wait(good: () => boolean): Promise<void> {
    while (!good()) {
      if (this.socket.closed) throw new Error('the other side is gone');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** A whole packet without type: SSLRequest, CancelRequest, StartupMessage. */
  async packet(): Promise<Buffer> {
    await this.wait(() => this.held.length >= 4 && this.held.length >= this.held.readUInt32BE(0));
    const size = this.held.readUInt32BE(0);
    const packet = this.held.subarray(0, size);
    this.held = this.held.subarray(size);
    return packet;
  }

  /** The next typed message. */
  async message(): Promise<Frame> {
    if (this.reader === null) {
      this.reader = new FrameReader();
      this.frames.push(...this.reader.push(this.held));
      this.held = Buffer.alloc(0);
    }
    await this.wait(() => this.frames.length > 0);
    return this.frames.shift() as Frame;
  }

  send(...messages: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(messages));
  }

  /** Resolves when the kernel has taken it, or the other side is gone. */
  sendAll(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) resolve();
      else this.socket.write(bytes, () => resolve());
    });
  }

  /** AuthenticationOk and all that follows it. */
  welcome(pid = 4711): void {
    this.send(
      encodeAuthenticationOk(),
      encodeParameterStatus('server_version', '18.0 (raw)'),
      encodeParameterStatus('client_encoding', 'UTF8'),
      encodeBackendKeyData(pid, Buffer.alloc(4, 7)),
      encodeReadyForQuery('I'),
    );
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }
}

export class RawServer {
  readonly host = '127.0.0.1';
  readonly port: number;
  private readonly server: net.Server;
  private readonly sockets: Set<net.Socket>;

  private constructor(server: net.Server, sockets: Set<net.Socket>) {
    this.server = server;
    this.sockets = sockets;
    this.port = (server.address() as net.AddressInfo).port;
  }

  /** `script` runs for each connection; when it throws, the connection is closed. */
  static open(script: (peer: RawPeer) => Promise<void> | void): Promise<RawServer> {
    const sockets = new Set<net.Socket>();
    const server = net.createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      const peer = new RawPeer(socket);
      void (async () => script(peer))().catch(() => socket.destroy());
    });
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(new RawServer(server, sockets))));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
