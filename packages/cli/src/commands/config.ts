import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { createServerTls } from '@pgherd/auth';
import {
  type Advice,
  type ConfigIssue,
  configAdvice,
  diffSettings,
  formatIssue,
  parsePcpConf,
  type Settings,
  showRows,
} from '@pgherd/config';
import { configurationFiles } from '../configuration-files.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { CommandIo } from '../io.ts';
import { type PasswordFile, readConfig, readHba, readPasswords, readText, tlsSettings } from '../read-files.ts';
import { askServer } from '../servers.ts';
import { formatTable } from '../table.ts';
import type { Command } from './command.ts';

const USAGE = `pgherd config check [-f pgpool.conf] [-a pool_hba.conf] [-F pcp.conf] [--ignore CODE]... [--no-servers]
pgherd config show  [-f pgpool.conf] [NAME]
pgherd config diff  OLD.conf NEW.conf

  check  reads every file as a start would, compares the connections that this proxy may open with what each server
         allows (asked as sr_check_user), and gives advice. Exit code 1 when a start would be refused.
  show   prints the values in effect: all, or one parameter or group.
  diff   says what changes, and whether a reload is enough. Secrets are not shown.

  -f, --file FILE      the configuration (default pgpool.conf)
  -a, --hba FILE       default pool_hba.conf beside the configuration
  -F, --pcp FILE       default pcp.conf beside the configuration
  --ignore CODE        leaves out one piece of advice, by the code in its line; may be repeated
  --no-servers         does not ask the servers`;

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
    const files = configurationFiles({ config: values.file, hba: values.hba, pcp: values.pcp }, 'pgpool.conf');
    switch (verb) {
      case 'check':
        return check(
          {
            file: files.config,
            hba: files.hba,
            pcp: files.pcp,
            ignore: values.ignore ?? [],
            askServers: values['no-servers'] !== true,
          },
          io,
        );
      case 'show':
        return show(files.config, rest[0], io);
      case 'diff':
        return diff(rest, io);
      default:
        throw new UsageError(USAGE);
    }
  },
};

function settingsOf(file: string, io: CommandIo): Settings | null {
  const result = readConfig(file);
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
  const result = readConfig(options.file);
  if (!result.ok) {
    for (const issue of [...result.warnings, ...result.issues]) print(issue, io);
    return 1;
  }
  const settings = tlsSettings(result.settings, options.file);
  const hba = readHba(settings, options.hba);
  const passwords = readPasswords(settings, options.file);
  const issues = [
    ...result.warnings,
    ...hba.issues,
    ...(passwords.issue === null ? passwords.entries.warnings : [passwords.issue]),
    ...pcpIssues(options.pcp),
    ...(await tlsIssues(settings, options.file)),
  ];
  for (const issue of issues) print(issue, io);
  const servers = options.askServers ? await askServers(settings, passwords, io) : null;
  const advice = configAdvice(settings, {
    ...servers,
    fileModes: fileModes([passwords.path, options.pcp]),
    hbaRules: hba.rules,
    ignore: options.ignore,
  });
  for (const item of advice) io.stdout(adviceLine(item));
  if (settings.backends.length === 0) io.stdout(NO_SERVER);
  if (issues.some((issue) => issue.severity === 'error')) return 1;
  io.stdout(`${options.file} can be used`);
  return 0;
}

const NO_SERVER =
  'warning: no server is configured, so no client can be served: set backend_hostname0 and backend_port0';

function print(issue: ConfigIssue, io: CommandIo): void {
  const line = `${issue.severity}: ${formatIssue(issue)}`;
  if (issue.severity === 'error') io.stderr(line);
  else io.stdout(line);
}

function adviceLine({ severity, message, code, reason }: Advice): string {
  return `${severity}: ${message} (${code}: ${reason})`;
}

function pcpIssues(file: string): readonly ConfigIssue[] {
  try {
    return parsePcpConf(readText(file), file).warnings;
  } catch {
    return []; // PCP without users, as after an installation
  }
}

/** Certificates and keys are read as at a start, a passphrase command included. */
async function tlsIssues(settings: Settings, file: string): Promise<readonly ConfigIssue[]> {
  if (!settings.ssl) return [];
  try {
    await createServerTls(settings);
    return [];
  } catch (error) {
    return [{ severity: 'error', file, line: 0, message: (error as Error).message }];
  }
}

function fileModes(files: readonly (string | null)[]): Record<string, number> {
  const modes: Record<string, number> = {};
  for (const file of files) {
    const stat = file === null ? undefined : fs.statSync(file, { throwIfNoEntry: false });
    if (file !== null && stat !== undefined) modes[file] = stat.mode;
  }
  return modes;
}

interface Servers {
  readonly serverMaxConnections: readonly (number | null)[];
  readonly primaryId?: number;
}

async function askServers(settings: Settings, passwords: PasswordFile, io: CommandIo): Promise<Servers> {
  const answers = await Promise.all(
    settings.backends.map(async (backend) => ({ backend, facts: await askServer(settings, passwords, backend) })),
  );
  for (const { backend, facts } of answers) {
    const who = `node ${backend.id} (${backend.hostname}:${backend.port})`;
    if (!facts.ok) io.stdout(`info: ${who} could not be asked how many connections it allows: ${facts.reason}`);
    else io.stdout(`info: ${who} allows ${facts.clientsMax} connections, reserved ones apart`);
  }
  const primary = answers.find(({ facts }) => facts.ok && facts.isPrimary);
  return {
    serverMaxConnections: answers.map(({ facts }) => (facts.ok ? facts.clientsMax : null)),
    ...(primary === undefined ? {} : { primaryId: primary.backend.id }),
  };
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
      changes.map((change) => [change.name, change.old, change.new, change.effect]),
    ),
  );
  return 0;
}
