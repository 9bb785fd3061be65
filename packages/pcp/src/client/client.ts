/** A PCP client: one connection, one request at a time. Understands Pgpool-II 4.3 to 4.7 and pgherd. */
import net from 'node:net';
import path from 'node:path';
import { encodeFrame, type Frame, FrameLengthError, FrameReader, REPLY_LENGTH_MAX } from '../wire/frame.ts';
import { decodeNodeInfo, type NodeInfo } from '../wire/node-info.ts';
import { decodeNotice, type Notice } from '../wire/notice.ts';
import { challengeResponse, storedHash } from '../wire/password.ts';
import { PROCESS_FIELDS_MIN } from '../wire/process-info.ts';
import { ARRAY_SIZE, COMPLETE, decodeReply } from '../wire/replies.ts';
import { encodeNumber, encodePromote, REQUEST } from '../wire/requests.ts';
import { encodeTexts } from '../wire/texts.ts';

export interface PcpClientOptions {
  /** A name, an address, a directory of a Unix socket; empty: /tmp. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** One line for each frame. */
  readonly trace?: (line: string) => void;
  readonly onNotice?: (notice: Notice) => void;
  readonly connectMs?: number;
}

const CONNECT_MS = 30_000;
const SOCKET_DIRECTORY = '/tmp';

/** The server cannot be reached, or speaks something else. */
export class PcpConnectError extends Error {
  readonly code = 'PCP_CONNECTION';
}

/** The server refused, in its own words. */
export class PcpServerError extends Error {
  readonly code = 'PCP_ERROR';
  readonly notice: Notice;
  constructor(notice: Notice) {
    super(notice.message);
    this.notice = notice;
  }
}

type Scope = 'local' | 'cluster';
type StopWord = 'smart' | 'fast' | 'immediate';

export class PcpClient {
  private readonly socket: net.Socket;
  private readonly options: PcpClientOptions;
  private readonly reader = new FrameReader(REPLY_LENGTH_MAX);
  private readonly chunks: AsyncIterator<Buffer>;
  /** What is sent before is not traced, as the original does not. */
  private signedIn = false;

  private constructor(socket: net.Socket, options: PcpClientOptions) {
    this.socket = socket;
    this.options = options;
    this.chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** Connects and signs in. @throws PcpConnectError, PcpServerError */
  static async open(options: PcpClientOptions): Promise<PcpClient> {
    const client = new PcpClient(await connect(options), options);
    try {
      await client.signIn();
      return client;
    } catch (error) {
      client.socket.destroy();
      throw error;
    }
  }

  close(): void {
    this.send(REQUEST.disconnect);
    this.socket.end();
    this.socket.destroySoon();
  }

  async nodeCount(): Promise<number> {
    return Number((await this.ask(REQUEST.nodeCount, 'l'))[0]);
  }

  /** @param node -1: all */
  async nodeInfo(node: number): Promise<readonly NodeInfo[]> {
    const rows = await this.askRows(REQUEST.nodeInfo, 'i', 'NodeInfo', encodeNumber(node));
    return rows.map((fields) => decodeNodeInfo(fields) ?? this.nonsense('a node record that is too short'));
  }

  /** The 20 texts of SHOW pool_health_check_stats. */
  healthCheckStats(node: number): Promise<readonly string[]> {
    return this.ask(REQUEST.healthCheckStats, 'h', encodeNumber(node));
  }

  async processIds(): Promise<readonly string[]> {
    const [count = '0', ...pids] = await this.ask(REQUEST.processCount, 'n');
    return pids.slice(0, Number(count));
  }

  /** @param pid 0: all; @returns each as PROCESS_FIELDS names them, the older server's without the last four */
  async processInfo(pid: number): Promise<readonly (readonly string[])[]> {
    const rows = await this.askRows(REQUEST.processInfo, 'p', 'ProcessInfo', encodeNumber(pid));
    for (const row of rows) if (row.length < PROCESS_FIELDS_MIN) this.nonsense('a process record that is too short');
    return rows;
  }

  /** Name, value, description. */
  poolStatus(): Promise<readonly (readonly string[])[]> {
    return this.askRows(REQUEST.configuration, 'b', 'ProcessConfig');
  }

  /** @param node -1: all, 0: the one that is asked; @returns its JSON */
  async watchdogInfo(node: number): Promise<string> {
    return (await this.ask(REQUEST.watchdogInfo, 'w', encodeNumber(node)))[0] ?? '';
  }

  async attach(node: number): Promise<void> {
    await this.ask(REQUEST.attach, 'c', encodeNumber(node));
  }

  async detach(node: number, gracefully: boolean): Promise<void> {
    await this.ask(gracefully ? REQUEST.detachGracefully : REQUEST.detach, 'd', encodeNumber(node));
  }

  async promote(node: number, { gracefully = false, switchover = false } = {}): Promise<void> {
    const type = gracefully ? REQUEST.promoteGracefully : REQUEST.promote;
    await this.ask(type, 'd', encodePromote(node, switchover));
  }

  async recover(node: number): Promise<void> {
    await this.ask(REQUEST.recover, 'c', encodeNumber(node));
  }

  async stop(mode: StopWord, scope: Scope): Promise<void> {
    await this.ask(scope === 'cluster' ? REQUEST.stopCluster : REQUEST.stop, 't', firstLetter(mode));
  }

  async reload(scope: Scope): Promise<void> {
    await this.ask(REQUEST.reload, 'z', firstLetter(scope));
  }

  async rotateLog(scope: Scope): Promise<void> {
    await this.ask(REQUEST.rotateLog, 'v', firstLetter(scope));
  }

  async invalidateCache(): Promise<void> {
    await this.ask(REQUEST.invalidateCache, 'g');
  }

  private async signIn(): Promise<void> {
    const { user, password } = this.options;
    this.send(REQUEST.salt);
    const { body: salt } = await this.reply('m');
    this.send(REQUEST.signIn, encodeTexts(user, challengeResponse(storedHash(password), user, salt)));
    const { word } = decodeReply(await this.reply('r'));
    if (word !== 'AuthenticationOK') this.nonsense('an answer to the sign-in that is none');
    this.signedIn = true;
  }

  /** A request with one answer. @returns what follows CommandComplete */
  private async ask(type: string, answer: string, body?: Buffer): Promise<readonly string[]> {
    this.send(type, body);
    const { word, texts } = decodeReply(await this.reply(answer));
    return word === COMPLETE ? texts : this.nonsense(`"${word}" where ${COMPLETE} belongs`);
  }

  private async askRows(type: string, answer: string, name: string, body?: Buffer): Promise<readonly string[][]> {
    this.send(type, body);
    const rows: string[][] = [];
    for (;;) {
      const frame = await this.reply(answer);
      const { word, texts } = decodeReply(frame);
      if (word === COMPLETE) return rows;
      if (word === name) rows.push([...texts]);
      else if (word !== ARRAY_SIZE) this.nonsense(`"${word}" where ${name} belongs`);
    }
  }

  private send(type: string, body?: Buffer): void {
    const frame = encodeFrame(type, body);
    this.socket.write(frame);
    if (this.signedIn) this.options.trace?.(`send: tos="${type}", len=${frame.length - 1}`);
  }

  /** Notices on the way are told and passed over. @throws PcpServerError, PcpConnectError */
  private async reply(type: string): Promise<Frame> {
    for (;;) {
      const frame = await this.frame();
      this.options.trace?.(`recv: tos="${frame.type}", len=${frame.body.length + 4}`);
      if (frame.type === type) return frame;
      if (frame.type === 'E') throw new PcpServerError(decodeNotice(frame.body));
      if (frame.type === 'N') this.options.onNotice?.(decodeNotice(frame.body));
      else this.nonsense(`a frame of type "${frame.type}" where "${type}" belongs`);
    }
  }

  private async frame(): Promise<Frame> {
    for (;;) {
      try {
        const frame = this.reader.next();
        if (frame !== null) return frame;
      } catch (error) {
        if (error instanceof FrameLengthError) this.nonsense(error.message);
        throw error;
      }
      let read: IteratorResult<Buffer>;
      try {
        read = await this.chunks.next();
      } catch (error) {
        throw new PcpConnectError(`the connection broke: ${(error as Error).message}`);
      }
      if (read.done === true) throw new PcpConnectError('the server closed the connection');
      this.reader.push(read.value);
    }
  }

  private nonsense(what: string): never {
    throw new PcpConnectError(`the server does not speak PCP as known: ${what}`);
  }
}

const firstLetter = (word: string): Buffer => Buffer.from(word.charAt(0));

function connect({ host, port, connectMs = CONNECT_MS }: PcpClientOptions): Promise<net.Socket> {
  const directory = host === '' ? SOCKET_DIRECTORY : host.startsWith('/') ? host : null;
  const file = directory === null ? null : path.join(directory, `.s.PGSQL.${port}`);
  const socket = file === null ? net.connect({ host, port, noDelay: true }) : net.connect(file);
  const where = file === null ? `host "${host}"` : `socket "${file}"`;
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new PcpConnectError(`connection to ${where} failed with error "${reason}"`));
    };
    const timer = setTimeout(() => fail(`no answer in ${connectMs} ms`), connectMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      fail(reasonOf(error));
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error').on('error', () => {}); // reading reports it
      resolve(socket);
    });
  });
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  ENOTFOUND: 'Name or service not known',
};

function reasonOf(error: NodeJS.ErrnoException & { errors?: readonly NodeJS.ErrnoException[] }): string {
  const { code, message } = error.errors?.[0] ?? error;
  return WORDS[code ?? ''] ?? message;
}
