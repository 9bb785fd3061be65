/** Questions to the servers of a configuration, asked as the proxy would. `ssl_*` names in the settings are absolute. */
import { createClientTls } from '@pgherd/auth';
import type { BackendSettings, Settings } from '@pgherd/config';
import pg from 'pg';
import { ownPassword, type PasswordFile } from './read-files.ts';

export const SERVER_LIMIT_MS = 5_000;

export interface Login {
  readonly user: string;
  readonly password: string | null;
  readonly database: string;
  readonly application: string;
}

/** A connection for a few questions; with `ssl` on by TLS where the server has it, as the proxy does. @throws Error */
export async function connectTo(settings: Settings, backend: BackendSettings, login: Login): Promise<pg.Client> {
  const attempt = async (ssl: pg.ClientConfig['ssl']): Promise<pg.Client> => {
    const client = new pg.Client({
      host: backend.hostname,
      port: backend.port,
      user: login.user,
      password: () => {
        if (login.password === null)
          throw new Error(`it asks for the password of ${login.user}, and none is configured`);
        return login.password;
      },
      database: login.database,
      ssl,
      application_name: login.application,
      options: '-c search_path=pg_catalog,pg_temp',
      connectionTimeoutMillis: SERVER_LIMIT_MS,
      query_timeout: SERVER_LIMIT_MS,
    });
    client.on('error', () => {}); // the question in progress reports it
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  };
  if (!settings.ssl || backend.hostname.startsWith('/')) return attempt(false);
  const { connectOptions } = await createClientTls(settings);
  try {
    return await attempt(connectOptions);
  } catch (error) {
    if (/does not support SSL/.test((error as Error).message)) return attempt(false);
    throw error;
  }
}

/** The network's or the server's own words. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message: string; code?: string };
  return message === '' ? (code ?? 'no connection') : message;
}

export type ServerFacts =
  | { readonly ok: true; readonly clientsMax: number; readonly isPrimary: boolean }
  | { readonly ok: false; readonly reason: string };

/** Asks as sr_check_user. `clientsMax` leaves out what the server keeps for superusers and reserved roles. */
export async function askServer(
  settings: Settings,
  passwords: PasswordFile,
  backend: BackendSettings,
): Promise<ServerFacts> {
  const user = settings.sr_check_user;
  if (user === '') return { ok: false, reason: 'sr_check_user is not set' };
  let client: pg.Client | undefined;
  try {
    client = await connectTo(settings, backend, {
      user,
      password: ownPassword(passwords, user, settings.sr_check_password),
      database: settings.sr_check_database,
      application: 'pgherd config check',
    });
    const { rows } = await client.query<{ free: number; recovering: boolean }>(FACTS);
    return { ok: true, clientsMax: rows[0]?.free ?? 0, isPrimary: rows[0]?.recovering === false };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  } finally {
    await client?.end().catch(() => {});
  }
}

/** reserved_connections exists from PostgreSQL 16 on. */
const FACTS = `
SELECT pg_catalog.current_setting('max_connections')::pg_catalog.int4
       - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4
       - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::pg_catalog.int4 AS free,
       pg_catalog.pg_is_in_recovery() AS recovering`;
