/** A PCP server on free ports over a fake room, and raw connections to it. */
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { freePorts } from '@pgherd/lab';
import { openPcp, type PcpServer, type PcpServerOptions, type PcpSettings } from '../server/open-pcp.ts';
import { encodeFrame } from '../wire/frame.ts';
import { challengeResponse, storedHash } from '../wire/password.ts';
import { encodeTexts } from '../wire/texts.ts';
import { FakeOperations } from './fake-operations.ts';

export const USER = 'ann';
export const PASSWORD = 'correct horse';

export class TestPcp {
  readonly operations: FakeOperations;
  readonly log: string[];
  readonly dir: string;
  readonly port: number;
  readonly usersFile: string;
  private readonly server: PcpServer;
  private readonly open = new Set<RawPcp>();

  private constructor(parts: Pick<TestPcp, 'operations' | 'log' | 'dir' | 'port' | 'usersFile'>, server: PcpServer) {
    this.operations = parts.operations;
    this.log = parts.log;
    this.dir = parts.dir;
    this.port = parts.port;
    this.usersFile = parts.usersFile;
    this.server = server;
  }

  static async start(changes: Partial<PcpSettings> = {}, options: PcpServerOptions = {}): Promise<TestPcp> {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-pcp-'));
    const [port = 0] = await freePorts(1);
    const usersFile = path.join(dir, 'pcp.conf');
    fs.writeFileSync(usersFile, `# users\n${USER}:${storedHash(PASSWORD)}\n`);
    const settings = {
      pcp_listen_addresses: ['127.0.0.1'],
      pcp_port: port,
      pcp_socket_dir: [dir],
      usersFile,
      authentication_timeout: 10,
      log_pcp_processes: false,
      ...changes,
    };
    const operations = new FakeOperations();
    const log: string[] = [];
    const server = await openPcp(operations, settings, { log: (line) => log.push(line), settleMs: 50, ...options });
    return new TestPcp({ operations, log, dir, port, usersFile }, server);
  }

  async connect(): Promise<RawPcp> {
    const socket = net.connect(this.port, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const raw = new RawPcp(socket);
    this.open.add(raw);
    return raw;
  }

  /** Signed in. */
  async enter(): Promise<RawPcp> {
    const raw = await this.connect();
    await raw.signIn();
    return raw;
  }

  async stop(): Promise<void> {
    for (const raw of this.open) raw.socket.destroy();
    await this.server.close();
    fs.rmSync(this.dir, { recursive: true });
  }
}

/** A connection that sends what it is told, frame or not. */
export class RawPcp {
  readonly socket: net.Socket;
  private got = Buffer.alloc(0);
  private ended = false;
  private heard: () => void = () => {};

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.got = Buffer.concat([this.got, chunk]);
      this.heard();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
      this.heard();
    });
  }

  send(type: string, body: Buffer | string = ''): void {
    this.socket.write(encodeFrame(type, Buffer.from(body)));
  }

  /** One whole frame as text (latin1 of type, then body), or `closed`. */
  async frame(): Promise<string> {
    for (;;) {
      if (this.got.length >= 5) {
        const end = 1 + this.got.readInt32BE(1);
        if (this.got.length >= end) {
          const text = this.got.toString('latin1', 0, 1) + this.got.toString('utf8', 5, end);
          this.got = this.got.subarray(end);
          return text;
        }
      }
      if (this.ended) return 'closed';
      await new Promise<void>((resolve) => {
        this.heard = resolve;
      });
    }
  }

  async ask(type: string, body: Buffer | string = ''): Promise<string> {
    this.send(type, body);
    return this.frame();
  }

  /** Everything until the server closes the connection. */
  async rest(): Promise<Buffer> {
    while (!this.ended) {
      await new Promise<void>((resolve) => {
        this.heard = resolve;
      });
    }
    return this.got;
  }

  async signIn(user = USER, password = PASSWORD): Promise<string> {
    const salt = Buffer.from((await this.askRaw('M')).subarray(5));
    return this.ask('R', encodeTexts(user, challengeResponse(storedHash(password), user, salt)));
  }

  /** The next frame in bytes, header included. */
  async askRaw(type: string, body: Buffer | string = ''): Promise<Buffer> {
    this.send(type, body);
    while (this.got.length < 5 || this.got.length < 1 + this.got.readInt32BE(1)) {
      if (this.ended) throw new Error('closed');
      await new Promise<void>((resolve) => {
        this.heard = resolve;
      });
    }
    const end = 1 + this.got.readInt32BE(1);
    const frame = this.got.subarray(0, end);
    this.got = this.got.subarray(end);
    return frame;
  }
}
