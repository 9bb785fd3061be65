/**
 * A connection before it is a session: TLS and GSS questions, cancel requests, the start-up packet, a client slot,
 * pool_hba.conf, sign-in, and a backend link. Every byte here comes from somebody unknown: lengths are checked first,
 * identity is set once, and one deadline covers all of it.
 */
import { randomFillSync } from 'node:crypto';
import type tls from 'node:tls';
import { type Credentials, clientCertificate, type FrontendMethod, type FrontendStep } from '@pgherd/auth';
import {
  decodeStartup,
  encodeAuthenticationOk,
  encodeBackendKeyData,
  encodeErrorResponse,
  encodeNegotiateProtocolVersion,
  encodeParameterStatus,
  encodeReadyForQuery,
  Frontend,
  negotiatedProtocol,
  PROTOCOL_3_2,
  ProtocolError,
  type StartupMessage,
  startupLength,
  unsupportedProtocolMessage,
} from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import { type AuthRequest, BackendUnavailableError, SignInRefused } from '../backend/open-link.ts';
import type { Channel, ChannelHandler } from '../worker/channel.ts';
import { intern } from '../worker/intern.ts';
import type { ClientFacts } from './session.ts';

export interface Refusal {
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** For the log only. */
  readonly log?: string;
}

/** What a connection needs from its worker while it starts up. */
export interface StartupHost {
  /** TLS options for clients, or null when `ssl` is off. */
  clientTls(): tls.TLSSocketOptions | null;
  /** Asks for a client slot and resolves once the connection has it. Asked by one that had a slot, it gives that back. */
  slot(startup: Startup): Promise<void>;
  cancel(pid: number, secret: Buffer, address: string): Promise<void>;
  /** The client's sign-in method by pool_hba.conf; 'follow' = as the server asks (enable_pool_hba off). */
  method(peer: Peer, message: StartupMessage): Promise<FrontendMethod | 'follow' | Refusal>;
  methodFor(peer: Peer, message: StartupMessage, request: AuthRequest): Promise<FrontendMethod | Refusal>;
  /** The node that this client's session starts on. @throws BackendUnavailableError */
  acquire(want: LinkWish): Promise<Link>;
  giveBack(link: Link): void;
  /** @param credentials the session's from here on, to open further connections with */
  established(
    startup: Startup,
    client: ClientFacts,
    link: Link,
    rest: Buffer | null,
    credentials: Credentials | null,
  ): void;
  ended(startup: Startup): void;
  log(
    level: 'log' | 'fatal' | 'error' | 'debug1' | 'warning',
    text: string,
    extra?: { detail?: string | undefined; hint?: string | undefined },
  ): void;
  readonly authenticationTimeoutMs: number;
  nextSessionId(): number;
}

export interface Peer {
  readonly unix: boolean;
  readonly address: string;
  readonly port: number;
  readonly tls: tls.TLSSocket | null;
}

export interface LinkWish {
  readonly connectionId: number;
  readonly message: StartupMessage;
  readonly protocol: number;
  /** Known credentials, or a question to ask once the server has said what it wants. */
  readonly credentials: Credentials | ((request: AuthRequest) => Promise<Credentials>);
  /** Null: any idle link will do. Else a check that must pass before an idle one is used. */
  readonly proveReuse: ((request: AuthRequest) => Promise<Credentials>) | null;
  readonly fresh: boolean;
}

const TOKEN_BYTES_MAX = 65_535;
/** How long a connection may hold a client slot without having said who it is. */
const PACKET_LIMIT_MS = 1_000;
const NO = Buffer.from('N');
const YES = Buffer.from('S');
const TLS_HANDSHAKE = 0x16;

/** Who is at the other end; the system is asked only when somebody wants to know. */
class SocketPeer implements Peer {
  readonly unix: boolean;
  tls: tls.TLSSocket | null = null;
  private readonly channel: Channel;

  constructor(channel: Channel, unix: boolean) {
    this.channel = channel;
    this.unix = unix;
  }

  get address(): string {
    if (this.unix) return '[local]';
    // A listener for both families shows IPv4 clients as IPv6.
    return this.channel.peer.address.replace(/^::ffff:(?=\d+\.)/i, '');
  }

  get port(): number {
    return this.channel.peer.port;
  }
}

/** What sign-in has left: keys for the backend, and the last message of the exchange, due before AuthenticationOk. */
interface SignedIn {
  credentials: Credentials | null;
  last: Buffer | null;
}

type Phase = 'packet' | 'tls' | 'waiting' | 'sign-in' | 'over';

export class Startup implements ChannelHandler {
  readonly channel: Channel;
  readonly connectionId: number;
  admitted: boolean;
  readonly acceptedAt = performance.now();
  /** Whom the start-up packet names. */
  who: { readonly user: string; readonly database: string } | null = null;
  private readonly host: StartupHost;
  private readonly peer: SocketPeer;
  private phase: Phase = 'packet';
  private bytes: Buffer = Buffer.alloc(0);
  private askedTls = false;
  private askedGss = false;
  private timer: NodeJS.Timeout | null = null;
  private deadlineMs = Number.POSITIVE_INFINITY;
  private answerWanted: ((body: Buffer | null) => void) | null = null;

  constructor(channel: Channel, facts: { id: number; admitted: boolean; unix: boolean }, host: StartupHost) {
    this.channel = channel;
    this.connectionId = facts.id;
    this.admitted = facts.admitted;
    this.host = host;
    this.peer = new SocketPeer(channel, facts.unix);
    channel.handler = this;
    this.armTimer();
  }

  private armTimer(): void {
    const limitMs = this.host.authenticationTimeoutMs;
    this.deadlineMs = limitMs > 0 ? performance.now() + limitMs : Number.POSITIVE_INFINITY;
    this.lookIn(this.admitted && this.isNameless() ? Math.min(limitMs || PACKET_LIMIT_MS, PACKET_LIMIT_MS) : limitMs);
  }

  private lookIn(ms: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = Number.isFinite(ms) && ms > 0 ? setTimeout(() => this.look(), ms) : null;
  }

  /** One timer serves both limits: most connections are through before the first. */
  private look(): void {
    const leftMs = this.deadlineMs - performance.now();
    if (leftMs <= 0) {
      this.timedOut();
      return;
    }
    if (this.admitted && this.isNameless()) this.giveSlotBack();
    this.lookIn(Math.max(1, leftMs));
  }

  /** It has not said yet who it is: its start-up packet is not complete. */
  private isNameless(): boolean {
    return this.phase === 'packet' || this.phase === 'tls';
  }

  /** Whoever says nothing must not keep others out. Once its start-up packet is complete it asks, as those that wait do. */
  private giveSlotBack(): void {
    this.admitted = false;
    void this.host.slot(this);
  }

  get clientAddress(): Peer {
    return this.peer;
  }

  private timedOut(): void {
    this.host.log('log', 'authentication is timeout');
    // PostgreSQL says nothing useful before the start-up packet; afterwards a client can read why.
    this.refuse({ sqlstate: '57014', message: 'canceling authentication due to timeout' });
  }

  onBytes(buffer: Buffer, length: number): void {
    if (this.phase === 'over') return;
    const chunk = buffer.subarray(0, length);
    if (this.bytes.length === 0 && this.phase === 'packet' && !this.askedTls && chunk[0] === TLS_HANDSHAKE) {
      if (this.directTls(chunk)) return;
    }
    this.bytes = this.bytes.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.bytes, chunk]);
    this.advance();
    // What a client sends ahead stays in the kernel: nobody may store more than about one message here.
    if (!this.isOver() && this.bytes.length > TOKEN_BYTES_MAX) this.channel.pause();
  }

  private advance(): void {
    try {
      if (this.phase === 'packet') this.readPacket();
      else if (this.phase === 'sign-in' && this.answerWanted !== null) this.readAnswer();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.refuse({ sqlstate: error.sqlstate, message: error.message });
    }
  }

  // --- packets before the start-up message ------------------------------------------------------------------------

  private readPacket(): void {
    if (this.bytes.length < 4) return;
    const size = startupLength(this.bytes);
    if (this.bytes.length < size) return;
    const packet = decodeStartup(this.bytes.subarray(0, size));
    const rest = this.bytes.subarray(size);
    switch (packet.kind) {
      case 'ssl':
        this.question(rest, 'ssl');
        return;
      case 'gssenc':
        this.question(rest, 'gssenc');
        return;
      case 'cancel':
        this.bytes = Buffer.alloc(0);
        this.cancel(packet.pid, Buffer.from(packet.secret));
        return;
      case 'unsupported':
        this.refuseVersion(packet.protocol);
        return;
      case 'startup':
        this.bytes = Buffer.from(rest);
        this.phase = 'waiting';
        this.who = packet;
        void this.run(packet);
    }
  }

  /** Clients older than protocol 3 understand an error only in the form of their time, and get it from PostgreSQL too. */
  private refuseVersion(protocol: number): void {
    const message = unsupportedProtocolMessage(protocol);
    if (protocol >>> 16 >= 3) {
      this.refuse({ sqlstate: '0A000', message });
      return;
    }
    this.host.log('fatal', message);
    this.finishWith(Buffer.from(`EFATAL:  ${message}\n\0`, 'latin1'));
  }

  /** At most one of each question; a second one is taken for a protocol version, as PostgreSQL does. */
  private question(rest: Buffer, kind: 'ssl' | 'gssenc'): void {
    const again = kind === 'ssl' ? this.askedTls || this.peer.tls !== null : this.askedGss;
    if (again) {
      this.refuse({
        sqlstate: '0A000',
        message: unsupportedProtocolMessage(kind === 'ssl' ? 80877103 : 80877104),
      });
      return;
    }
    if (kind === 'gssenc') this.askedGss = true;
    else this.askedTls = true;
    const options = kind === 'ssl' && !this.peer.unix ? this.host.clientTls() : null;
    if (options === null) {
      this.bytes = Buffer.from(rest);
      this.channel.writeOwned(NO);
      if (this.bytes.length > 0) this.advance();
      return;
    }
    if (rest.length > 0) {
      // Bytes that came before the handshake would be taken for protected ones.
      this.refuse({ sqlstate: '08P01', message: 'received unencrypted data after SSL request' });
      return;
    }
    this.bytes = Buffer.alloc(0);
    this.phase = 'tls';
    this.channel.writeOwned(YES);
    this.channel.startTlsServer(options, null, (socket) => this.secured(socket));
  }

  /** TLS without a question first; ALPN must then name the protocol. */
  private directTls(head: Buffer): boolean {
    const options = this.peer.unix ? null : this.host.clientTls();
    if (options === null) return false;
    this.phase = 'tls';
    this.askedTls = true;
    this.channel.startTlsServer(
      { ...options, ALPNProtocols: ['postgresql'] } as tls.TLSSocketOptions,
      Buffer.from(head),
      (socket) => {
        if (socket.alpnProtocol !== 'postgresql') {
          this.host.log('log', 'received direct SSL connection request without ALPN protocol negotiation extension');
          this.close();
          return;
        }
        this.secured(socket);
      },
    );
    return true;
  }

  private secured(socket: tls.TLSSocket): void {
    if (this.phase !== 'tls') return;
    const certificate = clientCertificate(socket);
    if (certificate.kind === 'invalid') {
      // PostgreSQL ends the handshake over a bad certificate, whatever the sign-in method would be.
      this.host.log('log', `could not accept SSL connection: ${certificate.reason}`);
      this.close();
      return;
    }
    this.peer.tls = socket;
    this.phase = 'packet';
  }

  private cancel(pid: number, secret: Buffer): void {
    this.phase = 'waiting';
    this.host
      .cancel(pid, secret, this.peer.address)
      .catch((cause: Error) => this.host.log('error', `could not forward a cancel request: ${cause.message}`))
      .finally(() => this.close());
  }

  // --- sign-in ----------------------------------------------------------------------------------------------------

  private async run(message: StartupMessage): Promise<void> {
    let link: Link | null = null;
    const signedIn: SignedIn = { credentials: null, last: null };
    try {
      if (!this.admitted) {
        // Waiting for a slot is not sign-in, and may take as long as the client likes.
        if (this.timer !== null) clearTimeout(this.timer);
        await this.host.slot(this);
        if (this.isOver()) return;
        this.armTimer();
      }
      this.phase = 'sign-in';
      const protocol = negotiatedProtocol(message.protocol);
      const preface =
        message.protocol > protocol || message.unknownOptions.length > 0
          ? encodeNegotiateProtocolVersion(protocol, message.unknownOptions)
          : null;
      if (preface !== null) this.channel.writeOwned(preface);
      const method = await this.host.method(this.peer, message);
      if (this.isOver()) return;
      const sign = async (how: FrontendMethod | Refusal): Promise<Credentials> => {
        const done = await this.converse(how);
        signedIn.credentials = done.credentials;
        signedIn.last = done.bytes;
        return done.credentials;
      };
      if (method !== 'follow') await sign(method);
      const follow = async (request: AuthRequest): Promise<Credentials> =>
        signedIn.credentials ?? (await sign(await this.host.methodFor(this.peer, message, request)));
      link = await this.host.acquire({
        connectionId: this.connectionId,
        message,
        protocol,
        credentials: signedIn.credentials ?? follow,
        proveReuse: method === 'follow' ? follow : null,
        fresh: signedIn.credentials?.unproved === true,
      });
      if (this.isOver()) {
        this.host.giveBack(link);
        return;
      }
      const own = link;
      link = null; // the session's from here on, whatever happens: it must not come back to the pool behind its back
      const { credentials } = signedIn;
      signedIn.credentials = null;
      this.establish(message, protocol, own, signedIn.last, credentials);
    } catch (error) {
      if (link !== null) this.host.giveBack(link);
      this.failed(error);
    } finally {
      signedIn.credentials?.wipe();
    }
  }

  private isOver(): boolean {
    return this.phase === 'over';
  }

  private establish(
    message: StartupMessage,
    protocol: number,
    link: Link,
    last: Buffer | null,
    credentials: Credentials | null,
  ): void {
    const secret = cancelKey(protocol >= PROTOCOL_3_2 ? 32 : 4);
    const changed = link.changedParameters;
    const parts = [
      ...(last === null ? [] : [last]),
      encodeAuthenticationOk(),
      link.greeting,
      ...(changed === null ? [] : [...changed].map(([name, value]) => encodeParameterStatus(name, value))),
      encodeBackendKeyData(link.pid, secret),
      ...(link.notices === null ? [] : [link.notices]),
      encodeReadyForQuery('I'),
    ];
    link.notices = null;
    const rest = this.bytes.length > 0 ? this.bytes : null;
    this.detach();
    this.channel.writeOwned(Buffer.concat(parts));
    const client: ClientFacts = {
      id: this.host.nextSessionId(),
      user: intern(message.user),
      database: intern(message.database),
      application: intern(message.params.get('application_name') ?? ''),
      isolation: startIsolation(message),
      peer: this.peer,
      connectedAtMs: Date.now(),
      secret: secret.toString('latin1'),
      protocol,
    };
    this.host.established(this, client, link, rest, credentials);
  }

  /** Runs one sign-in method with the client until it is through. @throws SignInRefused */
  private async converse(
    method: FrontendMethod | Refusal,
  ): Promise<{ credentials: Credentials; bytes: Buffer | null }> {
    if (!('begin' in method)) throw this.refusalError(method);
    let step: FrontendStep = await method.begin();
    for (;;) {
      if (this.isOver()) throw new SignInRefused('the client is gone');
      switch (step.kind) {
        case 'ok':
          if (method.passed !== undefined) this.host.log('log', method.passed);
          return { credentials: step.credentials, bytes: step.bytes };
        case 'refuse':
          throw this.refusalError(step.error);
        case 'send': {
          this.channel.writeOwned(step.bytes);
          const answer = await this.nextAnswer();
          if (answer === null) throw new SignInRefused('the client is gone');
          step = await method.respond(answer);
        }
      }
    }
  }

  private refusalError(refusal: Refusal): Error {
    this.refuse(refusal);
    return new SignInRefused(refusal.message);
  }

  private nextAnswer(): Promise<Buffer | null> {
    return new Promise((resolve) => {
      this.answerWanted = resolve;
      this.channel.resume();
      this.advance();
    });
  }

  private readAnswer(): void {
    if (this.bytes.length < 5) return;
    const type = this.bytes[0] as number;
    if (type !== Frontend.PASSWORD) {
      throw new ProtocolError(`expected password response, got message type ${type}`);
    }
    const size = this.bytes.readUInt32BE(1) + 1;
    if (size < 5 || size > TOKEN_BYTES_MAX) throw new ProtocolError('invalid message length');
    if (this.bytes.length < size) return;
    const body = Buffer.from(this.bytes.subarray(5, size));
    this.bytes = Buffer.from(this.bytes.subarray(size));
    const wanted = this.answerWanted;
    this.answerWanted = null;
    wanted?.(body);
  }

  // --- ends -------------------------------------------------------------------------------------------------------

  private failed(error: unknown): void {
    if (this.isOver()) return;
    if (error instanceof SignInRefused) {
      this.close();
      return;
    }
    if (error instanceof BackendUnavailableError) {
      const { fields } = error;
      if (fields !== null) {
        this.host.log('log', `backend node ${error.nodeId} refused the session: ${error.message}`);
        this.finishWith(
          encodeErrorResponse({
            ...fields,
            severity: fields.severity === '' ? 'FATAL' : fields.severity,
          }),
        );
      } else {
        const why = error.cause instanceof Error ? error.cause.message : error.message;
        this.refuse({ sqlstate: error.sqlstate, message: error.message, log: why });
      }
      return;
    }
    if (error instanceof ProtocolError) {
      this.refuse({ sqlstate: error.sqlstate, message: error.message });
      return;
    }
    this.host.log('error', `internal error during start-up: ${(error as Error).stack ?? String(error)}`);
    this.refuse({ sqlstate: 'XX000', message: 'internal error during start-up' });
  }

  refuse(refusal: Refusal): void {
    if (this.isOver()) return;
    this.host.log('fatal', refusal.message, { detail: refusal.log ?? refusal.detail, hint: refusal.hint });
    this.finishWith(
      encodeErrorResponse({
        severity: 'FATAL',
        sqlstate: refusal.sqlstate,
        message: refusal.message,
        ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
        ...(refusal.hint === undefined ? {} : { hint: refusal.hint }),
      }),
    );
  }

  private finishWith(last: Buffer): void {
    this.over();
    this.channel.end(last, 1_000);
    this.host.ended(this);
  }

  close(): void {
    if (this.isOver()) return;
    this.over();
    this.channel.end(null, 1_000);
    this.host.ended(this);
  }

  private over(): void {
    this.phase = 'over';
    if (this.timer !== null) clearTimeout(this.timer);
    const wanted = this.answerWanted;
    this.answerWanted = null;
    wanted?.(null);
  }

  /** The connection is somebody else's from here on. */
  private detach(): void {
    this.over();
  }

  onClosed(_error: Error | null): void {
    if (this.isOver()) return;
    this.over();
    this.host.ended(this);
  }

  onDrain(): void {}

  onFull(): void {}
}

/** As a parameter of its own, or in `options`. */
function startIsolation(message: StartupMessage): string | null {
  const own = message.params.get('default_transaction_isolation');
  if (own !== undefined) return own.toLowerCase();
  const options = message.params.get('options') ?? '';
  const found = /default[_-]transaction[_-]isolation=((?:[^\s\\]|\\.)+)/i.exec(options);
  return found === null ? null : (found[1] as string).replaceAll('\\', '').toLowerCase();
}

const KEY_POOL_BYTES = 4096;
let keyPool = Buffer.alloc(0);
let keyPoolUsed = 0;

/** Random bytes, drawn in larger lots: one call into the system for each connection would cost more than the rest. */
function cancelKey(length: number): Buffer {
  if (keyPoolUsed + length > keyPool.length) {
    keyPool = randomFillSync(Buffer.allocUnsafeSlow(KEY_POOL_BYTES));
    keyPoolUsed = 0;
  }
  const key = keyPool.subarray(keyPoolUsed, keyPoolUsed + length);
  keyPoolUsed += length;
  return key;
}
