/**
 * One connection to one PostgreSQL server: what it owes (the reply queue), its transaction state (from ReadyForQuery,
 * never from SQL text) and its parameter values. A link serves one session at a time in session mode; between sessions
 * it is reset and waits in its pool.
 */
// The global of that name is a getter.
import { performance } from 'node:perf_hooks';
import { bytesToText, encodeParameterStatus } from '@pgherd/wire';
import type { Channel, ChannelHandler } from '../worker/channel.ts';
import { Reply, ReplyQueue } from './reply-queue.ts';

/** Who a link serves: bytes in whole runs, valid during the call only. */
export interface LinkUser {
  /** @returns false when the client is behind: the link stops reading until `resume`. */
  fromBackend(buffer: Buffer, start: number, end: number): boolean;
  /** ReadyForQuery came; its bytes follow. The link's `status` is the new one. */
  backendReady?(): void;
  /** ReadyForQuery came and nothing more is owed. */
  backendIdle(): void;
  /** An ErrorResponse came; its body, valid during the call only. The bytes themselves follow. */
  backendError?(body: Buffer): void;
  /** The server closed the connection, or it broke. All bytes were delivered before. */
  backendGone(error: Error | null): void;
  /** The server takes no more for now: stop reading the client. */
  backendFull(): void;
  /** The server can take bytes again. */
  backendDrained(): void;
}

export interface LinkStats {
  /** Called with each ErrorResponse's SQLSTATE (5 characters). */
  onSqlState(code: string): void;
  /** An ErrorResponse came. */
  onError?(nodeId: number, severity: 'PANIC' | 'FATAL' | 'ERROR'): void;
  /** A CommandComplete came for a client whose statements nobody reads; its tag begins at `tag`. */
  onCommand?(nodeId: number, buffer: Buffer, tag: number): void;
  /** Milliseconds from the first owed message to idle. */
  onLatency(ms: number): void;
}

const HELD_BYTES_MAX = 256 * 1024;
const PARAMETERS_MAX = 200;
const TYPE_READY = 0x5a; // Z
const TYPE_ERROR = 0x45; // E
const TYPE_PARAMETER_STATUS = 0x53; // S
const TYPE_COPY_IN = 0x47; // G
const TYPE_COPY_BOTH = 0x57; // W
const TYPE_PARSE_COMPLETE = 0x31; // 1
const TYPE_CLOSE_COMPLETE = 0x33; // 3
const TYPE_COMMAND_COMPLETE = 0x43; // C
/** Message types that the engine looks into; all others only pass. */
const ACTS_ON = new Uint8Array(256);
for (const type of [TYPE_READY, TYPE_ERROR, TYPE_PARAMETER_STATUS, TYPE_COPY_IN, TYPE_COPY_BOTH]) ACTS_ON[type] = 1;
const STATUS_IDLE = 0x49; // I
const NOTHING = Buffer.alloc(0);
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4]);

/** Those that are silent already, and are closed so many in a turn. */
const cut: Link[] = [];
const CUT_PER_TURN = 50;

function endCut(): void {
  const now = cut.splice(0, CUT_PER_TURN);
  if (cut.length > 0) setImmediate(endCut);
  for (const link of now) {
    link.channel.destroy();
    link.tellEnd();
  }
}

/** Equal greetings are kept once: thousands of idle links report the same fourteen parameters. */
const interned = new Map<string, Buffer>();
export function internBytes(bytes: Buffer): Buffer {
  const key = bytes.toString('latin1');
  const known = interned.get(key);
  if (known !== undefined) return known;
  if (interned.size > 1000) interned.clear();
  const own = Buffer.from(bytes);
  interned.set(key, own);
  return own;
}

/** What a fresh client hears of these parameters. */
export function greetingOf(parameters: ReadonlyMap<string, string>): Buffer {
  return internBytes(Buffer.concat([...parameters].map(([name, value]) => encodeParameterStatus(name, value))));
}

export class Link implements ChannelHandler {
  readonly replies = new ReplyQueue<LinkUser>();
  /** The server process's id and cancel key (Latin-1: a small Buffer would pin a whole pool of them). */
  pid = 0;
  secret = '';
  /** ParameterStatus messages as they were at start-up; the values a fresh client of this link must see. */
  greeting: Buffer = Buffer.alloc(0);
  /** NoticeResponse messages of the sign-in (login triggers, a collation's version): for the first client only. */
  notices: Buffer | null = null;
  /** Values that changed since start-up, by name; empty again after a reset. */
  private changed: Map<string, string> | null = null;
  private original: ReadonlyMap<string, string> = new Map();
  /** How the server reads texts of this session. */
  standardConformingStrings = true;
  clientEncoding = 'UTF8';
  /** ReadyForQuery's status byte: I, T or E. */
  status = STATUS_IDLE;
  user: LinkUser | null = null;
  /** Cancel requests on their way to this backend: it is not reused before they have arrived. */
  cancelsInFlight = 0;
  /** Called when the last of them has arrived. */
  onCancelsDone: (() => void) | null = null;
  readonly openedAtMs = performance.now();
  idleSinceMs = 0;
  uses = 0;
  /** Nobody reads this client's statements: what the server says that they did is counted. */
  countsCommands = false;
  private resetDone: ((reusable: boolean) => void) | null = null;
  private resetTimer: NodeJS.Timeout | null = null;
  private failed = false;
  private hold: Buffer | null = null;
  private holdFill = 0;
  private rest = 0;
  /** When it was sent what it works at, or has worked at last. */
  busySinceMs = 0;
  /** When the last ReadyForQuery came, and how long the server had been busy then. */
  readyAtMs = 0;
  latencyMs = 0;
  /** ParseComplete and CloseComplete messages seen, ever: what a batch got done before its error. */
  parsesDone = 0;
  closesDone = 0;
  /** Why the engine broke the connection off, as what completes "because …"; null = it did not. */
  cutBecause: string | null = null;
  /** Its end was told. */
  private gone = false;
  /** The server's last word was a FATAL or PANIC error. */
  fatal = false;
  /** Told when the connection ends while nobody uses it. */
  onIdleClosed: ((link: Link) => void) | null = null;

  readonly channel: Channel;
  readonly nodeId: number;
  /** The node's term in which it was opened, or has proved itself (worker/terms.ts): in a later one it is not used any more. */
  epoch: number;
  readonly key: string;
  readonly database: string;
  /** The start-up packet that opened it. */
  readonly startup: Buffer;
  /** How to reach the same server for a cancel request. */
  readonly tls: boolean;
  /** Which authentication the server asked for when this link was opened. */
  readonly authRequest: 'ok' | 'cleartext' | 'md5' | 'sasl';
  private readonly stats: LinkStats;

  constructor(
    channel: Channel,
    facts: {
      nodeId: number;
      epoch: number;
      key: string;
      database: string;
      startup?: Buffer;
      tls: boolean;
      authRequest: Link['authRequest'];
      pid: number;
      secret: string;
      parameters: ReadonlyMap<string, string>;
      greeting: Buffer;
    },
    stats: LinkStats,
  ) {
    this.channel = channel;
    this.nodeId = facts.nodeId;
    this.epoch = facts.epoch;
    this.key = facts.key;
    this.database = facts.database;
    this.startup = facts.startup ?? NOTHING;
    this.tls = facts.tls;
    this.authRequest = facts.authRequest;
    this.pid = facts.pid;
    this.secret = facts.secret;
    this.original = facts.parameters;
    this.standardConformingStrings = facts.parameters.get('standard_conforming_strings') !== 'off';
    this.clientEncoding = facts.parameters.get('client_encoding') ?? 'UTF8';
    this.greeting = facts.greeting;
    this.stats = stats;
    channel.handler = this;
  }

  /** The present values of all reported parameters. */
  get parameters(): Map<string, string> {
    return new Map([...this.original, ...(this.changed ?? [])]);
  }

  /** The present values of the reported parameters, where they differ from the greeting. */
  get changedParameters(): ReadonlyMap<string, string> | null {
    return this.changed;
  }

  /** It has proved itself in a later term of its node: from now on it is as if it had been opened in that one. */
  renew(term: number): void {
    this.epoch = term;
    if (this.changed === null) return;
    this.original = this.parameters;
    this.changed = null;
    this.greeting = greetingOf(this.original);
  }

  /** Bytes of the message that was last delivered in part; 0 between messages. */
  get restOfMessage(): number {
    return this.rest;
  }

  get closed(): boolean {
    return this.channel.closing;
  }

  /** True when the link owes nothing, is outside a transaction and in step with its peer. */
  get clean(): boolean {
    return (
      !this.closed &&
      !this.failed &&
      !this.replies.running &&
      !this.replies.mismatch &&
      this.rest === 0 &&
      this.holdFill === 0
    );
  }

  /** Whoever uses it now may go on; nobody else gets it. */
  spoil(): void {
    this.failed = true;
  }

  noteSent(kind: (typeof Reply)[keyof typeof Reply]): void {
    if (this.replies.size === 0) this.busySinceMs = performance.now();
    this.replies.push(kind, this.user);
  }

  onBytes(buffer: Buffer, length: number): void {
    let end = length;
    let pos = 0;
    let idle = false;
    if (this.rest > 0) {
      pos = Math.min(this.rest, length);
      this.rest -= pos;
    }
    if (this.holdFill > 0) {
      const used = this.continueHold(buffer, length);
      if (used < 0) return; // still incomplete, all bytes are kept
      const held = this.hold as Buffer;
      const heldLength = this.holdFill;
      this.hold = null;
      this.holdFill = 0;
      this.process(held, heldLength);
      if (used === length) return;
      // the remainder is an ordinary chunk
      const tail = buffer.subarray(used, length);
      this.process(tail, tail.length);
      return;
    }
    // (the common case inlines process() to save a call)
    while (pos < length) {
      const left = length - pos;
      if (left < 5) {
        this.startHold(buffer, pos, length);
        end = pos;
        break;
      }
      const type = buffer[pos] as number;
      const size = buffer.readUInt32BE(pos + 1) + 1;
      if (size < 5 || size > 0x40000000) {
        this.breakOff(new Error(`node ${this.nodeId} sent a message with an impossible length`));
        return;
      }
      if (size > left) {
        if (ACTS_ON[type] === 1 && size <= HELD_BYTES_MAX) {
          this.startHold(buffer, pos, length);
          end = pos;
          break;
        }
        // An error too long to be held still ends what it ends.
        if (type === TYPE_ERROR) this.failedWith('XX000', 'ERROR');
        this.rest = size - left;
        break;
      }
      if (type === TYPE_ERROR && pos > 0 && severityOf(buffer, pos + 5, pos + size) !== 'ERROR') {
        // A server's last word may be hidden from the client; what came before it is an answer like any other.
        this.deliver(buffer, pos, idle);
        const tail = buffer.subarray(pos, length);
        this.process(tail, tail.length);
        return;
      }
      if (type === TYPE_READY) idle = this.ready(buffer, pos);
      else if (ACTS_ON[type] === 1) this.act(type, buffer, pos, size);
      else if (type === TYPE_PARSE_COMPLETE) this.parsesDone++;
      else if (type === TYPE_CLOSE_COMPLETE) this.closesDone++;
      else if (type === TYPE_COMMAND_COMPLETE && this.countsCommands && this.user !== null) {
        this.stats.onCommand?.(this.nodeId, buffer, pos + 5);
      }
      pos += size;
    }
    this.deliver(buffer, end, idle);
  }

  private process(buffer: Buffer, length: number): void {
    this.onBytes(buffer, length);
  }

  private deliver(buffer: Buffer, end: number, idle: boolean): void {
    const user = this.user;
    if (user === null) {
      if (idle && this.resetDone !== null) this.finishReset();
      return;
    }
    if (end > 0 && !user.fromBackend(buffer, 0, end)) this.channel.pause();
    if (idle) user.backendIdle();
  }

  private ready(buffer: Buffer, pos: number): boolean {
    this.status = buffer[pos + 5] as number;
    this.replies.onReady();
    this.user?.backendReady?.();
    if (this.replies.size > 0) return false;
    const now = performance.now();
    this.readyAtMs = now;
    this.latencyMs = now - this.busySinceMs;
    this.stats.onLatency(this.latencyMs);
    return true;
  }

  private act(type: number, buffer: Buffer, pos: number, size: number): void {
    if (type === TYPE_COPY_IN || type === TYPE_COPY_BOTH) this.replies.onCopyIn();
    else if (type === TYPE_ERROR) {
      const severity = severityOf(buffer, pos + 5, pos + size);
      if (severity !== 'ERROR') this.fatal = true;
      this.failedWith(sqlStateOf(buffer, pos + 5, pos + size), severity);
      this.user?.backendError?.(buffer.subarray(pos + 5, pos + size));
    } else if (type === TYPE_PARAMETER_STATUS) this.parameter(buffer, pos + 5, pos + size);
  }

  private failedWith(sqlState: string, severity: 'PANIC' | 'FATAL' | 'ERROR'): void {
    this.replies.onError();
    this.stats.onError?.(this.nodeId, severity);
    // In a reset, or while nobody uses the link: the server is about to end it.
    if (this.user === null) this.failed = true;
    this.stats.onSqlState(sqlState);
  }

  private parameter(buffer: Buffer, start: number, end: number): void {
    const nul = buffer.indexOf(0, start);
    if (nul < 0 || nul >= end) return;
    const name = bytesToText(buffer.subarray(start, nul));
    const stop = buffer.indexOf(0, nul + 1);
    const value = bytesToText(buffer.subarray(nul + 1, stop < 0 || stop >= end ? end : stop));
    if (name === 'standard_conforming_strings' || name === 'client_encoding') this.textRule(name, value);
    if (this.original.get(name) === value) {
      this.changed?.delete(name);
      if (this.changed?.size === 0) this.changed = null;
    } else {
      this.changed ??= new Map();
      if (this.changed.size < PARAMETERS_MAX) this.changed.set(name, value);
      else this.failed = true; // no PostgreSQL reports so many
    }
  }

  private textRule(name: string, value: string): void {
    if (name === 'client_encoding') this.clientEncoding = value;
    else this.standardConformingStrings = value === 'on';
  }

  private startHold(buffer: Buffer, pos: number, length: number): void {
    const have = length - pos;
    const size = have >= 5 ? buffer.readUInt32BE(pos + 1) + 1 : 5;
    this.hold = Buffer.allocUnsafe(size);
    buffer.copy(this.hold, 0, pos, length);
    this.holdFill = have;
  }

  /** Completes a held message. @returns bytes used of the chunk once it is whole (or may go on in pieces), else -1. */
  private continueHold(buffer: Buffer, length: number): number {
    let hold = this.hold as Buffer;
    let used = 0;
    if (this.holdFill < 5) {
      const take = Math.min(5 - this.holdFill, length);
      buffer.copy(hold, this.holdFill, 0, take);
      this.holdFill += take;
      used = take;
      if (this.holdFill < 5) return -1;
      const type = hold[0] as number;
      const size = hold.readUInt32BE(1) + 1;
      // A body that is not acted on goes on in pieces: the header alone is handed to onBytes, which notes the rest.
      if (ACTS_ON[type] !== 1 || size > HELD_BYTES_MAX || size <= 5) return used;
      const whole = Buffer.allocUnsafe(size);
      hold.copy(whole, 0, 0, 5);
      hold = this.hold = whole;
    }
    const take = Math.min(hold.length - this.holdFill, length - used);
    buffer.copy(hold, this.holdFill, used, used + take);
    this.holdFill += take;
    used += take;
    return this.holdFill === hold.length ? used : -1;
  }

  /** The peer broke the protocol: whoever uses the link hears that it is gone. */
  breakOff(error: Error): void {
    this.failed = true;
    this.channel.destroy();
    this.onClosed(error);
  }

  onFull(): void {
    this.user?.backendFull();
  }

  onDrain(): void {
    this.user?.backendDrained();
  }

  onClosed(error: Error | null): void {
    if (this.gone) return;
    this.gone = true;
    this.failed = true;
    const user = this.user;
    this.user = null;
    if (user !== null) {
      user.backendGone(error);
      return;
    }
    if (this.resetDone !== null) {
      this.finishReset();
      return;
    }
    const listener = this.onIdleClosed;
    this.onIdleClosed = null;
    listener?.(this);
  }

  /**
   * Makes the link indistinguishable from a fresh one: runs the reset statements, each as one simple Query, and says
   * whether all succeeded in time.
   * @param statements encoded Query messages, joined
   */
  reset(statements: Buffer, count: number, limitMs: number, done: (reusable: boolean) => void): void {
    this.user = null;
    this.resetDone = done;
    this.resetTimer = setTimeout(() => {
      this.failed = true;
      this.channel.destroy();
      this.finishReset();
    }, limitMs);
    for (let i = 0; i < count; i++) this.noteSent(Reply.QUERY);
    this.channel.resume();
    this.channel.writeOwned(statements);
  }

  private finishReset(): void {
    const done = this.resetDone;
    this.resetDone = null;
    if (this.resetTimer !== null) clearTimeout(this.resetTimer);
    this.resetTimer = null;
    done?.(this.clean && this.status === STATUS_IDLE);
  }

  /**
   * Breaks the connection off: not one byte more goes out, not even what is queued. Whoever uses it hears of that a moment
   * later, as of any connection that ends: thousands are cut at once, and that they are silent matters first.
   */
  cut(because: string): void {
    if (this.gone) return;
    this.cutBecause ??= because;
    this.failed = true;
    this.channel.mute();
    if (cut.length === 0) setImmediate(endCut);
    cut.push(this);
  }

  /** Its user hears now that the connection has ended, if it has. */
  tellEnd(): void {
    if (this.closed) this.onClosed(null);
  }

  /** Says Terminate and closes. */
  close(): void {
    this.user = null;
    this.onIdleClosed = null;
    if (this.channel.closed) return;
    this.failed = true;
    this.channel.end(TERMINATE, 1_000);
  }
}

/** The 'C' field of an ErrorResponse body in `[start, end)`; XX000 where it is missing. */
export function sqlStateOf(buffer: Buffer, start: number, end: number): string {
  const at = fieldOf(0x43, buffer, start, end);
  if (at < 0) return 'XX000';
  return buffer.indexOf(0, at) - at === 5 ? buffer.toString('latin1', at, at + 5) : 'XX000';
}

/** The 'V' field, which no language changes. Servers before 9.6 have none: what they say in 'S' counts if it is known. */
function severityOf(buffer: Buffer, start: number, end: number): 'PANIC' | 'FATAL' | 'ERROR' {
  let at = fieldOf(0x56, buffer, start, end);
  if (at < 0) at = fieldOf(0x53, buffer, start, end);
  if (at < 0) return 'ERROR';
  return buffer[at] === 0x50 ? 'PANIC' : buffer[at] === 0x46 ? 'FATAL' : 'ERROR';
}

/** Where a field's text begins in an ErrorResponse body in `[start, end)`; -1 where it is missing or has no end. */
function fieldOf(field: number, buffer: Buffer, start: number, end: number): number {
  let pos = start;
  while (pos < end && buffer[pos] !== 0) {
    const stop = buffer.indexOf(0, pos + 1);
    if (stop < 0 || stop >= end) break;
    if (buffer[pos] === field) return pos + 1;
    pos = stop + 1;
  }
  return -1;
}
