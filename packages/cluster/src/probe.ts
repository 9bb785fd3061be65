/** Asks one node who it is. Every internal statement is schema-qualified, its search_path pinned, its time bounded. */
import pg from 'pg';

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
  readonly database: string;
  /** TLS as towards any backend: tried first, plain text if the server has none. */
  readonly tls: false | { readonly ca?: string; readonly rejectUnauthorized: boolean };
  readonly timeoutMs: number;
}

export type ProbeResult =
  | { readonly ok: true; readonly inRecovery: boolean; readonly version: number; readonly tookMs: number }
  | {
      readonly ok: false;
      /** `resolver`: the name could not be looked up, which says nothing about the server. */
      readonly kind: 'refused' | 'timeout' | 'resolver' | 'sign-in' | 'other';
      readonly reason: string;
      readonly tookMs: number;
    };

export async function probe(target: ProbeTarget): Promise<ProbeResult> {
  const startedMs = performance.now();
  const result = await attempt(target, target.tls, startedMs);
  if (!result.ok && target.tls !== false && /does not support SSL/.test(result.reason)) {
    return attempt(target, false, startedMs);
  }
  return result;
}

async function attempt(target: ProbeTarget, tls: ProbeTarget['tls'], startedMs: number): Promise<ProbeResult> {
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: target.password ?? '',
    // The host name is not compared, as for any backend connection.
    ssl: tls === false ? false : { ...tls, checkServerIdentity: () => undefined },
    application_name: 'pgherd probe',
    options: '-c search_path=pg_catalog,pg_temp',
    connectionTimeoutMillis: target.timeoutMs,
    query_timeout: target.timeoutMs,
    statement_timeout: target.timeoutMs,
  });
  client.on('error', () => {}); // the result below says what went wrong
  try {
    await client.connect();
    const answer = await client.query<{ recovering: boolean; version: string }>(
      "SELECT pg_catalog.pg_is_in_recovery() AS recovering, pg_catalog.current_setting('server_version_num') AS version",
    );
    const row = answer.rows[0];
    return {
      ok: true,
      inRecovery: row?.recovering === true,
      version: Number(row?.version ?? 0),
      tookMs: performance.now() - startedMs,
    };
  } catch (error) {
    return { ok: false, ...classify(error), tookMs: performance.now() - startedMs };
  } finally {
    client.end().catch(() => {});
  }
}

function classify(error: unknown): { kind: 'refused' | 'timeout' | 'resolver' | 'sign-in' | 'other'; reason: string } {
  const { code, message } = error as { code?: string; message: string };
  const reason = message === '' ? String(code ?? error) : message;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { kind: 'resolver', reason };
  if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ECONNRESET') return { kind: 'refused', reason };
  if (code === 'ETIMEDOUT' || /timeout/i.test(message)) return { kind: 'timeout', reason };
  if (typeof code === 'string' && code.startsWith('28')) return { kind: 'sign-in', reason };
  return { kind: 'other', reason };
}
