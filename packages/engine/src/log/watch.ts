/**
 * One watched session: what its client and its server say goes to the log, and to the client itself where
 * client_min_messages or notice_per_node_statement ask for that.
 *
 * A notice of ours may stand between two messages of the server only, and after the replies to what the client asked
 * earlier: the server's messages are followed byte by byte, and a notice waits for its turn.
 */
import type { Settings } from '@pgherd/config';
import {
  Backend,
  decodeBind,
  decodeClose,
  decodeDescribe,
  decodeErrorFields,
  decodeExecute,
  decodeParse,
  encodeNoticeResponse,
  Frontend,
} from '@pgherd/wire';
import { intercept } from '../frontend/intercept.ts';
import type { Session } from '../frontend/session.ts';
import { contextOf } from './context.ts';
import type { Level, Log } from './logger.ts';
import { backendName, FRONTEND_NAMES, reachesClient } from './names.ts';
import { StatementTexts } from './statement-texts.ts';

/** What a watch needs to know of other sessions. */
export interface Herd {
  /** The node of the session whose backend has this PID, or null when no session here has. */
  nodeOfPid(pid: number): number | null;
}

interface Aside {
  readonly bytes: Buffer;
  /** ReadyForQuery messages that come first. */
  after: number;
}

const TERMINATE_BACKEND = /\bpg_terminate_backend\s*\(\s*(\d{1,10})\s*[,)]/i;

export class SessionWatch {
  private readonly session: Session;
  private readonly settings: Settings;
  private readonly log: Log;
  private readonly herd: Herd;
  /** Statement texts by `s` and statement name, `p` and portal name. */
  readonly texts: StatementTexts;
  /** Bytes of the server's present message that are still to come. */
  private rest: number;
  private asides: Aside[] = [];
  /** What belongs in front of the server's message that is being looked at. */
  private readonly front: Buffer[] = [];
  /** The newest Query's text; null once an extended-query message came. */
  private query: string | null = null;
  private copyData = 0;
  private lastKind = 0;
  private repeats = 0;

  /** @param texts what another watch of the session has kept */
  constructor(session: Session, settings: Settings, log: Log, herd: Herd, texts: StatementTexts | null = null) {
    this.texts = texts ?? new StatementTexts();
    this.session = session;
    this.settings = settings;
    this.log = log;
    this.herd = herd;
    this.rest = session.link.restOfMessage;
  }

  // --- the client -------------------------------------------------------------------------------------------------

  /** @param whole false: `body` is only what has come of a message too large to be held */
  fromClient(type: number, body: Buffer, whole: boolean): void {
    const { settings } = this;
    const name = FRONTEND_NAMES[type];
    if (settings.log_client_messages && name !== undefined) {
      if (type === Frontend.COPY_DATA) {
        this.copyData++;
        return;
      }
      this.copyDataLine();
      this.say('log', `${name} message from frontend.`, describe(type, body, whole));
    }
    const label = LABELS[type];
    if (label === undefined) return;
    const text = this.statementOf(type, body, whole);
    if (text === null) return;
    if (settings.log_statement && (type === Frontend.QUERY || type === Frontend.EXECUTE)) {
      this.say('log', `statement: ${text}`);
    }
    this.query = type === Frontend.QUERY ? text : null;
    if (isOurs(text)) return;
    if (type === Frontend.QUERY || type === Frontend.EXECUTE) this.terminates(text);
    this.perNode(type === Frontend.DESCRIBE || type === Frontend.CLOSE ? label : label + text);
  }

  private perNode(statement: string): void {
    for (const { nodeId, pid } of this.session.targets) {
      if (this.settings.log_per_node_statement) {
        this.say('log', `DB node id: ${nodeId} backend pid: ${pid} statement: ${statement}`);
      }
      if (this.settings.notice_per_node_statement) {
        this.say('notice', `DB node id: ${nodeId} statement: ${statement}`);
      }
    }
  }

  private terminates(text: string): void {
    const found = TERMINATE_BACKEND.exec(text);
    if (found === null) return;
    const node = this.herd.nodeOfPid(Number(found[1]));
    if (node === null) return;
    this.say('log', `found the pg_terminate_backend request for backend pid:${found[1]} on backend node:${node}`);
  }

  private copyDataLine(): void {
    if (this.copyData === 0) return;
    this.say('log', 'CopyData message from frontend.', `count: ${this.copyData}`);
    this.copyData = 0;
  }

  /** The text that a message is about: its own, or that of the statement or portal it names. */
  private statementOf(type: number, body: Buffer, whole: boolean): string | null {
    if (type === Frontend.QUERY) return textFrom(body, 0, whole);
    const { texts } = this;
    try {
      switch (type) {
        case Frontend.PARSE: {
          const nameEnd = body.indexOf(0);
          if (nameEnd < 0) return null;
          const text = whole ? decodeParse(body).sql : textFrom(body, nameEnd + 1, false);
          texts.set(`s${body.toString('utf8', 0, nameEnd)}`, text);
          return text;
        }
        case Frontend.BIND: {
          const [portal, statement] = whole ? bindNames(decodeBind(body)) : cStrings(body);
          const text = texts.get(`s${statement}`) ?? '';
          texts.set(`p${portal}`, text);
          return text;
        }
        case Frontend.EXECUTE:
          return texts.get(`p${decodeExecute(body).portal}`) ?? '';
        case Frontend.DESCRIBE:
        case Frontend.CLOSE: {
          const { kind, name } = decodeDescribe(body); // both look the same
          return texts.get(`${kind === 'statement' ? 's' : 'p'}${name}`) ?? '';
        }
        default:
          return '';
      }
    } catch {
      return null; // a malformed message: the server will say what is wrong with it
    }
  }

  // --- the server -------------------------------------------------------------------------------------------------

  /** Passes `[start, end)` on to the client, with our notices at their places. @returns false when it is behind */
  fromServer(buffer: Buffer, start: number, end: number): boolean {
    const { channel } = this.session;
    let ready = true;
    let from = start;
    let pos = start;
    const put = (to: number): void => {
      if (to > from && !channel.write(buffer, from, to)) ready = false;
      from = to;
    };
    while (pos < end) {
      if (this.rest > 0) {
        const take = Math.min(this.rest, end - pos);
        this.rest -= take;
        pos += take;
        if (this.rest > 0) break;
      } else {
        if (end - pos < 5) break;
        const type = buffer[pos] as number;
        const size = buffer.readUInt32BE(pos + 1) + 1;
        this.serverMessage(type, buffer.subarray(pos + 5, Math.min(pos + size, end)));
        if (this.front.length > 0) {
          put(pos);
          for (const bytes of this.front.splice(0)) if (!channel.writeOwned(bytes)) ready = false;
        }
        this.rest = Math.max(0, size - (end - pos));
        pos = Math.min(end, pos + size);
        if (type === Backend.READY_FOR_QUERY) for (const aside of this.asides) aside.after--;
      }
      if (this.rest === 0 && this.due()) {
        put(pos);
        if (!this.sendDue()) ready = false;
      }
    }
    put(end);
    // A reply that never comes (a Sync that a COPY swallowed) holds nothing up for longer than this.
    if (this.rest === 0 && this.asides.length > 0 && this.session.link.replies.size === 0) {
      for (const aside of this.asides) aside.after = 0;
      if (!this.sendDue()) ready = false;
    }
    return ready;
  }

  private serverMessage(type: number, body: Buffer): void {
    const wanted = this.settings.log_backend_messages;
    if (wanted !== 'none') {
      if (wanted === 'terse' && type === this.lastKind) this.repeats++;
      else {
        this.repeatsLine();
        this.lastKind = type;
        this.say('log', `${backendName(type)} message from backend ${this.session.link.nodeId}`, undefined, 'now');
      }
    }
    if (type === Backend.NOTICE_RESPONSE) {
      const { severity, message } = decodeErrorFields(body);
      this.write('log', `backend [${this.session.link.nodeId}]: ${severity}: ${message}`);
    }
  }

  private repeatsLine(): void {
    if (this.repeats === 0) return;
    const what = `last ${backendName(this.lastKind)} message from backend ${this.session.link.nodeId}`;
    this.say('log', `${what} repeated ${this.repeats} times`, undefined, 'now');
    this.repeats = 0;
  }

  /** The text of the Query that an error which arrives now answers; null where that cannot be told. */
  get failedQuery(): string | null {
    return this.session.link.replies.size <= 1 ? this.query : null;
  }

  // --- the end ----------------------------------------------------------------------------------------------------

  /** @param resets the statements that clean the connection, if it is kept */
  ended(resets: readonly string[]): void {
    this.asides = [];
    this.copyDataLine();
    this.repeatsLine();
    for (const text of resets) {
      if (this.settings.log_statement) this.write('log', `statement: ${text}`);
      if (!this.settings.log_per_node_statement) continue;
      for (const { nodeId, pid } of this.session.links) {
        this.write('log', `DB node id: ${nodeId} backend pid: ${pid} statement: ${text}`);
      }
    }
  }

  // --- saying -----------------------------------------------------------------------------------------------------

  private write(level: Level, message: string, detail?: string): void {
    this.log.write(level, message, { detail, context: contextOf(this.session) });
  }

  private say(level: Level, message: string, detail?: string, when: 'now' | 'in turn' = 'in turn'): void {
    this.write(level, message, detail);
    if (this.session.state === 'closing') return;
    if (!reachesClient(level, this.settings.client_min_messages as Level)) return;
    const bytes = encodeNoticeResponse({
      severity: level.toUpperCase(),
      sqlstate: 'XX000',
      message,
      ...(detail === undefined ? {} : { detail }),
    });
    if (when === 'now') {
      this.front.push(bytes);
      return;
    }
    const after = this.session.link.replies.size;
    this.asides.push({ bytes, after });
    if (after === 0 && this.rest === 0) this.sendDue();
  }

  private due(): boolean {
    return (this.asides[0]?.after ?? 1) <= 0;
  }

  private sendDue(): boolean {
    let ready = true;
    while (this.due()) {
      const [aside] = this.asides.splice(0, 1);
      if (aside !== undefined && !this.session.channel.writeOwned(aside.bytes)) ready = false;
    }
    return ready;
  }
}

const LABELS: Readonly<Record<number, string>> = {
  [Frontend.QUERY]: '',
  [Frontend.PARSE]: 'Parse: ',
  [Frontend.BIND]: 'Bind: ',
  [Frontend.EXECUTE]: 'Execute: ',
  [Frontend.DESCRIBE]: 'D message',
  [Frontend.CLOSE]: 'C message',
};

/** Never reaches a server. */
function isOurs(text: string): boolean {
  if (!OURS_BEGINS.test(text)) return false;
  const bytes = Buffer.from(text);
  const what = intercept(bytes, 0, bytes.length);
  return what !== null && what.kind !== 'guard';
}

/** All of ours begin so, and few others do. */
const OURS_BEGINS = /^\s*(?:show\s|pgpool\s|\/\*|--)/i;

/** A text up to its final zero; a text of which only the beginning is here ends with an ellipsis. */
function textFrom(body: Buffer, start: number, whole: boolean): string {
  return whole ? body.toString('utf8', start, body.length - 1) : `${body.toString('utf8', start)}…`;
}

function bindNames({ portal, statement }: { portal: string; statement: string }): [string, string] {
  return [portal, statement];
}

/** The two strings that a Bind begins with. */
function cStrings(body: Buffer): [string, string] {
  const first = body.indexOf(0);
  const second = first < 0 ? -1 : body.indexOf(0, first + 1);
  return [body.toString('utf8', 0, Math.max(first, 0)), body.toString('utf8', first + 1, Math.max(second, first + 1))];
}

function describe(type: number, body: Buffer, whole: boolean): string | undefined {
  try {
    switch (type) {
      case Frontend.BIND: {
        const [portal, statement] = whole ? bindNames(decodeBind(body)) : cStrings(body);
        return `portal: "${portal}", statement: "${statement}"`;
      }
      case Frontend.CLOSE: {
        const { kind, name } = decodeClose(body);
        return `${kind}: "${name}"`;
      }
      case Frontend.DESCRIBE: {
        const { kind, name } = decodeDescribe(body);
        return `${kind}: "${name}"`;
      }
      case Frontend.EXECUTE:
        return `portal: "${decodeExecute(body).portal}"`;
      case Frontend.FUNCTION_CALL:
        return `oid: "${body.readUInt32BE(0)}"`;
      case Frontend.PARSE: {
        const nameEnd = Math.max(body.indexOf(0), 0);
        const sql = whole ? decodeParse(body).sql : textFrom(body, nameEnd + 1, false);
        return `statement: "${body.toString('utf8', 0, nameEnd)}", query: "${sql}"`;
      }
      case Frontend.QUERY:
        return `query: "${textFrom(body, 0, whole)}"`;
      default:
        return undefined;
    }
  } catch {
    return undefined; // a malformed message: the server will say what is wrong with it
  }
}
