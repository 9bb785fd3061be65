/** A short connection as the operations role: one act, bounded in time, with a pinned search_path. */
import pg from 'pg';
import { type ConnectionTarget, withConnection } from '../connection.ts';

/** An act on a server failed: one sentence, without secrets. */
export class ActionError extends Error {
  readonly code = 'ACTION_FAILED';
  /** The server itself said no, as its answer to the statement: nothing was begun. */
  readonly refused: boolean = false;
}

export type OpsTarget = ConnectionTarget;

/** @throws ActionError */
export async function withOps<T>(target: OpsTarget, act: (client: pg.Client) => Promise<T>): Promise<T> {
  try {
    return await withConnection(target, 'pgherd', act);
  } catch (error) {
    throw sentence(error);
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
