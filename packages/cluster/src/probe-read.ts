/** One SELECT as a client would send it, for what can be seen of it: its rows are counted and thrown away. */
import pg from 'pg';
import type { ConnectionTarget } from './connection.ts';

export interface ReadProbe {
  readonly rows: number;
  /** What the server said instead, or why there was no end of it. */
  readonly error: string | null;
}

const ROWS_MAX = 1_000;
const BYTES_MAX = 1024 * 1024;

/**
 * Runs the statement by itself, read-only and bounded in time, rows and bytes.
 * @param look asked while the session is still open, with the PID that it was given
 * @throws Error when the session cannot be opened
 */
export async function probeRead<T>(
  target: ConnectionTarget,
  application: string,
  sql: string,
  look: (pid: number) => Promise<T>,
): Promise<{ readonly probe: ReadProbe; readonly seen: T }> {
  const { timeoutMs } = target;
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: target.password ?? '',
    ssl: target.tls === false ? false : { ...target.tls, checkServerIdentity: () => undefined },
    application_name: application,
    options: `-c default_transaction_read_only=on -c statement_timeout=${timeoutMs}`,
    connectionTimeoutMillis: timeoutMs,
  });
  client.on('error', () => {}); // what is under way reports it
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Counted } }).connection;
  const limit = setTimeout(() => stream.destroy(), 2 * timeoutMs);
  try {
    await client.connect();
    const probe = await run(client, stream, sql);
    return { probe, seen: await look((client as unknown as { readonly processID: number }).processID) };
  } finally {
    clearTimeout(limit);
    client.end().catch(() => {});
  }
}

interface Counted {
  readonly bytesRead: number;
  destroy(): void;
}

/** In the extended protocol, which takes one statement and no more. */
function run(client: pg.Client, stream: Counted, sql: string): Promise<ReadProbe> {
  return new Promise((resolve) => {
    let rows = 0;
    // With a listener for rows the library keeps none.
    const query = new pg.Query({ text: sql, values: [], queryMode: 'extended' } as pg.QueryConfig);
    query.on('row', () => {
      rows++;
      if (rows < ROWS_MAX && stream.bytesRead < BYTES_MAX) return;
      resolve({ rows, error: null });
    });
    query.on('end', () => resolve({ rows, error: null }));
    query.on('error', (error) => resolve({ rows, error: error.message }));
    client.query(query);
  });
}
