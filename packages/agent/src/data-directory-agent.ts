/**
 * The agent of one data directory on this host. Everything it may touch is given at its making; whoever calls it names a
 * source by host and port, and that must be one of the configured peers.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import type { AgentJob, ControlData, HostAddress, HostAgent } from '@pgherd/cluster';
import { baseBackup } from './base-backup.ts';
import { readControlFile } from './control-file.ts';

/** The server of the data directory: started and stopped by whatever keeps it (pg_ctl, the lab, systemd). */
export interface ServerPort {
  isRunning(): boolean;
  start(limitMs: number): Promise<void>;
  stop(mode: 'fast' | 'immediate', limitMs: number): Promise<void>;
}

export interface DataDirectoryOptions {
  readonly dataDirectory: string;
  readonly server: ServerPort;
  /** What it streams and copies with. */
  readonly replication: { readonly user: string; readonly password: string };
  /** primary_conninfo and primary_slot_name for following `primary`. */
  followSettings(primary: HostAddress): Readonly<Record<string, string>>;
  /** Sources that it may copy from and follow. */
  mayFollow(primary: HostAddress): boolean;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** The program; undefined = it is copied instead. */
  readonly pgRewind?: string | undefined;
  /** A user of the source that may run pg_rewind's queries. */
  readonly rewind?: { readonly user: string; readonly password: string } | undefined;
  /** Files of its own configuration, which a copy must not replace. */
  readonly ownFiles?: readonly string[];
}

const REWIND_LIMIT_MS = 1_800_000;
const OWN_FILES = ['postgresql.conf', 'postgresql.auto.conf', 'pg_hba.conf', 'pg_ident.conf'];
/** What a base backup leaves behind that belongs to the source's process. */
const NOT_COPIED = ['postmaster.pid', 'postmaster.opts', 'backup_label.old'];

export class DataDirectoryAgent implements HostAgent {
  private readonly options: DataDirectoryOptions;

  constructor(options: DataDirectoryOptions) {
    this.options = options;
  }

  async control(): Promise<ControlData> {
    const found = readControlFile(this.options.dataDirectory);
    return {
      running: this.options.server.isRunning(),
      state: found?.state ?? '',
      systemIdentifier: found?.systemIdentifier ?? null,
      timeline: found?.timeline ?? null,
      checkpoint: found?.checkpoint ?? null,
    };
  }

  async stop(mode: 'fast' | 'immediate', limitMs: number): Promise<void> {
    if (this.options.server.isRunning()) await this.options.server.stop(mode, limitMs);
  }

  async start(limitMs: number): Promise<void> {
    this.settleInterrupted();
    if (fs.existsSync(this.rewinding)) {
      throw new Error('pg_rewind was interrupted in its data directory: it has to be copied anew first');
    }
    if (!this.options.server.isRunning()) await this.options.server.start(limitMs);
  }

  async becomeStandby(primary: HostAddress): Promise<string | null> {
    this.refuseStranger(primary);
    this.refuseRunning('made a standby');
    const { dataDirectory } = this.options;
    const auto = path.join(dataDirectory, 'postgresql.auto.conf');
    const kept = fs.existsSync(auto) ? fs.readFileSync(auto, 'utf8') : '';
    const settings = Object.entries(this.options.followSettings(primary));
    const names = new Set(settings.map(([name]) => name));
    const others = kept.split('\n').filter((line) => !names.has(/^\s*(\w+)/.exec(line)?.[1] ?? ''));
    const lines = settings.map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
    this.write(auto, `${[...others.filter((line) => line !== ''), ...lines].join('\n')}\n`);
    this.write(path.join(dataDirectory, 'standby.signal'), '');
    return new Map(settings).get('primary_slot_name') ?? null;
  }

  async rewind(source: HostAddress, job: AgentJob): Promise<void> {
    this.refuseStranger(source);
    this.refuseRunning('rewound');
    const { pgRewind, rewind, dataDirectory, owner } = this.options;
    if (pgRewind === undefined || rewind === undefined) throw new Error('there is no pg_rewind on this host');
    if (fs.existsSync(this.rewinding)) throw new Error('an earlier pg_rewind was interrupted');
    const conninfo = `host=${source.host} port=${source.port} user=${rewind.user} dbname=postgres`;
    this.write(this.rewinding, '');
    const child = spawn(pgRewind, ['-D', dataDirectory, '--source-server', conninfo, '--progress'], {
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', PGPASSWORD: rewind.password, PGCONNECT_TIMEOUT: '10' },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.any([job.signal, AbortSignal.timeout(REWIND_LIMIT_MS)]),
      ...(owner === undefined ? {} : { uid: owner.uid, gid: owner.gid }),
    });
    const kept = new Map(this.ownFiles().map((file) => [file, fs.readFileSync(file)]));
    for (const stream of [child.stdout, child.stderr]) readline.createInterface({ input: stream }).on('line', job.line);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    for (const [file, text] of kept) this.write(file, text); // it brings the source's
    if (code !== 0) throw new Error(`pg_rewind exited with ${code}`);
    fs.rmSync(this.rewinding, { force: true });
  }

  async copy(source: HostAddress, job: AgentJob): Promise<void> {
    this.refuseStranger(source);
    this.refuseRunning('replaced');
    const { dataDirectory, owner, replication } = this.options;
    this.refuseMountPoint();
    this.settleInterrupted();
    const draft = `${dataDirectory}.copy`;
    const before = `${dataDirectory}.before`;
    fs.rmSync(draft, { recursive: true, force: true });
    fs.mkdirSync(draft, { recursive: true, mode: 0o700 });
    if (owner !== undefined) fs.chownSync(draft, owner.uid, owner.gid);
    try {
      await baseBackup({
        source: { ...source, ...replication },
        directory: draft,
        owner,
        signal: job.signal,
        progress: job.progress,
      });
      for (const name of NOT_COPIED) fs.rmSync(path.join(draft, name), { force: true });
      for (const file of this.ownFiles()) this.write(path.join(draft, path.basename(file)), fs.readFileSync(file));
    } catch (error) {
      fs.rmSync(draft, { recursive: true, force: true });
      throw error;
    }
    job.signal.throwIfAborted();
    fs.rmSync(before, { recursive: true, force: true });
    if (fs.existsSync(dataDirectory)) fs.renameSync(dataDirectory, before);
    fs.renameSync(draft, dataDirectory);
    fs.rmSync(this.rewinding, { force: true });
    fs.rmSync(before, { recursive: true, force: true });
  }

  /** There while pg_rewind works: a directory in which it was interrupted is neither the old nor a new one. */
  private get rewinding(): string {
    return `${this.options.dataDirectory}.rewinding`;
  }

  /** An earlier copy ended between its two renames: the old directory, with its own files, goes back to its place. */
  private settleInterrupted(): void {
    const { dataDirectory } = this.options;
    const before = `${dataDirectory}.before`;
    if (!fs.existsSync(dataDirectory) && fs.existsSync(before)) fs.renameSync(before, dataDirectory);
  }

  private ownFiles(): string[] {
    return [...OWN_FILES, ...(this.options.ownFiles ?? [])]
      .map((name) => path.join(this.options.dataDirectory, name))
      .filter((file) => fs.existsSync(file));
  }

  private refuseStranger(source: HostAddress): void {
    if (!this.options.mayFollow(source)) throw new Error(`${source.host}:${source.port} is none of this agent's peers`);
  }

  /** A copy takes the place of the directory by a rename. */
  private refuseMountPoint(): void {
    const { dataDirectory } = this.options;
    if (!fs.existsSync(dataDirectory)) return;
    if (fs.statSync(dataDirectory).dev !== fs.statSync(path.dirname(dataDirectory)).dev) {
      throw new Error(`"${dataDirectory}" is a mount point and cannot be replaced: use a directory within it`);
    }
  }

  private refuseRunning(what: string): void {
    if (this.options.server.isRunning()) throw new Error(`the server runs, and is not ${what}: stop it first`);
  }

  private write(file: string, text: string | Buffer): void {
    const draft = `${file}.pgherd`;
    fs.writeFileSync(draft, text, { mode: 0o600 });
    if (this.options.owner !== undefined) fs.chownSync(draft, this.options.owner.uid, this.options.owner.gid);
    fs.renameSync(draft, file);
  }
}
