/**
 * A server at the other end of a fake channel: as much of PostgreSQL as routing has to do with. It answers when it is told
 * to, message by message, so that a test can stop the world between any two of them.
 */
import {
  encodeBindComplete,
  encodeCloseComplete,
  encodeCommandComplete,
  encodeCopyResponse,
  encodeDataRow,
  encodeErrorResponse,
  encodeNoData,
  encodeParseComplete,
  encodeReadyForQuery,
  type Frame,
  FrameReader,
  Frontend,
} from '@pgherd/wire';
import { Link } from '../src/backend/link.ts';
import { FakeChannel } from './fake-channel.ts';

type Status = 'I' | 'T' | 'E';

const FLUSHES: ReadonlySet<number> = new Set([
  Frontend.QUERY,
  Frontend.SYNC,
  Frontend.FLUSH,
  Frontend.FUNCTION_CALL,
  Frontend.COPY_DONE,
  Frontend.COPY_FAIL,
]);

export class FakeServer {
  readonly channel = new FakeChannel();
  readonly link: Link;
  /** Texts that it ran. */
  readonly ran: string[] = [];
  readonly settings = new Map<string, string>();
  /** Texts that it refuses with this code. */
  readonly refuses = new Map<string, string>();
  /** Refuses every Parse with this code. */
  refusesParses: string | null = null;
  status: Status = 'I';
  /** Answers each message a moment after it came. */
  answersAtOnce = false;
  private readonly reader = new FrameReader();
  private readonly waiting: Frame[] = [];
  private seen = 0;
  private readonly statements = new Map<string, string>();
  private readonly portals = new Map<string, string>();
  private skips = false;
  private copies = false;
  private copyInBatch = false;
  private readonly out: Buffer[] = [];
  private settingsBefore = new Map<string, string>();

  constructor(nodeId: number) {
    this.link = new Link(
      this.channel.channel,
      {
        nodeId,
        epoch: 1,
        key: `${nodeId}\0k`,
        database: 'd',
        tls: false,
        authRequest: 'ok',
        pid: 100 + nodeId,
        secret: '\0\0\0\0',
        parameters: new Map(),
        greeting: Buffer.alloc(0),
      },
      { onSqlState() {}, onLatency() {} },
    );
    this.channel.onWritten = () => {
      for (const bytes of this.channel.written.slice(this.seen)) this.waiting.push(...this.reader.push(bytes));
      this.seen = this.channel.written.length;
      if (this.answersAtOnce) queueMicrotask(() => this.answerAll());
    };
  }

  /** Names of the statements that it has. */
  get prepared(): string[] {
    return [...this.statements.keys()];
  }

  get pending(): number {
    return this.channel.closed ? 0 : this.waiting.length;
  }

  answerAll(): void {
    while (this.pending > 0) this.step();
  }

  /** Does the next message. */
  step(): void {
    const frame = this.waiting.shift();
    if (frame === undefined || this.channel.closed) return;
    this.out.push(...this.heed(frame));
    // As PostgreSQL does, which keeps what it says until somebody waits for it.
    if (!FLUSHES.has(frame.type) && !this.copies) return;
    const bytes = Buffer.concat(this.out.splice(0));
    if (bytes.length > 0) this.channel.receive(bytes);
  }

  say(...messages: readonly Buffer[]): void {
    this.channel.receive(Buffer.concat([...messages]));
  }

  private heed({ type, body }: Frame): Buffer[] {
    if (this.copies) return this.heedCopy(type);
    if (this.skips && type !== Frontend.SYNC && type !== Frontend.TERMINATE) return [];
    const [first = '', second = ''] = body.toString('utf8').split('\0');
    switch (type) {
      case Frontend.QUERY:
        this.statements.delete('');
        return this.query(first);
      case Frontend.PARSE:
        if (this.refusesParses !== null) return this.fail(this.refusesParses);
        this.statements.set(first, second);
        return [encodeParseComplete()];
      case Frontend.BIND: {
        const text = this.statements.get(second);
        if (text === undefined) return this.fail('26000');
        this.portals.set(first, text);
        return [encodeBindComplete()];
      }
      case Frontend.DESCRIBE:
        return [encodeNoData()];
      case Frontend.EXECUTE: {
        const text = this.portals.get(first);
        if (text === undefined) return this.fail('34000');
        return this.run(text, true);
      }
      case Frontend.CLOSE:
        if (first.startsWith('S')) this.statements.delete(first.slice(1));
        return [encodeCloseComplete()];
      case Frontend.SYNC:
        this.skips = false;
        if (this.status === 'I') this.portals.clear();
        return [this.ready()];
      case Frontend.FUNCTION_CALL:
        return [encodeCommandComplete('CALL'), this.ready()];
      case Frontend.TERMINATE:
        this.channel.close();
        return [];
      default:
        return [];
    }
  }

  private heedCopy(type: number): Buffer[] {
    if (type !== Frontend.COPY_DONE && type !== Frontend.COPY_FAIL) return [];
    this.copies = false;
    const inBatch = this.copyInBatch;
    const answer = type === Frontend.COPY_DONE ? [encodeCommandComplete('COPY 1')] : this.fail('57014', inBatch);
    return inBatch ? answer : [...answer, this.ready()];
  }

  private query(text: string): Buffer[] {
    const answer = this.run(text, false);
    return this.copies ? answer : [...answer, this.ready()];
  }

  private ready(): Buffer {
    return encodeReadyForQuery(this.status);
  }

  private fail(sqlstate: string, inBatch = true): Buffer[] {
    if (this.status === 'T') this.status = 'E';
    this.skips = inBatch;
    return [encodeErrorResponse({ severity: 'ERROR', sqlstate, message: sqlstate })];
  }

  private run(text: string, inBatch: boolean): Buffer[] {
    this.ran.push(text);
    const refusal = this.refuses.get(text);
    const done = (tag: string): Buffer[] => [encodeCommandComplete(tag)];
    const verb = text.split(/[ (]/)[0]?.toUpperCase() ?? '';
    if (this.status === 'E' && verb !== 'ROLLBACK' && verb !== 'COMMIT') return this.fail('25P02', inBatch);
    if (refusal !== undefined || verb === 'DO') return this.fail(refusal ?? 'P0001', inBatch);
    switch (verb) {
      case 'BEGIN':
        this.status = 'T';
        this.settingsBefore = new Map(this.settings);
        return done('BEGIN');
      case 'COMMIT':
      case 'ROLLBACK': {
        const undone = verb === 'ROLLBACK' || this.status === 'E';
        if (undone && this.status !== 'I') {
          this.settings.clear();
          for (const [name, value] of this.settingsBefore) this.settings.set(name, value);
        }
        this.status = 'I';
        return done(undone ? 'ROLLBACK' : 'COMMIT');
      }
      case 'SET': {
        const [, name = '', value = ''] = /^SET (\S+) = '?([^']*)'?$/.exec(text) ?? [];
        this.settings.set(name, value);
        return done('SET');
      }
      case 'COPY':
        this.copies = true;
        this.copyInBatch = inBatch;
        return [encodeCopyResponse('in', { format: 0, columnFormats: [] })];
      case 'SHOW':
        return [encodeDataRow([this.settings.get(text.slice(5)) ?? '']), ...done('SHOW')];
      case 'SELECT':
      case 'VALUES':
        return [encodeDataRow([text]), ...done('SELECT 1')];
      default:
        return done(verb);
    }
  }
}
