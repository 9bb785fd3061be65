/** A short connection as the operations role: one act, bounded in time, with a pinned search_path. */
import pg from 'pg';
import type { ProbeTarget } from '../probe.ts';

/** An act on a server failed: one sentence, without secrets. */
export class ActionError extends Error {
  readonly code = 'ACTION_FAILED';
  /** The server itself said no, as its answer to the statement: nothing was begun. */
  readonly refused: boolean = false;
}

export type OpsTarget = ProbeTarget;

export async function withOps<T>(target: OpsTarget, act: (client: pg.Client) => Promise<T>): Promise<T> {
  try {
    return await attempt(target, target.tls, act);
  } catch (error) {
    if (target.tls === false || !/does not support SSL/.test((error as Error).message)) throw sentence(error);
    return await attempt(target, false, act).catch((again: unknown) => {
      throw sentence(again);
    });
  }
}

async function attempt<T>(
  target: OpsTarget,
  tls: OpsTarget['tls'],
  act: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    password: target.password ?? '',
    ssl: tls === false ? false : { ...tls, checkServerIdentity: () => undefined },
    application_name: 'pgherd',
    options: '-c search_path=pg_catalog,pg_temp',
    connectionTimeoutMillis: target.timeoutMs,
    query_timeout: target.timeoutMs,
    statement_timeout: target.timeoutMs,
  });
  client.on('error', () => {}); // the act that is under way reports it
  const limit = setTimeout(() => {
    client.end().catch(() => {});
  }, target.timeoutMs);
  try {
    await client.connect();
    return await act(client);
  } finally {
    clearTimeout(limit);
    client.end().catch(() => {});
  }
}

function sentence(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  // 57014: statement_timeout ended the wait, not what was waited for.
  if (error instanceof pg.DatabaseError && error.code !== '57014') {
    return Object.assign(new ActionError(error.message, { cause: error }), { refused: true });
  }
  const { message, code } = error as { message?: string; code?: string };
  return new ActionError(message === undefined || message === '' ? String(code ?? error) : message, { cause: error });
}
