import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { destroyCluster, freePorts, openCluster, portIsFree } from '@pgherd/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, endAll, PGHERD, Running, run, temporaryFolder, until } from '../testing/program.ts';

/** What outlives a run: the journal, the nodes' states, the key to the control interface. */
const KEPT = /^(pgherd_events|pgherd_herd|pgpool_status|control_token|agent)/;

let folder = '';
let dir = '';
let other = '';
let ports: number[] = [];
let env: Record<string, string> = {};

beforeAll(async () => {
  folder = temporaryFolder();
  dir = path.join(folder, 'herd folder');
  other = path.join(folder, 'other');
  ports = await freePorts(6);
  const [port, metrics, pcp, control, herd] = ports.map(String) as [string, string, string, string, string, string];
  env = {
    PGHERD_PORT: port,
    PGHERD_METRICS_PORT: metrics,
    PGHERD_PCP_PORT: pcp,
    PGHERD_CONTROL_PORT: control,
    PGHERD_HERD_PORT: herd,
    PGHERD_NODES: '2',
    PGHERD_NO_CONSOLE: 'yes',
  };
});
afterAll(async () => {
  await endAll();
  for (const herd of [path.join(dir, 'herd'), path.join(other, 'herd')]) {
    if (fs.existsSync(herd)) await destroyCluster(herd);
  }
  fs.rmSync(folder, { recursive: true, force: true });
});

const up = (more: Record<string, string> = {}): Running =>
  new Running(PGHERD, ['up', '--dir', dir], { env: { ...env, ...more } });
const upUntilReady = async (): Promise<Running> => {
  const herd = up();
  await herd.says('pgherd is ready');
  return herd;
};
const sql = (text: string, ...more: string[]): Promise<Ended> => run(PGHERD, ['sql', '--dir', dir, ...more, text]);
const allFree = async (): Promise<boolean> => (await Promise.all(ports.map((port) => portIsFree(port)))).every(Boolean);

/** Listens on a port for as long as `work` takes. */
async function whileTaken<T>(port: number, host: string, work: () => Promise<T>): Promise<T> {
  const server = net.createServer();
  await new Promise<void>((done) => server.listen(port, host, done));
  try {
    return await work();
  } finally {
    await new Promise((done) => server.close(done));
  }
}

describe('pgherd up', () => {
  test('makes a herd that answers SQL, gives its URI, is ready, refuses a second one, and leaves nothing running', async () => {
    const herd = await upUntilReady();
    expect(herd.stdout).toMatch(/ {2}pgherd is ready: PostgreSQL \d+, one primary and 1 standby behind one address/);

    expect((await sql('create table kept (a int); insert into kept values (42); select a from kept')).stdout).toBe(
      'CREATE\nINSERT 1\n a\n----\n 42\n(1 row)\n',
    );
    expect((await sql('show pool_nodes')).stdout).toMatch(/ 1 .* standby /);
    expect((await sql('show pool_processes')).stdout).toMatch(/ app +.* app /);
    expect((await sql('show pool_pools')).stdout).toContain(' app ');
    expect((await sql('pgpool show admin_users')).stdout).toContain(' postgres\n');
    expect((await sql('select pg_is_in_recovery()', '--node', '1')).stdout).toContain('\n t\n');
    const wrong = await sql('select 1/0');
    expect(wrong).toMatchObject({ code: 1, stderr: 'pgherd: ERROR:  division by zero (22012)\n' });

    const url = (await run(PGHERD, ['url', '--dir', dir])).stdout.trim();
    expect(url).toMatch(new RegExp(`^postgresql://app:[\\w-]+@localhost:${ports[0]}/app$`));
    expect(herd.stdout).not.toContain(new URL(url).password);
    expect((await run(PGHERD, ['sql', '--url', url], { input: 'select 7 as seven' })).stdout).toContain(' 7\n');
    const refused = await run(PGHERD, ['sql', '--url', url.replace(/:[^:@]+@/, ':wrong@'), 'select 1']);
    const refusal = 'FATAL:  password authentication failed for user "app" (28P01)';
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: `pgherd: Cannot connect: ${refusal}\n` });
    const other = await run(PGHERD, ['url', '--dir', dir, '--node', '2']);
    expect(other).toMatchObject({ code: 1, stderr: 'pgherd: There is no node 2: this herd has nodes 0 to 1.\n' });

    expect((await fetch(`http://localhost:${ports[1]}/readyz`)).status).toBe(200);

    const second = await up().ended;
    expect(second.code).toBe(1);
    expect(second.stderr).toBe(
      `pgherd: pgherd already runs on ${dir} (process ${herd.pid}): use it, stop it with "kill ${herd.pid}", or choose another folder with --dir.\n`,
    );

    herd.child.kill('SIGINT');
    expect((await herd.ended).code).toBe(0);
    expect(await allFree()).toBe(true);
    expect(fs.readdirSync(path.join(dir, 'run')).filter((name) => !KEPT.test(name))).toEqual([]);
  });

  test('keeps the data and the configuration from run to run, and stops on SIGTERM', async () => {
    const conf = path.join(dir, 'etc', 'pgpool.conf');
    fs.appendFileSync(conf, '# mine\nclient_idle_limit = 77\n');
    const passwords = path.join(dir, 'etc', 'pool_passwd');
    fs.appendFileSync(passwords, 'ann:TEXTmine\n');
    const herd = await upUntilReady();
    expect(fs.readFileSync(passwords, 'utf8')).toMatch(
      /^pgherd_probe:TEXT.*\npgherd_auth:TEXT.*\npgherd_ops:TEXT.*\nann:TEXTmine\n$/,
    );
    expect((await sql('select a from kept')).stdout).toContain(' 42\n');
    expect((await sql('pgpool show client_idle_limit')).stdout).toContain(' 77s\n');
    expect(fs.readFileSync(conf, 'utf8')).toContain('# mine\n');
    herd.child.kill('SIGTERM');
    expect((await herd.ended).code).toBe(0);
    expect(await allFree()).toBe(true);
  });

  test('says where a statement would run', async () => {
    const herd = await upUntilReady();
    const explain = (...args: string[]): Promise<Ended> => run(PGHERD, ['explain-route', '--dir', dir, ...args]);
    expect((await explain('select a from kept')).stdout).toMatch(/\n read-node +\| decides +\| .* \| [01]\n/);
    const written = JSON.parse((await explain('--json', 'insert into kept values (1)')).stdout) as object[];
    expect(written.at(-1)).toEqual({
      rule: 'statement',
      verdict: 'decides',
      value: 'insert runs on the primary only',
      node: 0,
    });
    expect(await explain('--user', 'nobody', 'select 1')).toMatchObject({
      code: 1,
      stderr: 'pgherd: nobody has no password here: name the whole URI with --url.\n',
    });
    herd.child.kill('SIGTERM');
    expect((await herd.ended).code).toBe(0);
  });

  test('adopts the servers that a killed one left', async () => {
    const first = await upUntilReady();
    const cluster = await openCluster(path.join(dir, 'herd'));
    const pids = cluster.nodes.map((node) => node.pid);
    const workers = childrenOf(first.pid).filter((pid) => !pids.includes(pid));
    expect(workers.length).toBeGreaterThan(0);
    for (const pid of [first.pid, ...workers]) process.kill(pid, 'SIGKILL');
    await first.ended;
    expect(cluster.nodes.map((node) => node.pid)).toEqual(pids);

    const herd = await upUntilReady();
    expect(herd.stdout).toContain('adopting 2 PostgreSQL servers that an earlier run left');
    expect(cluster.nodes.map((node) => node.pid)).toEqual(pids);
    expect((await sql('select a from kept')).stdout).toContain(' 42\n');
    herd.child.kill('SIGINT');
    expect((await herd.ended).code).toBe(0);
    expect(await allFree()).toBe(true);
  });

  test('leaves a server stopped that was replaced, and says how it comes back', async () => {
    const first = await upUntilReady();
    const cluster = await openCluster(path.join(dir, 'herd'));
    cluster.node(0).kill9();
    const status = async (): Promise<string> => (await run(PGHERD, ['nodes', '--dir', dir])).stdout;
    await until('node 1 is the primary', async () => / 1 +\| \S+ +\| \w+ +\| primary/.test(await status()));
    const row = (await status()).split('\n').find((line) => line.startsWith(' 0 '));
    expect(row).toMatch(/\| down /);
    expect(row).not.toContain('%');
    const doctor = await run(PGHERD, ['doctor', '--dir', dir]);
    expect(doctor.stdout).toContain(
      'Do not start it as it is: make it a standby of the primary with "pgherd recover 0"',
    );
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
    expect((await run(PGHERD, ['doctor', '--dir', dir])).stdout).toContain('Start the servers, but not node 0');

    const herd = await upUntilReady();
    expect(herd.stdout).toContain('node 0 is left stopped, since another one took its place as the primary');
    expect([0, 1].map((id) => cluster.node(id).isRunning())).toEqual([false, true]);
    expect((await run(PGHERD, ['recover', '0', '--yes', '--dir', dir])).code).toBe(0);
    expect([0, 1].map((id) => cluster.node(id).role)).toEqual(['standby', 'primary']);
    herd.child.kill('SIGINT');
    expect((await herd.ended).code).toBe(0);
    expect((await openCluster(path.join(dir, 'herd'))).node(0).role).toBe('standby');
    const again = await upUntilReady();
    expect(again.stdout).not.toContain('left stopped');
    again.child.kill('SIGINT');
    expect((await again.ended).code).toBe(0);
  });

  test.each([
    ['of the proxy', 0, '127.0.0.1', '--port'],
    ['of the proxy', 1, '127.0.0.1', '--metrics-port'],
    ['of PostgreSQL server 1', 5, '127.0.0.1', null],
  ] as const)('says which port %s is taken (%i)', async (whose, index, host, flag) => {
    const port = ports[index] ?? 0;
    const { code, stderr } = await whileTaken(port, host, () => up().ended);
    expect(code).toBe(1);
    const remedy =
      flag === null ? 'the servers of an existing herd keep their ports.' : `or choose another with ${flag}.`;
    expect(stderr).toMatch(
      new RegExp(`^pgherd: Port ${port} ${whose} is already in use: stop the program that has it[;,] ${remedy}\n$`),
    );
    expect(await allFree()).toBe(true);
  });

  test('stops its servers again when the proxy cannot start', async () => {
    // The address is taken by somebody who cannot be seen before: only the listener itself finds out.
    const { code, stderr } = await whileTaken(
      ports[0] ?? 0,
      '127.0.0.2',
      () => up({ PGHERD_LISTEN: '127.0.0.2' }).ended,
    );
    expect(code).toBe(1);
    expect(stderr).toBe(
      `pgherd: Port ${ports[0]} is already in use (127.0.0.2:${ports[0]}): stop the program that has it, or choose another port.\n`,
    );
    expect(await allFree()).toBe(true);
  });

  test('says what is wrong with the configuration before it starts anything', async () => {
    const conf = path.join(dir, 'etc', 'pgpool.conf');
    const good = fs.readFileSync(conf, 'utf8');
    fs.appendFileSync(conf, 'num_init_children = many\n');
    const { code, stdout, stderr } = await up().ended;
    fs.writeFileSync(conf, good);
    expect(code).toBe(1);
    expect(stderr).toContain('num_init_children = "many"');
    expect(stdout).toBe('pgherd: starting the herd\n');
  });

  test('refuses options that an existing herd cannot follow', async () => {
    const { code, stderr } = await up({ PGHERD_NODES: '3', PGHERD_HERD_PORT: '' }).ended;
    expect(code).toBe(2);
    expect(stderr).toBe('This herd has 2 servers: leave out --nodes, or choose another folder with --dir.\n');
  });

  test.each(['/proc/pgherd', 'file/below'])('refuses the folder %s, which cannot be written', async (name) => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    const unwritable = path.resolve(folder, name);
    const { code, stderr } = await run(PGHERD, ['up', '--dir', unwritable], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^pgherd: The folder .* cannot be written \(E\w+\): make it writable, or choose another with --dir\.\n$/,
    );
  });

  test('stops while it starts, and starts again after that', async () => {
    for (const moment of ['initialising', 'starting the PostgreSQL servers', 'starting the proxy']) {
      const herd = new Running(PGHERD, ['up', '--dir', other, '--nodes', '1'], { env });
      await herd.says(moment);
      herd.child.kill('SIGTERM');
      const { code, stdout } = await herd.ended;
      expect(code).toBe(130);
      expect(stdout).toContain('pgherd: stopped before it was ready');
      expect(await allFree()).toBe(true);
    }
  });

  test('refuses a directory without PostgreSQL', async () => {
    const none = path.join(folder, 'none');
    const { code, stderr } = await run(PGHERD, ['up', '--dir', none, '--pg-bin', folder], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^pgherd: .*\.\n$/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(fs.readdirSync(none)).toEqual([]);
  });

  test('leaves no process of its own', async () => {
    await until('every process of the herd has gone', () => processesNaming(folder).length === 0);
  });
});

describe('without a herd', () => {
  test.each(['url', 'sql'])('%s says how to make one', async (command) => {
    const { code, stderr } = await run(
      PGHERD,
      [command, '--dir', folder, 'select 1'].slice(0, command === 'url' ? 3 : 4),
    );
    expect(code).toBe(1);
    expect(stderr).toBe(
      `pgherd: There is no herd in ${folder}: make one with "npm start", or name its folder with --dir.\n`,
    );
  });
});

function processes(): { pid: number; parent: number; command: string }[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return [{ pid: Number(name), parent, command: fs.readFileSync(`/proc/${name}/cmdline`, 'utf8') }];
      } catch {
        return []; // gone meanwhile
      }
    });
}

const childrenOf = (pid: number): number[] => processes().flatMap((one) => (one.parent === pid ? [one.pid] : []));
const processesNaming = (text: string): number[] =>
  processes().flatMap((one) => (one.command.includes(text) ? [one.pid] : []));
