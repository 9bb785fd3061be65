import { createHash, randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';

/** How a scripted backend signs its clients in. `sasl` sends the given bytes and takes any answer. */
export type ScriptedSignIn =
  | { readonly kind: 'trust' }
  | { readonly kind: 'cleartext'; readonly password?: string }
  | { readonly kind: 'md5'; readonly password?: string; readonly salt?: Buffer }
  | {
      readonly kind: 'sasl';
      readonly mechanisms: readonly string[];
      /** Bodies of AuthenticationSASLContinue, one per answer of the client; then `final`. */
      readonly challenges: readonly (Buffer | string)[];
      readonly final?: Buffer | string;
    };

/** A message from the client: its type byte as text, its body without type and length. */
export interface ScriptedMessage {
  readonly type: string;
  readonly body: Buffer;
  /** Text of a Query; '' for others. */
  readonly sql: string;
}

/** The script's hands. Everything sent during one handler call goes out in one write. */
export interface ScriptedReply {
  readonly connection: ScriptedConnection;
  send(...messages: readonly Buffer[]): void;
  /** End politely, or with a TCP reset. */
  end(): void;
  reset(): void;
}

export interface ScriptedConnection {
  readonly id: number;
  readonly pid: number;
  /** From the startup packet; empty before it. */
  readonly parameters: ReadonlyMap<string, string>;
  /** For the script's own use. */
  state: unknown;
}

export interface ScriptedOptions {
  readonly host?: string;
  readonly port?: number;
  readonly signIn?: ScriptedSignIn;
  readonly parameters?: Readonly<Record<string, string>>;
  /** What to say to SSLRequest and GSSENCRequest: `N` by default; any bytes for a hostile one. */
  readonly answerToSsl?: Buffer | string;
  /** Sent the moment a client connects, before it said anything. */
  readonly greeting?: Buffer;
  readonly handler?: (message: ScriptedMessage, reply: ScriptedReply) => void | Promise<void>;
  readonly onCancel?: (pid: number, key: Buffer) => void;
  readonly keyBytes?: number;
}

/** A peer that speaks PostgreSQL's protocol and does what its script says: what no real server does on demand. In
 *  process, one small object per connection. Without a handler it is `simple`. */
export class ScriptedBackend {
  readonly host: string;
  readonly port: number;
  readonly #server: Server;
  readonly #peers: Set<Peer>;

  private constructor(server: Server, peers: Set<Peer>, host: string, port: number) {
    this.#server = server;
    this.#peers = peers;
    this.host = host;
    this.port = port;
  }

  static async open(options: ScriptedOptions = {}): Promise<ScriptedBackend> {
    const host = options.host ?? '127.0.0.1';
    const peers = new Set<Peer>();
    let nextId = 1;
    const server = createServer({ noDelay: true }, (socket) => {
      const peer = new Peer(nextId++, socket, options);
      peers.add(peer);
      socket.once('close', () => peers.delete(peer));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: options.port ?? 0, backlog: 4096 }, resolve);
    });
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    return new ScriptedBackend(server, peers, host, port);
  }

  get connections(): number {
    return this.#peers.size;
  }

  /** Sends to every client, asked or not: a notice, a ParameterStatus, the end of the server. */
  broadcast(...messages: readonly Buffer[]): void {
    for (const peer of this.#peers) peer.send(...messages);
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) peer.reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Longest body that a scripted backend takes; its clients are tests. */
const BODY_MAX = 1 << 26;

class Peer implements ScriptedReply, ScriptedConnection {
  readonly id: number;
  readonly pid: number;
  readonly parameters = new Map<string, string>();
  state: unknown;
  readonly #socket: Socket;
  readonly #options: ScriptedOptions;
  readonly #salt: Buffer;
  #held: Buffer = NOTHING;
  #phase: 'startup' | 'sign-in' | 'ready' = 'startup';
  #challenge = 0;
  #out: Buffer[] | undefined;
  #working = false;

  constructor(id: number, socket: Socket, options: ScriptedOptions) {
    this.id = id;
    this.pid = 1_000_000 + id;
    this.#socket = socket;
    this.#options = options;
    this.#salt = options.signIn?.kind === 'md5' && options.signIn.salt ? options.signIn.salt : randomBytes(4);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
      if (!this.#working) void this.#work();
    });
    if (options.greeting) socket.write(options.greeting);
  }

  get connection(): ScriptedConnection {
    return this;
  }

  send(...messages: readonly Buffer[]): void {
    if (this.#out) this.#out.push(...messages);
    else if (!this.#socket.destroyed)
      this.#socket.write(messages.length === 1 ? messages[0]! : Buffer.concat(messages));
  }

  end(): void {
    this.#flush();
    this.#socket.end();
  }

  reset(): void {
    this.#out = undefined;
    this.#socket.resetAndDestroy();
  }

  #flush(): void {
    const out = this.#out;
    this.#out = undefined;
    if (out && out.length > 0) this.send(...out);
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let again = true; again; ) {
        this.#out = [];
        const waiting = this.#take();
        // Only an asynchronous script costs a turn of the loop.
        again = typeof waiting === 'boolean' ? waiting : await waiting;
        // One write for a run of messages, unless a script ended the connection.
        this.#flush();
      }
    } catch (error) {
      this.#out = undefined;
      this.send(
        errorResponse({ S: 'FATAL', C: 'XX000', M: `script failed: ${error instanceof Error ? error.message : ''}` }),
      );
      this.#socket.end();
    } finally {
      this.#working = false;
    }
  }

  /** Handles what is complete. True when there may be more at once. */
  #take(): boolean | Promise<boolean> {
    while (!this.#socket.destroyed) {
      const startup = this.#phase === 'startup';
      const head = startup ? 0 : 1;
      if (this.#held.length < head + 4) return false;
      const length = this.#held.readInt32BE(head);
      if (length < 4 || length > BODY_MAX) {
        this.reset();
        return false;
      }
      if (this.#held.length < head + length) return false;
      const body = this.#held.subarray(head + 4, head + length);
      const type = startup ? '' : String.fromCharCode(this.#held[0]!);
      this.#held = this.#held.subarray(head + length);
      if (startup) this.#start(body);
      else if (this.#phase === 'sign-in') this.#signIn(body);
      else if (type === 'X') this.end();
      else {
        const sql = type === 'Q' ? body.toString('utf8', 0, Math.max(0, body.length - 1)) : '';
        const done = (this.#options.handler ?? simple)({ type, body, sql }, this);
        if (done) return done.then(() => true);
      }
    }
    return false;
  }

  #start(body: Buffer): void {
    const code = body.length >= 4 ? body.readInt32BE(0) : 0;
    if (code === 80877103 || code === 80877104) {
      const answer = this.#options.answerToSsl ?? 'N';
      this.send(Buffer.isBuffer(answer) ? answer : Buffer.from(answer, 'latin1'));
      return;
    }
    if (code === 80877102) {
      this.#options.onCancel?.(body.readInt32BE(4), Buffer.from(body.subarray(8)));
      this.end();
      return;
    }
    const words = body.toString('utf8', 4).split('\0');
    for (let i = 0; i + 1 < words.length && words[i] !== ''; i += 2) this.parameters.set(words[i]!, words[i + 1]!);
    const signIn = this.#options.signIn ?? { kind: 'trust' };
    this.#phase = 'sign-in';
    switch (signIn.kind) {
      case 'trust':
        this.#welcome();
        break;
      case 'cleartext':
        this.send(authentication(3));
        break;
      case 'md5':
        this.send(authentication(5, this.#salt));
        break;
      case 'sasl':
        this.send(authentication(10, `${signIn.mechanisms.map((name) => `${name}\0`).join('')}\0`));
        break;
    }
  }

  #signIn(body: Buffer): void {
    const signIn = this.#options.signIn ?? { kind: 'trust' };
    if (signIn.kind === 'sasl') {
      const challenge = signIn.challenges[this.#challenge++];
      if (challenge !== undefined) {
        this.send(authentication(11, challenge));
        return;
      }
      if (signIn.final !== undefined) this.send(authentication(12, signIn.final));
      this.#welcome();
      return;
    }
    const given = body.toString('utf8', 0, Math.max(0, body.length - 1));
    const user = this.parameters.get('user') ?? '';
    const expected =
      signIn.kind === 'trust' || signIn.password === undefined
        ? given
        : signIn.kind === 'md5'
          ? md5Answer(user, signIn.password, this.#salt)
          : signIn.password;
    if (given === expected) {
      this.#welcome();
      return;
    }
    this.send(errorResponse({ S: 'FATAL', C: '28P01', M: `password authentication failed for user "${user}"` }));
    this.end();
  }

  #welcome(): void {
    this.#phase = 'ready';
    const key = Buffer.alloc(4 + (this.#options.keyBytes ?? 4));
    key.writeInt32BE(this.pid, 0);
    randomBytes(key.length - 4).copy(key, 4);
    const parameters = { ...PARAMETERS, ...this.#options.parameters };
    this.send(
      authentication(0),
      ...Object.entries(parameters).map(([name, value]) => message('S', `${name}\0${value}\0`)),
      message('K', key),
      READY,
    );
  }
}

const md5 = (data: Buffer | string): string => createHash('md5').update(data).digest('hex');
const md5Answer = (user: string, password: string, salt: Buffer): string =>
  `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), salt]))}`;

const NOTHING: Buffer = Buffer.alloc(0);

const PARAMETERS: Readonly<Record<string, string>> = {
  server_version: '18.0 (scripted)',
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  integer_datetimes: 'on',
  standard_conforming_strings: 'on',
  in_hot_standby: 'off',
  default_transaction_read_only: 'off',
  is_superuser: 'off',
  session_authorization: 'scripted',
  IntervalStyle: 'postgres',
};

/** A message with its true length. */
export function message(type: string, body: Buffer | string = NOTHING): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
  return messageWithLength(type, bytes.length + 4, bytes);
}

/** A message that lies about its length: huge, negative, too short. */
export function messageWithLength(type: string, length: number, body: Buffer = NOTHING): Buffer {
  const framed = Buffer.alloc(5 + body.length);
  framed.write(type, 0, 'latin1');
  framed.writeInt32BE(length | 0, 1);
  body.copy(framed, 5);
  return framed;
}

export function authentication(code: number, rest: Buffer | string = NOTHING): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(code, 0);
  return message('R', Buffer.concat([head, Buffer.isBuffer(rest) ? rest : Buffer.from(rest)]));
}

/** ErrorResponse from raw fields; leave C out for one without SQLSTATE. */
export function errorResponse(fields: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(fields).map(([name, value]) => `${name}${value}\0`);
  return message('E', `${text.join('')}\0`);
}

/** ErrorResponse as an error of a statement. */
export const failed = (sqlstate: string, text: string): Buffer =>
  errorResponse({ S: 'ERROR', V: 'ERROR', C: sqlstate, M: text });

export const readyForQuery = (status: 'I' | 'T' | 'E' = 'I'): Buffer => message('Z', status);
export const commandComplete = (tag: string): Buffer => message('C', `${tag}\0`);

/** RowDescription of text columns. */
export function rowDescription(...names: readonly string[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(names.length, 0);
  const tail = Buffer.alloc(18);
  tail.writeInt32BE(25, 6);
  tail.writeInt16BE(-1, 10);
  tail.writeInt32BE(-1, 12);
  return message('T', Buffer.concat([count, ...names.flatMap((name) => [Buffer.from(`${name}\0`), tail])]));
}

export function dataRow(...values: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(values.length, 0);
  const cells = values.map((value) => {
    const text = value === null ? NOTHING : Buffer.from(value);
    const cell = Buffer.alloc(4 + text.length);
    cell.writeInt32BE(value === null ? -1 : text.length, 0);
    text.copy(cell, 4);
    return cell;
  });
  return message('D', Buffer.concat([count, ...cells]));
}

const READY = readyForQuery();
const SELECT_DONE = Buffer.concat([commandComplete('SELECT 1'), READY]);
const COLUMN = rowDescription('?column?');
const EMPTY = Buffer.concat([message('I'), READY]);
const PARSED = message('1');
const BOUND = message('2');
const CLOSED = message('3');
const NO_DATA = message('n');
const PARAMETERLESS = message('t', Buffer.alloc(2));

/** Answers every Query with CommandComplete and ReadyForQuery, `SELECT 'text'` with that text, and the extended protocol
 *  as a server would that returns nothing. Cheap enough for 10,000 clients. */
export function simple(request: ScriptedMessage, reply: ScriptedReply): void {
  switch (request.type) {
    case 'Q': {
      const text = /^\s*select\s+'([^']*)'/i.exec(request.sql)?.[1];
      if (text !== undefined) reply.send(COLUMN, dataRow(text), SELECT_DONE);
      else if (request.sql.trim() === '') reply.send(EMPTY);
      else reply.send(commandComplete(tagOf(request.sql)), READY);
      break;
    }
    case 'P':
      reply.send(PARSED);
      break;
    case 'B':
      reply.send(BOUND);
      break;
    case 'D':
      if (request.body[0] === 0x53) reply.send(PARAMETERLESS);
      reply.send(NO_DATA);
      break;
    case 'E':
      reply.send(commandComplete('SELECT 0'));
      break;
    case 'C':
      reply.send(CLOSED);
      break;
    case 'S':
      reply.send(READY);
      break;
    case 'F':
      reply.send(failed('0A000', 'no functions here'), READY);
      break;
    default:
      // Flush, CopyData and their like need no answer.
      break;
  }
}

function tagOf(sql: string): string {
  const word = /^\s*([a-z]+)/i.exec(sql)?.[1]?.toUpperCase() ?? 'SELECT';
  if (word === 'SELECT') return 'SELECT 0';
  if (word === 'INSERT') return 'INSERT 0 1';
  return word === 'UPDATE' || word === 'DELETE' ? `${word} 1` : word;
}
