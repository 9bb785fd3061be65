/**
 * A session's connection to a read node. It gets the session's state before it is used, and what the server says while
 * it is brought there is for nobody.
 */
import { type Link, type LinkUser, sqlStateOf } from '../backend/link.ts';
import { type Answer, ask } from './engine-query.ts';

export interface ReaderOwner {
  fromReader(reader: Reader, buffer: Buffer, start: number, end: number): boolean;
  readerError(sqlState: string): void;
  readerIdle(reader: Reader): void;
  readerGone(reader: Reader): void;
  readerFull(): void;
  readerDrained(): void;
}

export class Reader implements LinkUser {
  readonly link: Link;
  private readonly owner: ReaderOwner;
  /** The client's messages are being answered. */
  serving = false;
  /** Number of the newest setting that this connection has got (SettingsLog). */
  applied = 0;
  /** The same when its present transaction began: what it falls back to when that is rolled back. */
  appliedOutside = 0;
  /** Which of the session's transactions it is in, and how often that had undone a setting. */
  transaction = 0;
  undone = 0;
  /** Names of prepared statements and which version of each is here. */
  readonly prepared = new Map<string, number>();
  gone = false;
  private waiter: (() => void) | null = null;

  constructor(link: Link, owner: ReaderOwner) {
    this.link = link;
    this.owner = owner;
    link.user = this;
  }

  get nodeId(): number {
    return this.link.nodeId;
  }

  get inTransaction(): boolean {
    return this.link.status !== 0x49;
  }

  get idle(): boolean {
    return !this.link.replies.running && this.link.user === this;
  }

  /** Runs statements of the engine's own; they are answered before anything else is sent. Check `gone` afterwards. */
  ask(messages: Buffer, questions: number, done: (answer: Answer) => void): void {
    ask(this.link, messages, questions, (answer) => {
      done(answer);
      this.wake();
    });
  }

  /** Resolves when nothing is owed, or the connection is gone. */
  whenIdle(): Promise<void> {
    if (this.idle || this.gone) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiter = resolve;
    });
  }

  private wake(): void {
    const { waiter } = this;
    this.waiter = null;
    waiter?.();
  }

  fromBackend(buffer: Buffer, start: number, end: number): boolean {
    return this.serving ? this.owner.fromReader(this, buffer, start, end) : true;
  }

  backendError(body: Buffer): void {
    if (this.serving) this.owner.readerError(sqlStateOf(body, 0, body.length));
  }

  backendIdle(): void {
    if (this.serving) {
      this.serving = false;
      this.owner.readerIdle(this);
    }
    this.wake();
  }

  backendGone(): void {
    this.gone = true;
    this.owner.readerGone(this);
    this.wake();
  }

  backendFull(): void {
    this.owner.readerFull();
  }

  backendDrained(): void {
    this.owner.readerDrained();
  }
}
