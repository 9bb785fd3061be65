/**
 * Opens one backend connection: TCP or Unix socket, TLS as the settings say, the client's own start-up packet, sign-in,
 * and everything up to the first ReadyForQuery.
 */
import type tls from 'node:tls';
import { type Credentials, createBackendSignIn, serverEndPointHash } from '@pgherd/auth';
import {
  Backend,
  decodeAuthentication,
  decodeBackendKeyData,
  decodeErrorFields,
  decodeParameterStatus,
  encodeSslRequest,
  ProtocolError,
  type ReceivedErrorFields,
} from '@pgherd/wire';
import { Channel, type ChannelHandler } from '../worker/channel.ts';
import { greetingOf, Link, type LinkStats } from './link.ts';

export type AuthRequest = Link['authRequest'];

export interface OpenTarget {
  readonly nodeId: number;
  readonly epoch: number;
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly database: string;
  readonly user: string;
  /** The whole start-up packet to send. */
  readonly startup: Buffer;
  /** Null: no TLS towards backends. */
  readonly tls: tls.ConnectionOptions | null;
  /** The server's answer to the question for TLS: `S` or `N`. */
  onTlsAnswer?(answer: string): void;
  readonly deadlineMs: number;
  /** Gives what the server's question needs. Called once, when the server has said how it wants to be convinced. */
  credentials(request: AuthRequest): Promise<Credentials> | Credentials;
}

/** A backend connection could not be opened. `fields` is the server's own ErrorResponse where there is one. */
export class BackendUnavailableError extends Error {
  readonly code = 'BACKEND_UNAVAILABLE';
  readonly sqlstate: string;
  readonly nodeId: number;
  readonly fields: ReceivedErrorFields | null;
  readonly delivery = 'nothing-sent';
  constructor(
    nodeId: number,
    message: string,
    options: { sqlstate?: string; fields?: ReceivedErrorFields | null; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.nodeId = nodeId;
    this.sqlstate = options.sqlstate ?? '08006';
    this.fields = options.fields ?? null;
  }
}

/** Before sign-in is over a server has nothing long to say; PostgreSQL's own client allows 30,000 bytes here. */
const SIGN_IN_MESSAGE_BYTES_MAX = 64 * 1024;
/** All that a server may say until its first ReadyForQuery: some twenty parameters, and notices of login triggers. */
const SIGN_IN_BYTES_MAX = 1024 * 1024;

export function socketTarget(host: string, port: number): { host: string; port: number } | { path: string } {
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}

/** Those under way in this process. */
const openings = new Set<Opening>();

/** Breaks off what is being opened to these nodes: nothing more is sent there. */
export function abortOpenings(because: string, gone: (nodeId: number) => boolean): void {
  for (const opening of [...openings]) if (gone(opening.target.nodeId)) opening.abort(because);
}

export function openLink(target: OpenTarget, stats: LinkStats): Promise<Link> {
  return new Promise((resolve, reject) => {
    new Opening(target, stats, resolve, reject).start();
  });
}

class Opening implements ChannelHandler {
  readonly target: OpenTarget;
  private readonly stats: LinkStats;
  private readonly resolve: (link: Link) => void;
  private readonly reject: (error: Error) => void;
  private channel: Channel | null = null;
  private timer: NodeJS.Timeout | null = null;
  private pending: Buffer = Buffer.alloc(0);
  private received = 0;
  private readonly notices: Buffer[] = [];
  private phase: 'connecting' | 'tls-answer' | 'tls' | 'signing-in' | 'starting' | 'over' = 'connecting';
  private working = false;
  private tlsSocket: tls.TLSSocket | null = null;
  private signIn: ReturnType<typeof createBackendSignIn> | null = null;
  private authRequest: AuthRequest = 'ok';
  private readonly parameters = new Map<string, string>();
  private pid = 0;
  private secret = '';

  constructor(target: OpenTarget, stats: LinkStats, resolve: (link: Link) => void, reject: (error: Error) => void) {
    this.target = target;
    this.stats = stats;
    this.resolve = resolve;
    this.reject = reject;
  }

  abort(because: string): void {
    this.fail(new BackendUnavailableError(this.target.nodeId, because, { sqlstate: '57P03' }));
  }

  start(): void {
    openings.add(this);
    this.timer = setTimeout(
      () => this.fail(new BackendUnavailableError(this.target.nodeId, this.where('did not answer in time'))),
      this.target.deadlineMs,
    );
    this.channel = Channel.connect(socketTarget(this.target.host, this.target.port), this, () => this.connected());
  }

  private where(what: string): string {
    return `backend node ${this.target.nodeId} at ${this.target.host}:${this.target.port} ${what}`;
  }

  private connected(): void {
    const channel = this.channel as Channel;
    if (this.target.tls !== null && !this.target.host.startsWith('/')) {
      this.phase = 'tls-answer';
      channel.writeOwned(encodeSslRequest());
      return;
    }
    this.sendStartup();
  }

  private sendStartup(): void {
    this.phase = 'signing-in';
    (this.channel as Channel).writeOwned(this.target.startup);
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.phase === 'over') return;
    if (this.phase === 'tls-answer') {
      this.tlsAnswer(buffer, length);
      return;
    }
    this.received += length;
    if (this.received > SIGN_IN_BYTES_MAX) {
      this.fail(new BackendUnavailableError(this.target.nodeId, this.where('talks without end during sign-in')));
      return;
    }
    const chunk = buffer.subarray(0, length);
    this.pending = this.pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.pending, chunk]);
    void this.work();
  }

  /** S or N. Anything else, or anything after it, is not to be believed before the handshake. */
  private tlsAnswer(buffer: Buffer, length: number): void {
    const channel = this.channel as Channel;
    this.target.onTlsAnswer?.(buffer.toString('latin1', 0, 1));
    if (length !== 1) {
      this.fail(new BackendUnavailableError(this.target.nodeId, this.where('sent unencrypted data before TLS')));
    } else if (buffer[0] === 0x4e) this.sendStartup();
    else if (buffer[0] === 0x53) {
      this.phase = 'tls';
      channel.startTlsClient(this.target.tls as tls.ConnectionOptions, (socket) => {
        this.tlsSocket = socket;
        this.sendStartup();
      });
    } else {
      this.fail(new BackendUnavailableError(this.target.nodeId, this.where('gave no valid answer to an SSL request')));
    }
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    try {
      while (this.pending.length >= 5 && this.phase !== 'over') {
        const size = this.pending.readUInt32BE(1) + 1;
        if (size < 5 || size > SIGN_IN_MESSAGE_BYTES_MAX) throw new ProtocolError('message too long during sign-in');
        if (this.pending.length < size) break;
        const message = this.pending.subarray(0, size);
        this.pending = this.pending.subarray(size);
        await this.message(message[0] as number, message.subarray(5));
      }
    } catch (cause) {
      this.fail(
        cause instanceof BackendUnavailableError
          ? cause
          : cause instanceof SignInRefused
            ? cause
            : new BackendUnavailableError(this.target.nodeId, this.where('broke the protocol during sign-in'), {
                cause,
              }),
      );
    } finally {
      this.working = false;
    }
  }

  private async message(type: number, body: Buffer): Promise<void> {
    switch (type) {
      case Backend.AUTHENTICATION:
        await this.authentication(body);
        return;
      case Backend.ERROR_RESPONSE: {
        const fields = decodeErrorFields(body);
        throw new BackendUnavailableError(this.target.nodeId, fields.message, { sqlstate: fields.sqlstate, fields });
      }
      case Backend.NOTICE_RESPONSE:
        if (this.phase === 'starting') this.notices.push(encodeFrame(type, body));
        return;
      case Backend.NEGOTIATE_PROTOCOL_VERSION:
        return; // an older server speaks 3.0; the key it sends tells the rest
      default:
        break;
    }
    if (this.phase !== 'starting') throw new ProtocolError(`unexpected message ${type} during sign-in`);
    switch (type) {
      case Backend.PARAMETER_STATUS: {
        const { name, value } = decodeParameterStatus(body);
        this.parameters.set(name, value);
        return;
      }
      case Backend.BACKEND_KEY_DATA: {
        const { pid, secret } = decodeBackendKeyData(body);
        this.pid = pid;
        this.secret = secret.toString('latin1');
        return;
      }
      case Backend.READY_FOR_QUERY:
        this.finish();
        return;
      default:
        throw new ProtocolError(`unexpected message ${type} before the first ReadyForQuery`);
    }
  }

  private isOver(): boolean {
    return this.phase === 'over';
  }

  private async authentication(body: Buffer): Promise<void> {
    const auth = decodeAuthentication(body);
    if (this.phase !== 'signing-in') throw new ProtocolError('authentication request after sign-in');
    if (this.signIn === null) {
      if (auth.kind === 'unsupported' || auth.kind === 'sasl-continue' || auth.kind === 'sasl-final') {
        throw new BackendUnavailableError(
          this.target.nodeId,
          this.where('asks for an authentication method that is not supported here'),
          { sqlstate: '28000' },
        );
      }
      this.authRequest = auth.kind;
      const credentials = await this.target.credentials(auth.kind);
      this.signIn = createBackendSignIn({
        user: this.target.user,
        credentials,
        tls: this.tlsSocket === null ? null : { peerEndPointHash: peerHash(this.tlsSocket) },
      });
    }
    const step = await this.signIn.respond(auth);
    if (this.isOver()) return; // the peer went away meanwhile
    switch (step.kind) {
      case 'send':
        (this.channel as Channel).writeOwned(step.bytes);
        return;
      case 'continue':
        return;
      case 'ok':
        this.phase = 'starting';
        return;
      case 'fail':
        throw new BackendUnavailableError(this.target.nodeId, step.message, { sqlstate: step.sqlstate });
    }
  }

  private finish(): void {
    const { target } = this;
    // What was read late may be all that is left of it: nobody would tell the link that its connection has ended.
    if ((this.channel as Channel).closed) {
      throw new BackendUnavailableError(target.nodeId, this.where('closed the connection during sign-in'));
    }
    this.phase = 'over';
    openings.delete(this);
    if (this.timer !== null) clearTimeout(this.timer);
    const greeting = greetingOf(this.parameters);
    const link = new Link(
      this.channel as Channel,
      {
        nodeId: target.nodeId,
        epoch: target.epoch,
        key: target.key,
        database: target.database,
        startup: target.startup,
        tls: this.tlsSocket !== null,
        authRequest: this.authRequest,
        pid: this.pid,
        secret: this.secret,
        parameters: internParameters(greeting, this.parameters),
        greeting,
      },
      this.stats,
    );
    if (this.notices.length > 0) link.notices = Buffer.concat(this.notices);
    if (this.pending.length > 0) link.onBytes(this.pending, this.pending.length);
    this.resolve(link);
  }

  private fail(error: Error): void {
    if (this.phase === 'over') return;
    this.phase = 'over';
    openings.delete(this);
    if (this.timer !== null) clearTimeout(this.timer);
    this.channel?.destroy();
    this.reject(error);
  }

  onClosed(error: Error | null): void {
    const reason = error === null ? 'closed the connection during sign-in' : `cannot be reached: ${error.message}`;
    // What it had said is read first: a refusal may be the last thing that came.
    if (this.working) {
      setImmediate(() =>
        this.fail(new BackendUnavailableError(this.target.nodeId, this.where(reason), { cause: error })),
      );
      return;
    }
    this.fail(new BackendUnavailableError(this.target.nodeId, this.where(reason), { cause: error }));
  }

  onDrain(): void {}

  onFull(): void {}
}

function encodeFrame(type: number, body: Buffer): Buffer {
  const head = Buffer.allocUnsafe(5);
  head[0] = type;
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/** The client gave up, or its own sign-in failed, while the backend waited for credentials. */
export class SignInRefused extends Error {
  readonly code = 'SIGN_IN_REFUSED';
}

function peerHash(socket: tls.TLSSocket): Buffer | null {
  const certificate = socket.getPeerCertificate(true);
  return certificate?.raw === undefined ? null : serverEndPointHash(certificate.raw);
}

const parameterMaps = new WeakMap<Buffer, ReadonlyMap<string, string>>();
function internParameters(greeting: Buffer, parameters: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const known = parameterMaps.get(greeting);
  if (known !== undefined) return known;
  parameterMaps.set(greeting, parameters);
  return parameters;
}
