/**
 * One client after sign-in. Statements go to the link that routing chose; replies come back in order. In session mode
 * the link is the client's own until it leaves.
 *
 * Forwarding: runs of whole messages go on as one slice. Query and Parse are looked into, so an incomplete one is
 * assembled up to HELD_BYTES_MAX; everything else, and anything larger, goes on in pieces as it arrives.
 */
import type { SessionValues, Settings } from '@pgherd/config';
import {
  encodeErrorResponse,
  encodeReadyForQuery,
  encodeTerminate,
  Frontend,
  type ReceivedErrorFields,
} from '@pgherd/wire';
import type { Link, LinkUser } from '../backend/link.ts';
import { Reply } from '../backend/reply-queue.ts';
import type { Log } from '../log/logger.ts';
import type { StatementTexts } from '../log/statement-texts.ts';
import type { Channel, ChannelHandler } from '../worker/channel.ts';
import { Barrier, FAIL_MESSAGES, MARK_MESSAGES } from './barrier.ts';
import { type Interception, intercept, interceptParse, type OwnCommand } from './intercept.ts';
import { LastStatement } from './last-statement.ts';
import { encodeExecuted, type OwnOutcome, OwnStatements } from './own-statements.ts';
import type { Reader } from './reader.ts';
import { changedParameters, lastWords, postmasterIsGone } from './rebuild.ts';
import { encodeAnswer, failed, type OwnAnswer } from './report.ts';
import type { Router } from './router.ts';
import type { RouterSession } from './router-session.ts';

/** Why a session ended: a closed set, for logs and metrics. */
export type EndReason =
  | 'terminate'
  | 'client-gone'
  | 'backend-gone'
  | 'protocol'
  | 'idle-limit'
  | 'shutdown'
  | 'administrator'
  | 'epoch';

/** What a client is about. */
export type ActivityState = 'active' | 'idle' | 'idle in transaction' | 'idle in failed transaction';

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
  /** Answers a statement that never reaches a server. */
  answer(session: Session, what: OwnCommand): Promise<OwnAnswer>;
  /** The columns of its rows; none = it has no rows. */
  columnsOf(session: Session, what: OwnCommand): readonly string[];
  /** Idle connections to the database give way, and none is kept for a moment. */
  guard(database: string): Promise<void>;
  countStatement(nodeId: number): void;
  /** A session goes on without the connection to the primary that it had. */
  homeLost?(session: Session, link: Link): void;
  /** Nobody begins anything at the primary now (see Hold). */
  readonly held?: boolean;
  /** While that is so: nothing of this session's is open there any more. */
  drained?(): void;
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
  /** Goes on where another observer has stopped. */
  follow(session: Session, before: SessionObserver | null): void;
  /** Texts of the session's prepared statements that were seen. */
  textsOf(session: Session): StatementTexts | null;
  /** Text of the Query that an error arriving now answers, or null. */
  failedQuery(session: Session): string | null;
  /** @param resets statements that the session's connection is cleaned with */
  sessionEnded(session: Session, resets: readonly string[]): void;
}

/** What a session goes by that has set values of its own with PGPOOL SET. */
export interface SessionOverlay {
  readonly values: SessionValues;
  /** The configured ones with these in their place. */
  readonly settings: Settings;
  readonly observer: SessionObserver | null;
  readonly log: Log;
}

export interface ClientFacts {
  readonly id: number;
  readonly user: string;
  readonly database: string;
  readonly application: string;
  /** default_transaction_isolation of the start-up packet, in lower case; null = not in it. */
  readonly isolation: string | null;
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
const NO_FIELDS: ReadonlyMap<string, string> = new Map();
const STALLED_BYTES_MAX = 16 * 1024;
/** What the primary may say while a read node is answering; the rest waits in its socket. */
const ASIDE_BYTES_MAX = 256 * 1024;

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
const BIND = Frontend.BIND;
const STATUS_IDLE = 0x49;
const STATUS_FAILED = 0x45;
const FAILED_TRANSACTION = 'idle in failed transaction';
const QUERY = Frontend.QUERY;

export class Session implements ChannelHandler, LinkUser, RouterSession {
  readonly client: ClientFacts;
  readonly channel: Channel;
  /** The connection to the primary. While the session has none (`homeless`) the one that it had, which is closed. */
  home: Link;
  /** The PID that the client's cancel requests name: that of its first server process. */
  readonly keyPid: number;
  /** It has lost its connection to the primary and gets another one with the next statement that needs it. */
  homeless = false;
  /** The server's last word is not for the client, which may outlive the server, or is told more. */
  private hidesLastWord = false;
  /** Its statements wait while transactions are held. */
  private still = false;
  /** The connection that the last statement went to; the home link, unless a read went elsewhere. */
  link: Link;
  /** Spreads reads; null where everything goes to the primary. */
  router: Router | null = null;
  private readonly owner: SessionOwner;
  state: SessionState = 'idle';
  lastActiveMs = performance.now();
  /** When the statement that opened the present transaction was sent; 0 = none is open. */
  private openSinceMs = 0;
  private hold: Buffer | null = null;
  private holdFill = 0;
  private rest = 0;
  /** Bytes that arrived while the engine's own answer is due. */
  private stalledBytes: Buffer | null = null;
  private pendingAnswer: Interception | null = null;
  private terminating = false;
  /** Terminate was passed on. */
  private serverEnds = false;
  private backendBehind = false;
  /** The kept bytes wait for their route. */
  private routing = false;
  /** The statement at hand is being routed, and will run as soon as that is done. */
  starting = false;
  private startWaiters: readonly (() => void)[] | null = null;
  /** What the primary said beside the answers while a read node was answering. */
  private aside: Buffer | null = null;
  /** Set once the client has prepared something that the engine answers itself. */
  private own: OwnStatements | null = null;
  /** A message about it waits for the server's answers to what came before. */
  private ownWaits = false;
  /** The message that comes next was shown to the observer before it had to wait. */
  private shown = false;
  /** The rest of the message is for nobody. */
  private dropsRest = false;
  /** The server hears nothing before the Sync of the batch at hand. */
  private batchFailed = false;
  /** What PGPOOL SET has changed; null = nothing. */
  overlay: SessionOverlay | null = null;
  private readonly last = new LastStatement();

  constructor(client: ClientFacts, channel: Channel, link: Link, owner: SessionOwner) {
    this.client = client;
    this.channel = channel;
    this.home = link;
    this.keyPid = link.pid;
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
    return this.home.status === 0x49 ? 'Idle' : 'Idle in transaction';
  }

  get observer(): SessionObserver | null {
    return this.overlay === null ? this.owner.observer : this.overlay.observer;
  }

  /** As pg_stat_activity would say it, with the times of the monotonic clock. */
  get activityNow(): { readonly state: ActivityState; readonly sinceMs: number; readonly openSinceMs: number | null } {
    const openSinceMs = this.openSinceMs === 0 ? null : this.openSinceMs;
    if (this.running) return { state: 'active', sinceMs: this.working.busySinceMs, openSinceMs };
    const { status } = this.home;
    const state = openSinceMs === null ? 'idle' : status === STATUS_FAILED ? FAILED_TRANSACTION : 'idle in transaction';
    return { state, sinceMs: this.lastActiveMs, openSinceMs };
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
    let link = this.link;
    const { observer } = this;
    const router = this.router;
    let { own } = this;
    if (router !== null) router.readTo = router.plainTo = 0;
    let from = start;
    if (this.dropsRest) {
      from = pos;
      this.dropsRest = this.rest > 0;
    }
    while (pos < length) {
      const left = length - pos;
      if (left < 5) break;
      const type = buffer[pos] as number;
      const size = buffer.readUInt32BE(pos + 1) + 1;
      if (size < 5 || size > MESSAGE_BYTES_MAX) {
        this.violation(buffer, from, pos);
        return;
      }
      const kind = KINDS[type] as number;
      if (size > left) {
        if (
          (kind > KIND_BATCH || observer !== null || ((router !== null || own !== null) && kind !== KIND_PASS)) &&
          size <= HELD_BYTES_MAX
        ) {
          break;
        }
        if (own?.skipping === true) {
          this.forward(buffer, from, pos);
          this.rest = size - left;
          this.dropsRest = true;
          return;
        }
        if (router !== null && kind !== KIND_PASS && !this.routeLarge(router, kind)) {
          this.forward(buffer, from, pos);
          this.waitForRoute(buffer, pos, length);
          return;
        }
        if (kind === KIND_LOOK) this.sent(link, Reply.QUERY);
        else if (kind !== KIND_PASS) this.note(link, kind);
        if (observer !== null) observer.frontendMessage(this, type, buffer.subarray(pos + 5, length), false);
        if (kind === KIND_LOOK || kind === KIND_PARSE) this.remember(buffer, pos, length);
        if (own !== null && kind !== KIND_PASS) own.settled = false;
        this.rest = size - left;
        pos = length;
        break;
      }
      if (router === null && observer !== null) {
        if (!this.shown) observer.frontendMessage(this, type, buffer.subarray(pos + 5, pos + size), true);
        this.shown = false;
      }
      let parsed: OwnCommand | null = null;
      if (own?.skipping === true && kind !== KIND_SYNC && kind !== KIND_TERMINATE) {
        // As a server after an error: nothing is heard before Sync.
      } else if (kind === KIND_LOOK) {
        const what = intercept(buffer, pos + 5, pos + size - 1);
        if (what !== null && link.replies.certain) {
          if (router !== null && observer !== null) {
            observer.frontendMessage(this, type, buffer.subarray(pos + 5, pos + size), true);
          }
          this.forward(buffer, from, pos);
          // What changes the herd is forwarded after its preparation; what is ours is answered here.
          this.stall(what, buffer, pos, length);
          return;
        }
      } else if (kind === KIND_TERMINATE) {
        if (router !== null && observer !== null) {
          observer.frontendMessage(this, type, buffer.subarray(pos + 5, pos + size), true);
        }
        this.forward(buffer, from, pos);
        this.terminate();
        return;
      } else if (kind === KIND_PARSE) {
        const what = interceptParse(buffer, pos + 5, pos + size);
        if (what?.kind === 'guard') {
          if (link.replies.certain) {
            this.forward(buffer, from, pos);
            this.stall(what, buffer, pos, length);
            return;
          }
        } else if (what !== null && link.replies.orderly) {
          parsed = what;
          own = this.own ??= new OwnStatements();
        }
      }
      if (own !== null && kind !== KIND_PASS) {
        if (this.isOurs(own, kind, parsed, buffer, pos, size)) {
          this.forward(buffer, from, pos);
          if (router !== null && observer !== null) {
            if (!this.shown) observer.frontendMessage(this, type, buffer.subarray(pos + 5, pos + size), true);
            this.shown = false;
          }
          if (!this.ownMessage(own, kind, parsed, buffer, pos, size, length)) return;
          own = this.own;
          pos += size;
          from = pos;
          continue;
        }
        if (kind === KIND_LOOK) own.passedQuery();
        else if (kind === KIND_SYNC) this.ownBatchEnded(own);
        else own.passed(buffer, pos, size);
        own = this.own;
      }
      if (router !== null) {
        if (kind !== KIND_PASS) {
          const target = this.route(router, kind, buffer, pos, size, length);
          if (target === null) {
            this.forward(buffer, from, pos);
            this.waitForRoute(buffer, pos, length);
            return;
          }
          if (target !== link) {
            this.forward(buffer, from, pos);
            from = pos;
            this.link = link = target;
          }
        }
        if (observer !== null) observer.frontendMessage(this, type, buffer.subarray(pos + 5, pos + size), true);
      }
      if (kind === KIND_LOOK) {
        this.sent(link, Reply.QUERY);
        this.remember(buffer, pos, pos + size);
      } else if (kind !== KIND_PASS && (kind !== KIND_FLUSH || size !== 5)) {
        this.note(link, kind);
        if (kind === KIND_PARSE || type === BIND) this.remember(buffer, pos, pos + size);
      }
      pos += size;
      // The rest of a batch that was read ahead and is nobody else's business.
      if (router !== null && router.plainTo > pos && own === null && observer === null) pos = router.plainTo;
    }
    this.forward(buffer, from, pos);
    if (pos < length) this.startHold(buffer, pos, length);
  }

  /** @returns the link for the message at `pos`, or null when the client has to wait */
  private route(router: Router, kind: number, buffer: Buffer, pos: number, size: number, length: number): Link | null {
    const { link } = this;
    // What the server will answer next cannot be told: everything goes where the client's last words went.
    if (!link.replies.certain && !router.inBatch) return link;
    if (kind === KIND_LOOK) return router.inBatch ? this.unlooked(router) : router.query(buffer, pos, size);
    if (kind === KIND_CALL) return router.call() ? this.home : null;
    if (kind === KIND_COPY_END || (kind === KIND_FLUSH && !router.inBatch)) return link;
    if (!router.inBatch) {
      const target = router.startBatch(buffer, pos, length);
      if (target !== null && kind === KIND_SYNC) router.endBatch();
      return target;
    }
    if (pos >= router.readTo) router.continueBatch(buffer, pos, size);
    if (kind === KIND_SYNC) router.endBatch();
    return link;
  }

  private unlooked(router: Router): Link | null {
    if (!router.opaque()) return null;
    router.endBatch(); // a Query among the messages of a batch ends it
    return this.home;
  }

  /** A message too large to be held goes to the primary. @returns false when the client has to wait for that */
  private routeLarge(router: Router, kind: number): boolean {
    if (!this.link.replies.certain && !router.inBatch) return true;
    if (kind === KIND_LOOK || kind === KIND_CALL) {
      if (!router.opaque()) return false;
    } else if (router.inBatch) router.opaqueBatch();
    else if (!router.startOpaqueBatch()) return false;
    this.link = this.home;
    return true;
  }

  /** For listings. */
  private remember(buffer: Buffer, pos: number, end: number): void {
    this.last.passed(buffer, pos, end, this.router?.repeatsUnnamed === true);
  }

  /** The last statement of this client that went to a server, at most 1023 bytes; empty when there was none. */
  get lastStatement(): string {
    return this.last.text(this.router?.statements ?? null);
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

  // --- while a route is found out -----------------------------------------------------------------------------------

  private waitForRoute(buffer: Buffer, from: number, length: number): void {
    this.moveTo('stalled');
    this.routing = true;
    this.keepStalled(buffer, from, length);
    this.routeNow();
  }

  private routeNow(): void {
    if (!this.routing || !this.homeFree || this.home.replies.size > 0 || this.link.replies.size > 0) return;
    if (this.home.restOfMessage > 0) return; // its end comes first
    this.routing = false;
    this.starting = true;
    void this.router?.work();
  }

  /** Resolves when the statement that is being routed runs, or needs no more. */
  whenStarted(): Promise<void> {
    return new Promise((resolve) => {
      this.startWaiters = [...(this.startWaiters ?? []), resolve];
    });
  }

  private started(): void {
    const waiters = this.startWaiters;
    this.startWaiters = null;
    for (const wake of waiters ?? []) wake();
  }

  get homeFree(): boolean {
    return this.home.user === this;
  }

  get ended(): boolean {
    return this.state === 'closing';
  }

  resumeRouted(): void {
    if (this.state !== 'stalled') return;
    this.routing = false;
    this.starting = false;
    const bytes = this.stalledBytes as Buffer;
    this.stalledBytes = null;
    this.state = 'idle';
    this.channel.resume();
    this.feed(bytes, 0, bytes.length);
    this.started();
  }

  repeat(bytes: Buffer): void {
    this.link = this.home;
    this.tellAside();
    if (this.state === 'stalled') {
      this.stalledBytes = this.stalledBytes === null ? bytes : Buffer.concat([bytes, this.stalledBytes]);
      this.resumeRouted();
      return;
    }
    // The beginning of the client's next message may have come meanwhile.
    const { hold, holdFill } = this;
    this.hold = null;
    this.holdFill = 0;
    this.state = 'idle';
    this.feed(bytes, 0, bytes.length);
    if (hold === null || this.ended) return;
    if (this.isStalled()) this.keepStalled(hold, 0, holdFill);
    else this.feed(hold, 0, holdFill);
  }

  private isStalled(): boolean {
    return this.state === 'stalled';
  }

  failWaiting(error: ReceivedErrorFields): boolean {
    const bytes = this.stalledBytes as Buffer;
    if (!holdsStatement(bytes)) return false;
    const answer = encodeErrorResponse({ ...error, severity: error.severity === '' ? 'ERROR' : error.severity });
    this.channel.writeOwned(Buffer.concat([answer, this.readyForQuery()]));
    const skipped = skipStatement(bytes);
    this.starting = false;
    this.stalledBytes = null;
    this.state = 'idle';
    this.channel.resume();
    if (skipped < bytes.length) this.feed(bytes, skipped, bytes.length);
    this.started();
    return true;
  }

  private readyForQuery(): Buffer {
    return encodeReadyForQuery(String.fromCharCode(this.home.status) as 'I' | 'T' | 'E');
  }

  // --- from a read node ---------------------------------------------------------------------------------------------

  toClient(buffer: Buffer, start: number, end: number): boolean {
    if (this.state === 'closing') return true;
    return this.deliver(buffer, start, end);
  }

  readerFinished(): void {
    this.tellAside();
    this.backendIdle();
  }

  private tellAside(): void {
    if (this.aside === null || this.home.restOfMessage > 0) return;
    const bytes = this.aside;
    this.aside = null;
    this.toClient(bytes, 0, bytes.length);
    this.home.channel.resume();
  }

  readerLost(reader: Reader): void {
    const error = encodeErrorResponse({
      severity: 'FATAL',
      sqlstate: '57P01',
      message: `terminating connection because backend node ${reader.nodeId} was lost in the middle of an answer`,
    });
    this.finish('backend-gone', false, reader.link.restOfMessage === 0 ? error : null);
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
      if ((KINDS[hold[0] as number] as number) <= KIND_BATCH && this.observer === null) return used;
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
    const { replies } = this.link;
    if (replies.size === 0 && !this.running) {
      this.finish('terminate', true);
      return;
    }
    // PostgreSQL finishes what was asked before it reads the Terminate.
    this.terminating = true;
    // Where only the primary is at work, on a question of the engine's own, that will be answered.
    if (replies.running && (replies.size === 0 || !replies.certain)) this.letServerEnd();
  }

  /** What the server will answer cannot be told: it is the one to end the connection. */
  private letServerEnd(): void {
    if (this.serverEnds) return;
    this.serverEnds = true;
    this.link.channel.writeOwned(encodeTerminate());
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
    if (what.kind === 'guard') {
      await this.owner.guard(what.database);
      if (this.state === 'stalled' && this.router !== null && !(await this.router.readyHome())) return;
      if (this.state === 'stalled') this.unstall(true);
      return;
    }
    const answer = await this.answerTo(what);
    if (this.state !== 'stalled') return; // the session ended meanwhile
    this.channel.writeOwned(Buffer.concat([encodeAnswer(answer), this.readyForQuery()]));
    this.lastActiveMs = performance.now();
    this.unstall(false);
  }

  private async answerTo(what: OwnCommand): Promise<OwnAnswer> {
    try {
      return await this.owner.answer(this, what);
    } catch (error) {
      return failed('XX000', `pgherd could not answer: ${(error as Error).message}`);
    }
  }

  // --- the same in the extended protocol --------------------------------------------------------------------------

  /** The message is about what the engine answers, or part of a batch that only the engine has seen. */
  private isOurs(
    own: OwnStatements,
    kind: number,
    parsed: OwnCommand | null,
    buffer: Buffer,
    pos: number,
    size: number,
  ): boolean {
    if (own.skipping && kind !== KIND_SYNC) return true;
    if (kind === KIND_SYNC || kind === KIND_FLUSH) return own.inBatch && !this.serverInBatch;
    return parsed !== null || own.concerns(buffer, pos, size);
  }

  /** The server has messages of the present batch. */
  private get serverInBatch(): boolean {
    return this.home.replies.batchOpen || this.link.replies.batchOpen || this.router?.inBatch === true;
  }

  private get owedNothing(): boolean {
    return this.home.replies.size === 0 && this.link.replies.size === 0;
  }

  /** @returns false when the client has to wait */
  private ownMessage(
    own: OwnStatements,
    kind: number,
    parsed: OwnCommand | null,
    buffer: Buffer,
    pos: number,
    size: number,
    length: number,
  ): boolean {
    if (own.skipping && kind !== KIND_SYNC) return true;
    const inBatch = this.serverInBatch;
    if (!this.owedNothing || (inBatch && !own.settled && !this.batchFailed)) {
      this.moveTo('stalled');
      this.shown = this.observer !== null;
      this.ownWaits = true;
      this.keepStalled(buffer, pos, length);
      this.ownNow();
      return false;
    }
    if (inBatch && this.batchFailed) return true; // the server skips its messages, and we skip ours
    if (kind === KIND_FLUSH) return true;
    if (kind === KIND_SYNC) {
      this.channel.writeOwned(this.readyForQuery());
      this.lastActiveMs = performance.now();
      this.ownBatchEnded(own);
      return true;
    }
    let outcome: OwnOutcome;
    try {
      outcome = own.take(buffer, pos, size, parsed, (what) => this.owner.columnsOf(this, what));
    } catch (error) {
      const { message } = error as Error;
      outcome = { kind: 'fail', bytes: encodeErrorResponse({ severity: 'ERROR', sqlstate: '08P01', message }) };
    }
    if (outcome.kind === 'execute') {
      this.moveTo('stalled');
      this.keepStalled(buffer, pos + size, length);
      void this.execute(own, outcome);
      return false;
    }
    this.channel.writeOwned(outcome.bytes);
    if (outcome.kind === 'fail') this.ownFailed(own);
    return true;
  }

  private async execute(own: OwnStatements, { portal, rowsMax }: OwnOutcome & { kind: 'execute' }): Promise<void> {
    portal.answer ??= await this.answerTo(portal.what);
    if (this.state !== 'stalled') return;
    this.channel.writeOwned(encodeExecuted(portal, rowsMax));
    if (portal.answer.kind === 'error') this.ownFailed(own);
    this.goOn();
  }

  /** An error of ours: what the server has done in this batch must fail with it. */
  private ownFailed(own: OwnStatements): void {
    own.skipping = true;
    if (!this.serverInBatch) return;
    own.barrier = new Barrier('error', this.home.restOfMessage);
    this.home.replies.push(Reply.BATCH, this);
    this.home.channel.writeOwned(FAIL_MESSAGES);
  }

  private ownBatchEnded(own: OwnStatements): void {
    own.endBatch(this.home.status === STATUS_IDLE);
    if (own.empty) this.own = null;
  }

  /** Goes on with a message of ours that waits, once the server has answered what came before it. */
  private ownNow(): void {
    const { own } = this;
    if (!this.ownWaits || own === null || !this.owedNothing) return;
    if (!this.serverInBatch || own.settled || this.batchFailed) {
      this.ownWaits = false;
      this.goOn();
      return;
    }
    if (own.barrier !== null) return;
    own.barrier = new Barrier('mark', this.home.restOfMessage);
    this.home.replies.push(Reply.BATCH, this);
    this.home.channel.writeOwned(MARK_MESSAGES);
  }

  /** Passes on what the server says while answers to the engine's own messages are among it. */
  private fromBackendBehind(own: OwnStatements, barrier: Barrier, buffer: Buffer, start: number, end: number): boolean {
    let taken = true;
    const put = (bytes: Buffer, from: number, to: number): void => {
      if (!this.deliver(bytes, from, to)) taken = false;
    };
    barrier.take(buffer, start, end, put);
    if (this.batchFailed && !barrier.over && !own.skipping) barrier.giveUp(put);
    if (!barrier.over) return taken;
    own.barrier = null;
    if (!this.batchFailed) {
      own.settled = true;
      // The router goes by these counts.
      this.home.parsesDone--;
      this.home.closesDone--;
    }
    this.ownNow();
    return taken;
  }

  private goOn(): void {
    const bytes = this.stalledBytes;
    this.stalledBytes = null;
    this.state = 'idle';
    this.channel.resume();
    if (bytes !== null) this.feed(bytes, 0, bytes.length);
  }

  /** For the router, which reads a batch ahead: the message at `pos` is not for a server. */
  isOwn(buffer: Buffer, pos: number, size: number): boolean {
    if (this.own?.concerns(buffer, pos, size) === true) return true;
    if (buffer[pos] !== PARSE) return false;
    const what = interceptParse(buffer, pos + 5, pos + size);
    return what !== null && what.kind !== 'guard';
  }

  /** Goes on with what was kept, which begins with the statement that caused the stall. */
  private unstall(forwardFirst: boolean): void {
    const bytes = this.stalledBytes as Buffer;
    this.stalledBytes = null;
    this.routing = false;
    this.starting = false;
    this.state = 'idle';
    this.channel.resume();
    const size = bytes.readUInt32BE(1) + 1;
    if (forwardFirst) {
      this.link = this.home;
      this.router?.opaque();
      if (bytes[0] === PARSE) this.note(this.link, KIND_PARSE);
      else this.sent(this.link, Reply.QUERY);
      this.remember(bytes, 0, size);
      this.forward(bytes, 0, size);
    }
    if (size < bytes.length) this.feed(bytes, size, bytes.length);
    this.started();
  }

  // --- from the backend -------------------------------------------------------------------------------------------

  fromBackend(buffer: Buffer, start: number, end: number): boolean {
    if (this.state === 'closing' || this.hidesLastWord) return true;
    const readerAnswers = this.link !== this.home && this.link.replies.running;
    if (readerAnswers || this.aside !== null) {
      // The primary speaks while a read node is answering: a notification, a notice. Only whole messages are passed on.
      const own = Buffer.from(buffer.subarray(start, end));
      this.aside = this.aside === null ? own : Buffer.concat([this.aside, own]);
      if (!readerAnswers) this.tellAside();
      return this.aside === null || this.aside.length < ASIDE_BYTES_MAX;
    }
    // What was waited for turned out to be a COPY, whose data may stand behind the statement that waits.
    if (this.state === 'stalled' && this.pendingAnswer !== null && !this.link.replies.certain) {
      this.pendingAnswer = null;
      this.unstall(true);
    } else if (this.routing && !this.home.replies.certain) this.unstall(true);
    else if (this.ownWaits && !this.home.replies.orderly) {
      this.ownWaits = false;
      this.goOn();
    }
    if (this.terminating && this.home.replies.copyIn) this.letServerEnd();
    const { own } = this;
    if (own !== null && own.barrier !== null) return this.fromBackendBehind(own, own.barrier, buffer, start, end);
    const taken = this.deliver(buffer, start, end);
    if (this.routing) this.routeNow(); // what waited for the end of a message
    return taken;
  }

  private deliver(buffer: Buffer, start: number, end: number): boolean {
    const { observer } = this;
    if (observer !== null) return observer.fromBackend(this, buffer, start, end);
    return this.channel.write(buffer, start, end);
  }

  backendError(body: Buffer): void {
    if (this.home.fatal && !this.home.replies.running && postmasterIsGone(body)) {
      this.hidesLastWord = true;
      return;
    }
    this.batchFailed = true;
    this.router?.homeError();
    if (this.own?.barrier?.expectsError !== true) this.owner.backendError?.(this, body);
  }

  backendReady(): void {
    this.batchFailed = false;
    this.router?.homeReady();
  }

  backendIdle(): void {
    this.lastActiveMs = Math.max(this.home.readyAtMs, this.link.readyAtMs);
    if (this.home.status === STATUS_IDLE) this.openSinceMs = 0;
    else if (this.openSinceMs === 0) this.openSinceMs = this.home.busySinceMs;
    if (this.owner.held === true) this.drainedHome();
    if (this.terminating) {
      if (this.link.replies.certain && !this.serverEnds) this.finish('terminate', true);
      else this.letServerEnd();
      return;
    }
    if (this.state === 'stalled') {
      if (this.pendingAnswer !== null) void this.answerNow();
      else if (this.ownWaits) this.ownNow();
      else this.routeNow();
      return;
    }
    this.moveTo('idle');
  }

  private drainedHome(): void {
    this.owner.drained?.();
    if (!this.terminating) this.holdStill();
  }

  backendGone(_error: Error | null): void {
    if (this.state === 'closing') return;
    if (this.survives) {
      this.loseHome();
      return;
    }
    if (this.link.restOfMessage === 0) this.tellAside(); // its last word may be among it
    const { home } = this;
    const reason = this.terminating ? 'terminate' : home.cutBecause === null ? 'backend-gone' : 'epoch';
    const told = this.terminating || (home.fatal && !this.hidesLastWord);
    this.finish(reason, false, told ? null : this.whyEnds());
  }

  // --- without a home -----------------------------------------------------------------------------------------------

  /** The connection to the primary may go, and the session stays: it owes nothing there, and all that it left is known. */
  private get survives(): boolean {
    const { home, router, own } = this;
    if (router === null || this.terminating || router.tie !== null) return false;
    if (home.fatal && !this.hidesLastWord) return false; // the server has ended it, by somebody's wish
    if (home.status !== STATUS_IDLE || home.restOfMessage > 0 || (own !== null && own.barrier !== null)) return false;
    // A question of the engine's own, before the statement at hand was sent, may stay without an answer.
    if (home.replies.running && !this.starting) return false;
    return this.link !== home || (this.rest === 0 && !router.inBatch);
  }

  private loseHome(): void {
    const { home } = this;
    this.homeless = true;
    this.hidesLastWord = false;
    this.batchFailed = false;
    this.backendDrained(); // it takes no more, and nobody has to wait for that
    home.replies.clear();
    this.owner.homeLost?.(this, home);
    home.user = this; // the engine's questions need it no more
    this.router?.homeLost();
    if (this.state === 'busy' && !this.link.replies.running) this.moveTo('idle');
    else this.routeNow();
    this.ownNow();
  }

  /** Nobody begins anything at the primary: a session whose statements are not routed reads no more of them. */
  holdStill(): void {
    if (this.router !== null || this.openAtHome || this.rest > 0 || this.state === 'closing') return;
    if (this.state === 'stalled') return;
    this.moveTo('stalled');
    this.still = true;
  }

  letGo(): void {
    if (!this.still) return;
    this.still = false;
    this.goOn();
  }

  /** It was held for too long. */
  failHeld(reason: string): void {
    if (!this.still || this.stalledBytes === null) return;
    this.still = false;
    const error = {
      sqlstate: '57P03',
      message: reason,
      severity: 'ERROR',
      severityNonLocalized: 'ERROR',
      all: NO_FIELDS,
    };
    if (this.failWaiting(error)) this.holdStill();
    else this.endWith('epoch', '57P03', reason);
  }

  /** Another connection takes the place of the lost one. */
  adoptHome(link: Link): void {
    const before = this.home;
    const news = changedParameters(before, link);
    this.home = link;
    if (this.link === before) this.link = link;
    before.user = null;
    link.user = this;
    link.countsCommands = false;
    this.homeless = false;
    if (news.length > 0) this.channel.writeOwned(news);
  }

  /** What the client is told when it ends with its connection to the primary; null in the middle of a message. */
  private whyEnds(): Buffer | null {
    const { home, link, router } = this;
    return link.restOfMessage > 0 || home.restOfMessage > 0 ? null : lastWords(home, router, router?.tie ?? null);
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
    if (this.state !== 'closing') this.link.channel.pause();
  }

  onDrain(): void {
    if (this.state === 'closing') return;
    this.home.channel.resume();
    this.router?.resumeReaders(); // the one that was paused need not be the one that answers now
  }

  onClosed(_error: Error | null): void {
    // A client that just closes its socket between statements leaves a link as clean as one that says Terminate.
    this.finish('client-gone', this.rest === 0 && this.holdFill === 0);
  }

  /** Ends the session with a FATAL message to the client (shutdown, limits). */
  endWith(reason: EndReason, sqlstate: string, message: string, detail?: string): void {
    if (this.state === 'closing') return;
    const more = detail === undefined ? {} : { detail };
    const last = encodeErrorResponse({ severity: 'FATAL', sqlstate, message, ...more });
    this.finish(reason, true, this.link.restOfMessage > 0 ? null : last);
  }

  private finish(reason: EndReason, mayReuse: boolean, last: Buffer | null = null): void {
    if (this.state === 'closing') return;
    this.state = 'closing';
    this.hold = null;
    this.stalledBytes = null;
    this.pendingAnswer = null;
    this.ownWaits = false;
    this.routing = false;
    this.starting = false;
    this.started();
    this.last.forget();
    this.home.user = null;
    this.home.channel.resume(); // it may have waited for this client
    const inStep = mayReuse && this.rest === 0;
    const reusable = inStep && this.home.clean;
    if (!this.channel.closed) this.channel.end(last);
    this.owner.sessionEnded(this, reason, reusable);
    this.router?.close(reusable || (inStep && this.homeless));
  }

  /** The server works on something, or has half of it: what a cancel request may mean. */
  get running(): boolean {
    return this.link.replies.running || this.home.replies.running;
  }

  /** The connections that the statement at hand goes to. */
  get targets(): readonly Link[] {
    return this.router?.targets(this.link) ?? [this.link];
  }

  /** All connections that the session holds, its home first. */
  get links(): readonly Link[] {
    const others = this.router?.readerLinks ?? [];
    return this.homeless ? others : [this.home, ...others];
  }

  /** Something of it is open at the primary: a transaction, or a statement. */
  get openAtHome(): boolean {
    return !this.homeless && (this.home.status !== STATUS_IDLE || this.home.replies.running);
  }

  /** The connection whose server works for the client now. */
  get working(): Link {
    return this.link.replies.running ? this.link : this.home;
  }
}

/** A Query, or a batch with its Sync, is whole. */
function holdsStatement(bytes: Buffer): boolean {
  let pos = 0;
  while (bytes.length - pos >= 5) {
    const type = bytes[pos];
    pos += bytes.readUInt32BE(pos + 1) + 1;
    if (type === QUERY || type === Frontend.SYNC) return pos <= bytes.length;
  }
  return false;
}

/** Where the bytes go on behind one Query, or behind the Sync of one batch. */
function skipStatement(bytes: Buffer): number {
  let pos = 0;
  while (bytes.length - pos >= 5) {
    const type = bytes[pos];
    pos = Math.min(bytes.length, pos + bytes.readUInt32BE(pos + 1) + 1);
    if (type === QUERY || type === Frontend.SYNC) return pos;
  }
  return pos;
}

/** The text of a Query message's body without its final zero. */
export function queryText(body: Buffer): string {
  return body.toString('utf8', 0, Math.max(0, body.length - 1));
}

export { QUERY };
