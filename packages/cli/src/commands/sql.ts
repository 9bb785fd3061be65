import { parseArgs } from 'node:util';
import pg from 'pg';
import { CommandError, UsageError } from '../errors.ts';
import { type CommandIo, readStdin } from '../io.ts';
import { reasonOf } from '../servers.ts';
import { formatTable } from '../table.ts';
import type { Command } from './command.ts';
import { herdUri } from './url.ts';

const USAGE = `pgherd sql [--dir DIR] [--node N | --url URI] "STATEMENTS"

Runs SQL through the proxy as the application's user and prints what comes back. The statements may also come from
standard input.

  --dir DIR            the folder of "pgherd up" (default .pgherd)
  --node N             at that server itself, as superuser
  --url URI            anywhere else`;

const CONNECT_LIMIT_MS = 10_000;

export const sqlCommand: Command = {
  summary: 'run SQL through the proxy, no psql needed',
  usage: USAGE,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { dir: { type: 'string' }, node: { type: 'string' }, url: { type: 'string' } },
    });
    const sql = positionals.length > 0 ? positionals.join(' ') : await readStdin();
    if (sql.trim() === '') throw new UsageError(USAGE);
    const connectionString = values.url ?? (await herdUri(values.dir, values.node));
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      application_name: 'pgherd sql',
    });
    client.on('notice', (notice) => io.stderr(`${notice.severity ?? 'NOTICE'}:  ${notice.message ?? ''}`));
    client.on('error', () => {}); // the statement in progress reports it
    try {
      await client.connect();
    } catch (error) {
      if (error instanceof pg.DatabaseError) throw new CommandError(`Cannot connect: ${explain(error)}`);
      const remedy = values.url === undefined ? ' Is the herd running? Start it with "npm start".' : '';
      throw new CommandError(`Cannot connect: ${reasonOf(error)}.${remedy}`);
    }
    try {
      const answer = await client.query({ text: sql, rowMode: 'array', types: { getTypeParser: () => String } });
      for (const result of [answer].flat() as pg.QueryArrayResult<(string | null)[]>[]) print(result, io);
      return 0;
    } catch (error) {
      throw new CommandError(explain(error as pg.DatabaseError));
    } finally {
      await client.end().catch(() => {});
    }
  },
};

function print(result: pg.QueryArrayResult<(string | null)[]>, io: CommandIo): void {
  const columns = result.fields.map((field) => field.name);
  if (columns.length > 0) io.stdout(formatTable(columns, result.rows));
  // An empty statement has no command.
  else if (result.command !== null) io.stdout([result.command, result.rowCount ?? ''].join(' ').trimEnd());
}

function explain({ severity, message, code, detail, hint }: pg.DatabaseError): string {
  return [
    `${severity ?? 'ERROR'}:  ${message}${code === undefined ? '' : ` (${code})`}`,
    ...(detail === undefined ? [] : [`DETAIL:  ${detail}`]),
    ...(hint === undefined ? [] : [`HINT:  ${hint}`]),
  ].join('\n');
}
