/** An engine for one test file: its own process, directory, port, settings, files and log. */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteValue } from '@pgherd/config';
import { type Cluster, freePorts } from '@pgherd/lab';
import {
  type EngineStatus,
  type Operations,
  operationsOver,
  type ReloadReport,
  type RouteExplanation,
  type RouteQuestion,
  type StopMode,
} from '@pgherd/operations';
import type { EngineAnswer, FromEngine, ToEngine } from './engine-process.ts';
import { env } from './env.ts';
import { childrenOf, isAlive, nameOf } from './processes.ts';
import { until, within } from './wait.ts';

export type SettingValue = string | number | boolean;

export interface EngineOptions {
  readonly backends: readonly { readonly host: string; readonly port: number; readonly flag?: string }[];
  readonly settings?: Readonly<Record<string, SettingValue>>;
  /** Text of pool_hba.conf. Given: enable_pool_hba is on. */
  readonly hba?: string;
  readonly passwd?: string;
  /** Further files in the engine's directory, by name; 0600. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Directory of a lab whose servers the engine may start, stop and copy. */
  readonly lab?: string;
  /** A program that runs Node instead, in a network of its own; the engine listens at `host`. */
  readonly place?: { readonly execPath: string; readonly host: string };
  /** Of an engine that was killed: its files are found as that one left them. */
  readonly directory?: string;
  /** Flags of Node for the supervisor, which hands NODE_OPTIONS on to its workers. */
  readonly nodeOptions?: string;
}

const START_MS = 20_000;
const ANSWER_MS = 30_000;
const PROCESS = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

export class Engine {
  readonly host: string;
  readonly port: number;
  readonly directory: string;
  readonly pid: number;
  private settings: Record<string, SettingValue>;
  private readonly options: EngineOptions;
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private readonly answers = new Map<number, (value: EngineAnswer) => void>();
  private asked = 0;
  /** What doors call, as they call it. */
  readonly operations: Operations;

  private constructor(
    child: ChildProcess,
    facts: {
      host: string;
      port: number;
      directory: string;
      settings: Record<string, SettingValue>;
      options: EngineOptions;
    },
  ) {
    this.child = child;
    this.host = facts.host;
    this.port = facts.port;
    this.directory = facts.directory;
    this.settings = facts.settings;
    this.options = facts.options;
    this.pid = child.pid ?? 0;
    this.exited = new Promise((resolve) => child.once('exit', () => resolve()));
    this.operations = operationsOver({
      postMessage: (message) => child.send(message as object),
      on: (_event, listener) => child.on('message', listener),
    });
    child.on('message', (message) => {
      const said = message as FromEngine;
      if (said.say !== 'answer') return;
      this.answers.get(said.id)?.(said.value);
      this.answers.delete(said.id);
    });
  }

  /** @throws Error with the engine's own words when it does not start */
  static async start(options: EngineOptions): Promise<Engine> {
    return Engine.launch(options, await writeEngineFiles(options));
  }

  /** Another life of an engine that was killed, with its files as they are. */
  static again(dead: Engine): Promise<Engine> {
    const { port, directory, settings } = dead;
    return Engine.launch(dead.options, { port, directory, settings });
  }

  private static async launch(
    options: EngineOptions,
    { port, directory, settings }: { port: number; directory: string; settings: Record<string, SettingValue> },
  ): Promise<Engine> {
    const log = fs.openSync(path.join(directory, 'log'), 'a');
    const child = fork(PROCESS, [directory, ...(options.lab === undefined ? [] : [options.lab])], {
      execArgv: ['--no-warnings'],
      stdio: ['ignore', log, log, 'ipc'],
      serialization: 'advanced',
      ...(options.place === undefined ? {} : { execPath: options.place.execPath }),
      ...(options.nodeOptions === undefined ? {} : { env: { ...env.inherited, NODE_OPTIONS: options.nodeOptions } }),
    });
    fs.closeSync(log);
    const engine = new Engine(child, { host: options.place?.host ?? '127.0.0.1', port, directory, settings, options });
    try {
      await within('the engine is ready', START_MS, engine.whenReady());
    } catch (error) {
      const text = engine.logText();
      child.kill('SIGKILL');
      await engine.gone();
      throw new Error(`${(error as Error).message}${text === '' ? '' : `\n${text}`}`, { cause: error });
    }
    return engine;
  }

  private whenReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.child.once('exit', (code, signal) => reject(new Error(`the engine ended (${code ?? signal})`)));
      this.child.on('message', (message) => {
        const said = message as FromEngine;
        if (said.say === 'ready') resolve();
        else if (said.say === 'failed') reject(new Error(said.error));
      });
    });
  }

  /** Where clients connect. */
  get address(): { host: string; port: number } {
    return { host: this.host, port: this.port };
  }

  get socketPath(): string {
    return path.join(this.directory, `.s.PGSQL.${this.port}`);
  }

  url(user: string, database: string, password?: string): string {
    const login =
      password === undefined ? encodeURIComponent(user) : `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
    return `postgres://${login}@${this.host}:${this.port}/${encodeURIComponent(database)}`;
  }

  // --- files ------------------------------------------------------------------------------------------------------

  /** Writes a file of the configuration; `reload` makes it count. */
  write(name: string, content: string | Buffer): void {
    write(this.directory, name, content);
  }

  /** Changes pgpool.conf; `reload` makes it count. */
  configure(changes: Readonly<Record<string, SettingValue>>): void {
    this.settings = { ...this.settings, ...changes };
    writeConf(this.directory, this.settings);
  }

  logText(): string {
    try {
      return fs.readFileSync(path.join(this.directory, 'log'), 'utf8');
    } catch {
      return '';
    }
  }

  // --- acts -------------------------------------------------------------------------------------------------------

  private ask(
    question:
      | { ask: 'status' | 'reload' | 'collect' }
      | { ask: 'stop'; mode: StopMode }
      | { ask: 'explainRoute'; question: RouteQuestion },
  ) {
    const id = ++this.asked;
    const answer = new Promise<EngineAnswer>((resolve) => this.answers.set(id, resolve));
    this.child.send({ ...question, id } as ToEngine);
    return within(`answer to ${question.ask}`, ANSWER_MS, answer);
  }

  async status(): Promise<EngineStatus> {
    return (await this.ask({ ask: 'status' })) as EngineStatus;
  }

  async reload(): Promise<ReloadReport> {
    return (await this.ask({ ask: 'reload' })) as ReloadReport;
  }

  async explainRoute(question: RouteQuestion): Promise<RouteExplanation> {
    return (await this.ask({ ask: 'explainRoute', question })) as RouteExplanation;
  }

  /** Runs the supervisor's garbage collector where `nodeOptions` has --expose-gc. */
  async collect(): Promise<void> {
    await this.ask({ ask: 'collect' });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** kill -9 of the supervisor; its files stay. Resolves when its workers are gone too. */
  async kill(): Promise<void> {
    const workers = this.workerPids();
    this.child.kill('SIGKILL');
    await this.ended();
    await until('the workers end', () => !workers.some(isAlive));
  }

  workerPids(): number[] {
    // A server that its agent started is a child too, and none of them.
    return childrenOf(this.pid).filter((pid) => nameOf(pid) !== 'postgres');
  }

  get running(): boolean {
    return isAlive(this.pid);
  }

  /** Resolves when the supervisor's process has ended. */
  ended(timeoutMs = 15_000): Promise<void> {
    return within('the engine ends', timeoutMs, this.exited);
  }

  /** kill -9 of the supervisor; its directory stays, for another engine. Resolves when its workers have followed it. */
  async kill9(): Promise<void> {
    const workers = this.workerPids();
    this.child.kill('SIGKILL');
    await this.ended();
    await until('the workers end', () => !workers.some(isAlive));
  }

  /** Stops and leaves nothing behind. Safe to call twice. */
  async stop(mode: StopMode = 'fast'): Promise<void> {
    if (this.running && this.child.connected) {
      // The answer may be lost with the process: its end is what counts.
      void this.ask({ ask: 'stop', mode }).catch(() => {});
    }
    await this.gone();
  }

  private async gone(): Promise<void> {
    const workers = this.workerPids();
    await this.ended();
    await until('the workers end', () => !workers.some(isAlive));
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The directory and files of an engine: what `-f`, `-a` and `-F` name. */
export async function writeEngineFiles(
  options: EngineOptions,
): Promise<{ port: number; directory: string; settings: Record<string, SettingValue> }> {
  const [port = 0] = await freePorts(1);
  const directory = options.directory ?? fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-engine-'));
  const settings: Record<string, SettingValue> = {
    listen_addresses: options.place?.host ?? '127.0.0.1',
    port,
    unix_socket_directories: directory,
    pid_file_name: path.join(directory, 'pgherd.pid'),
    work_dir: directory,
    worker_processes: 1,
    enable_pool_hba: options.hba !== undefined,
    ...Object.fromEntries(
      options.backends.flatMap((backend, id) => [
        [`backend_hostname${id}`, backend.host],
        [`backend_port${id}`, backend.port],
        ...(backend.flag === undefined ? [] : [[`backend_flag${id}`, backend.flag]]),
      ]),
    ),
    ...options.settings,
  };
  writeConf(directory, settings);
  write(directory, 'pool_hba.conf', options.hba ?? '');
  write(directory, 'pool_passwd', options.passwd ?? '');
  write(directory, 'pcp.conf', '');
  for (const [name, content] of Object.entries(options.files ?? {})) write(directory, name, content);
  return { port: Number(settings['port']), directory, settings };
}

function write(directory: string, name: string, content: string | Buffer): void {
  const file = path.join(directory, name);
  // By rename, so that nobody reads half of it.
  fs.writeFileSync(`${file}.new`, content, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

function writeConf(directory: string, settings: Readonly<Record<string, SettingValue>>): void {
  const lines = Object.entries(settings).map(([name, value]) => {
    const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
    return `${name} = ${quoteValue(text)}\n`;
  });
  write(directory, 'pgpool.conf', lines.join(''));
}

/** An engine before a lab's cluster: everybody from this machine is trusted by the proxy, which knows the passwords of
 *  the lab's accounts. */
export function engineFor(cluster: Cluster, options: Partial<EngineOptions> = {}): Promise<Engine> {
  const { superuser, app, probe, ops, replication } = cluster.secrets;
  return Engine.start({
    lab: cluster.dir,
    backends: cluster.nodes.map((node) => ({ host: node.host, port: node.port })),
    hba: 'local all all trust\nhost all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n',
    ...options,
    passwd:
      [superuser, app, ops, replication].map(({ user, password }) => `${user}:TEXT${password}\n`).join('') +
      (options.passwd ?? ''),
    settings: {
      failover_user: ops.user,
      sr_check_user: probe.user,
      sr_check_password: probe.password,
      sr_check_database: 'postgres',
      ...options.settings,
    },
  });
}
