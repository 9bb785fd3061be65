import { parseArgs } from 'node:util';
import pg from 'pg';
import { CommandError, UsageError } from '../errors.ts';
import { readStdin } from '../io.ts';
import { reasonOf } from '../servers.ts';
import { formatTable } from '../table.ts';
import type { Command } from './command.ts';
import { herdUri } from './url.ts';

const USAGE = `pgherd explain-route [--dir DIR | --url URI] [options] "STATEMENT"

Says at which server a statement would run, and why: one line for each rule that was asked; the last one decides. Nothing
is executed. Where a draw decides, each server's probability is shown. The statement may also come from standard input.

  --dir DIR            the folder of "pgherd up" (default .pgherd)
  --url URI            the proxy that is asked, where it is another one
  --database NAME      connect to this database
  --user NAME          as this user
  --application NAME   with this application_name
  --json               print JSON`;

const CONNECT_LIMIT_MS = 10_000;

export const explainRouteCommand: Command = {
  summary: 'say where a statement would run, and why',
  usage: USAGE,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        url: { type: 'string' },
        database: { type: 'string' },
        user: { type: 'string' },
        application: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const sql = positionals.length > 0 ? positionals.join(' ') : await readStdin();
    if (sql.trim() === '') throw new UsageError(USAGE);
    const rows = await explained(sql, asClient(values.url ?? (await herdUri(values.dir, undefined)), values));
    if (values.json === true) io.stdout(JSON.stringify(rows, null, 2));
    else {
      io.stdout(
        formatTable(
          ['rule', 'verdict', 'value', 'node'],
          rows.map(({ rule, verdict, value, node }) => [rule, verdict, value, node === null ? '' : String(node)]),
        ),
      );
    }
    return 0;
  },
};

interface Row {
  readonly rule: string;
  readonly verdict: string;
  readonly value: string;
  readonly node: number | null;
}

interface Who {
  readonly database?: string;
  readonly user?: string;
  readonly application?: string;
}

/** The same place for another client. A password in the URI is for its user alone. */
function asClient(connection: string, { database, user, application }: Who): string {
  const uri = new URL(connection);
  if (user !== undefined && user !== decodeURIComponent(uri.username)) {
    uri.username = encodeURIComponent(user);
    uri.password = '';
  }
  if (database !== undefined) uri.pathname = `/${encodeURIComponent(database)}`;
  if (application !== undefined) uri.searchParams.set('application_name', application);
  return uri.href;
}

async function explained(sql: string, connectionString: string): Promise<Row[]> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    application_name: 'pgherd explain-route',
  });
  client.on('error', () => {}); // the statement in progress reports it
  try {
    await client.connect();
  } catch (error) {
    const message = reasonOf(error);
    if (!message.includes('client password must be a string')) throw new CommandError(`Cannot connect: ${message}`);
    throw new CommandError(`${client.user ?? 'The user'} has no password here: name the whole URI with --url.`);
  }
  try {
    const { rows } = await client.query<Record<'rule' | 'verdict' | 'value', string> & { node: string | null }>(
      `PGPOOL EXPLAIN ROUTE ${sql}`,
    );
    return rows.map(({ rule, verdict, value, node }) => ({
      rule,
      verdict,
      value,
      node: node === null ? null : Number(node),
    }));
  } catch (error) {
    throw new CommandError(reasonOf(error));
  } finally {
    await client.end().catch(() => {});
  }
}
