/** `pgherd up`: a whole herd with the proxy in front, from nothing, and down again cleanly. */
import fs from 'node:fs';
import path from 'node:path';
import { AUTH_QUERY_SCRIPT } from '@pgherd/auth';
import { type Doors, openDoors } from '@pgherd/control';
import { Supervisor } from '@pgherd/engine';
import { type Cluster, clusterExists, createCluster, LabError, openCluster, portIsFree } from '@pgherd/lab';
import type { Command } from '../commands/command.ts';
import { CommandError, UsageError } from '../errors.ts';
import type { CommandIo } from '../io.ts';
import { applicationUri } from '../uri.ts';
import { writeUpFiles } from './files.ts';
import { parseUpOptions, UP_USAGE, type UpOptions } from './options.ts';

const READY_LIMIT_MS = 30_000;

export const upCommand: Command = {
  summary: 'make and start a herd on this machine, with the proxy in front (npm start)',
  usage: UP_USAGE,
  run: (args, io) => up(parseUpOptions(args), io),
};

async function up(options: UpOptions, io: CommandIo): Promise<number> {
  const startedMs = performance.now();
  const step = (text: string): void =>
    io.stdout(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${text}`);
  io.stdout('pgherd: starting the herd');
  makeDirectory(options.dir);
  const lock = takeLock(options.dir);
  const stop = new StopRequest();
  let cluster: Cluster | null = null;
  let supervisor: Supervisor | null = null;
  let doors: Doors | null = null;
  const down = async (): Promise<void> => {
    await doors?.close();
    await supervisor?.stop('fast');
    await cluster?.stop('fast');
    lock.release();
  };
  try {
    await refuseTakenPorts(options);
    cluster = await startCluster(options, step);
    stop.throwIfAsked();
    const files = writeUpFiles(cluster, options);
    step('starting the proxy');
    supervisor = new Supervisor({ paths: files, logFd: openLog(options.dir) });
    await supervisor.start();
    doors = await openDoors(supervisor, supervisor.settings);
    await ready(supervisor);
    step('ready');
    writeRunning(options.dir, supervisor);
    for (const line of banner(options, cluster, supervisor, doors)) io.stdout(line);
    process.on('SIGHUP', () => void supervisor?.reload());
    await stop.asked;
    io.stdout('\npgherd: stopping');
    await down();
    io.stdout('pgherd: stopped; the data stay in place for the next start');
    return 0;
  } catch (error) {
    await down().catch(() => {});
    if (error instanceof StoppedEarly) return 130;
    if (error instanceof LabError) throw new CommandError(`${error.message} ${error.remedy}`);
    throw error;
  }
}

class StoppedEarly extends Error {}

/** Ctrl-C or a signal: during the start it is honoured at the next step, later at once. */
class StopRequest {
  readonly asked: Promise<void>;
  private isAsked = false;

  constructor() {
    this.asked = new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const) {
        process.on(signal, () => {
          this.isAsked = true;
          resolve();
        });
      }
    });
  }

  throwIfAsked(): void {
    if (this.isAsked) throw new StoppedEarly();
  }
}

function makeDirectory(dir: string): void {
  try {
    fs.mkdirSync(dir, { recursive: true });
    fs.accessSync(dir, fs.constants.W_OK);
    // root passes the access check even on a file system that is mounted read-only
    const probe = path.join(dir, '.writable');
    fs.writeFileSync(probe, '');
    fs.rmSync(probe);
  } catch (error) {
    throw new CommandError(
      `The folder ${dir} cannot be written (${(error as NodeJS.ErrnoException).code}): make it writable, or choose another with --dir.`,
    );
  }
}

/** One `pgherd up` per folder. A lock left by a killed one names a dead process and is taken over. */
function takeLock(dir: string): { release(): void } {
  const file = path.join(dir, 'up.pid');
  try {
    const pid = Number(fs.readFileSync(file, 'utf8'));
    if (pid > 1 && pid !== process.pid && isPgherd(pid)) {
      throw new CommandError(
        `pgherd already runs on ${dir} (process ${pid}): use it, stop it with "kill ${pid}", or choose another folder with --dir.`,
      );
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
  }
  fs.writeFileSync(file, `${process.pid}\n`);
  return { release: () => fs.rmSync(file, { force: true }) };
}

function isPgherd(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return /pgherd|pgpool|main\.ts/.test(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

async function refuseTakenPorts(options: UpOptions): Promise<void> {
  const ports: [string, number][] = [
    ['--port', options.port],
    ['--metrics-port', options.metricsPort],
  ];
  for (const [flag, port] of ports) {
    if (!(await portIsFree(port, '127.0.0.1'))) {
      throw new CommandError(
        `Port ${port} is already in use: stop the program that has it, or choose another with ${flag}.`,
      );
    }
  }
}

async function startCluster(options: UpOptions, step: (text: string) => void): Promise<Cluster> {
  const dir = path.join(options.dir, 'herd');
  if (clusterExists(dir)) {
    step('starting the PostgreSQL servers of the last run');
    const cluster = await openCluster(dir);
    if (options.given.has('nodes') && cluster.nodes.length !== options.nodes) {
      throw new UsageError(
        `This herd has ${cluster.nodes.length} servers: leave out --nodes, or choose another folder with --dir.`,
      );
    }
    if (options.given.has('herd-port') && cluster.nodes[0]?.port !== options.herdPort) {
      throw new UsageError(
        `This herd's servers listen from port ${cluster.nodes[0]?.port}: leave out --herd-port, or choose another folder with --dir.`,
      );
    }
    await cluster.start();
    return cluster;
  }
  return createCluster({
    dir,
    nodes: options.nodes,
    basePort: options.herdPort,
    pgBin: options.pgBin ?? 'embedded',
    maxConnections: 300,
    initSql: [{ database: 'postgres', sql: AUTH_QUERY_SCRIPT }],
    onProgress: step,
  });
}

function openLog(dir: string): number {
  return fs.openSync(path.join(dir, 'log', 'pgherd.log'), 'a', 0o600);
}

async function ready(supervisor: Supervisor): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  await new Promise<void>((resolve, reject) => {
    const end = supervisor.watch((status) => {
      if (!status.ready && performance.now() < deadline) return;
      setImmediate(() => end());
      if (status.ready) resolve();
      else reject(new CommandError(`The proxy cannot serve clients: ${status.notReady.join('; ')}.`));
    });
  });
}

/** For `pgherd url` and `pgherd sql`. */
function writeRunning(dir: string, supervisor: Supervisor): void {
  const { settings } = supervisor;
  fs.writeFileSync(path.join(dir, 'up.json'), `${JSON.stringify({ port: settings.port }, null, 2)}\n`, { mode: 0o600 });
}

function banner(options: UpOptions, cluster: Cluster, supervisor: Supervisor, doors: Doors): string[] {
  const { settings } = supervisor;
  const dirFlag = options.given.has('dir') ? ` --dir ${options.dir}` : '';
  const version = cluster.binaries.version.split('.')[0];
  return [
    '',
    `  pgherd is ready: PostgreSQL ${version}, one primary and ${cluster.standbys.length} standbys behind one address`,
    '',
    `    application   ${applicationUri(cluster, settings.port, '***')}`,
    `    user          ${cluster.secrets.app.user}, owner of the database "${cluster.database}"`,
    `    servers       ${cluster.nodes.map((node) => `${node.host}:${node.port}`).join('  ')}`,
    `    metrics       ${doors.url}/metrics`,
    '',
    '  Try:',
    `    npx pgherd sql${dirFlag} "show pool_nodes"`,
    `    npx pgherd url${dirFlag}                      the application's URI, password included`,
    `    npx pgherd sql${dirFlag} "select inet_server_port(), pg_is_in_recovery()"`,
    '',
    `  Log: ${path.join(options.dir, 'log', 'pgherd.log')}   Settings: ${path.join(options.dir, 'etc', 'pgpool.conf')}   Stop: Ctrl-C`,
    '',
  ];
}
