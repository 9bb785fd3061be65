/** Entry point of compat/bin/pg_md5: hashes for pcp.conf, and md5 entries of pool_passwd. */
import fs from 'node:fs';
import path from 'node:path';
import { pgMd5, storePoolPasswdEntry } from '@pgherd/config';
import { loginName } from '../env.ts';
import { CommandError, sentenceOf, UsageError } from '../errors.ts';
import { exit } from '../exit.ts';
import { type CommandIo, processIo } from '../io.ts';
import { configurationDirectory } from '../place.ts';
import { askPassword } from '../prompt.ts';
import { oneSetting } from '../read-files.ts';
import { MD5_USAGE, type Md5Line, PASSWORD_BYTES_MAX, parseMd5Line } from './command-line.ts';

async function main(args: readonly string[], io: CommandIo): Promise<number> {
  const line = parseMd5Line(args);
  switch (line.act) {
    case 'help':
      io.stdout(MD5_USAGE);
      return 0;
    case 'refused':
      io.stderr(line.message === '' ? MD5_USAGE : `pg_md5: ${line.message}`);
      return 1;
    case 'print':
    case 'store': {
      const put =
        line.act === 'print' ? (_user: string, password: string) => io.stdout(pgMd5(password)) : storeIn(line);
      if (line.from.kind === 'file') return fromFile(line.from.path, put, io);
      const password = line.from.kind === 'prompt' ? await askPassword('password: ') : line.from.password;
      put(line.user ?? loginName(), checked(password));
      return 0;
    }
  }
}

function checked(password: string): string {
  if (Buffer.byteLength(password) <= PASSWORD_BYTES_MAX) return password;
  throw new UsageError(`Error: Input exceeds maximum password length!\n\n${MD5_USAGE}`);
}

/** Writes entries into the pool_passwd that the configuration names. */
function storeIn(line: Md5Line): (user: string, password: string) => void {
  const file = passwordFile(path.resolve(line.config ?? path.join(configurationDirectory, 'pgpool.conf')));
  return (user, password) => {
    try {
      storePoolPasswdEntry(file, user, `md5${pgMd5(password, user)}`);
    } catch (error) {
      throw new CommandError(`Cannot write ${file}: ${(error as Error).message}`);
    }
  };
}

function passwordFile(config: string): string {
  let name: string;
  try {
    name = oneSetting(config, 'pool_passwd');
  } catch (error) {
    throw new CommandError(
      `Cannot read ${config} (${(error as NodeJS.ErrnoException).code}): name pgpool.conf with -f.`,
    );
  }
  if (name === '')
    throw new CommandError(`pool_passwd is '' in ${config}, so there is no file to write: set it first.`);
  return path.resolve(path.dirname(config), name);
}

/** `user:password` lines. One that is none is named and passed over. */
function fromFile(file: string, put: (user: string, password: string) => void, io: CommandIo): number {
  io.stdout(`trying to read username:password pairs from file ${file}`);
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`Cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [index, pair] of lines.entries()) {
    const place = `LINE#${String(index + 1).padStart(2, '0')}:`;
    const colon = pair.indexOf(':');
    const user = pair.slice(0, Math.max(colon, 0));
    const password = pair.slice(colon + 1);
    if (pair === '') io.stdout(`${place} BLANK LINE`);
    else if (user === '' || password === '') io.stdout(`${place} Invalid username:password pair`);
    else {
      io.stdout(`${place} USER: <${user}>`);
      put(user, checked(password));
    }
  }
  return 0;
}

try {
  await exit(await main(process.argv.slice(2), processIo));
} catch (error) {
  processIo.stderr(error instanceof UsageError ? error.message : `pg_md5: ${sentenceOf(error)}`);
  await exit(1);
}
