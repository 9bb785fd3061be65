/** What can be seen to go wrong before anything is started. Each refusal is one sentence with its remedy. */
import fs from 'node:fs';
import path from 'node:path';
import { formatIssue, type Settings } from '@pgherd/config';
import { type Cluster, portIsFree } from '@pgherd/lab';
import { CommandError, UsageError } from '../errors.ts';
import { readConfig } from '../read-files.ts';
import { upFiles } from './files.ts';
import type { UpOptions } from './options.ts';

/** @throws CommandError */
export function makeDirectory(dir: string): void {
  try {
    makePath(dir);
    // Asked for rather than written, a read-only file system would pass for root.
    const trial = path.join(dir, `.writable-${process.pid}`);
    fs.writeFileSync(trial, '');
    fs.rmSync(trial);
  } catch (error) {
    throw new CommandError(
      `The folder ${dir} cannot be written (${(error as NodeJS.ErrnoException).code}): make it writable, or choose another with --dir.`,
    );
  }
}

/** Not `recursive`: in /proc that never returns. */
function makePath(dir: string): void {
  if (fs.existsSync(dir)) return;
  makePath(path.dirname(dir));
  fs.mkdirSync(dir);
}

/** The settings of an earlier run's configuration; null on the first run. @throws CommandError for one that is broken */
export function presentSettings(options: UpOptions): Settings | null {
  const { config } = upFiles(options.dir);
  if (!fs.existsSync(config)) return null;
  const result = readConfig(config);
  if (result.ok) return result.settings;
  throw new CommandError(
    `The configuration cannot be used, correct it first:\n${result.issues.map(formatIssue).join('\n')}`,
  );
}

/** The options win over an existing configuration where they were given. @throws CommandError */
export async function refuseTakenPorts(options: UpOptions, present: Settings | null): Promise<void> {
  const proxy = options.given.has('port') ? options.port : (present?.port ?? options.port);
  const metrics = options.given.has('metrics-port')
    ? options.metricsPort
    : (present?.metrics_port ?? options.metricsPort);
  const doors = present === null || present.metrics_listen_addresses.length > 0;
  for (const [flag, port] of [['--port', proxy] as const, ...(doors ? [['--metrics-port', metrics] as const] : [])]) {
    if (!(await portIsFree(port))) throw taken(port, 'of the proxy', flag);
  }
}

/** For a herd that is yet to be made. @throws CommandError */
export async function refuseTakenHerdPorts({ herdPort, nodes }: UpOptions): Promise<void> {
  for (let id = 0; id < nodes; id++) {
    if (!(await portIsFree(herdPort + id))) throw taken(herdPort + id, `of PostgreSQL server ${id}`, '--herd-port');
  }
}

function taken(port: number, whose: string, flag: string): CommandError {
  return new CommandError(
    `Port ${port} ${whose} is already in use: stop the program that has it, or choose another with ${flag}.`,
  );
}

/** A server that runs already, left by a killed pgherd, is adopted; a stranger on its port is not. @throws CommandError */
export async function refuseStrangers(cluster: Cluster): Promise<void> {
  for (const node of cluster.nodes) {
    if (node.isRunning() || (await portIsFree(node.port, node.host))) continue;
    throw new CommandError(
      `Port ${node.port} of PostgreSQL server ${node.id} is already in use: stop the program that has it; the servers of an existing herd keep their ports.`,
    );
  }
}

/** @throws UsageError for options that an existing herd cannot follow */
export function refuseOtherShape(cluster: Cluster, options: UpOptions): void {
  const [first] = cluster.nodes;
  if (options.given.has('nodes') && cluster.nodes.length !== options.nodes) {
    throw new UsageError(
      `This herd has ${cluster.nodes.length} servers: leave out --nodes, or choose another folder with --dir.`,
    );
  }
  if (options.given.has('herd-port') && first !== undefined && first.port !== options.herdPort) {
    throw new UsageError(
      `This herd's servers listen from port ${first.port} on: leave out --herd-port, or choose another folder with --dir.`,
    );
  }
}
