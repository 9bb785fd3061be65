/** `pgherd up`: a whole herd with the proxy in front, from nothing, and down again cleanly. */
import fs from 'node:fs';
import path from 'node:path';
import { AUTH_QUERY_SCRIPT } from '@pgherd/auth';
import { tokenFilePath } from '@pgherd/control';
import { replacedNodes, Supervisor } from '@pgherd/engine';
import {
  type Cluster,
  clusterExists,
  createCluster,
  findBinaries,
  labAgent,
  openCluster,
  type PostgresNode,
  portIsFree,
} from '@pgherd/lab';
import type { Command } from '../commands/command.ts';
import { ConsoleProcess, type Opened, prepareConsole } from '../console/console-process.ts';
import { type Doors, openDoors } from '../doors/doors.ts';
import { operationsOf } from '../doors/operations-of.ts';
import { CommandError } from '../errors.ts';
import type { CommandIo } from '../io.ts';
import { StopSignals } from '../stop-signals.ts';
import { applicationUri, writeRunning } from '../uri.ts';
import { writeUpFiles } from './files.ts';
import { takeLock } from './lock.ts';
import { parseUpOptions, UP_USAGE, type UpOptions } from './options.ts';
import {
  makeDirectory,
  presentSettings,
  refuseOtherShape,
  refuseStrangers,
  refuseTakenHerdPorts,
  refuseTakenPorts,
} from './preflight.ts';

const READY_LIMIT_MS = 30_000;
/** As a shell reports a program that ended by SIGINT. */
const EXIT_INTERRUPTED = 130;

export const upCommand: Command = {
  summary: 'make and start a herd on this machine, with the proxy in front (npm start)',
  usage: UP_USAGE,
  run: (args, io) => up(parseUpOptions(args), io),
};

async function up(options: UpOptions, io: CommandIo): Promise<number> {
  process.title = 'pgherd: up';
  const signals = new StopSignals();
  signals.onEach(atOnceWhenAskedTwice(io));
  const startedMs = performance.now();
  const step = (text: string): void => {
    const seconds = (performance.now() - startedMs) / 1000;
    io.stdout(`  ${seconds.toFixed(1).padStart(5)} s  ${text}`);
  };
  const herd = new Herd(options, signals, step);
  try {
    io.stdout('pgherd: starting the herd');
    const lines = await herd.start();
    for (const line of lines) io.stdout(line);
    await signals.asked;
    io.stdout('\npgherd: stopping');
    await herd.down();
    io.stdout('pgherd: stopped; the data stay in place for the next start');
    return 0;
  } catch (error) {
    await herd.down();
    if (signals.first === null) throw error;
    // What failed, failed because it was told to stop: Ctrl-C reaches initdb too.
    io.stdout('pgherd: stopped before it was ready');
    return EXIT_INTERRUPTED;
  }
}

function atOnceWhenAskedTwice(io: CommandIo): () => void {
  let asked = 0;
  return () => {
    asked++;
    if (asked === 2) io.stdout('pgherd: stopping already; once more leaves at once, and the next start tidies up');
    if (asked > 2) process.exit(EXIT_INTERRUPTED);
  };
}

class Herd {
  readonly #options: UpOptions;
  readonly #signals: StopSignals;
  readonly #step: (text: string) => void;
  /** How to take down what is up so far, the latest last. */
  readonly #undo: (() => Promise<void> | void)[] = [];

  constructor(options: UpOptions, signals: StopSignals, step: (text: string) => void) {
    this.#options = options;
    this.#signals = signals;
    this.#step = step;
  }

  /** @returns what to tell the user @throws Error: call `down` then, part of it may be up */
  async start(): Promise<string[]> {
    const options = this.#options;
    makeDirectory(options.dir);
    this.#undo.push(takeLock(options.dir));
    await refuseTakenPorts(options, presentSettings(options));
    const { console: wanted } = options;
    const prepared = wanted === null || wanted.dev ? null : prepareConsole();
    if (prepared !== null) this.#undo.push(() => prepared.stop());
    const cluster = await this.#servers();
    this.#throwIfAsked();
    const files = writeUpFiles(cluster, options);
    this.#step('starting the proxy');
    const logFd = fs.openSync(path.join(options.dir, 'log', 'pgherd.log'), 'a', 0o600);
    const supervisor = new Supervisor({ paths: files, logFd, agent: (node) => labAgent(cluster, node) });
    this.#undo.push(() => supervisor.stop('fast'));
    await this.#unlessAsked(supervisor.start());
    const doors = await openDoors(
      operationsOf(supervisor, this.#signals),
      supervisor.settings,
      files,
      (message, level = 'warning') => supervisor.log.write(level, message),
    );
    this.#undo.push(() => doors.close());
    await this.#unlessAsked(untilReady(supervisor));
    this.#step('ready');
    writeRunning(options.dir, supervisor.settings);
    process.on('SIGHUP', hangUp(supervisor));
    await Promise.race([prepared?.done, this.#signals.asked]);
    const opened = await this.#console(supervisor, doors.urls['control interface'] ?? null);
    return banner(options, cluster, supervisor, doors.urls, opened);
  }

  /** Without it the herd serves all the same: why it is not there is said, and that is all. */
  async #console(supervisor: Supervisor, controlUrl: string | null): Promise<Opened | null> {
    const { console: place, dir } = this.#options;
    if (place === null) return null;
    const tokenFile = tokenFilePath(supervisor.settings);
    if (!(await portIsFree(place.port))) {
      this.#step(`no console: port ${place.port} is in use, choose another with --console-port`);
      return null;
    }
    const logFd = fs.openSync(path.join(dir, 'log', 'console.log'), 'a', 0o600);
    const child = new ConsoleProcess(
      {
        ...{
          dataDir: path.join(dir, 'console'),
          host: place.listen,
          port: place.port,
          dev: place.dev,
        },
        ...{ tlsCert: place.tlsCert, tlsKey: place.tlsKey },
        engine: controlUrl === null ? null : { url: controlUrl, tokenFile, name: 'pgherd-1' },
      },
      logFd,
      (text) => this.#step(text),
    );
    this.#undo.push(() => child.close());
    try {
      const opened = await Promise.race([child.open(), this.#signals.asked.then(() => null)]);
      if (opened !== null) this.#step('the console is ready');
      return opened;
    } catch (error) {
      this.#step(
        `no console: ${(error as Error).message.split('\n', 1)[0]} See ${path.join(dir, 'log', 'console.log')}`,
      );
      return null;
    }
  }

  async down(): Promise<void> {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        await undo();
      } catch (error) {
        this.#step(`could not be stopped: ${(error as Error).message}`);
      }
    }
  }

  async #servers(): Promise<Cluster> {
    const options = this.#options;
    const dir = path.join(options.dir, 'herd');
    if (!clusterExists(dir)) {
      await refuseTakenHerdPorts(options);
      // It also says what is missing, before anything is made.
      findBinaries({ pgBin: options.pgBin });
      const cluster = await createCluster({
        dir,
        nodes: options.nodes,
        basePort: options.herdPort,
        pgBin: options.pgBin,
        maxConnections: 300,
        initSql: [{ database: 'postgres', sql: AUTH_QUERY_SCRIPT }],
        onProgress: (text) => this.#step(text === 'ready' ? 'the servers are ready' : text),
      });
      this.#undo.push(() => cluster.stop('fast'));
      return cluster;
    }
    const cluster = await openCluster(dir);
    refuseOtherShape(cluster, options);
    await refuseStrangers(cluster);
    const running = cluster.nodes.filter((node) => node.isRunning()).length;
    this.#step(
      running === 0
        ? 'starting the PostgreSQL servers of the last run'
        : `adopting ${running} PostgreSQL server${running === 1 ? '' : 's'} that an earlier run left`,
    );
    this.#undo.push(() => cluster.stop('fast'));
    const left = this.#replaced(cluster);
    await cluster.start(left);
    for (const { id } of left) {
      this.#step(
        `node ${id} is left stopped, since another one took its place as the primary: "pgherd recover ${id}" makes it a standby`,
      );
    }
    return cluster;
  }

  /** As they are, they would come up as further primaries, with data of their own. */
  #replaced(cluster: Cluster): PostgresNode[] {
    const workDir = presentSettings(this.#options)?.work_dir ?? path.join(this.#options.dir, 'run');
    const replaced = replacedNodes(workDir);
    return cluster.nodes.filter((node) => replaced.includes(node.id) && node.role === 'primary' && !node.isRunning());
  }

  #throwIfAsked(): void {
    if (this.#signals.first !== null) throw new Error('interrupted');
  }

  /** What has begun goes on behind us, but `down` ends it. */
  async #unlessAsked(work: Promise<void>): Promise<void> {
    work.catch(() => {});
    await Promise.race([work, this.#signals.asked]);
    this.#throwIfAsked();
  }
}

async function untilReady(supervisor: Supervisor): Promise<void> {
  let end = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => {
        reject(new CommandError(`The proxy cannot serve clients: ${supervisor.status().notReady.join('; ')}.`));
      }, READY_LIMIT_MS);
      const unwatch = supervisor.watch((status) => {
        if (status.ready) resolve();
      });
      end = () => {
        clearTimeout(limit);
        unwatch();
      };
    });
  } finally {
    end();
  }
}

/** `kill -HUP` reloads. The same signal when the terminal has gone means that nobody is there any more: stop. */
function hangUp(supervisor: Supervisor): () => void {
  const hasTerminal = (): boolean => {
    try {
      fs.closeSync(fs.openSync('/dev/tty', 'r'));
      return true;
    } catch {
      return false;
    }
  };
  const hadTerminal = hasTerminal();
  return () => {
    if (hadTerminal && !hasTerminal()) process.kill(process.pid, 'SIGTERM');
    else
      supervisor
        .reload({ door: 'signal', user: 'SIGHUP', address: '' })
        .catch((error: Error) => supervisor.log.write('error', error.message));
  };
}

const door = (name: string, url = '', path: string): string[] =>
  url === '' ? [] : [`    ${name.padEnd(12)}  ${url}${path}`];

function banner(
  options: UpOptions,
  cluster: Cluster,
  supervisor: Supervisor,
  urls: Doors['urls'],
  opened: Opened | null,
): string[] {
  const dir = options.given.has('dir') ? ` --dir ${options.dir}` : '';
  const [major] = cluster.binaries.version.split('.');
  const standbys = cluster.standbys.length;
  const shape = standbys === 0 ? 'one server' : `one primary and ${standbys} standby${standbys === 1 ? '' : 's'}`;
  return [
    '',
    `  pgherd is ready: PostgreSQL ${major}, ${shape} behind one address`,
    '',
    `    application   ${applicationUri(cluster, supervisor.settings, '***')}`,
    `    user          ${cluster.secrets.app.user}, owner of the database "${cluster.database}"`,
    `    servers       ${cluster.nodes.map((node) => `${node.host}:${node.port}`).join('  ')}`,
    ...door('metrics', urls['metrics'], '/metrics'),
    ...door('control API', urls['control interface'], ''),
    `    PCP           port ${options.pcpPort}, user ${cluster.secrets.pcp.user}, password in ${path.join(options.dir, 'pcppass')} (PCPPASSFILE)`,
    ...(opened === null ? [] : [`    console       ${opened.url}`]),
    ...(opened?.link == null
      ? []
      : ['', '  Make the first account of the console (the link works once):', `    ${opened.link}`]),
    '',
    '  Try:',
    `    npx pgherd status${dir}`,
    `    npx pgherd sql${dir} "show pool_nodes"`,
    `    npx pgherd plan${dir}    # what happens if a server dies now`,
    `    node examples/routing-check.mjs $(npx pgherd url${dir})    # which server answers how many reads`,
    `    npx pgherd url${dir}    # the application's URI, password included`,
    '',
    `  Log: ${path.join(options.dir, 'log', 'pgherd.log')}   Settings: ${path.join(options.dir, 'etc', 'pgpool.conf')}   Stop: Ctrl-C`,
    '',
  ];
}
