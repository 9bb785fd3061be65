/**
 * A question of the engine's own on a link that owes nothing. Its answer is read here; what the server says beside it
 * (notices, notifications, parameters) is for the session, which gets it afterwards.
 */
import {
  Backend,
  decodeDataRow,
  decodeErrorFields,
  encodeQuery,
  FrameReader,
  type ReceivedErrorFields,
} from '@pgherd/wire';
import type { Link, LinkUser } from '../backend/link.ts';
import { Reply } from '../backend/reply-queue.ts';

export type Row = readonly (string | null)[];

export interface Answer {
  readonly rows: readonly Row[];
  /** The first one. */
  readonly error: ReceivedErrorFields | null;
  /** Which of the questions it answers, counted from 0. */
  readonly failedAt: number | null;
}

const FATAL: ReadonlySet<string> = new Set(['FATAL', 'PANIC']);
const LOST: ReceivedErrorFields = {
  severity: 'FATAL',
  severityNonLocalized: 'FATAL',
  sqlstate: '08006',
  message: 'the connection was lost',
  all: new Map(),
};
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/**
 * @param messages whole frontend messages
 * @param questions how many of them are answered with ReadyForQuery
 * @param done also called when the connection ends, after its user was told; not when the link is taken away meanwhile
 *   (its session ended)
 */
export function ask(link: Link, messages: Buffer, questions: number, done: (answer: Answer) => void): void {
  if (link.channel.closed) {
    // Nobody will tell of its end once more.
    queueMicrotask(() => done({ rows: [], error: LOST, failedAt: 0 }));
    return;
  }
  const before = link.user;
  link.user = new EngineQuery(link, before, done);
  for (let i = 0; i < questions; i++) link.noteSent(Reply.QUERY);
  link.channel.writeOwned(messages);
}

export function askSql(link: Link, sql: string): Promise<Answer> {
  return new Promise((resolve) => ask(link, encodeQuery(sql), 1, resolve));
}

class EngineQuery implements LinkUser {
  private readonly link: Link;
  private readonly before: LinkUser | null;
  private readonly done: (answer: Answer) => void;
  private readonly reader = new FrameReader({ bodyBytesMax: ANSWER_BYTES_MAX });
  private readonly rows: Row[] = [];
  private error: ReceivedErrorFields | null = null;
  private failedAt: number | null = null;
  private answered = 0;
  /** The server's last word, if it ends the connection. */
  private fatal: Buffer | null = null;
  private readonly aside: Buffer[] = [];

  constructor(link: Link, before: LinkUser | null, done: (answer: Answer) => void) {
    this.link = link;
    this.before = before;
    this.done = done;
  }

  fromBackend(buffer: Buffer, start: number, end: number): boolean {
    try {
      for (const { type, body } of this.reader.push(Buffer.from(buffer.subarray(start, end)))) {
        if (type === Backend.DATA_ROW)
          this.rows.push(decodeDataRow(body).map((value) => value?.toString('utf8') ?? null));
        else if (type === Backend.ERROR_RESPONSE) this.failed(decodeErrorFields(body), body);
        else if (type === Backend.READY_FOR_QUERY) this.answered++;
        else if (
          type === Backend.NOTICE_RESPONSE ||
          type === Backend.NOTIFICATION_RESPONSE ||
          type === Backend.PARAMETER_STATUS
        ) {
          this.aside.push(frame(type, body));
        }
      }
    } catch (error) {
      this.link.breakOff(error as Error);
    }
    return true;
  }

  private failed(error: ReceivedErrorFields, body: Buffer): void {
    if (FATAL.has(error.severityNonLocalized || error.severity)) this.fatal = frame(Backend.ERROR_RESPONSE, body);
    if (this.error !== null) return;
    this.error = error;
    this.failedAt = this.answered;
  }

  backendIdle(): void {
    const { link, before } = this;
    if (link.user !== this) return;
    link.user = before;
    if (before !== null && this.aside.length > 0) {
      const bytes = Buffer.concat(this.aside);
      before.fromBackend(bytes, 0, bytes.length);
    }
    this.done({ rows: this.rows, error: this.error, failedAt: this.failedAt });
  }

  backendGone(error: Error | null): void {
    const { before, fatal } = this;
    if (fatal !== null) before?.fromBackend(fatal, 0, fatal.length);
    before?.backendGone(error);
    this.done({ rows: this.rows, error: this.error ?? LOST, failedAt: this.failedAt ?? this.answered });
  }

  backendFull(): void {}

  backendDrained(): void {}
}

function frame(type: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(5 + body.length);
  bytes[0] = type;
  bytes.writeUInt32BE(4 + body.length, 1);
  body.copy(bytes, 5);
  return bytes;
}
