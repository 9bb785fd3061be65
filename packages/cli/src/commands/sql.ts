import { parseArgs } from 'node:util';
import pg from 'pg';
import { CommandError, UsageError } from '../errors.ts';
import { formatTable } from '../table.ts';
import type { Command } from './command.ts';
import { herdUri } from './url.ts';

const USAGE = `pgherd sql [--dir DIR] [--node N | --url URI] "STATEMENTS"

Runs SQL through the proxy as the application's user (with --node: at that server itself as superuser) and prints what
comes back. The statements may also come from standard input.`;

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
      throw new CommandError(
        `Cannot connect: ${(error as Error).message}. Is the herd running? Start it with "npm start".`,
      );
    }
    try {
      const answer = await client.query({ text: sql, rowMode: 'array', types: { getTypeParser: () => String } });
      const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryArrayResult<(string | null)[]>[];
      for (const result of results) {
        if (result.fields.length > 0) {
          io.stdout(
            formatTable(
              result.fields.map((field) => field.name),
              result.rows,
            ),
          );
        } else if (result.command !== null)
          io.stdout(result.command + (result.rowCount === null ? '' : ` ${result.rowCount}`));
      }
      return 0;
    } catch (error) {
      const { message, code } = error as { message: string; code?: string };
      throw new CommandError(`ERROR:  ${message}${code === undefined ? '' : ` (${code})`}`);
    } finally {
      await client.end().catch(() => {});
    }
  },
};

async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) return '';
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}
