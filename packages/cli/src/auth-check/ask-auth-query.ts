/** auth_query as the engine would ask it: on the primary, as auth_user, with the user's name as a bind parameter. */
import { AuthQueryError, type AuthRow, decodeAuthRow } from '@pgherd/auth';
import type { Settings } from '@pgherd/config';
import type pg from 'pg';
import { ownPassword, type PasswordFile } from '../read-files.ts';
import { connectTo, reasonOf } from '../servers.ts';

export type AuthQueryAnswer =
  | { readonly ok: true; readonly nodeId: number; readonly row: AuthRow | null }
  | { readonly ok: false; readonly reason: string };

export async function askAuthQuery(
  settings: Settings,
  passwords: PasswordFile,
  user: string,
): Promise<AuthQueryAnswer> {
  if (settings.auth_user === '') return { ok: false, reason: 'auth_user is not set' };
  const login = {
    user: settings.auth_user,
    password: ownPassword(passwords, settings.auth_user, settings.auth_password),
    database: settings.auth_dbname,
    application: 'pgherd auth check',
  };
  const reasons: string[] = [];
  for (const backend of settings.backends) {
    let client: pg.Client | undefined;
    try {
      client = await connectTo(settings, backend, login);
      const recovering = await client.query<{ yes: boolean }>('SELECT pg_catalog.pg_is_in_recovery() AS yes');
      if (recovering.rows[0]?.yes === true) continue;
      return { ok: true, nodeId: backend.id, row: await ask(client, settings.auth_query, user) };
    } catch (error) {
      reasons.push(`node ${backend.id}: ${reasonOf(error)}`);
      if (error instanceof AuthQueryError) break;
    } finally {
      await client?.end().catch(() => {});
    }
  }
  return { ok: false, reason: reasons.length === 0 ? 'no node is a primary' : reasons.join('; ') };
}

async function ask(client: pg.Client, query: string, user: string): Promise<AuthRow | null> {
  const answer = await client.query<(string | null)[]>({
    text: query,
    values: [user],
    rowMode: 'array',
    types: { getTypeParser: () => (text: string) => text },
  });
  const [row] = answer.rows;
  if (row === undefined) return null;
  const found = decodeAuthRow(row.map((cell) => (cell === null ? null : Buffer.from(cell))));
  return found.user === user ? found : null; // a row of somebody else is no row
}
