/** A herd of its own with its console, for one file of journeys: `pgherd up` as in the README, on free ports, in a new folder. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Cluster, destroyCluster, freePorts, openCluster } from '../../packages/lab/src/index.ts';
import { PGHERD, Program, until } from './program.ts';

export interface HomeOptions {
  readonly nodes?: number;
  /** A second proxy in front of the same servers. */
  readonly second?: boolean;
  /** Files with another word have another herd: those that leave theirs changed. */
  readonly word?: string;
}

export class Home {
  readonly dir: string;
  readonly ports: {
    readonly proxy: number;
    readonly pcp: number;
    readonly control: number;
    readonly metrics: number;
    readonly console: number;
    readonly herd: number;
    readonly second: readonly number[];
  };
  readonly #nodes: number;
  herd: Program;
  console: Program | null = null;
  url = '';
  second: Program | null = null;

  private constructor(dir: string, ports: Home['ports'], nodes: number, herd: Program) {
    this.dir = dir;
    this.ports = ports;
    this.#nodes = nodes;
    this.herd = herd;
  }

  static async open({ nodes = 3, second = false }: HomeOptions = {}): Promise<Home> {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-e2e-'));
    // Servers run as an unprivileged account: it has to get there.
    fs.chmodSync(dir, 0o755);
    const [proxy = 0, pcp = 0, control = 0, metrics = 0, console = 0, ...others] = await freePorts(9);
    const herdPort = await freeRun(nodes);
    const ports = { proxy, pcp, control, metrics, console, herd: herdPort, second: others };
    const home = new Home(dir, ports, nodes, startHerd(dir, ports, nodes));
    await home.herd.says(/pgherd is ready/);
    if (second) await home.#startSecond();
    await home.startConsole();
    return home;
  }

  /** `http://localhost:P` of the control API. */
  get control(): string {
    return `http://localhost:${this.ports.control}`;
  }

  /** The file of the proxy's configuration. */
  get configuration(): string {
    return path.join(this.dir, 'herd', 'etc', 'pgpool.conf');
  }

  get secondConfiguration(): string {
    return path.join(this.dir, 'second', 'pgpool.conf');
  }

  cluster(): Promise<Cluster> {
    return openCluster(path.join(this.dir, 'herd', 'herd'));
  }

  /** @returns the one-time link, while there is no account */
  async startConsole(): Promise<string | null> {
    this.console = new Program(PGHERD, [
      'console',
      ...['--dir', path.join(this.dir, 'console'), '--port', String(this.ports.console)],
      ...['--engine', this.control, '--token-file', path.join(this.dir, 'herd', 'run', 'control_token')],
    ]);
    await this.console.says(/log .*console\.log/, 300_000);
    this.url = `http://localhost:${this.ports.console}`;
    return /first account (\S+)/.exec(this.console.said)?.[1] ?? null;
  }

  /** The console's own process, with -9: `pgherd console` begins it anew. */
  async killConsole(): Promise<void> {
    const pid = await until('the console runs', () => consolePid(this.console?.pid ?? 0));
    process.kill(pid, 'SIGKILL');
    await until('it is gone', () => !fs.existsSync(`/proc/${pid}`));
  }

  get link(): string {
    return /first account (\S+)/.exec(this.console?.said ?? '')?.[1] ?? '';
  }

  async stopHerd(): Promise<void> {
    await this.herd.stop();
  }

  async startHerd(): Promise<void> {
    this.herd = startHerd(this.dir, this.ports, this.#nodes);
    await this.herd.says(/pgherd is ready/);
  }

  /** The same servers behind another proxy: its own configuration, folder and ports. */
  async #startSecond(): Promise<void> {
    const [proxy = 0, pcp = 0, control = 0, metrics = 0] = this.ports.second;
    const from = path.join(this.dir, 'herd', 'etc');
    const to = path.join(this.dir, 'second');
    fs.cpSync(from, to, { recursive: true });
    const run = path.join(to, 'run');
    fs.mkdirSync(run, { recursive: true });
    const set: Record<string, string> = {
      ...{ port: String(proxy), pcp_port: String(pcp), control_port: String(control), metrics_port: String(metrics) },
      ...{
        work_dir: `'${run}'`,
        pid_file_name: `'${run}/pgpool.pid'`,
        unix_socket_directories: "''",
        pcp_socket_dir: `'${run}'`,
      },
      failover_by: 'external',
    };
    let text = fs.readFileSync(path.join(to, 'pgpool.conf'), 'utf8');
    for (const [name, value] of Object.entries(set)) {
      text = `${text.replaceAll(new RegExp(`^${name}\\s*=.*\\n`, 'gm'), '')}${name} = ${value}\n`;
    }
    fs.writeFileSync(path.join(to, 'pgpool.conf'), text);
    this.second = new Program(PGHERD, [
      'serve',
      '-f',
      path.join(to, 'pgpool.conf'),
      '-a',
      path.join(to, 'pool_hba.conf'),
      '-F',
      path.join(to, 'pcp.conf'),
    ]);
    await until('the second proxy answers', () =>
      fetch(`http://localhost:${control}/openapi.json`).then(
        ({ status }) => status < 500,
        () => false,
      ),
    );
  }

  get secondControl(): { readonly url: string; readonly token: string } {
    const text = fs.readFileSync(path.join(this.dir, 'second', 'run', 'control_token'), 'utf8');
    return { url: `http://localhost:${this.ports.second[2]}`, token: /^admin +\S+ +(\S+)$/m.exec(text)?.[1] ?? '' };
  }

  async close(): Promise<void> {
    await this.console?.stop();
    await this.second?.stop();
    await this.herd.stop();
    const herd = path.join(this.dir, 'herd', 'herd');
    if (fs.existsSync(herd)) await destroyCluster(herd);
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

function startHerd(dir: string, ports: Home['ports'], nodes: number): Program {
  const own = (name: string, value: string | number): string[] => [`--${name}`, String(value)];
  return new Program(PGHERD, [
    ...['up', '--no-console'],
    ...own('dir', path.join(dir, 'herd')),
    ...own('port', ports.proxy),
    ...own('pcp-port', ports.pcp),
    ...own('control-port', ports.control),
    ...own('metrics-port', ports.metrics),
    ...own('herd-port', ports.herd),
    ...own('nodes', nodes),
  ]);
}

/** The first of as many free ports in a row. */
async function freeRun(count: number): Promise<number> {
  const { portIsFree } = await import('../../packages/lab/src/index.ts');
  for (let first = 22_000 + Math.floor(Math.random() * 8_000); ; first = 22_000 + Math.floor(Math.random() * 8_000)) {
    const free = await Promise.all(Array.from({ length: count + 1 }, (_, at) => portIsFree(first + at)));
    if (free.every(Boolean)) return first;
  }
}

/** The child of `pgherd console`; 0 while there is none. */
function consolePid(parent: number): number {
  try {
    const children = fs
      .readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    return Number(children.at(-1) ?? 0);
  } catch {
    return 0;
  }
}
