import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fchownSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { type Account, asAccount, writeOwned } from './account.ts';
import type { PgBinaries } from './binaries.ts';
import { confLines, conninfoQuote, passfileField, sqlLiteral } from './conf.ts';
import { errnoOf, explainWrite, LabError } from './errors.ts';
import { portIsFree } from './ports.ts';
import { postgresIn, processesOf, processState, signal } from './procfs.ts';

export type NodeRole = 'primary' | 'standby';
export type StopMode = 'smart' | 'fast' | 'immediate';

export interface ConnectionInfo {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface QueryOptions {
  readonly params?: readonly unknown[];
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  /** Limit for connecting, and again for the statement. Default 10 s. */
  readonly timeoutMs?: number;
}

/** What a node is made of; `lab.json` holds it, with the secrets apart. */
export interface NodeOptions {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  /** Absolute, without links: a server's working directory is compared with it. */
  readonly dataDir: string;
  readonly logFile: string;
  readonly socketDir: string;
  readonly binaries: PgBinaries;
  readonly account: Account | undefined;
  readonly superuser: { readonly user: string; readonly password: string };
  readonly replication: { readonly user: string; readonly password: string };
  /** Written to lab.conf in the data directory before each start, after the node's own address. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The status line of postmaster.pid, and the pid in its first. */
interface Postmaster {
  readonly pid: number;
  readonly status: string;
}

const START_MS = 60_000;
const STOP_MS = 60_000;
const LOOK_MS = 10;

/** One PostgreSQL server of a lab: its process, data directory, log and faults. It survives this process; whoever
 *  opens the lab again adopts it. */
export class PostgresNode {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly logFile: string;
  readonly socketDir: string;
  /** `serverN`: backend_application_nameN of pgpool.conf, and application_name in pg_stat_replication. */
  readonly applicationName: string;
  /** The slot that this node streams through. */
  readonly slotName: string;
  readonly #options: NodeOptions;
  #child: ChildProcess | undefined;
  #logStart = 0;

  constructor(options: NodeOptions) {
    this.id = options.id;
    this.host = options.host;
    this.port = options.port;
    this.dataDir = options.dataDir;
    this.logFile = options.logFile;
    this.socketDir = options.socketDir;
    this.applicationName = `server${options.id}`;
    this.slotName = `pgherd_node${options.id}`;
    this.#options = options;
  }

  /** Whom its files belong to, when that is not this process's user. */
  get account(): Account | undefined {
    return this.#options.account;
  }

  /** From the data directory: PostgreSQL itself removes standby.signal when it is promoted. */
  get role(): NodeRole {
    return existsSync(join(this.dataDir, 'standby.signal')) ? 'standby' : 'primary';
  }

  /** The highest timeline that the data directory has begun; 1 before any promotion. */
  get timeline(): number {
    try {
      const files = readdirSync(join(this.dataDir, 'pg_wal')).filter((name) => name.endsWith('.history'));
      return Math.max(1, ...files.map((name) => Number.parseInt(name, 16)));
    } catch {
      return 1;
    }
  }

  get pid(): number | undefined {
    return this.#postmaster()?.pid;
  }

  /** A postmaster works in this data directory; a frozen one counts. */
  isRunning(): boolean {
    return this.#postmaster() !== undefined;
  }

  isFrozen(): boolean {
    const pid = this.pid;
    return pid !== undefined && processState(pid)?.state === 'T';
  }

  connection(database = 'postgres'): ConnectionInfo {
    return { host: this.host, port: this.port, ...this.#options.superuser, database };
  }

  /** Starts the server and returns when it answers a query.
   *  @throws LabError NODE_RUNNING, PORT_TAKEN, START_FAILED (with the last log lines), START_TIMEOUT */
  async start(options: { timeoutMs?: number } = {}): Promise<void> {
    const { account, binaries } = this.#options;
    const running = this.#postmaster();
    if (running) {
      throw new LabError(
        'NODE_RUNNING',
        `node ${this.id} is running already (pid ${running.pid}).`,
        'Stop it first, or adopt it.',
      );
    }
    await this.#clearRemains();
    if (!(await portIsFree(this.port, this.host))) {
      throw new LabError(
        'PORT_TAKEN',
        `node ${this.id} cannot listen on ${this.host}:${this.port}: another program uses that port.`,
        'Stop that program, or choose other ports with --base-port P.',
      );
    }
    this.writeSettings();
    let log: number;
    try {
      log = openSync(
        this.logFile,
        constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
        0o600,
      );
    } catch (error) {
      throw explainWrite(error, this.logFile);
    }
    if (account) fchownSync(log, account.uid, account.gid);
    this.#logStart = statSync(this.logFile).size;
    const child = spawn(binaries.postgres, ['-D', this.dataDir], {
      ...asAccount(account),
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    child.unref();
    let refused: Error | undefined;
    child.once('error', (error) => {
      refused = error;
    });
    try {
      await this.#untilReady(options.timeoutMs ?? START_MS, child.pid, () => {
        if (refused) return `cannot execute ${binaries.postgres} (${errnoOf(refused)})`;
        if (child.exitCode !== null || child.signalCode !== null)
          return `ended with ${child.signalCode ?? `status ${child.exitCode}`}`;
        return undefined;
      });
    } catch (error) {
      if (child.pid !== undefined && child.exitCode === null) this.kill9();
      throw error;
    }
  }

  /** Takes over a server that an earlier process started and left. False when none works in the data directory.
   *  @throws LabError START_TIMEOUT when it does not answer */
  async adopt(options: { timeoutMs?: number } = {}): Promise<boolean> {
    const found = this.#postmaster();
    if (!found) return false;
    if (this.isFrozen()) this.thaw();
    await this.#untilReady(options.timeoutMs ?? START_MS, found.pid, () =>
      this.#postmaster() ? undefined : 'ended while it was adopted',
    );
    return true;
  }

  /** @throws LabError STOP_TIMEOUT. A server that is not running is no error. */
  async stop(mode: StopMode = 'fast', options: { timeoutMs?: number } = {}): Promise<void> {
    const found = this.#postmaster();
    if (!found) return;
    if (this.isFrozen()) this.thaw();
    signal(found.pid, mode === 'smart' ? 'SIGTERM' : mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    const timeoutMs = options.timeoutMs ?? STOP_MS;
    const deadline = Date.now() + timeoutMs;
    while (postgresIn(found.pid, this.dataDir, this.#options.account)) {
      if (Date.now() > deadline) {
        throw new LabError(
          'STOP_TIMEOUT',
          `node ${this.id} did not stop within ${timeoutMs} ms (${mode}).`,
          mode === 'smart' ? 'Close its sessions, or stop it with mode fast.' : 'Stop it with mode immediate.',
        );
      }
      await pause(LOOK_MS);
    }
  }

  /** SIGKILL for the postmaster and all its children at once, as the machine's power switch would. Synchronous: usable
   *  in an exit handler. */
  kill9(): void {
    const { account } = this.#options;
    const postmaster = this.#postmaster();
    // Stopped first, so that it neither restarts a child nor sees one die.
    if (postmaster) signal(postmaster.pid, 'SIGSTOP');
    const child = this.#child?.pid;
    if (postmaster) signal(postmaster.pid, 'SIGKILL');
    else if (child !== undefined) signal(child, 'SIGKILL');
    for (const victim of processesOf(this.dataDir, account)) signal(victim.pid, 'SIGKILL');
  }

  /** SIGSTOP for the whole tree: sockets stay open, nothing answers. @throws LabError NODE_NOT_RUNNING */
  freeze(): void {
    const { account } = this.#options;
    const postmaster = this.#postmaster();
    if (!postmaster) throw this.#notRunning('frozen');
    signal(postmaster.pid, 'SIGSTOP');
    // The postmaster makes no more children now, but one may have been on its way.
    for (let moving = true, rounds = 0; moving && rounds < 20; rounds++) {
      moving = false;
      for (const member of processesOf(this.dataDir, account)) {
        if (member.state === 'T') continue;
        signal(member.pid, 'SIGSTOP');
        moving = true;
      }
    }
  }

  thaw(): void {
    for (const member of processesOf(this.dataDir, this.#options.account)) signal(member.pid, 'SIGCONT');
  }

  /** Makes a standby the primary and returns when it takes writes. @throws LabError PROMOTE_FAILED */
  async promote(options: { timeoutMs?: number } = {}): Promise<void> {
    const seconds = Math.ceil((options.timeoutMs ?? 60_000) / 1000);
    const [row] = await this.query<{ promoted: boolean }>('SELECT pg_catalog.pg_promote(true, $1) AS promoted', {
      params: [seconds],
      timeoutMs: (seconds + 5) * 1000,
    });
    if (row?.promoted !== true) {
      throw new LabError(
        'PROMOTE_FAILED',
        `node ${this.id} was not promoted within ${seconds} s.`,
        `Look into its log: ${this.logFile}.`,
      );
    }
  }

  /** Makes this node a standby of another, as pg_basebackup -R writes it. Running: ALTER SYSTEM and a reload. Stopped:
   *  standby.signal and postgresql.auto.conf; its history must be one that the primary can continue. Makes the slot on
   *  the primary when that runs and lacks it. */
  async follow(primary: PostgresNode): Promise<void> {
    if (primary.isRunning()) {
      await primary.query(
        'SELECT pg_catalog.pg_create_physical_replication_slot($1, true) ' +
          'WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = $1)',
        { params: [this.slotName] },
      );
    }
    const settings = this.followSettings(primary);
    if (this.isRunning()) {
      for (const [name, value] of Object.entries(settings)) {
        await this.query(`ALTER SYSTEM SET ${name} = ${sqlLiteral(value)}`);
      }
      await this.query('SELECT pg_catalog.pg_reload_conf()');
      return;
    }
    const auto = join(this.dataDir, 'postgresql.auto.conf');
    const kept = existsSync(auto) ? readFileSync(auto, 'utf8') : '';
    writeOwned(auto, kept + confLines(settings), this.#options.account);
    writeOwned(join(this.dataDir, 'standby.signal'), '', this.#options.account);
  }

  /** primary_conninfo and primary_slot_name for following that node; the password stays in the passfile. */
  followSettings(primary: { host: string; port: number }): Record<string, string> {
    const { replication } = this.#options;
    const conninfo = {
      host: primary.host,
      port: String(primary.port),
      user: replication.user,
      application_name: this.applicationName,
      passfile: this.#passfile,
      sslmode: 'prefer',
    };
    return {
      primary_conninfo: Object.entries(conninfo)
        .map(([name, value]) => `${name}=${conninfoQuote(value)}`)
        .join(' '),
      primary_slot_name: this.slotName,
    };
  }

  /** Runs one statement on a connection of its own and returns the rows. As the superuser, unless told otherwise. */
  async query<Row extends pg.QueryResultRow = Record<string, unknown>>(
    sql: string,
    options: QueryOptions = {},
  ): Promise<Row[]> {
    const client = await this.connect(options);
    try {
      const result = await client.query<Row>(sql, options.params ? [...options.params] : undefined);
      // A text of several statements gives an array: the rows of the last are meant.
      const last = Array.isArray(result) ? (result as pg.QueryResult<Row>[]).at(-1) : result;
      return last?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  /** An open connection; the caller ends it. Errors after the connection is up do not crash the process. */
  async connect(options: QueryOptions = {}): Promise<pg.Client> {
    const known = this.connection(options.database);
    const timeoutMs = options.timeoutMs ?? 10_000;
    const client = new pg.Client({
      ...known,
      user: options.user ?? known.user,
      password: options.password ?? known.password,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      application_name: 'pgherd lab',
      ssl: false,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** The server's log since the last start by this object, or all of it. */
  logText(which: 'since-start' | 'all' = 'since-start'): string {
    let fd: number;
    try {
      fd = openSync(this.logFile, 'r');
    } catch {
      return '';
    }
    try {
      const from = which === 'all' ? 0 : this.#logStart;
      const bytes = Buffer.alloc(Math.max(0, statSync(this.logFile).size - from));
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, from));
    } finally {
      closeSync(fd);
    }
  }

  /** Writes lab.conf and the passfile. Done before each start, because a copy or a rewind brings another node's. */
  writeSettings(): void {
    const { account, replication } = this.#options;
    const settings = {
      listen_addresses: this.host,
      port: String(this.port),
      unix_socket_directories: this.socketDir,
      cluster_name: this.applicationName,
      ...this.#options.settings,
    };
    const head = '# Written by pgherd lab before each start. Own settings go to postgresql.auto.conf (ALTER SYSTEM).\n';
    writeOwned(join(this.dataDir, 'lab.conf'), head + confLines(settings), account);
    const entry = [replication.user, replication.password].map(passfileField).join(':');
    writeOwned(this.#passfile, `*:*:*:${entry}\n`, account);
    const main = join(this.dataDir, 'postgresql.conf');
    if (!readFileSync(main, 'utf8').includes("include_if_exists = 'lab.conf'")) {
      appendFileSync(main, "\ninclude_if_exists = 'lab.conf'\n");
    }
  }

  get #passfile(): string {
    return join(this.dataDir, 'lab.pgpass');
  }

  #notRunning(what: string): LabError {
    return new LabError('NODE_NOT_RUNNING', `node ${this.id} is not running and cannot be ${what}.`, 'Start it first.');
  }

  /** The living postmaster of this data directory. A postmaster.pid whose process is gone, or is another, is none. */
  #postmaster(): Postmaster | undefined {
    let lines: string[];
    try {
      lines = readFileSync(join(this.dataDir, 'postmaster.pid'), 'utf8').split('\n');
    } catch {
      return undefined;
    }
    const pid = Number(lines[0]);
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    if (!postgresIn(pid, this.dataDir, this.#options.account)) return undefined;
    return { pid, status: (lines[7] ?? '').trim() };
  }

  /** After a crash: children that outlived their postmaster keep its shared memory (a frozen one for ever), and the pid
   *  in a stale lock file may by now be a zombie or a process that has nothing to do with us: PostgreSQL would believe
   *  in it. */
  async #clearRemains(): Promise<void> {
    const { account } = this.#options;
    const patience = Date.now() + 2000;
    for (let left = processesOf(this.dataDir, account); left.length > 0; left = processesOf(this.dataDir, account)) {
      if (this.isRunning()) {
        throw new LabError('NODE_RUNNING', `node ${this.id} is being started by another process.`, 'Adopt it.');
      }
      for (const orphan of left) if (orphan.state === 'T' || Date.now() > patience) signal(orphan.pid, 'SIGKILL');
      await pause(LOOK_MS);
    }
    rmSync(join(this.dataDir, 'postmaster.pid'), { force: true });
    const lock = join(this.socketDir, `.s.PGSQL.${this.port}.lock`);
    let lines: string[] = [];
    try {
      lines = readFileSync(lock, 'utf8').split('\n');
    } catch {
      // None: the usual case.
    }
    // Its second line is the data directory.
    if (lines[1] === this.dataDir) rmSync(lock, { force: true });
  }

  async #untilReady(timeoutMs: number, pid: number | undefined, ended: () => string | undefined): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let last = 'it wrote no status';
    for (;;) {
      const end = ended();
      if (end !== undefined) throw this.#startFailed(end);
      const found = this.#postmaster();
      if (found) last = `its status is "${found.status}"`;
      if (found?.status === 'ready' && found.pid === pid) {
        try {
          await this.query('SELECT 1', { timeoutMs: Math.max(1000, Math.min(5000, deadline - Date.now())) });
          return;
        } catch (error) {
          last = `it refuses connections (${error instanceof Error ? error.message : String(error)})`;
        }
      }
      if (Date.now() > deadline) {
        throw new LabError(
          'START_TIMEOUT',
          `node ${this.id} was not ready within ${timeoutMs} ms: ${last}.\n${this.#lastLogLines()}`,
          `Look into its log: ${this.logFile}.`,
        );
      }
      await pause(LOOK_MS);
    }
  }

  #startFailed(how: string): LabError {
    const log = this.#lastLogLines();
    if (/could not bind|Address already in use/.test(log)) {
      return new LabError(
        'PORT_TAKEN',
        `node ${this.id} cannot listen on ${this.host}:${this.port}: another program took that port.`,
        'Stop that program, or choose other ports with --base-port P.',
      );
    }
    return new LabError(
      'START_FAILED',
      `node ${this.id} did not start: postgres ${how}.\n${log}`,
      `Its log: ${this.logFile}.`,
    );
  }

  #lastLogLines(): string {
    return this.logText().trimEnd().split('\n').slice(-12).join('\n');
  }
}
