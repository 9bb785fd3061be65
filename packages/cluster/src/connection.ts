/** A short connection of the engine's own: bounded in time as a whole, with a pinned search_path. */
import pg from 'pg';

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
  readonly database: string;
  /** TLS as towards any backend: tried first, plain text if the server has none. */
  readonly tls: false | { readonly ca?: string; readonly rejectUnauthorized: boolean };
  /** For all of it: connecting and asking. */
  readonly timeoutMs: number;
}

/** Nothing was heard in time. */
export class TooLateError extends Error {
  readonly code = 'ETIMEDOUT';
}

/** @throws what `act` throws, what the library says of connecting, or TooLateError */
export async function withConnection<T>(
  target: ConnectionTarget,
  applicationName: string,
  act: (client: pg.Client) => Promise<T>,
): Promise<T> {
  try {
    return await attempt(target, target.tls, applicationName, act);
  } catch (error) {
    if (target.tls === false || !/does not support SSL/.test((error as Error).message)) throw error;
    return attempt(target, false, applicationName, act);
  }
}

async function attempt<T>(
  target: ConnectionTarget,
  tls: ConnectionTarget['tls'],
  applicationName: string,
  act: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { timeoutMs } = target;
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: target.password ?? '',
    // The host name is not compared, as for any backend connection.
    ssl: tls === false ? false : { ...tls, checkServerIdentity: () => undefined },
    application_name: applicationName,
    options: '-c search_path=pg_catalog,pg_temp',
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
  });
  client.on('error', () => {}); // what is under way reports it
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    client.end().catch(() => {}); // ends what is under way
  }, timeoutMs);
  try {
    await client.connect();
    return await act(client);
  } catch (error) {
    if (late) throw new TooLateError(`no answer within ${timeoutMs} ms`, { cause: error });
    throw error;
  } finally {
    clearTimeout(limit);
    client.end().catch(() => {});
  }
}
