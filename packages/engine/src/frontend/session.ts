/**
 * One client after sign-in. Statements go to the link that routing chose; replies come back in order. In session mode
 * the link is the client's own until it leaves.
 *
 * Forwarding: runs of whole messages go on as one slice. Query and Parse are looked into, so an incomplete one is
 * assembled up to HELD_BYTES_MAX; everything else, and anything larger, goes on in pieces as it arrives.
 */
import { encodeErrorResponse, encodeReadyForQuery, Frontend } from '@pgherd/wire';
import type { Link, LinkUser } from '../backend/link.ts';
import { Reply } from '../backend/reply-queue.ts';
import type { Channel, ChannelHandler } from '../worker/channel.ts';
import { type Interception, intercept, interceptParse } from './intercept.ts';

/** Why a session ended: a closed set, for logs and metrics. */
export type EndReason = 'terminate' | 'client-gone' | 'backend-gone' | 'protocol' | 'idle-limit' | 'shutdown' | 'epoch';

export type SessionState = 'idle' | 'busy' | 'stalled' | 'closing';

const NEXT: Readonly<Record<SessionState, readonly SessionState[]>> = {
  idle: ['busy', 'stalled', 'closing'], // a statement | one that the engine answers | Terminate, loss
  busy: ['idle', 'stalled', 'closing'], // ReadyForQuery with nothing owed | as above
  stalled: ['idle', 'busy', 'closing'], // the engine's own answer is complete
  closing: [],
};

export interface SessionOwner {
  /** The session is over; `reusable` says that its link is in step and may be reset and kept. */
  sessionEnded(session: Session, reason: EndReason, reusable: boolean): void;
  /** Answers a statement that never reaches a server. @returns messages without ReadyForQuery */
  answer(session: Session, what: Interception): Promise<Buffer>;
  countStatement(nodeId: number): void;
  /** An ErrorResponse of the server is on its way to the client. */
  backendError?(session: Session, body: Buffer): void;
  /** Set while a log or notice setting asks to see each message. */
  readonly observer: SessionObserver | null;
}

/** Logging of statements and messages; null on the hot path unless a setting asks for it. */
export interface SessionObserver {
  /** @param whole false: `body` is the beginning of a message that goes on in pieces */
  frontendMessage(session: Session, type: number, body: Buffer, whole: boolean): void;
  /** Writes the server's bytes to the client, with what the client shall be told in between. */
  fromBackend(session: Session, buffer: Buffer, start: number, end: number): boolean;
  /** Text of the Query that an error arriving now answers, or null. */
  failedQuery(session: Session): string | null;
  /** @param resets statements that the session's connection is cleaned with */
  sessionEnded(session: Session, resets: readonly string[]): void;
}

export interface ClientFacts {
  readonly id: number;
  readonly user: string;
  readonly database: string;
  readonly application: string;
  /** Address and port; asked for only by logs and listings. */
  readonly peer: { readonly address: string; readonly port: number; readonly tls: object | null };
  /** Milliseconds since the epoch. */
  readonly connectedAtMs: number;
  /** What cancels this session: ours, never the server's. Latin-1: a small Buffer would pin a whole pool of them. */
  readonly secret: string;
  readonly protocol: number;
}

const HELD_BYTES_MAX = 256 * 1024;
const MESSAGE_BYTES_MAX = 0x3fffffff;
const STALLED_BYTES_MAX = 16 * 1024;

const KIND_PASS = 0;
/** Extended query: goes on in pieces, and is half a question until its Sync. */
const KIND_BATCH = 2;
/** Nothing of its own; one with a body is an error, and after it the server heeds nothing but a Sync. */
const KIND_FLUSH = 1;
/** From here on a message is looked at whole. */
const KIND_PARSE = 3;
const KIND_LOOK = 4;
const KIND_SYNC = 5;
const KIND_CALL = 6;
const KIND_COPY_END = 7;
const KIND_TERMINATE = 8;
const KINDS = new Uint8Array(256);
for (const type of [Frontend.BIND, Frontend.DESCRIBE, Frontend.EXECUTE, Frontend.CLOSE]) KINDS[type] = KIND_BATCH;
KINDS[Frontend.FLUSH] = KIND_FLUSH;
KINDS[Frontend.PARSE] = KIND_PARSE;
KINDS[Frontend.QUERY] = KIND_LOOK;
KINDS[Frontend.SYNC] = KIND_SYNC;
KINDS[Frontend.FUNCTION_CALL] = KIND_CALL;
KINDS[Frontend.COPY_DONE] = KIND_COPY_END;
KINDS[Frontend.COPY_FAIL] = KIND_COPY_END;
KINDS[Frontend.TERMINATE] = KIND_TERMINATE;
const PARSE = Frontend.PARSE;
const QUERY = Frontend.QUERY;

export class Session implements ChannelHandler, LinkUser {
  readonly client: ClientFacts;
  readonly channel: Channel;
  readonly link: Link;
  private readonly owner: SessionOwner;
  state: SessionState = 'idle';
  lastActiveMs = performance.now();
  private hold: Buffer | null = null;
  private holdFill = 0;
  private rest = 0;
  /** Bytes that arrived while the engine's own answer is due. */
  private stalledBytes: Buffer | null = null;
  private pendingAnswer: Interception | null = null;
  private terminating = false;
  private backendBehind = false;

  constructor(client: ClientFacts, channel: Channel, link: Link, owner: SessionOwner) {
    this.client = client;
    this.channel = channel;
    this.link = link;
    this.owner = owner;
    link.user = this;
    channel.handler = this;
  }

  private moveTo(next: SessionState): void {
    if (this.state === next) return;
    if (!NEXT[this.state].includes(next)) return; // closing is final
    this.state = next;
  }

  /** What SHOW pool_processes calls the status. */
  get activity(): string {
    if (this.running) return 'Execute command';
    return this.link.status === 0x49 ? 'Idle' : 'Idle in transaction';
  }

  get idleForMs(): number {
    return this.running ? 0 : performance.now() - this.lastActiveMs;
  }

  // --- from the client ------------------------------------------------------------------------------------------

  onBytes(buffer: Buffer, length: number): void {
    if (this.state === 'closing' || this.terminating) return;
    if (this.state === 'stalled') {
      this.keepStalled(buffer, 0, length);
      return;
    }
    this.feed(buffer, 0, length);
  }

  private feed(buffer: Buffer, start: number, length: number): void {
    let pos = start;
    if (this.rest > 0) {
      const take = Math.min(this.rest, length - pos);
      this.rest -= take;
      pos += take;
    } else if (this.holdFill > 0) {
      const used = this.continueHold(buffer, pos, length);
      if (used < 0) return;
      const held = this.hold as Buffer;
      const heldLength = this.holdFill;
      this.hold = null;
      this.holdFill = 0;
      this.feed(held, 0, heldLength);
      if (used === length) return;
      if (this.state === 'stalled') this.keepStalled(buffer, used, length);
      else if (this.state !== 'closing' && !this.terminating) this.feed(buffer, used, length);
      return;
    }
    const link = this.link;
    const observer = this.owner.observer;
    while (pos < length) {
      const left = length - pos;
      if (left < 5) break;
      const type = buffer[pos] as number;
      const size = buffer.readUInt32BE(pos + 1) + 1;
      if (size < 5 || size > MESSAGE_BYTES_MAX) {
        this.violation(buffer, start, pos);
        return;
      }
      const kind = KINDS[type] as number;
      if (size > left) {
        if ((kind > KIND_BATCH || observer !== null) && size <= HELD_BYTES_MAX) break;
        if (kind === KIND_LOOK) this.sent(link, Reply.QUERY);
        else if (kind !== KIND_PASS) this.note(link, kind);
        if (observer !== null) observer.frontendMessage(this, type, buffer.subarray(pos + 5, length), false);
        this.rest = size - left;
        pos = length;
        break;
      }
      if (observer !== null) observer.frontendMessage(this, type, buffer.subarray(pos + 5, pos + size), true);
      if (kind === KIND_LOOK) {
        const what = intercept(buffer, pos + 5, pos + size - 1);
        if (what !== null && link.replies.certain) {
          this.forward(buffer, start, pos);
          // What changes the herd is forwarded after its preparation; what is ours is answered here.
          this.stall(what, buffer, pos, length);
          return;
        }
        this.sent(link, Reply.QUERY);
      } else if (kind !== KIND_PASS) {
        if (kind === KIND_TERMINATE) {
          this.forward(buffer, start, pos);
          this.terminate();
          return;
        }
        if (kind === KIND_FLUSH && size === 5) {
          pos += size;
          continue;
        }
        if (kind === KIND_PARSE) {
          const what = interceptParse(buffer, pos + 5, pos + size);
          if (what !== null && link.replies.certain) {
            this.forward(buffer, start, pos);
            this.stall(what, buffer, pos, length);
            return;
          }
        }
        this.note(link, kind);
      }
      pos += size;
    }
    this.forward(buffer, start, pos);
    if (pos < length) this.startHold(buffer, pos, length);
  }

  private sent(link: Link, kind: (typeof Reply)[keyof typeof Reply]): void {
    link.noteSent(kind);
    this.owner.countStatement(link.nodeId);
  }

  private note(link: Link, kind: number): void {
    if (kind <= KIND_PARSE) link.replies.push(Reply.BATCH, this);
    else if (kind === KIND_SYNC) this.sent(link, Reply.SYNC);
    else if (kind === KIND_CALL) this.sent(link, Reply.FUNCTION_CALL);
    else link.noteSent(Reply.COPY_END);
  }

  private forward(buffer: Buffer, start: number, end: number): void {
    if (end === start) return;
    this.state = 'busy';
    if (!this.link.channel.write(buffer, start, end)) this.backendFull();
  }

  private startHold(buffer: Buffer, pos: number, length: number): void {
    const have = length - pos;
    const size = have >= 5 ? buffer.readUInt32BE(pos + 1) + 1 : 5;
    this.hold = Buffer.allocUnsafe(size);
    buffer.copy(this.hold, 0, pos, length);
    this.holdFill = have;
  }

  /** @returns where the chunk goes on once the held message is whole (or may go on in pieces), else -1 */
  private continueHold(buffer: Buffer, start: number, length: number): number {
    let hold = this.hold as Buffer;
    let used = start;
    if (this.holdFill < 5) {
      const take = Math.min(5 - this.holdFill, length - used);
      buffer.copy(hold, this.holdFill, used, used + take);
      this.holdFill += take;
      used += take;
      if (this.holdFill < 5) return -1;
      const size = hold.readUInt32BE(1) + 1;
      if (size <= 5 || size > HELD_BYTES_MAX) return used;
      if ((KINDS[hold[0] as number] as number) <= KIND_BATCH && this.owner.observer === null) return used;
      const whole = Buffer.allocUnsafe(size);
      hold.copy(whole, 0, 0, 5);
      hold = this.hold = whole;
    }
    const take = Math.min(hold.length - this.holdFill, length - used);
    buffer.copy(hold, this.holdFill, used, used + take);
    this.holdFill += take;
    return this.holdFill === hold.length ? used + take : -1;
  }

  /** PostgreSQL logs a length that cannot be and drops the connection without a word to the client. */
  private violation(buffer: Buffer, start: number, end: number): void {
    this.forward(buffer, start, end);
    this.finish('protocol', false);
  }

  private terminate(): void {
    if (this.link.replies.size > 0 && this.link.replies.certain) {
      // PostgreSQL finishes what was asked before it reads the Terminate.
      this.terminating = true;
      return;
    }
    this.finish('terminate', true);
  }

  // --- what the engine answers itself -----------------------------------------------------------------------------

  private keepStalled(buffer: Buffer, start: number, end: number): void {
    if (end === start) return;
    const copy = Buffer.from(buffer.subarray(start, end));
    this.stalledBytes = this.stalledBytes === null ? copy : Buffer.concat([this.stalledBytes, copy]);
    // Reading goes on for a while, so that the end of a client is seen.
    if (this.stalledBytes.length > STALLED_BYTES_MAX) this.channel.pause();
  }

  private stall(what: Interception, buffer: Buffer, from: number, length: number): void {
    this.moveTo('stalled');
    this.pendingAnswer = what;
    this.keepStalled(buffer, from, length);
    if (this.link.replies.size === 0) void this.answerNow();
  }

  private async answerNow(): Promise<void> {
    const what = this.pendingAnswer;
    if (what === null) return;
    this.pendingAnswer = null;
    let reply: Buffer;
    try {
      reply = await this.owner.answer(this, what);
    } catch (error) {
      reply = encodeErrorResponse({
        severity: 'ERROR',
        sqlstate: 'XX000',
        message: `pgherd could not answer: ${(error as Error).message}`,
      });
    }
    if (this.state !== 'stalled') return; // the session ended meanwhile
    if (what.kind !== 'guard') {
      const status = String.fromCharCode(this.link.status) as 'I' | 'T' | 'E';
      this.channel.writeOwned(Buffer.concat([reply, encodeReadyForQuery(status)]));
    }
    this.unstall(what.kind === 'guard');
  }

  /** Goes on with what was kept, which begins with the statement that caused the stall. */
  private unstall(forwardFirst: boolean): void {
    const bytes = this.stalledBytes as Buffer;
    this.stalledBytes = null;
    this.state = 'idle';
    this.channel.resume();
    const size = bytes.readUInt32BE(1) + 1;
    if (forwardFirst) {
      if (bytes[0] === PARSE) this.note(this.link, KIND_PARSE);
      else this.sent(this.link, Reply.QUERY);
      this.forward(bytes, 0, size);
    }
    if (size < bytes.length) this.feed(bytes, size, bytes.length);
  }

  // --- from the backend -------------------------------------------------------------------------------------------

  fromBackend(buffer: Buffer, start: number, end: number): boolean {
    if (this.state === 'closing') return true;
    // What was waited for turned out to be a COPY, whose data may stand behind the statement that waits.
    if (this.state === 'stalled' && this.pendingAnswer !== null && !this.link.replies.certain) {
      this.pendingAnswer = null;
      this.unstall(true);
    }
    const { observer } = this.owner;
    if (observer !== null) return observer.fromBackend(this, buffer, start, end);
    return this.channel.write(buffer, start, end);
  }

  backendError(body: Buffer): void {
    this.owner.backendError?.(this, body);
  }

  backendIdle(): void {
    this.lastActiveMs = performance.now();
    if (this.terminating) {
      this.finish('terminate', true);
      return;
    }
    if (this.state === 'stalled') {
      if (this.pendingAnswer !== null) void this.answerNow();
      return;
    }
    this.moveTo('idle');
  }

  backendGone(_error: Error | null): void {
    this.finish('backend-gone', false);
  }

  backendFull(): void {
    this.backendBehind = true;
    this.channel.pause();
  }

  backendDrained(): void {
    if (!this.backendBehind) return;
    this.backendBehind = false;
    if (this.state !== 'stalled') this.channel.resume();
  }

  // --- ends -------------------------------------------------------------------------------------------------------

  onFull(): void {
    if (this.link.user === this) this.link.channel.pause();
  }

  onDrain(): void {
    if (this.link.user === this) this.link.channel.resume();
  }

  onClosed(_error: Error | null): void {
    // A client that just closes its socket between statements leaves a link as clean as one that says Terminate.
    this.finish('client-gone', this.rest === 0 && this.holdFill === 0);
  }

  /** Ends the session with a FATAL message to the client (shutdown, limits). */
  endWith(reason: EndReason, sqlstate: string, message: string): void {
    if (this.state === 'closing') return;
    const last = encodeErrorResponse({ severity: 'FATAL', sqlstate, message });
    this.finish(reason, true, last);
  }

  private finish(reason: EndReason, mayReuse: boolean, last: Buffer | null = null): void {
    if (this.state === 'closing') return;
    this.state = 'closing';
    this.hold = null;
    this.stalledBytes = null;
    this.pendingAnswer = null;
    this.link.user = null;
    this.link.channel.resume(); // it may have waited for this client
    const reusable = mayReuse && this.link.clean && this.rest === 0;
    if (!this.channel.closed) this.channel.end(last);
    this.owner.sessionEnded(this, reason, reusable);
  }

  /** The server works on something, or has half of it: what a cancel request may mean. */
  get running(): boolean {
    return this.link.replies.running;
  }
}

/** The text of a Query message's body without its final zero. */
export function queryText(body: Buffer): string {
  return body.toString('utf8', 0, Math.max(0, body.length - 1));
}

export { QUERY };
