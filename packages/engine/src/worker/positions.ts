/**
 * Where the primary's log is and what each standby has replayed, for sessions that want to read their own writes. One
 * question serves all who ask at the same time.
 */
import type { Answer } from '../frontend/engine-query.ts';

const CURRENT = `SELECT pg_catalog.pg_current_wal_insert_lsn(),
 pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8),
 pg_catalog.current_setting('wal_block_size'), pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size')),
 pg_catalog.pg_current_wal_flush_lsn()`;
/**
 * Makes the primary flush its log. What is no commit (a page that a read tidied up) may stand unflushed, and so unseen by
 * every standby, until somebody commits. Waits for no standby.
 */
const FLUSH = `SELECT pg_catalog.set_config('synchronous_commit', 'local', true), pg_catalog.txid_current()`;
/** How often at most. */
const FLUSH_AGAIN_MS = 200;
const REPLAYED = 'SELECT pg_catalog.pg_last_wal_replay_lsn()';
/** How often one standby is asked again while it is behind. */
const ASK_AGAIN_MS = 10;
/** How long an answer is worth waiting for: a server that is slower than this serves no fresh reads. */
const ANSWER_LIMIT_MS = 250;

/** @param text `X/Y` */
export function parseLsn(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** Of a page of the log, and of a segment's first page. */
const PAGE_HEADER_BYTES = 24n;
const SEGMENT_HEADER_BYTES = 40n;

/**
 * The end of what was written, where the next record would begin. At the end of a page that is behind the header of the
 * next one, and a standby that has replayed everything stands before it.
 */
export function endOfWritten(insert: bigint, blockBytes: bigint, segmentBytes: bigint): bigint {
  if (insert % segmentBytes === SEGMENT_HEADER_BYTES) return insert - SEGMENT_HEADER_BYTES;
  const isPageStart = insert % blockBytes === PAGE_HEADER_BYTES && insert % segmentBytes !== PAGE_HEADER_BYTES;
  return isPageStart ? insert - PAGE_HEADER_BYTES : insert;
}

/** Runs one question at a time; whoever comes while one is under way gets the answer of the next. */
class Shared<T> {
  private readonly run: () => Promise<T>;
  private current: Promise<T> | null = null;
  private next: Promise<T> | null = null;

  constructor(run: () => Promise<T>) {
    this.run = run;
  }

  get(): Promise<T> {
    if (this.current === null) {
      this.current = this.run().finally(() => {
        this.current = null;
      });
      return this.current;
    }
    this.next ??= this.current
      .catch(() => undefined)
      .then(() => {
        this.next = null;
        return this.get();
      });
    return this.next;
  }
}

interface StandbyPosition {
  replayed: bigint | null;
  askedAtMs: number;
  readonly question: Shared<bigint | null>;
}

export interface PositionsHost {
  /** @throws Error when the node cannot be asked */
  query(nodeId: number, sql: string): Promise<Answer>;
  readonly primary: number | null;
  /** A standby is known to have replayed this much. */
  replayed(nodeId: number, position: bigint): void;
}

export class Positions {
  private readonly host: PositionsHost;
  private readonly current: Shared<bigint | null>;
  private readonly standbys = new Map<number, StandbyPosition>();
  /** What the primary had not flushed yet when its position was asked for last, and how far it had flushed; null = all. */
  private unflushed: { readonly position: bigint; readonly flushed: bigint } | null = null;
  private flushedAtMs = Number.NEGATIVE_INFINITY;
  /** Of the primary, in eight hexadecimal digits. */
  private timeline: string | null = null;

  constructor(host: PositionsHost) {
    this.host = host;
    this.current = new Shared(async () => {
      const answer = await this.ask(this.host.primary, CURRENT);
      this.timeline = answer?.timeline ?? null;
      const flushed = answer?.flushed ?? null;
      this.unflushed =
        answer === null || flushed === null || flushed >= answer.position
          ? null
          : { position: answer.position, flushed };
      return answer?.position ?? null;
    });
  }

  /** A position that holds everything written before this call; null when the primary cannot be asked. */
  position(): Promise<bigint | null> {
    return withinMs(ANSWER_LIMIT_MS, this.current.get());
  }

  /** Asks what a standby has replayed, until it has `wanted` or `waitMs` are over; with 0 once at most. */
  async replayed(nodeId: number, wanted: bigint, waitMs: number): Promise<void> {
    const deadline = performance.now() + waitMs;
    let standby = this.standbys.get(nodeId);
    if (standby === undefined) {
      standby = {
        replayed: null,
        askedAtMs: Number.NEGATIVE_INFINITY,
        question: new Shared(async () => {
          const answer = await this.ask(nodeId, REPLAYED);
          if (answer === null) return null;
          const stranger = answer.timeline !== null && this.timeline !== null && answer.timeline !== this.timeline;
          return stranger ? null : answer.position;
        }),
      };
      this.standbys.set(nodeId, standby);
    }
    for (;;) {
      if (standby.replayed !== null && standby.replayed >= wanted) return;
      if (waitMs === 0 && performance.now() - standby.askedAtMs < ASK_AGAIN_MS) return;
      standby.askedAtMs = performance.now();
      const position = await withinMs(Math.max(ANSWER_LIMIT_MS, deadline - performance.now()), standby.question.get());
      if (position === null) return;
      standby.replayed = position;
      this.host.replayed(nodeId, position);
      if (position < wanted) this.flushIfStuck(position, wanted);
      if (position >= wanted || performance.now() >= deadline) return;
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }

  /** A standby that has all that was flushed waits for the rest, which may not come by itself. */
  private flushIfStuck(replayed: bigint, wanted: bigint): void {
    const { unflushed, host } = this;
    if (unflushed === null || wanted > unflushed.position || replayed < unflushed.flushed || host.primary === null)
      return;
    if (performance.now() - this.flushedAtMs < FLUSH_AGAIN_MS) return;
    this.flushedAtMs = performance.now();
    host.query(host.primary, FLUSH).catch(() => {}); // whoever asks again will see
  }

  /** Another primary: what was replayed of the old one's log says nothing. */
  reset(): void {
    this.standbys.clear();
    this.timeline = null;
    this.unflushed = null;
  }

  private async ask(
    nodeId: number | null,
    sql: string,
  ): Promise<{ readonly position: bigint; readonly timeline: string | null; readonly flushed: bigint | null } | null> {
    if (nodeId === null) return null;
    try {
      const { rows, error } = await this.host.query(nodeId, sql);
      const [text = null, timeline = null, block = null, segment = null, flush = null] = rows[0] ?? [];
      if (error !== null || text === null) return null;
      const told = parseLsn(text);
      const position = block === null || segment === null ? told : endOfWritten(told, BigInt(block), BigInt(segment));
      return { position, timeline, flushed: flush === null ? null : parseLsn(flush) };
    } catch {
      return null; // a node that cannot be asked serves no reads that need its answer
    }
  }
}

/** Null when it takes longer. */
function withinMs<T>(limitMs: number, promise: Promise<T | null>): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), limitMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
