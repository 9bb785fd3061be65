import { isAbsolute, join, resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Cluster, type ClusterOptions, createCluster, destroyCluster, openCluster } from './cluster.ts';
import { LabError, textOf } from './errors.ts';
import type { PostgresNode, StopMode } from './node.ts';
import { writeSetup } from './setup.ts';

export interface LabIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Absolute paths that the generated scripts call. Without them only the nodes are made. */
  readonly programs?: { readonly pgpool: string; readonly pgherd: string };
}

/** 0 done; 1 refused or failed; 2 wrong usage; 3 (`status`) not every node is up. */
export type LabExit = 0 | 1 | 2 | 3;

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

interface Command {
  readonly summary: string;
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  run(values: Values, operands: readonly string[], io: LabIo): Promise<LabExit>;
}

class UsageError extends Error {}

const DEFAULT_DIR = join('.pgherd', 'lab');
const dirOption = { dir: { type: 'string' } } as const;
const DIR_HELP = `  --dir DIR          the lab's directory (default ${DEFAULT_DIR})\n`;

const COMMANDS: Readonly<Record<string, Command>> = {
  create: {
    summary: 'make a primary and its standbys, and start them',
    help: `${DIR_HELP}  --nodes N          PostgreSQL servers, the first is the primary (default 3)
  --base-port P      pgpool listens on P, PCP on P+1, the servers from P+2 (default 11000)
  --hosts LIST       a loopback address per node (127.0.0.11,127.0.0.12), or "distinct"
  --pg-bin DIR       PostgreSQL's bin directory, "system" or "embedded" (default the system's, else embedded)
  --auth METHOD      scram-sha-256 (default), md5 or trust
  --database NAME    the application's database (default app)
  --app-user NAME    its owner (default app)
  --wal-level LEVEL  replica (default) or logical
  --set NAME=VALUE   a setting for all nodes; may be repeated
  --no-fsync         faster, not safe against a crash of the machine
`,
    options: {
      ...dirOption,
      nodes: { type: 'string' },
      'base-port': { type: 'string' },
      hosts: { type: 'string' },
      'pg-bin': { type: 'string' },
      auth: { type: 'string' },
      database: { type: 'string' },
      'app-user': { type: 'string' },
      'wal-level': { type: 'string' },
      set: { type: 'string', multiple: true },
      'no-fsync': { type: 'boolean' },
    },
    async run(values, _, io) {
      const basePort = numberOf(values, 'base-port', 11_000);
      const cluster = await createCluster({
        dir: dirOf(values),
        nodes: numberOf(values, 'nodes', 3),
        basePort: basePort + 2,
        pgBin: textOption(values, 'pg-bin'),
        hosts: hostsOf(values),
        auth: oneOf(values, 'auth', ['scram-sha-256', 'md5', 'trust']),
        walLevel: oneOf(values, 'wal-level', ['replica', 'logical']),
        database: textOption(values, 'database') ?? 'app',
        appUser: textOption(values, 'app-user') ?? 'app',
        settings: settingsOf(values),
        fsync: values['no-fsync'] !== true,
        onProgress: (step) => io.stderr.write(`${step}\n`),
      });
      if (io.programs) writeSetup(cluster, { port: basePort, pcpPort: basePort + 1, ...io.programs });
      await printStatus(cluster, io);
      return 0;
    },
  },
  start: {
    summary: 'start the nodes that do not run (all, or those named)',
    help: DIR_HELP,
    options: dirOption,
    async run(values, operands, io) {
      const cluster = await openCluster(dirOf(values));
      if (operands.length === 0) await cluster.start();
      else for (const node of chosen(cluster, operands)) if (!(await node.adopt())) await node.start();
      return printStatus(cluster, io, operands.length > 0);
    },
  },
  stop: {
    summary: 'stop the nodes (all, or those named)',
    help: `${DIR_HELP}  -m, --mode MODE    smart, fast (default) or immediate\n`,
    options: { ...dirOption, mode: { type: 'string', short: 'm' } },
    async run(values, operands, io) {
      const cluster = await openCluster(dirOf(values));
      const mode: StopMode = oneOf(values, 'mode', ['smart', 'fast', 'immediate']) ?? 'fast';
      if (operands.length === 0) await cluster.stop(mode);
      else for (const node of chosen(cluster, operands)) await node.stop(mode);
      io.stdout.write('stopped\n');
      return 0;
    },
  },
  status: {
    summary: 'show the nodes',
    help: `${DIR_HELP}  --json             for programs\n`,
    options: { ...dirOption, json: { type: 'boolean' } },
    async run(values, _, io) {
      const cluster = await openCluster(dirOf(values));
      if (values['json'] !== true) return printStatus(cluster, io);
      const status = await cluster.status();
      const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
      io.stdout.write(`${JSON.stringify(status, plain, 2)}\n`);
      return status.nodes.every((node) => node.state === 'up') ? 0 : 3;
    },
  },
  kill: {
    summary: 'kill -9 the named nodes, with all their processes',
    help: DIR_HELP,
    options: dirOption,
    run: (values, operands, io) => fault(values, operands, io, (node) => node.kill9()),
  },
  freeze: {
    summary: 'stop the named nodes from answering (SIGSTOP); their sockets stay open',
    help: DIR_HELP,
    options: dirOption,
    run: (values, operands, io) => fault(values, operands, io, (node) => node.freeze()),
  },
  thaw: {
    summary: 'let frozen nodes go on',
    help: DIR_HELP,
    options: dirOption,
    run: (values, operands, io) => fault(values, operands, io, (node) => node.thaw()),
  },
  promote: {
    summary: 'make the named standby a primary',
    help: DIR_HELP,
    options: dirOption,
    run: (values, operands, io) => fault(values, operands, io, (node) => node.promote()),
  },
  destroy: {
    summary: 'kill the nodes and remove all that the lab made',
    help: DIR_HELP,
    options: dirOption,
    async run(values, _, io) {
      await destroyCluster(dirOf(values));
      io.stdout.write('removed\n');
      return 0;
    },
  },
};

/** `pgherd lab …`: argv without those two words. Writes what it has to say and returns the exit status. */
export async function labCommand(argv: readonly string[], io: LabIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? io.stderr : io.stdout).write(overview());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    io.stderr.write(`pgherd lab: there is no command "${name}".\n\n${overview()}`);
    return 2;
  }
  try {
    const { values, positionals } = parseCommand(command, rest);
    if (values['help'] === true) {
      const operands = 'destroy create status'.includes(name) ? '' : ' [NODE…]';
      io.stdout.write(`pgherd lab ${name} [options]${operands}: ${command.summary}\n\n${command.help}`);
      return 0;
    }
    return await command.run(values, positionals, io);
  } catch (error) {
    return explain(name, error, io);
  }
}

function parseCommand(command: Command, args: string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({
      args,
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(textOf(error));
  }
}

function explain(name: string, error: unknown, io: LabIo): LabExit {
  if (error instanceof UsageError) {
    io.stderr.write(`pgherd lab ${name}: ${error.message}\nSee: pgherd lab ${name} --help\n`);
    return 2;
  }
  if (error instanceof LabError) {
    io.stderr.write(`pgherd lab ${name}: ${error.message}\n${error.remedy}\n`);
    return error.code === 'BAD_OPTION' ? 2 : 1;
  }
  io.stderr.write(`pgherd lab ${name}: ${textOf(error)}\n`);
  return 1;
}

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`);
  return `pgherd lab COMMAND [options]: PostgreSQL clusters on this machine\n\n${lines.join('\n')}\n\nEach has --help.\n`;
}

async function fault(
  values: Values,
  operands: readonly string[],
  io: LabIo,
  act: (node: PostgresNode) => void | Promise<void>,
): Promise<LabExit> {
  const cluster = await openCluster(dirOf(values));
  if (operands.length === 0) throw new UsageError('name the nodes by their numbers.');
  for (const node of chosen(cluster, operands)) await act(node);
  await printStatus(cluster, io);
  return 0;
}

function chosen(cluster: Cluster, operands: readonly string[]): PostgresNode[] {
  return operands.map((text) => {
    if (!/^\d+$/.test(text)) throw new UsageError(`"${text}" is not the number of a node.`);
    return cluster.node(Number(text));
  });
}

async function printStatus(cluster: Cluster, io: LabIo, partial = false): Promise<LabExit> {
  const { dir, version, nodes } = await cluster.status();
  io.stdout.write(`PostgreSQL ${version} in ${dir}\n`);
  for (const node of nodes) {
    const address = `${node.host}:${node.port}`;
    const stream = node.replication ? `${node.replication}, ${node.lagBytes ?? '?'} bytes behind` : '';
    const cells = [String(node.id).padEnd(3), address.padEnd(17), node.role.padEnd(8), node.state.padEnd(11), stream];
    io.stdout.write(`${cells.join(' ').trimEnd()}\n`);
  }
  return partial || nodes.every((node) => node.state === 'up') ? 0 : 3;
}

function textOption(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function dirOf(values: Values): string {
  const dir = textOption(values, 'dir') ?? DEFAULT_DIR;
  return isAbsolute(dir) ? dir : resolve(dir);
}

function numberOf(values: Values, name: string, fallback: number): number {
  const text = textOption(values, name);
  if (text === undefined) return fallback;
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--${name} needs a number, not "${text}".`);
  return Number(text);
}

function oneOf<const T extends string>(values: Values, name: string, allowed: readonly T[]): T | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new UsageError(`--${name} is one of ${allowed.join(', ')}, not "${text}".`);
  return found;
}

function hostsOf(values: Values): ClusterOptions['hosts'] {
  const text = textOption(values, 'hosts');
  return text === undefined || text === 'distinct' ? text : text.split(',').map((host) => host.trim());
}

function settingsOf(values: Values): Record<string, string> {
  const lines = values['set'];
  const settings: Record<string, string> = {};
  for (const line of Array.isArray(lines) ? lines : []) {
    const match = /^([a-z_][\w.]*)=([\s\S]*)$/.exec(String(line));
    if (!match?.[1]) throw new UsageError(`--set needs NAME=VALUE, not "${String(line)}".`);
    settings[match[1]] = match[2] ?? '';
  }
  return settings;
}
