/**
 * The fixed link that asks for password verifiers (auth_query). It runs in auth_dbname as auth_user, never in a client's
 * database; its search_path is pinned in its own start-up packet and the user's name travels as a bind parameter only.
 */
import { type AuthRow, type Credentials, decodeAuthRow } from '@pgherd/auth';
import {
  Backend,
  decodeDataRow,
  decodeErrorFields,
  encodeBind,
  encodeExecute,
  encodeParse,
  encodeStartup,
  encodeSync,
  FrameReader,
  PROTOCOL_3_0,
} from '@pgherd/wire';
import type { Link, LinkStats, LinkUser } from '../backend/link.ts';
import { type OpenTarget, openLink } from '../backend/open-link.ts';
import { Reply } from '../backend/reply-queue.ts';

export interface AuthLinkTarget {
  readonly nodeId: number;
  readonly epoch: number;
  readonly host: string;
  readonly port: number;
  readonly tls: OpenTarget['tls'];
  readonly user: string;
  readonly database: string;
  readonly query: string;
  readonly deadlineMs: number;
  credentials(): Credentials;
}

const STATEMENT = 'pgherd_auth';
const ANSWER_BYTES_MAX = 64 * 1024;

interface Question {
  readonly user: string;
  resolve(row: AuthRow | null): void;
  reject(error: Error): void;
}

const PREPARING: Question = { user: '', resolve() {}, reject() {} };

export class AuthLink implements LinkUser {
  private readonly target: AuthLinkTarget;
  private readonly stats: LinkStats;
  private link: Link | null = null;
  private opening = false;
  private readonly queue: Question[] = [];
  private current: Question | null = null;
  private reader = new FrameReader({ bodyBytesMax: ANSWER_BYTES_MAX });
  private row: (Buffer | null)[] | null = null;
  private error: string | null = null;
  private timer: NodeJS.Timeout | null = null;
  private retiring = false;
  private closed = false;

  constructor(target: AuthLinkTarget, stats: LinkStats) {
    this.target = target;
    this.stats = stats;
  }

  lookup(user: string): Promise<AuthRow | null> {
    return new Promise((resolve, reject) => {
      this.queue.push({ user, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    if (this.current !== null) return;
    if (this.queue.length === 0) {
      if (this.retiring && !this.opening) this.close();
      return;
    }
    if (this.link === null) {
      if (!this.opening) void this.open();
      return;
    }
    const question = (this.current = this.queue.shift() as Question);
    this.row = null;
    this.error = null;
    this.startTimer();
    const bytes = Buffer.concat([
      encodeBind({
        portal: '',
        statement: STATEMENT,
        parameterFormats: [],
        values: [question.user],
        resultFormats: [],
      }),
      encodeExecute({ portal: '', rowsMax: 0 }),
      encodeSync(),
    ]);
    this.link.noteSent(Reply.SYNC);
    this.link.channel.writeOwned(bytes);
  }

  private startTimer(): void {
    this.timer = setTimeout(() => this.drop(new Error('auth_query did not answer in time')), this.target.deadlineMs);
  }

  private async open(): Promise<void> {
    this.opening = true;
    const { target } = this;
    try {
      const link = await openLink(
        {
          nodeId: target.nodeId,
          epoch: target.epoch,
          host: target.host,
          port: target.port,
          key: 'auth',
          database: target.database,
          user: target.user,
          startup: encodeStartup({
            protocol: PROTOCOL_3_0,
            params: [
              ['user', target.user],
              ['database', target.database],
              ['application_name', 'pgherd auth_query'],
              ['client_encoding', 'UTF8'],
              ['options', '-c search_path=pg_catalog,pg_temp -c statement_timeout=10s'],
            ],
          }),
          tls: target.tls,
          deadlineMs: target.deadlineMs,
          credentials: () => target.credentials(),
        },
        this.stats,
      );
      if (this.closed) {
        link.close();
        return;
      }
      link.user = this;
      this.link = link;
      this.reader = new FrameReader({ bodyBytesMax: ANSWER_BYTES_MAX });
      this.current = PREPARING;
      this.startTimer();
      link.noteSent(Reply.SYNC);
      link.channel.writeOwned(
        Buffer.concat([encodeParse({ statement: STATEMENT, sql: target.query, parameterTypes: [] }), encodeSync()]),
      );
    } catch (cause) {
      const error = new Error(`auth_query failed: ${(cause as Error).message}`, { cause });
      for (const question of this.queue.splice(0)) question.reject(error);
    } finally {
      this.opening = false;
    }
  }

  fromBackend(buffer: Buffer, start: number, end: number): boolean {
    try {
      for (const { type, body } of this.reader.push(Buffer.from(buffer.subarray(start, end)))) {
        if (type === Backend.DATA_ROW && this.row === null) this.row = decodeDataRow(body);
        else if (type === Backend.ERROR_RESPONSE) this.error = decodeErrorFields(body).message;
      }
    } catch (error) {
      this.drop(error as Error);
    }
    return true;
  }

  backendIdle(): void {
    const question = this.current;
    this.current = null;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.error !== null) {
      const error = new Error(`auth_query failed: ${this.error}`);
      this.error = null;
      question?.reject(error);
      // Without the statement nobody can be looked up; a name that the server dislikes is its bearer's problem alone.
      if (question === PREPARING) this.drop(error);
      else this.next();
      return;
    }
    try {
      question?.resolve(this.row === null ? null : decodeAuthRow(this.row));
    } catch (error) {
      question?.reject(error as Error);
    }
    this.next();
  }

  private drop(error: Error): void {
    const link = this.link;
    this.link = null;
    link?.close();
    this.lost(error);
  }

  private lost(error: Error): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.link = null;
    this.current?.reject(error);
    this.current = null;
    for (const question of this.queue.splice(0)) question.reject(error);
  }

  backendGone(error: Error | null): void {
    this.lost(error ?? new Error('the auth_query connection was closed'));
  }

  backendFull(): void {}

  backendDrained(): void {}

  /** Another link takes over: answers what was asked, then closes. */
  retire(): void {
    this.retiring = true;
    this.next();
  }

  /** Closes without a word to the server. */
  cut(because: string): void {
    this.link?.cut(because);
    this.close();
  }

  close(): void {
    this.closed = true;
    this.drop(new Error('the primary changed, or the proxy stops'));
  }
}
