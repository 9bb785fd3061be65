/**
 * The pcp_* programs, ours and the original's, against our proxy and against the original: who says what to whom is the
 * same. The original is Debian's pgpool2 (4.3); where it is not installed those tests are left out.
 */
import fs from 'node:fs';
import path from 'node:path';
import { type Cluster, ephemeralCluster, freePorts, type SetupFiles, writeSetup } from '@pgherd/lab';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  dropIn,
  type Ended,
  endAll,
  PGHERD,
  PGPOOL,
  Running,
  run,
  temporaryFolder,
  until,
} from '../testing/program.ts';
import { TOOLS } from './tools.ts';

const ORIGINALS = '/usr/sbin';
const ALL_TESTS_MS = 300_000;
const hasOriginal = fs.existsSync(`${ORIGINALS}/pgpool`) && fs.existsSync(`${ORIGINALS}/pcp_node_info`);

let cluster: Cluster;
let files: SetupFiles;
let dir = '';
let pcppass = '';
let port = 0;
let oursAt = 0;
let originalAt = 0;
let ours: Running;
let original: Running | null = null;

beforeAll(async () => {
  dir = temporaryFolder();
  cluster = await ephemeralCluster({ nodes: 2 });
  const [first = 0, second = 0, third = 0, metricsPort = 0, fourth = 0] = await freePorts(5);
  [port, oursAt, originalAt] = [first, second, third];
  const settings = { metrics_port: metricsPort, num_init_children: 3, max_pool: 1, health_check_period: 1 };
  files = writeSetup(cluster, { port, pcpPort: oursAt, pgpool: PGPOOL, pgherd: PGHERD, settings });
  const { pcp } = cluster.secrets;
  pcppass = path.join(dir, 'pcppass');
  fs.writeFileSync(pcppass, `*:*:${pcp.user}:${pcp.password}\n`, { mode: 0o600 });
  if (hasOriginal) original = await startOriginal(fourth);
  ours = await startOurs();
});
afterAll(async () => {
  ours?.child.kill('SIGINT');
  original?.child.kill('SIGINT');
  await Promise.allSettled([ours?.ended, original?.ended]);
  await endAll();
  await cluster.destroy();
  fs.rmSync(dir, { recursive: true });
});

async function startOurs(): Promise<Running> {
  // /tmp is where the SQL functions look that name no host
  fs.appendFileSync(files.pgpoolConf, `pcp_socket_dir = '${cluster.socketDir},/tmp'\n`);
  const options = ['-D', '-n', '-f', files.pgpoolConf, '-F', files.pcpConf, '-a', files.poolHbaConf];
  const running = new Running(PGPOOL, options, { deadlineMs: ALL_TESTS_MS });
  await until('both nodes are up behind our proxy', () => bothUp(running, oursAt));
  return running;
}

async function startOriginal(clientPort: number): Promise<Running> {
  const conf = path.join(dir, 'original.conf');
  const own = [
    `port = ${clientPort}`,
    `pcp_port = ${originalAt}`,
    `pid_file_name = '${dir}/original.pid'`,
    `logdir = '${dir}'`,
    'enable_pool_hba = off',
    "log_standby_delay = 'none'",
    "pool_passwd = ''",
  ];
  fs.writeFileSync(conf, `${fs.readFileSync(files.pgpoolConf, 'utf8')}\n${own.join('\n')}\n`);
  const running = new Running(`${ORIGINALS}/pgpool`, ['-D', '-n', '-f', conf, '-F', files.pcpConf], {
    deadlineMs: ALL_TESTS_MS,
  });
  await until('both nodes are up behind the original', () => bothUp(running, originalAt));
  return running;
}

async function bothUp(running: Running, pcpPort: number): Promise<boolean> {
  if (running.child.exitCode !== null) throw new Error(running.stderr);
  const said = await call(dropIn('pcp_node_info'), [], pcpPort);
  return said.code === 0 && (said.stdout.match(/ up \w+ (primary|standby) /g) ?? []).length === 2;
}

function call(program: string, args: readonly string[], pcpPort: number, env = {}): Promise<Ended> {
  const common = ['-h', 'localhost', '-p', String(pcpPort), '-U', cluster.secrets.pcp.user, '-w'];
  return run(program, [...common, ...args], { env: { PCPPASSFILE: pcppass, ...env } });
}

const mine = (tool: string, ...args: string[]): Promise<Ended> => call(dropIn(tool), args, oursAt);
const theirs = (tool: string, ...args: string[]): Promise<Ended> => call(`${ORIGINALS}/${tool}`, args, oursAt);

/** Numbers and times are of the moment and of the server. */
const shape = (text: string): string =>
  text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME').replaceAll(/\d+(\.\d+)?/g, 'N');

/** The command lines whose answers are compared; node info travels differently since 4.4. */
const QUESTIONS: readonly (readonly [string, ...string[]])[] = [
  ['pcp_node_count'],
  ['pcp_node_count', '-v'],
  ['pcp_node_count', '-d'],
  ['pcp_proc_count'],
  ['pcp_proc_count', '-v'],
  ['pcp_proc_info'],
  ['pcp_proc_info', '-a'],
  ['pcp_proc_info', '-a', '-v'],
  ['pcp_proc_info', '999999'],
  ['pcp_health_check_stats', '0'],
  ['pcp_health_check_stats', '-v', '1'],
  ['pcp_health_check_stats', '-n', '9'],
  ['pcp_watchdog_info'],
  ['pcp_watchdog_info', '-v'],
  ['pcp_attach_node', '-n', '9'],
  ['pcp_promote_node', '0'],
  ['pcp_promote_node', '-g', '0'],
  ['pcp_promote_node', '-s', '0'],
  ['pcp_promote_node', '9'],
  ['pcp_recovery_node', '0'],
  ['pcp_recovery_node', '9'],
  ['pcp_node_info', '9'],
];

describe.skipIf(!hasOriginal)('with the original installed', () => {
  test.each(QUESTIONS.map((words) => [words.join(' '), words] as const))('%s', async (_, [tool, ...args]) => {
    // one after the other: the original takes one request to change something at a time
    const toOriginal = await call(`${ORIGINALS}/${tool}`, args, originalAt);
    const oursToOriginal = await call(dropIn(tool), args, originalAt);
    const [toOurs, oursToOurs] = await Promise.all([theirs(tool, ...args), mine(tool, ...args)]);
    const expected = { stdout: shape(toOriginal.stdout), stderr: shape(toOriginal.stderr) };
    const said = ({ stdout, stderr }: Ended): typeof expected => ({ stdout: shape(stdout), stderr: shape(stderr) });
    expect(said(toOurs)).toEqual(expected);
    expect(said(oursToOriginal)).toEqual(expected);
    if (tool !== 'pcp_proc_info') expect(said(oursToOurs)).toEqual(expected);
    // what the original reports with 0, ours fails with 1
    for (const { code } of [oursToOriginal, oursToOurs]) expect(code).toBe(toOriginal.stderr === '' ? 0 : 1);
  });

  test('our pcp_node_info says of the original what its own says', async () => {
    for (const args of [[], ['-v'], ['0'], ['-n', '1', '-v'], ['-a']]) {
      const theirsSay = await call(`${ORIGINALS}/pcp_node_info`, args, originalAt);
      expect(await call(dropIn('pcp_node_info'), args, originalAt)).toEqual(theirsSay);
    }
  });

  test('our pcp_node_info says of our nodes what the original says of its', async () => {
    for (const args of [[], ['-v'], ['1']]) {
      const [a, b] = await Promise.all([
        mine('pcp_node_info', ...args),
        call(`${ORIGINALS}/pcp_node_info`, args, originalAt),
      ]);
      expect(shape(a.stdout)).toBe(shape(b.stdout));
    }
  });

  test('every parameter has its three lines, from either program', async () => {
    const [a, b] = await Promise.all([theirs('pcp_pool_status'), mine('pcp_pool_status')]);
    expect(b).toEqual(a);
    expect(a.stdout).toMatch(/^(name : \w+\nvalue: .*\ndesc : .*\n\n)+$/);
    expect(a.stdout).toContain(`name : pcp_port\nvalue: ${oursAt}\n`);
    expect((await mine('pcp_pool_status', '-v')).stdout).toBe((await theirs('pcp_pool_status', '-v')).stdout);
  });
});

describe('a client of the proxy', () => {
  const login = () => ({ host: 'localhost', port, ...cluster.secrets.app, database: cluster.database });

  test('is found by joining pcp_proc_info with pg_stat_activity', async () => {
    const client = new pg.Client({ ...login(), application_name: 'who am I' });
    await client.connect();
    await client.query('select 1');
    const { stdout } = await mine('pcp_proc_info', '-v');
    const records = stdout.split('\n\n').map(
      (text) =>
        new Map(
          text.split('\n').map((line): [string, string] => {
            const [title = '', value = ''] = line.split(/ *: (.*)/);
            return [title, value];
          }),
        ),
    );
    const pids = records.flatMap((record) =>
      record.get('Connected') === '1' ? [record.get('Backend PID') ?? ''] : [],
    );
    const found = await cluster
      .node(0)
      .query(
        `select application_name from pg_stat_activity where pid = any ('{${pids.join(',')}}'::int[]) and application_name = 'who am I'`,
      );
    expect(JSON.stringify(found)).toContain('who am I');
    const titles = [...(records[0]?.keys() ?? [])];
    expect(titles.filter((title) => title !== '')).toEqual([
      ...['Database', 'Username', 'Start time', 'Client connection count', 'Major', 'Minor', 'Backend connection time'],
      ...['Client connection time', 'Client idle duration', 'Client disconnection time', 'Pool Counter', 'Backend PID'],
      ...['Connected', 'PID', 'Backend ID', 'Status', 'Load balance node', 'client_host', 'client_port', 'statement'],
    ]);
    await client.end();
  });
});

describe('the password', () => {
  const count = (env: Record<string, string>, options: readonly string[] = ['-w'], input = ''): Promise<Ended> => {
    const { user } = cluster.secrets.pcp;
    const args = ['-h', 'localhost', '-p', String(oursAt), '-U', user, ...options];
    return run(dropIn('pcp_node_count'), args, { env: { HOME: dir, ...env }, input });
  };
  const right = { code: 0, stdout: '2\n', stderr: '' };

  test('comes from .pcppass at home, and from the file of PCPPASSFILE before that', async () => {
    const { user, password } = cluster.secrets.pcp;
    fs.writeFileSync(path.join(dir, '.pcppass'), `localhost:*:${user}:${password}\n`, { mode: 0o600 });
    expect(await count({})).toEqual(right);
    fs.writeFileSync(path.join(dir, 'wrong'), '*:*:*:wrong\n', { mode: 0o600 });
    const { code, stderr } = await count({ PCPPASSFILE: path.join(dir, 'wrong') });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `FATAL:  authentication failed for user "${user}"\nDETAIL:  username and/or password does not match\n\n`,
    );
    fs.rmSync(path.join(dir, '.pcppass'));
  });

  test('comes from PCPPASSWORD, then PGPASSWORD, where no file has it', async () => {
    const { password } = cluster.secrets.pcp;
    expect(await count({ PCPPASSWORD: password, PGPASSWORD: 'wrong' })).toEqual(right);
    expect(await count({ PGPASSWORD: password })).toEqual(right);
  });

  test('is asked for otherwise, with the reason, and by -W in any case', async () => {
    const { password } = cluster.secrets.pcp;
    const reason = `no password: there is no password file "${dir}/.pcppass"\n`;
    expect(await count({}, [], `${password}\n`)).toEqual({ ...right, stderr: reason });
    expect(await count({ PCPPASSWORD: 'wrong' }, ['-W'], `${password}\n`)).toEqual(right);
    expect((await count({}, ['-w'], `${password}\n`)).stderr).toMatch(/^no password: .*\nFATAL: /);
  });

  test('in a file that others may read is not used, with a warning', async () => {
    const file = path.join(dir, 'open');
    fs.copyFileSync(pcppass, file);
    fs.chmodSync(file, 0o644);
    const { password } = cluster.secrets.pcp;
    const warning = `WARNING: password file "${file}" has group or world access; permissions should be u=rw (0600) or less\n`;
    expect(await count({ PCPPASSFILE: file, PCPPASSWORD: password })).toEqual({ ...right, stderr: warning });
  });
});

describe('a node', () => {
  const info = async (node: string): Promise<string[]> => (await mine('pcp_node_info', node)).stdout.trim().split(' ');

  test('is detached and attached, and the next look shows it', async () => {
    expect(await mine('pcp_detach_node', '1')).toEqual({
      code: 0,
      stdout: 'pcp_detach_node -- Command Successful\n',
      stderr: '',
    });
    expect((await info('1'))[4]).toBe('down');
    expect((await info('1'))[5]).toBe('up');
    expect((await mine('pcp_attach_node', '-n', '1')).stdout).toBe('pcp_attach_node -- Command Successful\n');
    await until('it is used again', async () => ['up', 'waiting'].includes((await info('1'))[4] ?? ''));
  });

  test('that is alive is not recovered', async () => {
    expect(await mine('pcp_recovery_node', '-n', '1')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'ERROR:  node recovery failed, node id: 1 is alive\n\n',
    });
  });
});

describe('the proxy', () => {
  test('reads its configuration again', async () => {
    fs.appendFileSync(files.pgpoolConf, 'client_idle_limit = 77\n');
    expect(await mine('pcp_reload_config')).toMatchObject({
      code: 0,
      stdout: 'pcp_reload_config -- Command Successful\n',
    });
    expect((await mine('pcp_pool_status')).stdout).toContain('name : client_idle_limit\nvalue: 77\n');
    fs.appendFileSync(files.pgpoolConf, 'client_idle_limit = nonsense\n');
    const refused = await mine('pcp_reload_config', '-s', 'cluster');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^ERROR: {2}process reload config request failed\nDETAIL: {2}.*client_idle_limit/);
  });

  test('has no query cache to empty', async () => {
    expect(await mine('pcp_invalidate_query_cache')).toMatchObject({
      code: 1,
      stderr: 'ERROR:  query cache is not enabled\n\n',
    });
  });

  test('answers in its socket directory, and to the SQL functions of pgpool_adm', async ({ skip }) => {
    const { user, password } = cluster.secrets.pcp;
    const socket = ['-h', cluster.socketDir, '-p', String(oursAt), '-U', user, '-w'];
    expect(await run(dropIn('pcp_node_count'), socket, { env: { PCPPASSFILE: pcppass } })).toMatchObject({
      stdout: '2\n',
    });
    const node = cluster.node(0);
    try {
      await node.query('create extension pgpool_adm');
    } catch (error) {
      if (/not available|could not open extension|pgpool_adm/.test(String(error))) skip(`pgpool_adm: ${String(error)}`);
      throw error;
    }
    const as = `port => ${oursAt}, username => '${user}', password => '${password}'`;
    const ask = async (sql: string): Promise<string> => JSON.stringify(await node.query(sql));
    for (const host of ['', 'localhost']) {
      expect(await ask(`select node_count from pcp_node_count(host => '${host}', ${as})`)).toMatch(/\b2\b/);
      expect(
        await ask(`select status, total_count > 0 from pcp_health_check_stats(node_id => 1, host => '${host}', ${as})`),
      ).toMatch(/waiting|up/);
      expect(await ask(`select node_attached from pcp_attach_node(node_id => 1, host => '${host}', ${as})`)).toContain(
        'true',
      );
    }
  });

  test('does not stop in a mode that is none, and stops by pcp_stop_pgpool', async () => {
    const wrong = await mine('pcp_stop_pgpool', '-m', 'x');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toBe(
      'pcp_stop_pgpool: Invalid shutdown mode "x", must be either "smart" "immediate" or "fast" \n',
    );
    expect(await mine('pcp_stop_pgpool', '-m', 'f')).toEqual({
      code: 0,
      stdout: 'pcp_stop_pgpool -- Command Successful\n',
      stderr: '',
    });
    expect((await ours.ended).code).toBe(0);
    expect(fs.existsSync(`/tmp/.s.PGSQL.${oursAt}`)).toBe(false);
  });
});

test('every tool is installed', () => {
  const installed = fs.readdirSync(path.dirname(PGPOOL)).filter((name) => name.startsWith('pcp_'));
  expect(installed).toEqual(TOOLS.map(({ name }) => name).sort());
});
