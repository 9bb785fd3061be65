import { spawn } from 'node:child_process';
import {
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { opsGrants, probeGrants } from '@pgherd/cluster';
import type pg from 'pg';
import { type Account, asAccount, labAccount, writeOwned } from './account.ts';
import { findBinaries, type PgBinaries } from './binaries.ts';
import { confLines, sqlIdentifier, sqlLiteral } from './conf.ts';
import {
  busy,
  creatorLives,
  type Description,
  readDescription,
  removeDescription,
  thisProcess,
  writeDescription,
} from './description.ts';
import { LabError, textOf } from './errors.ts';
import { type Guard, guard } from './guard.ts';
import { type ConnectionInfo, type NodeRole, PostgresNode, type StopMode } from './node.ts';
import { makeOwnDirectory, makePlace, type Place } from './place.ts';
import { type Credentials, newPassword, readSecrets, type Secrets, writeSecrets } from './secrets.ts';

export type AuthMethod = 'scram-sha-256' | 'md5' | 'trust';

export interface ClusterOptions {
  /** Holds everything; made if missing. Data moves to /var/tmp, with links here, when the account cannot enter it. */
  readonly dir: string;
  /** PostgreSQL servers; the first is the primary. Default 3. */
  readonly nodes?: number | undefined;
  /** Node i listens on basePort + i. */
  readonly basePort: number;
  /** A bin directory, `embedded` or `system`. */
  readonly pgBin?: string | undefined;
  /** A loopback address per node, or `distinct` for 127.0.0.11, 127.0.0.12 …; default 127.0.0.1 for all. */
  readonly hosts?: readonly string[] | 'distinct' | undefined;
  readonly superuser?: string | undefined;
  /** The superuser's; random by default. */
  readonly password?: string | undefined;
  readonly auth?: AuthMethod | undefined;
  readonly maxConnections?: number | undefined;
  readonly walLevel?: 'replica' | 'logical' | undefined;
  /** Off gives up safety against a crash of the machine, never of PostgreSQL. Default on. */
  readonly fsync?: boolean | undefined;
  /** Further lines for every node's configuration; they win over the lab's. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** The application's database and its owner. Default `app`, `app`. */
  readonly database?: string | undefined;
  readonly appUser?: string | undefined;
  readonly appPassword?: string | undefined;
  /** Run as the superuser on the new primary; a text runs in the application's database. */
  readonly initSql?: readonly (string | { readonly database: string; readonly sql: string })[] | undefined;
  /** Ends and disappears with this process, however that ends. */
  readonly ephemeral?: boolean | undefined;
  readonly onProgress?: ((step: string) => void) | undefined;
}

export interface NodeStatus {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly role: NodeRole;
  readonly state: 'up' | 'down' | 'frozen' | 'unreachable';
  readonly pid: number | undefined;
  readonly timeline: number;
  /** Standbys: `streaming`, `catchup` … as their primary sees them. */
  readonly replication: string | undefined;
  /** Bytes not replayed yet, as the primary sees them. */
  readonly lagBytes: bigint | undefined;
  readonly dataDir: string;
  readonly logFile: string;
}

export interface ClusterStatus {
  readonly dir: string;
  readonly version: string;
  readonly nodes: readonly NodeStatus[];
}

/** The lab's own files in `dir`, apart from data directories. Destroy removes these and nothing else. */
const OWN_FILES = [
  'secrets.json',
  'secrets.json.new',
  'startall',
  'shutdownall',
  'pgpool_reload',
  'bashrc.ports',
  'README.port',
  'pcppass',
];
const OWN_DIRECTORIES = ['etc', 'log', 'run', 'archivedir'];

/** A primary and its standbys on this machine. */
export class Cluster {
  readonly dir: string;
  readonly secrets: Secrets;
  readonly database: string;
  readonly binaries: PgBinaries;
  readonly socketDir: string;
  readonly auth: AuthMethod;
  readonly #nodes: PostgresNode[];
  #description: Description;
  #guard: Guard | undefined;

  /** Use createCluster or openCluster. */
  constructor(dir: string, description: Description, secrets: Secrets) {
    this.dir = dir;
    this.#description = description;
    this.secrets = secrets;
    this.database = description.database;
    this.binaries = description.binaries;
    this.socketDir = description.socketDir;
    this.auth = description.auth;
    this.#nodes = description.nodes.map((node) => nodeOf(node, description, secrets));
  }

  get nodes(): readonly PostgresNode[] {
    return this.#nodes;
  }

  /** One more node, whose server does not exist yet: its agent copies into its place and starts it. Other processes that
   *  have the lab open find it by `findNewNodes`. */
  addNode(port: number, host = '127.0.0.1'): PostgresNode {
    const description = readDescription(this.dir) ?? this.#description;
    const id = description.nodes.length;
    this.#description = { ...description, nodes: [...description.nodes, { id, host, port }] };
    if (description.dataRoot !== this.dir) {
      symlinkSync(join(description.dataRoot, `data${id}`), join(this.dir, `data${id}`));
    }
    writeDescription(this.dir, this.#description);
    this.#takeNewNodes();
    if (this.#guard !== undefined) {
      const before = this.#guard;
      this.#guard = undefined;
      this.guard();
      before.release();
    }
    return this.node(id);
  }

  /** Nodes that another process has added since. */
  findNewNodes(): void {
    this.#description = readDescription(this.dir) ?? this.#description;
    this.#takeNewNodes();
  }

  #takeNewNodes(): void {
    for (const node of this.#description.nodes.slice(this.#nodes.length)) {
      this.#nodes.push(nodeOf(node, this.#description, this.secrets));
    }
  }

  /** From here on the lab goes when this process goes, however that ends. */
  guard(): void {
    this.#guard ??= guard(this.nodes, [this.#description.dataRoot, this.socketDir, this.dir]);
  }

  /** The node that is not a standby; of several the running one on the highest timeline. @throws LabError NO_PRIMARY */
  get primary(): PostgresNode {
    const [first] = this.nodes
      .filter((node) => node.role === 'primary')
      .sort((a, b) => Number(b.isRunning()) - Number(a.isRunning()) || b.timeline - a.timeline);
    if (first) return first;
    throw new LabError('NO_PRIMARY', `all nodes of ${this.dir} are standbys.`, 'Promote one of them.');
  }

  get standbys(): readonly PostgresNode[] {
    return this.nodes.filter((node) => node.role === 'standby');
  }

  node(id: number): PostgresNode {
    const found = this.nodes[id];
    if (found) return found;
    throw new LabError('BAD_OPTION', `there is no node ${id}.`, `Nodes are 0 to ${this.nodes.length - 1}.`);
  }

  /** How the application connects to a node directly. */
  appConnection(node: PostgresNode = this.primary): ConnectionInfo {
    return { host: node.host, port: node.port, ...this.secrets.app, database: this.database };
  }

  /** Starts what does not run and adopts what does. @param but these stay stopped where they are */
  async start(but: readonly PostgresNode[] = []): Promise<void> {
    makeOwnDirectory(this.socketDir, this.#description.account ?? undefined);
    const wanted = this.nodes.filter((node) => node.isRunning() || !but.includes(node));
    await settle(wanted.map(async (node) => (await node.adopt()) || (await node.start())));
  }

  /** The primary first, so that its last record reaches the standbys. */
  async stop(mode: StopMode = 'fast'): Promise<void> {
    for (const node of this.nodes) if (node.isFrozen()) node.thaw();
    await settle(this.nodes.filter((node) => node.role === 'primary').map((node) => node.stop(mode)));
    await settle(this.nodes.map((node) => node.stop(mode)));
  }

  async status(): Promise<ClusterStatus> {
    const replicas = await this.#replicas();
    const nodes = await Promise.all(
      this.nodes.map(async (node): Promise<NodeStatus> => {
        const replica = node.role === 'standby' ? replicas.get(node.applicationName) : undefined;
        return {
          id: node.id,
          host: node.host,
          port: node.port,
          role: node.role,
          state: await stateOf(node),
          pid: node.pid,
          timeline: node.timeline,
          replication: replica?.state,
          lagBytes: replica?.lag == null ? undefined : BigInt(replica.lag),
          dataDir: node.dataDir,
          logFile: node.logFile,
        };
      }),
    );
    return { dir: this.dir, version: this.binaries.version, nodes };
  }

  /** Returns when every running standby streams from the primary. @throws LabError STREAMING_TIMEOUT */
  async waitStreaming(timeoutMs = 30_000): Promise<void> {
    await this.#waitFor(timeoutMs, 'stream', (replica) => replica?.state === 'streaming');
  }

  /** Returns when every running standby has replayed all that the primary has written up to now. */
  async waitReplayed(timeoutMs = 30_000): Promise<void> {
    const primary = this.primary;
    const [row] = await primary.query<{ lsn: string }>('SELECT pg_catalog.pg_current_wal_lsn() AS lsn');
    const lsn = row?.lsn ?? '0/0';
    const deadline = Date.now() + timeoutMs;
    for (const standby of this.standbys.filter((node) => node.isRunning())) {
      const client = await standby.connect({ timeoutMs });
      try {
        const sql = 'SELECT pg_catalog.pg_last_wal_replay_lsn() >= $1::pg_lsn AS done';
        while (!(await client.query<{ done: boolean }>(sql, [lsn])).rows[0]?.done) {
          if (Date.now() > deadline) throw streamingTimeout(timeoutMs, `node ${standby.id} has not replayed ${lsn}`);
          await pause(5);
        }
      } finally {
        await client.end();
      }
    }
  }

  /** Kills the servers and removes all that the lab made. Safe to call twice. */
  async destroy(): Promise<void> {
    for (const node of this.nodes) node.kill9();
    await removeAll(this.dir, this.#description);
    this.#guard?.release();
    this.#guard = undefined;
  }

  async #waitFor(timeoutMs: number, what: string, good: (replica: Replica | undefined) => boolean): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const waiting = this.standbys.filter((node) => node.isRunning());
    for (;;) {
      const replicas = await this.#replicas();
      const late = waiting.filter((node) => !good(replicas.get(node.applicationName)));
      if (late.length === 0) return;
      if (Date.now() > deadline) {
        const names = late.map(
          (node) => `node ${node.id} (${replicas.get(node.applicationName)?.state ?? 'not connected'})`,
        );
        throw streamingTimeout(timeoutMs, `${names.join(', ')} does not ${what}`);
      }
      await pause(20);
    }
  }

  async #replicas(): Promise<Map<string, Replica>> {
    const primary = this.nodes.some((node) => node.role === 'primary') ? this.primary : undefined;
    if (!primary?.isRunning() || primary.isFrozen()) return new Map();
    try {
      const rows = await primary.query<Replica>(
        'SELECT application_name AS name, state, ' +
          'pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn)::bigint AS lag ' +
          'FROM pg_catalog.pg_stat_replication',
        { timeoutMs: 5000 },
      );
      return new Map(rows.map((row) => [row.name, row]));
    } catch {
      return new Map();
    }
  }
}

function nodeOf(node: Description['nodes'][number], description: Description, secrets: Secrets): PostgresNode {
  return new PostgresNode({
    ...node,
    dataDir: join(description.dataRoot, `data${node.id}`),
    logFile: join(description.dataRoot, 'log', `node${node.id}.log`),
    socketDir: description.socketDir,
    binaries: description.binaries,
    account: description.account ?? undefined,
    superuser: secrets.superuser,
    replication: secrets.replication,
    settings: description.settings,
  });
}

interface Replica extends pg.QueryResultRow {
  readonly name: string;
  readonly state: string;
  readonly lag: string | null;
}

function streamingTimeout(timeoutMs: number, what: string): LabError {
  return new LabError('STREAMING_TIMEOUT', `after ${timeoutMs} ms ${what}.`, 'Look into the logs of the nodes.');
}

async function stateOf(node: PostgresNode): Promise<NodeStatus['state']> {
  if (!node.isRunning()) return 'down';
  if (node.isFrozen()) return 'frozen';
  try {
    await node.query('SELECT 1', { timeoutMs: 3000 });
    return 'up';
  } catch {
    return 'unreachable';
  }
}

/** Waits for all, then fails with the first failure: nothing goes on behind the caller's back. */
async function settle(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}

/** The lab in this directory, whether its servers run or not. @throws LabError LAB_MISSING, LAB_BUSY, LAB_UNREADABLE */
export async function openCluster(dir: string): Promise<Cluster> {
  const home = existsSync(dir) ? realpathSync(dir) : resolve(dir);
  const description = readDescription(home);
  if (!description) throw missing(home);
  if (description.state === 'creating') {
    if (creatorLives(description)) throw busy(home);
    throw new LabError('LAB_MISSING', `the lab in ${home} was never completed.`, 'Create it again.');
  }
  return new Cluster(home, { ...description, binaries: stillThere(description) }, readSecrets(home));
}

/** The programs that the lab was made with, or others of the same major version when those are gone (an upgrade, a
 *  cleaned temporary directory). */
function stillThere(description: Description): PgBinaries {
  const { binaries } = description;
  if (existsSync(binaries.postgres)) return binaries;
  const account = description.account ?? undefined;
  const found = findBinaries({ pgBin: binaries.source === 'given' ? undefined : binaries.source, account });
  if (found.major === binaries.major) return found;
  throw new LabError(
    'BINARIES_MISSING',
    `the lab was made with PostgreSQL ${binaries.version}, and ${binaries.dir} is gone.`,
    `Install PostgreSQL ${binaries.major} again, or destroy the lab and create it anew.`,
  );
}

/** Is there a complete lab in this directory? */
export function clusterExists(dir: string): boolean {
  return readDescription(existsSync(dir) ? realpathSync(dir) : resolve(dir))?.state === 'ready';
}

function missing(dir: string): LabError {
  return new LabError('LAB_MISSING', `there is no lab in ${dir}.`, 'Create one: pgherd lab create --dir DIR.');
}

/** Removes a lab in any state, a half-made one too. */
export async function destroyCluster(dir: string): Promise<void> {
  const home = existsSync(dir) ? realpathSync(dir) : resolve(dir);
  const description = readDescription(home);
  if (!description) throw missing(home);
  if (description.state === 'creating' && creatorLives(description)) throw busy(home);
  killAll(description);
  await removeAll(home, description);
}

/** Makes a cluster and returns it running, its standbys streaming. A half-made one of an earlier, interrupted run in
 *  the same directory is replaced. On failure nothing is left. @throws LabError */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const count = checkOptions(options);
  const progress = options.onProgress ?? (() => {});
  const account = labAccount();
  const place = makePlaceOf(resolve(options.dir), account, options.ephemeral ?? false);
  const { dir } = place;
  await replaceHalfMade(dir);
  const binaries = findBinaries({ pgBin: options.pgBin, account });
  const description: Description = {
    format: 1,
    state: 'creating',
    creator: thisProcess(),
    dataRoot: place.dataRoot,
    socketDir: place.socketDir,
    account: account ?? null,
    binaries,
    settings: settingsOf(options, count),
    auth: options.auth ?? 'scram-sha-256',
    database: options.database ?? 'app',
    nodes: Array.from({ length: count }, (_, id) => ({ id, host: hostOf(options, id), port: options.basePort + id })),
    ephemeral: options.ephemeral ?? false,
  };
  writeDescription(dir, description, true);
  let cluster: Cluster | undefined;
  try {
    const secrets = secretsOf(options);
    writeSecrets(dir, secrets);
    cluster = new Cluster(dir, description, secrets);
    if (options.ephemeral) cluster.guard();
    await seed(cluster, description, options, progress);
    progress('starting the primary');
    await cluster.node(0).start();
    await makeRoles(cluster, options);
    if (count > 1) {
      progress(`starting ${count - 1} standby${count > 2 ? 's' : ''}`);
      await settle(cluster.standbys.map((node) => node.start()));
      await cluster.waitStreaming();
      // Roles and the database are there for whoever signs in to a standby next.
      await cluster.waitReplayed();
    }
    writeDescription(dir, { ...description, state: 'ready' });
    progress('ready');
    return cluster;
  } catch (error) {
    if (cluster) await cluster.destroy();
    else await removeAll(dir, description);
    throw error;
  }
}

function makePlaceOf(dir: string, account: Account | undefined, ephemeral: boolean): Place {
  const place = makePlace(existsSync(dir) ? realpathSync(dir) : dir, account, ephemeral);
  // Below a link (/tmp on some systems): servers report their real directory.
  const real = realpathSync(place.dir);
  return real === place.dir ? place : makePlace(real, account, ephemeral);
}

function checkOptions(options: ClusterOptions): number {
  const count = options.nodes ?? 3;
  const refuse = (message: string, remedy: string): never => {
    throw new LabError('BAD_OPTION', message, remedy);
  };
  if (!Number.isInteger(count) || count < 1 || count > 32)
    refuse(`${count} nodes are not possible.`, 'Choose 1 to 32.');
  if (!Number.isInteger(options.basePort) || options.basePort < 1024 || options.basePort + count > 65_536) {
    refuse(`the ports ${options.basePort} to ${options.basePort + count - 1} cannot be used.`, 'Choose 1024 to 65535.');
  }
  if (Array.isArray(options.hosts) && options.hosts.length !== count) {
    refuse(`${options.hosts.length} hosts were named for ${count} nodes.`, 'Name one for each, or "distinct".');
  }
  for (let id = 0; id < count; id++) {
    const host = hostOf(options, id);
    if (!/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/.test(host)) {
      refuse(`node ${id} cannot listen on "${host}": a lab stays on loopback.`, 'Choose addresses from 127.0.0.0/8.');
    }
  }
  return count;
}

function hostOf(options: ClusterOptions, id: number): string {
  if (options.hosts === 'distinct') return `127.0.0.${11 + id}`;
  return options.hosts?.[id] ?? '127.0.0.1';
}

function settingsOf(options: ClusterOptions, count: number): Record<string, string> {
  const senders = String(Math.max(10, 3 * count + 4));
  return {
    max_connections: String(options.maxConnections ?? 300),
    superuser_reserved_connections: '10',
    password_encryption: options.auth === 'md5' ? 'md5' : 'scram-sha-256',
    wal_level: options.walLevel ?? 'replica',
    wal_log_hints: 'on',
    hot_standby: 'on',
    max_wal_senders: senders,
    max_replication_slots: senders,
    // A standby that stays away for long is made anew rather than filling the disk.
    max_slot_wal_keep_size: '2GB',
    wal_keep_size: '64MB',
    wal_retrieve_retry_interval: '200ms',
    wal_receiver_status_interval: '1s',
    max_prepared_transactions: '64',
    shared_buffers: '64MB',
    fsync: options.fsync === false ? 'off' : 'on',
    log_line_prefix: '%m [%p] %q%u@%d ',
    log_timezone: 'UTC',
    ...options.settings,
  };
}

function secretsOf(options: ClusterOptions): Secrets {
  const login = (user: string, password = newPassword()): Credentials => ({ user, password });
  return {
    superuser: login(options.superuser ?? 'postgres', options.password),
    app: login(options.appUser ?? 'app', options.appPassword),
    probe: login('pgherd_probe'),
    auth: login('pgherd_auth'),
    ops: login('pgherd_ops'),
    replication: login('pgherd_replication'),
    pcp: login('pgherd'),
  };
}

/** What an interrupted creation left is removed; a complete lab, or one in the making, is not touched. */
async function replaceHalfMade(dir: string): Promise<void> {
  const found = readDescription(dir);
  if (found?.state === 'ready') {
    throw new LabError('LAB_EXISTS', `there is a lab in ${dir} already.`, 'Start it, or destroy it first.');
  }
  if (found) {
    if (creatorLives(found)) throw busy(dir);
    killAll(found);
    await removeAll(dir, found, 'keep-place');
    return;
  }
  const foreign = existsSync(dir) ? readdirSync(dir).find((name) => /^data\d+$/.test(name)) : undefined;
  if (foreign !== undefined) {
    throw new LabError(
      'DIRECTORY_NOT_OURS',
      `${join(dir, foreign)} exists, and no lab made it.`,
      'Move it away, or choose another directory with --dir DIR.',
    );
  }
}

function killAll(description: Description): void {
  const nobody = { user: '', password: '' };
  const secrets = { superuser: nobody, replication: nobody } as Secrets;
  for (const node of new Cluster('', { ...description, ephemeral: false }, secrets).nodes) node.kill9();
}

async function removeAll(dir: string, description: Description, place?: 'keep-place'): Promise<void> {
  const remove = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  for (const node of description.nodes) {
    remove(join(description.dataRoot, `data${node.id}`));
    remove(join(dir, `data${node.id}`));
  }
  for (const name of OWN_FILES) remove(join(dir, name));
  if (place === undefined) {
    remove(description.socketDir);
    for (const name of OWN_DIRECTORIES) remove(join(dir, name));
    if (description.dataRoot !== dir) remove(description.dataRoot);
  }
  removeDescription(dir);
  if (place === undefined) {
    try {
      rmdirSync(dir);
    } catch {
      // Somebody keeps other files there.
    }
  }
}

/** initdb for node 0, and its copies before it ever started: the cheapest standbys there are. */
async function seed(
  cluster: Cluster,
  description: Description,
  options: ClusterOptions,
  progress: (step: string) => void,
): Promise<void> {
  const account = description.account ?? undefined;
  const { dir } = cluster;
  if (description.dataRoot !== dir) {
    for (const name of ['log', 'run', ...cluster.nodes.map((node) => `data${node.id}`)]) {
      rmSync(join(dir, name), { force: true });
      symlinkSync(join(description.dataRoot, name), join(dir, name));
    }
  }
  const primary = cluster.node(0);
  progress(`initialising PostgreSQL ${description.binaries.version}`);
  makeOwnDirectory(primary.dataDir, account, 0o700);
  await initdb(primary, description, cluster.secrets.superuser, options);
  writeOwned(join(primary.dataDir, 'pg_hba.conf'), hba(options.auth ?? 'scram-sha-256'), account);
  primary.writeSettings();
  if (cluster.nodes.length === 1) return;
  progress('copying it for the standbys');
  for (const node of cluster.nodes.slice(1)) {
    copyTree(primary.dataDir, node.dataDir, account);
    writeOwned(join(node.dataDir, 'standby.signal'), '', account);
    const auto = '# Do not edit this file manually!\n# It will be overwritten by the ALTER SYSTEM command.\n';
    writeOwned(join(node.dataDir, 'postgresql.auto.conf'), auto + confLines(node.followSettings(primary)), account);
  }
}

/** Copies a data directory with its modes, for its account. Shares blocks where the file system can. */
function copyTree(from: string, to: string, account: Account | undefined): void {
  mkdirSync(to, { mode: 0o700 });
  if (account) chownSync(to, account.uid, account.gid);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      copyTree(source, target, account);
    } else if (entry.isFile()) {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      if (account) chownSync(target, account.uid, account.gid);
    }
  }
}

async function initdb(
  node: PostgresNode,
  description: Description,
  superuser: Credentials,
  options: ClusterOptions,
): Promise<void> {
  const account = description.account ?? undefined;
  const auth = options.auth ?? 'scram-sha-256';
  const passwordFile = join(description.dataRoot, 'log', `.initdb-${process.pid}`);
  writeOwned(passwordFile, `${superuser.password}\n`, account);
  try {
    const args = [
      '-D',
      node.dataDir,
      '-U',
      superuser.user,
      '-A',
      auth,
      '--pwfile',
      passwordFile,
      '-E',
      'UTF8',
      '--no-locale',
      '-N',
    ];
    const child = spawn(description.binaries.initdb, args, {
      ...asAccount(account),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    const status = await new Promise<number | string>((done) => {
      child.once('error', (error) => done(textOf(error)));
      child.once('close', (code, signal) => done(code ?? signal ?? 'unknown'));
    });
    if (status !== 0) {
      throw new LabError(
        'INITDB_FAILED',
        `initdb failed (${status}):\n${said.trim().split('\n').slice(-8).join('\n')}`,
        /space/.test(said) ? 'Free some disk space.' : 'Repair what it names, or use another PostgreSQL with --pg-bin.',
      );
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function hba(auth: string): string {
  const lines = ['# TYPE  DATABASE     USER  ADDRESS       METHOD'];
  for (const database of ['all        ', 'replication']) {
    lines.push(`local   ${database}  all                 ${auth}`);
    lines.push(`host    ${database}  all   127.0.0.0/8   ${auth}`);
    lines.push(`host    ${database}  all   ::1/128       ${auth}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Roles, the application's database, one slot per standby, then the caller's own SQL. */
async function makeRoles(cluster: Cluster, options: ClusterOptions): Promise<void> {
  const primary = cluster.node(0);
  const { app, probe, auth, ops, replication } = cluster.secrets;
  const role = (login: Credentials, attributes: string): string =>
    `CREATE ROLE ${sqlIdentifier(login.user)} LOGIN ${attributes} PASSWORD ${sqlLiteral(login.password)};\n`;
  const client = await primary.connect({ timeoutMs: 30_000 });
  try {
    // Each is a statement of its own: CREATE DATABASE refuses a transaction block.
    if (app.user !== cluster.secrets.superuser.user) await client.query(role(app, ''));
    if (cluster.database !== 'postgres') {
      await client.query(`CREATE DATABASE ${sqlIdentifier(cluster.database)} OWNER ${sqlIdentifier(app.user)}`);
    }
    const name = sqlIdentifier(ops.user);
    await client.query(
      [
        role(probe, ''),
        ...probeGrants(sqlIdentifier(probe.user)),
        role(auth, ''),
        role(replication, 'REPLICATION'),
        role(ops, 'REPLICATION'),
        ...opsGrants(name, cluster.binaries.major),
      ].join('\n'),
    );
    for (const node of cluster.nodes.slice(1)) {
      await client.query('SELECT pg_catalog.pg_create_physical_replication_slot($1, true)', [node.slotName]);
    }
  } finally {
    await client.end();
  }
  for (const entry of options.initSql ?? []) {
    const { database, sql } = typeof entry === 'string' ? { database: cluster.database, sql: entry } : entry;
    await primary.query(sql, { database, timeoutMs: 60_000 });
  }
}
