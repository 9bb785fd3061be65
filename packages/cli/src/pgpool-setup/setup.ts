/** pgpool_setup: servers, then files, then a try of all of it. */
import fs from 'node:fs';
import path from 'node:path';
import { pgMd5 } from '@pgherd/config';
import { CommandError } from '../errors.ts';
import type { CommandIo } from '../io.ts';
import { configurationDirectory } from '../place.ts';
import { archiveOf, dataOf, nodesOf, pcpPortOf, postgresPortOf, type SetupPlan } from './plan.ts';
import { runProgram } from './run.ts';
import * as scripts from './scripts.ts';

const EXTENSIONS = ['pgpool_recovery', 'pgpool_regclass', 'pgpool_adm'] as const;

/** @throws CommandError */
export async function setUp(plan: SetupPlan, io: CommandIo): Promise<void> {
  if (fs.readdirSync(plan.dir).length > 0) {
    throw new CommandError(`${plan.dir} is not empty: make a new directory and run this there.`);
  }
  for (const name of ['log', 'run', 'archivedir']) fs.mkdirSync(path.join(plan.dir, name));
  fs.mkdirSync(plan.etc, { recursive: true });
  writeProxyFiles(plan);
  if (plan.withoutClusters) return;
  const servers = new Servers(plan, io);
  io.stdout(`creating ${plan.nodes} PostgreSQL server${plan.nodes === 1 ? '' : 's'}`);
  await servers.make();
  try {
    io.stdout('starting the proxy');
    await runProgram(path.join(plan.dir, 'startall'), [], plan.dir);
  } finally {
    if (plan.stopAtEnd) {
      io.stdout('stopping everything');
      await runProgram(path.join(plan.dir, 'shutdownall'), [], plan.dir);
    }
  }
}

class Servers {
  readonly #plan: SetupPlan;
  readonly #io: CommandIo;

  constructor(plan: SetupPlan, io: CommandIo) {
    this.#plan = plan;
    this.#io = io;
  }

  /** Made, and stopped. */
  async make(): Promise<void> {
    const plan = this.#plan;
    const independent = plan.mode === 'raw' ? nodesOf(plan) : [0];
    for (const node of nodesOf(plan)) fs.mkdirSync(archiveOf(plan, node));
    for (const node of independent) {
      await this.#program('initdb', '-D', dataOf(plan, node), '-U', plan.user, '-A', 'trust', ...plan.initdb);
      fs.appendFileSync(path.join(dataOf(plan, node), 'postgresql.conf'), scripts.postgresConf(plan, node));
      if (plan.mode === 'streaming') this.#recoveryScripts(node);
      await this.#control(node, 'start');
      await this.#databases(node);
    }
    for (const node of nodesOf(plan).filter((id) => !independent.includes(id))) await this.#standby(node);
    for (const node of independent) await this.#control(node, 'stop');
  }

  /** As pcp_recovery_node would make it, with the same script. */
  async #standby(node: number): Promise<void> {
    const plan = this.#plan;
    const source = dataOf(plan, 0);
    const ports = [postgresPortOf(plan, 0), node, postgresPortOf(plan, node)].map(String);
    const [sourcePort = '', id = '', port = ''] = ports;
    const args = [source, 'localhost', dataOf(plan, node), sourcePort, id, port, 'localhost'];
    await runProgram(path.join(source, 'basebackup.sh'), args, plan.dir);
  }

  #recoveryScripts(node: number): void {
    const plan = this.#plan;
    const data = dataOf(plan, node);
    writeScript(path.join(data, 'basebackup.sh'), scripts.basebackup(plan));
    writeScript(path.join(data, 'pgpool_remote_start'), scripts.remoteStart(plan));
  }

  async #databases(node: number): Promise<void> {
    for (const extension of EXTENSIONS) {
      try {
        await this.#sql(node, 'template1', `CREATE EXTENSION ${extension}`);
      } catch {
        this.#io.stderr(
          `pgpool_setup: the extension ${extension} is not installed in this PostgreSQL${extension === 'pgpool_recovery' ? ': pcp_recovery_node needs it' : ''}`,
        );
      }
    }
    await this.#sql(node, 'postgres', 'CREATE DATABASE test');
  }

  #sql(node: number, database: string, sql: string): Promise<void> {
    const plan = this.#plan;
    const where = ['-h', 'localhost', '-p', String(postgresPortOf(plan, node)), '-U', plan.user, '-d', database];
    return this.#program('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', ...where, '-c', sql);
  }

  #control(node: number, act: 'start' | 'stop'): Promise<void> {
    const log = path.join(this.#plan.dir, 'log', `postgresql-${node}.log`);
    return this.#program(
      'pg_ctl',
      '-w',
      '-D',
      dataOf(this.#plan, node),
      ...(act === 'start' ? ['-l', log] : ['-m', 'f']),
      act,
    );
  }

  #program(name: string, ...args: readonly string[]): Promise<void> {
    return runProgram(path.join(this.#plan.pgBin, name), args, this.#plan.dir);
  }
}

function writeProxyFiles(plan: SetupPlan): void {
  const { dir, etc, user } = plan;
  const sample = (name: string): string => fs.readFileSync(path.join(configurationDirectory, `${name}.sample`), 'utf8');
  const write = (file: string, text: string, mode = 0o600): void => fs.writeFileSync(file, text, { mode });
  write(path.join(etc, 'pgpool.conf'), sample('pgpool.conf') + scripts.pgpoolConf(plan));
  write(path.join(etc, 'pool_hba.conf'), sample('pool_hba.conf'));
  write(path.join(etc, 'pcp.conf'), `${sample('pcp.conf')}${user}:${pgMd5(user)}\n`);
  write(path.join(etc, 'pool_passwd'), `${user}:md5${pgMd5(user, user)}\n`);
  write(path.join(etc, 'pgpool_node_id'), '0\n');
  write(path.join(dir, '.pcppass'), `*:${pcpPortOf(plan)}:${user}:${user}\n`);
  write(path.join(dir, 'bashrc.ports'), scripts.bashrcPorts(plan), 0o644);
  write(path.join(dir, 'README.port'), scripts.readmePort(plan), 0o644);
  writeScript(path.join(dir, 'startall'), scripts.startall(plan));
  writeScript(path.join(dir, 'shutdownall'), scripts.shutdownall(plan));
  writeScript(path.join(dir, 'pgpool_reload'), scripts.pgpoolReload(plan));
  if (plan.mode !== 'streaming') return;
  writeScript(path.join(etc, 'failover.sh'), scripts.failover(plan));
  writeScript(path.join(etc, 'follow_primary.sh'), scripts.followPrimary(plan));
}

const writeScript = (file: string, text: string): void => fs.writeFileSync(file, text, { mode: 0o755 });
