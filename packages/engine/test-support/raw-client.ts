/** A client that says exactly what a test wants it to say, and sees every message that comes back. */
import { createHash } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import {
  Backend,
  decodeAuthentication,
  decodeBackendKeyData,
  decodeCommandComplete,
  decodeDataRow,
  decodeErrorFields,
  decodeParameterStatus,
  encodeCancelRequest,
  encodePasswordMessage,
  encodeQuery,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeSslRequest,
  encodeStartup,
  encodeTerminate,
  type Frame,
  FrameReader,
  PROTOCOL_3_0,
  type ReceivedErrorFields,
} from '@pgherd/wire';
import { type ScramBinding, TestScram } from './scram-client.ts';

export type Target = { readonly host: string; readonly port: number } | { readonly path: string };

export interface SignIn {
  readonly user: string;
  readonly database?: string;
  readonly password?: string;
  readonly protocol?: number;
  readonly params?: Readonly<Record<string, string>>;
  /** SSLRequest first, then TLS; `direct` without the request. */
  readonly tls?: tls.ConnectionOptions & { readonly direct?: boolean };
  /** Which channel binding to use when the server offers SCRAM-SHA-256-PLUS. */
  readonly binding?: ScramBinding;
  /** For each message of the sign-in: a client may have to queue. */
  readonly timeoutMs?: number;
}

/** What the server said until its first ReadyForQuery. */
export interface Greeting {
  /** What it asked: `ok` alone for trust. */
  readonly asked: readonly string[];
  readonly mechanisms: readonly string[];
  readonly parameters: ReadonlyMap<string, string>;
  readonly pid: number;
  readonly secret: Buffer;
  readonly frames: readonly Frame[];
}

export interface Answer {
  readonly frames: readonly Frame[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly tags: readonly string[];
  readonly errors: readonly ReceivedErrorFields[];
  /** ReadyForQuery's. */
  readonly status: string;
}

/** The server refused: its ErrorResponse. */
export class ServerError extends Error {
  readonly fields: ReceivedErrorFields;
  readonly asked: readonly string[];
  constructor(fields: ReceivedErrorFields, asked: readonly string[] = []) {
    super(`${fields.severity} ${fields.sqlstate}: ${fields.message}`);
    this.fields = fields;
    this.asked = asked;
  }
}

/** The connection ended before what was waited for came. */
export class ClosedError extends Error {}

const DEADLINE_MS = 10_000;

export class RawClient {
  private socket: net.Socket;
  private reader: FrameReader | null;
  private readonly frames: Frame[] = [];
  private raw: Buffer = Buffer.alloc(0);
  private wake: (() => void) | null = null;
  private broken: Error | null = null;
  /** Bytes that came, framed or not. */
  received = 0;
  /** Set to count bytes without keeping them. */
  discards = false;
  greeting: Greeting | null = null;

  private constructor(socket: net.Socket, framed: boolean) {
    this.socket = socket;
    this.reader = framed ? new FrameReader() : null;
    this.listen(socket);
  }

  private listen(socket: net.Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.length;
      if (this.discards) {
        this.wake?.();
        return;
      }
      if (this.reader === null) this.raw = Buffer.concat([this.raw, chunk]);
      else {
        try {
          this.frames.push(...this.reader.push(chunk));
        } catch (error) {
          this.broken = error as Error;
        }
      }
      this.wake?.();
    });
    socket.on('error', (error) => {
      this.broken ??= error;
    });
    socket.on('close', () => {
      this.wake?.();
    });
  }

  /** A connection and no more. `framed: false` keeps what comes as bytes (answers to SSLRequest). */
  static open(target: Target, options: { framed?: boolean; localAddress?: string } = {}): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const where = 'path' in target ? { path: target.path } : { host: target.host, port: target.port };
      const socket = net.connect({
        ...where,
        ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      } as net.NetConnectOpts);
      socket.setNoDelay(true);
      const failed = (error: Error): void => reject(error);
      socket.once('error', failed);
      socket.once('connect', () => {
        socket.removeListener('error', failed);
        resolve(new RawClient(socket, options.framed !== false));
      });
    });
  }

  /** A session. @throws ServerError when it is refused, ClosedError when the server just goes */
  static async signIn(target: Target, how: SignIn): Promise<RawClient> {
    const client = await RawClient.open(target, { framed: how.tls === undefined });
    try {
      if (how.tls !== undefined) await client.startTls(how.tls);
      client.send(
        encodeStartup({
          protocol: how.protocol ?? PROTOCOL_3_0,
          params: [
            ['user', how.user],
            ...(how.database === undefined ? [] : [['database', how.database] as const]),
            ...Object.entries(how.params ?? {}),
          ],
        }),
      );
      client.greeting = await client.converse(how);
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  private async startTls(options: tls.ConnectionOptions & { direct?: boolean }): Promise<void> {
    if (options.direct !== true) {
      this.send(encodeSslRequest());
      const answer = (await this.bytes(1)).toString('latin1');
      if (answer !== 'S') throw new Error(`the answer to SSLRequest was ${JSON.stringify(answer)}`);
    }
    await this.secure(options);
  }

  /** The TLS handshake on this connection; what comes after it is framed. */
  secure(options: tls.ConnectionOptions): Promise<void> {
    const plain = this.socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('close');
    return new Promise((resolve, reject) => {
      const secure = tls.connect({ rejectUnauthorized: false, ...options, socket: plain });
      this.socket = secure;
      this.reader = new FrameReader();
      this.listen(secure);
      secure.once('secureConnect', () => resolve());
      secure.once('error', reject);
      secure.once('close', () => reject(this.broken ?? new ClosedError('closed during the TLS handshake')));
    });
  }

  get tlsSocket(): tls.TLSSocket {
    return this.socket as tls.TLSSocket;
  }

  private async converse(how: SignIn): Promise<Greeting> {
    const asked: string[] = [];
    const mechanisms: string[] = [];
    const frames: Frame[] = [];
    const parameters = new Map<string, string>();
    let key = { pid: 0, secret: Buffer.alloc(0) as Buffer };
    let scram: TestScram | null = null;
    for (;;) {
      const frame = await this.frame(how.timeoutMs);
      frames.push(frame);
      switch (frame.type) {
        case Backend.AUTHENTICATION: {
          const request = decodeAuthentication(frame.body);
          asked.push(request.kind);
          if (request.kind === 'ok') break;
          const { password } = how;
          if (password === undefined) throw new Error(`the server asks for ${request.kind}, and there is no password`);
          if (request.kind === 'cleartext') this.send(encodePasswordMessage(password));
          else if (request.kind === 'md5')
            this.send(encodePasswordMessage(md5Answer(how.user, password, request.salt)));
          else if (request.kind === 'sasl') {
            mechanisms.push(...request.mechanisms);
            scram = new TestScram(password, how.binding);
            this.send(encodeSaslInitialResponse(scram.mechanism, scram.first()));
          } else if (request.kind === 'sasl-continue' && scram !== null) {
            this.send(encodeSaslResponse(scram.final(request.data.toString())));
          } else if (request.kind === 'sasl-final' && scram !== null) scram.verify(request.data.toString());
          else throw new Error(`the server asks for ${request.kind}`);
          break;
        }
        case Backend.PARAMETER_STATUS: {
          const { name, value } = decodeParameterStatus(frame.body);
          parameters.set(name, value);
          break;
        }
        case Backend.BACKEND_KEY_DATA: {
          const { pid, secret } = decodeBackendKeyData(frame.body);
          key = { pid, secret: Buffer.from(secret) };
          break;
        }
        case Backend.ERROR_RESPONSE:
          throw new ServerError(decodeErrorFields(frame.body), asked);
        case Backend.READY_FOR_QUERY:
          return { asked, mechanisms, parameters, ...key, frames };
        default:
          break;
      }
    }
  }

  // --- out --------------------------------------------------------------------------------------------------------

  /** One write. */
  send(...messages: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(messages));
  }

  /** Simple query, read to its ReadyForQuery. */
  async query(sql: string, timeoutMs = DEADLINE_MS): Promise<Answer> {
    this.send(encodeQuery(sql));
    return this.answer(timeoutMs);
  }

  /** The single value of a query. @throws ServerError */
  async value(sql: string, timeoutMs = DEADLINE_MS): Promise<string | null> {
    const answer = await this.query(sql, timeoutMs);
    const [error] = answer.errors;
    if (error !== undefined) throw new ServerError(error);
    return answer.rows[0]?.[0] ?? null;
  }

  // --- in ---------------------------------------------------------------------------------------------------------

  /** Everything up to and with the next ReadyForQuery. */
  async answer(timeoutMs = DEADLINE_MS): Promise<Answer> {
    const frames = await this.until(Backend.READY_FOR_QUERY, timeoutMs);
    return explain(frames);
  }

  /** Everything up to and with the next message of this type. */
  async until(type: number, timeoutMs = DEADLINE_MS): Promise<Frame[]> {
    const deadline = performance.now() + timeoutMs;
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.frame(Math.max(1, deadline - performance.now()), () => describeFrames(frames).join(' '));
      frames.push(frame);
      if (frame.type === type) return frames;
    }
  }

  /** The next message. @throws ClosedError; Error after the deadline */
  async frame(timeoutMs = DEADLINE_MS, seen: () => string = () => ''): Promise<Frame> {
    await this.wait(() => this.frames.length > 0, timeoutMs, 'a message', seen);
    return this.frames.shift() as Frame;
  }

  /** Messages that are there already. */
  get waiting(): number {
    return this.frames.length;
  }

  /** The next n unframed bytes. */
  async bytes(n: number, timeoutMs = DEADLINE_MS): Promise<Buffer> {
    await this.wait(() => this.raw.length >= n, timeoutMs, `${n} bytes`);
    const taken = this.raw.subarray(0, n);
    this.raw = this.raw.subarray(n);
    return taken;
  }

  /** Waits for the end of the connection. @returns the messages that came before it */
  async closed(timeoutMs = DEADLINE_MS): Promise<Frame[]> {
    await this.wait(
      () => this.socket.closed,
      timeoutMs,
      'the end of the connection',
      () => describeFrames(this.frames).join(' '),
    );
    return this.frames.splice(0);
  }

  /** All unframed bytes up to the end of the connection. */
  async bytesToEnd(timeoutMs = DEADLINE_MS): Promise<Buffer> {
    await this.wait(() => this.socket.closed, timeoutMs, 'the end of the connection');
    return this.raw;
  }

  /** Waits for any byte beyond `received`, or the end. @returns false when neither came in time */
  async more(received: number, timeoutMs: number): Promise<boolean> {
    try {
      await this.wait(() => this.received > received || this.socket.closed, timeoutMs, 'anything');
      return true;
    } catch {
      return this.socket.closed;
    }
  }

  get isClosed(): boolean {
    return this.socket.closed;
  }

  private async wait(
    good: () => boolean,
    timeoutMs: number,
    what: string,
    seen: () => string = () => '',
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!good()) {
      if (this.socket.closed) {
        throw new ClosedError(
          `closed while waiting for ${what}${this.broken === null ? '' : `: ${this.broken.message}`}`,
        );
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`not within ${Math.round(timeoutMs)} ms: ${what}; so far: ${seen()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = null;
    }
  }

  // --- the connection ---------------------------------------------------------------------------------------------

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  /** Terminate, then the end of the connection from the other side. */
  async end(timeoutMs = DEADLINE_MS): Promise<void> {
    this.send(encodeTerminate());
    await this.closed(timeoutMs);
  }

  /** FIN without a word. */
  finish(): void {
    this.socket.end();
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Cancels this session as libpq does: on a connection of its own, waiting for its end. */
  async cancel(target: Target, timeoutMs = DEADLINE_MS): Promise<void> {
    const { pid, secret } = this.greeting as Greeting;
    await sendCancel(target, pid, secret, timeoutMs);
  }
}

export async function sendCancel(target: Target, pid: number, secret: Buffer, timeoutMs = DEADLINE_MS): Promise<void> {
  const client = await RawClient.open(target);
  client.send(encodeCancelRequest(pid, secret));
  await client.closed(timeoutMs);
}

function md5Answer(user: string, password: string, salt: Buffer): string {
  const md5 = (data: Buffer | string): string => createHash('md5').update(data).digest('hex');
  return `md5${md5(Buffer.concat([Buffer.from(md5(password + user)), salt]))}`;
}

export function explain(frames: readonly Frame[]): Answer {
  const last = frames.at(-1);
  return {
    frames,
    rows: frames
      .filter((frame) => frame.type === Backend.DATA_ROW)
      .map((frame) => decodeDataRow(frame.body).map((value) => value?.toString() ?? null)),
    tags: frames
      .filter((frame) => frame.type === Backend.COMMAND_COMPLETE)
      .map((frame) => decodeCommandComplete(frame.body)),
    errors: frames
      .filter((frame) => frame.type === Backend.ERROR_RESPONSE)
      .map((frame) => decodeErrorFields(frame.body)),
    status: last?.type === Backend.READY_FOR_QUERY ? last.body.toString('latin1') : '',
  };
}

/** Frames as short words for comparisons and messages: `C:SELECT 1`, `E:42601`, `Z:I`, `D`. */
export function describeFrames(frames: readonly Frame[]): string[] {
  return frames.map(({ type, body }) => {
    const letter = String.fromCharCode(type);
    switch (type) {
      case Backend.COMMAND_COMPLETE:
        return `${letter}:${decodeCommandComplete(body)}`;
      case Backend.ERROR_RESPONSE:
        return `${letter}:${decodeErrorFields(body).sqlstate}`;
      case Backend.READY_FOR_QUERY:
        return `${letter}:${body.toString('latin1')}`;
      default:
        return letter;
    }
  });
}
