/** Clients that write numbered rows as fast as they can, and remember which were acknowledged. They survive everything. */
import pg from 'pg';

export const WRITERS_SQL =
  'CREATE TABLE written (writer int, n int, node int DEFAULT inet_server_port()); GRANT ALL ON written TO app;';

export interface Acknowledged {
  readonly writer: number;
  readonly n: number;
  /** performance.now() */
  readonly at: number;
}

export class Writers {
  private readonly address: { readonly host: string; readonly port: number };
  private readonly running: Promise<void>[] = [];
  private stopping = false;
  readonly acknowledged: Acknowledged[] = [];
  /** Statements whose fate is not known: the connection was lost under them. */
  readonly unknown = new Set<string>();
  readonly errors = new Map<string, number>();
  /** The longest that any of them waited for one write, its transaction included. */
  longestStallMs = 0;

  constructor(address: { readonly host: string; readonly port: number }, count: number, pauseMs = 0) {
    this.address = address;
    for (let writer = 0; writer < count; writer++) this.running.push(this.run(writer, pauseMs));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.running);
  }

  private async run(writer: number, pauseMs: number): Promise<void> {
    let client: pg.Client | null = null;
    for (let n = 0; !this.stopping; ) {
      try {
        client ??= await this.connect();
        const startedAt = performance.now();
        const block = n % 3 === 2; // every third one in a transaction of several statements
        if (block) await client.query('BEGIN');
        await client.query('INSERT INTO written (writer, n) VALUES ($1, $2)', [writer, n]);
        if (block) await client.query('COMMIT');
        this.longestStallMs = Math.max(this.longestStallMs, performance.now() - startedAt);
        this.note(writer, n++);
        if (pauseMs > 0) await pause(pauseMs);
      } catch (error) {
        const { code = 'none', message } = error as { code?: string; message: string };
        const known = `${code} ${message}`;
        this.errors.set(known, (this.errors.get(known) ?? 0) + 1);
        // Whether it was written is not known: the number is not used again.
        if (client !== null) this.unknown.add(`${writer}/${n++}`);
        client?.end().catch(() => {});
        client = null;
        await pause(20);
      }
    }
    await client?.end().catch(() => {});
  }

  private note(writer: number, n: number): void {
    this.acknowledged.push({ writer, n, at: performance.now() });
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      ...this.address,
      user: 'app',
      database: 'app',
      connectionTimeoutMillis: 10_000,
      query_timeout: 20_000,
    });
    client.on('error', () => {}); // the statement under way reports it
    await client.connect();
    return client;
  }

  /** When the first write after `since` was acknowledged; null = none yet. */
  firstAfter(since: number): number | null {
    return this.acknowledged.find(({ at }) => at > since)?.at ?? null;
  }

  /** How many of them had a write acknowledged since. */
  activeSince(since: number): number {
    return new Set(this.acknowledged.filter(({ at }) => at > since).map(({ writer }) => writer)).size;
  }

  /** How many acknowledged rows are missing, and how many are there twice. */
  compare(rows: readonly { readonly writer: number; readonly n: number }[]): { lost: number; twice: number } {
    const present = new Map<string, number>();
    for (const { writer, n } of rows) present.set(`${writer}/${n}`, (present.get(`${writer}/${n}`) ?? 0) + 1);
    return {
      lost: this.acknowledged.filter(({ writer, n }) => !present.has(`${writer}/${n}`)).length,
      twice: [...present.values()].filter((times) => times > 1).length,
    };
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
