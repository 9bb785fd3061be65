import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  type ConfigIssue,
  type ConfigResult,
  configAdvice,
  diffSettings,
  formatIssue,
  type HbaRule,
  parseConfig,
  parseHba,
  parsePcpConf,
  parsePoolPasswd,
  type Settings,
  showRows,
} from '@pgherd/config';
import pg from 'pg';
import { CommandError, UsageError } from '../errors.ts';
import type { CommandIo } from '../io.ts';
import { formatTable } from '../table.ts';
import type { Command } from './command.ts';

const USAGE = `pgherd config check -f pgpool.conf [-a pool_hba.conf] [-F pcp.conf] [--ignore CODE]... [--no-servers]
pgherd config show  -f pgpool.conf [NAME]
pgherd config diff  OLD.conf NEW.conf

check reads every file as a start would, compares the connections that this proxy may open with what each server allows,
and gives advice; exit code 1 when a start would be refused. show prints the values in effect. diff says what changes, and
whether a reload is enough.`;

const SERVER_LIMIT_MS = 3_000;

export const configCommand: Command = {
  summary: 'check, show or compare configuration files',
  usage: USAGE,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        file: { type: 'string', short: 'f' },
        hba: { type: 'string', short: 'a' },
        pcp: { type: 'string', short: 'F' },
        ignore: { type: 'string', multiple: true },
        'no-servers': { type: 'boolean' },
      },
    });
    const [verb, ...rest] = positionals;
    const file = values.file ?? 'pgpool.conf';
    switch (verb) {
      case 'check':
        return check(
          {
            file,
            hba: values.hba ?? path.join(path.dirname(file), 'pool_hba.conf'),
            pcp: values.pcp ?? path.join(path.dirname(file), 'pcp.conf'),
            ignore: values.ignore ?? [],
            askServers: values['no-servers'] !== true,
          },
          io,
        );
      case 'show':
        return show(file, rest[0], io);
      case 'diff':
        return diff(rest, io);
      default:
        throw new UsageError(USAGE);
    }
  },
};

function load(file: string): ConfigResult {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`Cannot read ${file}: ${(error as Error).message}`);
  }
  return parseConfig({ text, file: path.resolve(file), readFile: (name) => fs.readFileSync(name, 'utf8') });
}

function settingsOf(file: string, io: CommandIo): Settings | null {
  const result = load(file);
  if (result.ok) return result.settings;
  for (const issue of result.issues) io.stderr(formatIssue(issue));
  return null;
}

interface CheckOptions {
  readonly file: string;
  readonly hba: string;
  readonly pcp: string;
  readonly ignore: readonly string[];
  readonly askServers: boolean;
}

async function check(options: CheckOptions, io: CommandIo): Promise<number> {
  const result = load(options.file);
  for (const issue of result.warnings) io.stdout(formatIssue(issue));
  if (!result.ok) {
    for (const issue of result.issues) io.stderr(formatIssue(issue));
    return 1;
  }
  const { settings } = result;
  const issues = [...hbaIssues(settings, options.hba), ...pcpIssues(options.pcp)];
  for (const issue of issues) (issue.severity === 'error' ? io.stderr : io.stdout)(formatIssue(issue));
  const passwd = path.resolve(path.dirname(options.file), settings.pool_passwd);
  const serverMaxConnections = options.askServers ? await askServers(settings, passwd, io) : undefined;
  const advice = configAdvice(settings, {
    ...(serverMaxConnections === undefined ? {} : { serverMaxConnections }),
    fileModes: fileModes([passwd]),
    hbaRules: hbaRulesOf(settings, options.hba),
    ignore: options.ignore,
  });
  for (const item of advice) io.stdout(`${item.severity}: ${item.message} (${item.code}: ${item.reason})`);
  const failed = issues.some((issue) => issue.severity === 'error');
  if (!failed) io.stdout(`${options.file}: can be used`);
  return failed ? 1 : 0;
}

function readOrNull(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function hbaIssues(settings: Settings, file: string): readonly ConfigIssue[] {
  const text = readOrNull(file);
  if (text === null) {
    if (!settings.enable_pool_hba) return [];
    return [{ severity: 'error', file, line: 0, message: 'cannot be read, and enable_pool_hba = on needs it' }];
  }
  const parsed = parseHba({ text, file: path.resolve(file), readFile: (name) => fs.readFileSync(name, 'utf8') });
  return parsed.ok ? parsed.warnings : parsed.issues;
}

function hbaRulesOf(settings: Settings, file: string): readonly HbaRule[] {
  const text = settings.enable_pool_hba ? readOrNull(file) : null;
  const parsed = text === null ? null : parseHba({ text, file, readFile: (name) => fs.readFileSync(name, 'utf8') });
  return parsed?.ok === true ? parsed.rules : [];
}

function pcpIssues(file: string): readonly ConfigIssue[] {
  const text = readOrNull(file);
  return text === null ? [] : parsePcpConf(text, file).warnings;
}

function fileModes(files: readonly string[]): Record<string, number> {
  const modes: Record<string, number> = {};
  for (const file of files) {
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat !== undefined) modes[file] = stat.mode;
  }
  return modes;
}

/** max_connections of each server, null where it could not be asked. */
async function askServers(settings: Settings, passwdFile: string, io: CommandIo): Promise<(number | null)[]> {
  const passwd = parsePoolPasswd(readOrNull(passwdFile) ?? '', passwdFile);
  return Promise.all(
    settings.backends.map(async (backend) => {
      const user = settings.sr_check_user;
      const entry = passwd.lookup(user);
      const given = settings.sr_check_password;
      const client = new pg.Client({
        host: backend.hostname,
        port: backend.port,
        user: user === '' ? 'postgres' : user,
        database: settings.sr_check_database,
        password: given === '' ? (entry?.kind === 'text' ? entry.password : '') : given.replace(/^TEXT/, ''),
        connectionTimeoutMillis: SERVER_LIMIT_MS,
        query_timeout: SERVER_LIMIT_MS,
      });
      client.on('error', () => {});
      try {
        await client.connect();
        const { rows } = await client.query<{ max: string }>(
          "SELECT pg_catalog.current_setting('max_connections') AS max",
        );
        return Number(rows[0]?.max);
      } catch (error) {
        io.stdout(
          `info: node ${backend.id} (${backend.hostname}:${backend.port}) could not be asked for max_connections: ${(error as Error).message}`,
        );
        return null;
      } finally {
        await client.end().catch(() => {});
      }
    }),
  );
}

function show(file: string, name: string | undefined, io: CommandIo): number {
  const settings = settingsOf(file, io);
  if (settings === null) return 1;
  const rows = showRows(settings, name ?? 'all');
  if (rows === null) throw new CommandError(`There is no parameter "${name}".`);
  io.stdout(
    formatTable(
      ['item', 'value', 'description'],
      rows.map((row) => [row.item, row.value, row.description]),
    ),
  );
  return 0;
}

function diff(files: readonly string[], io: CommandIo): number {
  const [before, after] = files;
  if (before === undefined || after === undefined) throw new UsageError(USAGE);
  const old = settingsOf(before, io);
  const next = settingsOf(after, io);
  if (old === null || next === null) return 1;
  const changes = diffSettings(old, next);
  if (changes.length === 0) {
    io.stdout('no difference');
    return 0;
  }
  io.stdout(
    formatTable(
      ['parameter', 'old', 'new', 'takes effect at'],
      changes.map((change) => [change.name, String(change.old), String(change.new), change.effect]),
    ),
  );
  return 0;
}
