import fs from 'node:fs';
import path from 'node:path';
import { type Cluster, ephemeralCluster, freePorts, type SetupFiles, writeSetup } from '@pgherd/lab';
import type { HerdEvent } from '@pgherd/operations';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lifeOf } from '../process-life.ts';
import { endAll, PGHERD, PGPOOL, Running, run, until } from '../testing/program.ts';

let cluster: Cluster;
let files: SetupFiles;
let port = 0;
let pidFile = '';
let options: string[] = [];

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1 });
  const [first = 0, pcpPort = 0, metricsPort = 0] = await freePorts(3);
  port = first;
  const settings = { metrics_port: metricsPort, num_init_children: 4 };
  files = writeSetup(cluster, { port, pcpPort, pgpool: PGPOOL, pgherd: PGHERD, settings });
  pidFile = path.join(cluster.socketDir, 'pgpool.pid');
  options = ['-f', files.pgpoolConf, '-F', files.pcpConf, '-a', files.poolHbaConf];
});
afterAll(async () => {
  if (fs.existsSync(pidFile)) await pgpool('-m', 'f', 'stop');
  await endAll();
  await cluster.destroy();
});

const pgpool = (...args: string[]) => run(PGPOOL, [...options, ...args]);
const pidOf = (): number => Number(fs.readFileSync(pidFile, 'utf8'));
const login = () => ({ host: 'localhost', port, ...cluster.secrets.app, database: cluster.database });

async function ask(sql: string): Promise<string> {
  const client = new pg.Client(login());
  await client.connect();
  const { rows } = await client.query<string[]>({ text: sql, rowMode: 'array' });
  await client.end();
  return String(rows[0]?.[0]);
}

async function inForeground(...args: string[]): Promise<Running> {
  const running = new Running(PGPOOL, ['-D', '-n', ...options, ...args]);
  await until('the pid file is there and a client is served', async () => {
    if (running.child.exitCode !== null) throw new Error(running.stderr);
    return fs.existsSync(pidFile) && (await ask('select 1').catch(() => '')) === '1';
  });
  return running;
}

describe('pgpool in the foreground', () => {
  test('serves, logs to standard error, reloads at once, and stops with stray start options', async () => {
    const running = await inForeground();
    expect(pidOf()).toBe(running.pid);
    expect(running.stderr).toMatch(/^\d{4}-\d\d-\d\d [\d:.]{12}: main pid \d+: /);

    fs.appendFileSync(files.pgpoolConf, 'client_idle_limit = 123\n');
    expect((await pgpool('reload')).code).toBe(0);
    await until('the new value is in effect', async () => (await ask('pgpool show client_idle_limit')) === '123s');
    const journal = fs
      .readFileSync(path.join(cluster.dir, 'log', 'pgherd_events.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const reloaded = journal.map((line) => JSON.parse(line) as HerdEvent).find(({ kind }) => kind === 'reloaded');
    expect(reloaded?.by).toEqual({ door: 'signal', user: 'SIGHUP', address: '' });

    const stop = await pgpool('-D', '-n', '-m', 'f', 'stop');
    expect(stop.code).toBe(0);
    expect(stop.stderr).toMatch(
      /^stop request sent to pgpool \(pid: \d+\)\. waiting for termination\.\.\.\n\.*done\.\n$/,
    );
    expect((await running.ended).code).toBe(0);
    expect(fs.existsSync(pidFile)).toBe(false);
  });

  test('started twice refuses the second with one sentence', async () => {
    const running = await inForeground();
    const second = await pgpool('-n');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(
      `pgpool: The pid file ${pidFile} names the running process ${running.pid}: stop it first, or set pid_file_name to another file.\n`,
    );
    expect(await ask('select 1')).toBe('1');
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(0);
  });

  test('takes over a pid file that a killed one left', async () => {
    const first = await inForeground();
    first.child.kill('SIGKILL');
    await first.ended;
    expect(fs.existsSync(pidFile)).toBe(true);
    const second = await inForeground();
    expect(pidOf()).toBe(second.pid);
    second.child.kill('SIGQUIT');
    expect((await second.ended).code).toBe(0);
  });

  test('waits for its clients when stopped smart, and the next request may be more urgent', async () => {
    const running = await inForeground();
    const client = new pg.Client(login());
    const gone = new Promise((resolve) => client.once('end', resolve));
    client.on('error', () => {});
    await client.connect();
    const smart = new Running(PGPOOL, [...options, 'stop']);
    await smart.says('stop request sent');
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(running.child.exitCode).toBeNull();
    expect((await pgpool('-m', 'fast', 'stop')).code).toBe(0);
    await gone;
    expect((await smart.ended).code).toBe(0);
    expect((await running.ended).code).toBe(0);
  });
});

describe('pgpool as a daemon', () => {
  test('returns when clients can be served, in a session of its own, and stops', async () => {
    const started = await run(PGPOOL, ['-D', ...options]);
    expect(started).toMatchObject({ code: 0, stdout: '' });
    const pid = pidOf();
    expect(lifeOf(pid)).not.toBeNull();
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    expect(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])).toBe(pid); // the session's id
    expect(fs.readlinkSync(`/proc/${pid}/fd/0`)).toBe('/dev/null');
    expect(await ask('select 1')).toBe('1');
    expect((await run(PGPOOL, ['-D', ...options])).stderr).toContain(`names the running process ${pid}`);
    expect((await pgpool('-m', 'i', 'stop')).code).toBe(0);
    expect(lifeOf(pid)).toBeNull();
    expect(fs.existsSync(pidFile)).toBe(false);
  });

  test('that cannot listen fails with the reason', async () => {
    const running = await inForeground();
    const conf = path.join(files.etc, 'second.conf');
    const text = fs.readFileSync(files.pgpoolConf, 'utf8');
    fs.writeFileSync(conf, `${text}pid_file_name = '${path.join(files.etc, 'second.pid')}'\n`);
    const { code, stderr } = await run(PGPOOL, ['-f', conf, '-a', files.poolHbaConf, '-F', files.pcpConf]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `pgpool: Port ${port} is already in use \\(.*\\): stop the program that has it, or choose another port\\.\n$`,
      ),
    );
    expect(fs.existsSync(path.join(files.etc, 'second.pid'))).toBe(false);
    running.child.kill('SIGINT');
    await running.ended;
  });
});
