import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { labAccount } from './account.ts';
import { findSystemBinaries } from './binaries.ts';
import { labCommand } from './cli.ts';
import { type Cluster, clusterExists, createCluster, destroyCluster, openCluster } from './cluster.ts';
import { ephemeralCluster } from './ephemeral.ts';
import { LabError } from './errors.ts';
import { freePorts } from './ports.ts';
import { processesOf, processState } from './procfs.ts';
import { writeSetup } from './setup.ts';

const account = labAccount();

/** Runs TypeScript as it is; the test runner itself may be under an older Node. */
const NODE = [join(import.meta.dirname, '../../../node_modules/.bin/node')].find(existsSync) ?? process.execPath;

function newDir(parent = tmpdir()): string {
  const dir = join(parent, `pgherd-lab-${randomBytes(5).toString('hex')}`);
  onTestFinished(async () => {
    if (existsSync(join(dir, 'lab.json'))) await destroyCluster(dir);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  if (error instanceof LabError) {
    expect(error.remedy).not.toBe('');
    return error.code;
  }
  return String(error);
}

const system = findSystemBinaries(account);
if (!system) process.stderr.write('\nSKIPPED: no PostgreSQL of the system here; only the embedded one is tested.\n\n');

describe.each([{ pgBin: 'embedded' }, ...(system ? [{ pgBin: 'system' }] : [])])(
  'with the $pgBin PostgreSQL',
  ({ pgBin }) => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await ephemeralCluster({
        nodes: 3,
        pgBin,
        initSql: ['CREATE TABLE made_by_init (a int)', { database: 'postgres', sql: 'CREATE TABLE elsewhere (a int)' }],
      });
    });
    afterAll(() => cluster?.destroy());

    test('a row reaches both standbys', async () => {
      await cluster.primary.query('CREATE TABLE row (a int); INSERT INTO row VALUES (42)');
      await cluster.waitReplayed();
      for (const standby of cluster.standbys) expect(await standby.query('SELECT a FROM row')).toEqual([{ a: 42 }]);
    });

    test('each standby streams through its own slot under its application name, without a password in conninfo', async () => {
      const rows = await cluster.primary.query(
        'SELECT r.application_name AS name, s.slot_name AS slot FROM pg_stat_replication r ' +
          'JOIN pg_replication_slots s ON s.active_pid = r.pid ORDER BY 1',
      );
      expect(rows).toEqual([
        { name: 'server1', slot: 'pgherd_node1' },
        { name: 'server2', slot: 'pgherd_node2' },
      ]);
      const [row] = await cluster.node(1).query('SHOW primary_conninfo');
      expect(row?.['primary_conninfo']).not.toContain('password=');
      expect(row?.['primary_conninfo']).toContain('passfile=');
    });

    test('roles hold what they need and no more', async () => {
      const roles = await cluster.primary.query(
        "SELECT rolname, rolsuper, rolreplication, pg_has_role(rolname, 'pg_monitor', 'USAGE') AS monitor " +
          "FROM pg_roles WHERE rolname ~ '^(pgherd_|app$)' ORDER BY 1",
      );
      expect(roles.map(Object.values)).toEqual([
        ['app', false, false, false],
        ['pgherd_auth', false, false, false],
        ['pgherd_ops', false, true, false],
        ['pgherd_probe', false, false, true],
        ['pgherd_replication', false, true, false],
      ]);
      const { app } = cluster.secrets;
      await cluster.primary.query('CREATE TABLE own (a int)', { ...app, database: 'app' });
      expect(await cluster.primary.query('SELECT a FROM made_by_init', { database: 'app' })).toEqual([]);
      expect(await cluster.primary.query('SELECT a FROM elsewhere')).toEqual([]);
      await expect(cluster.primary.query('SELECT 1', { user: app.user, password: 'wrong' })).rejects.toThrow(
        /password/,
      );
      expect(statSync(join(cluster.dir, 'secrets.json')).mode & 0o777).toBe(0o600);
    });

    test('stop and start keep the data, and streaming resumes', async () => {
      await cluster.primary.query('CREATE TABLE kept (a int); INSERT INTO kept VALUES (7)');
      await cluster.stop();
      expect((await cluster.status()).nodes.map((node) => node.state)).toEqual(['down', 'down', 'down']);
      await cluster.start();
      await cluster.waitStreaming();
      await cluster.waitReplayed();
      expect(await cluster.node(2).query('SELECT a FROM kept')).toEqual([{ a: 7 }]);
    });

    test('kill -9 takes all processes of a node, and it starts again', async () => {
      const node = cluster.node(1);
      node.kill9();
      await expect.poll(() => processesOf(node.dataDir, account).length).toBe(0);
      expect(node.isRunning()).toBe(false);
      expect(existsSync(join(node.dataDir, 'postmaster.pid'))).toBe(true);
      await node.start();
      await cluster.waitStreaming();
    });

    test('a promoted standby takes writes, and another node follows it', async () => {
      await cluster.node(1).promote();
      expect(cluster.node(1).role).toBe('primary');
      expect(cluster.node(1).timeline).toBe(2);
      await cluster.node(0).stop('immediate');
      expect(cluster.primary.id).toBe(1);
      await cluster.node(2).follow(cluster.node(1));
      await expect
        .poll(async () => (await cluster.status()).nodes[2]?.replication, { timeout: 20_000, interval: 50 })
        .toBe('streaming');
      await cluster.node(1).query('CREATE TABLE after_failover (a int)');
    });
  },
);

describe('the life of a lab', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
  });
  afterAll(() => cluster?.destroy());

  test('a second start on the same data directory is refused', async () => {
    expect(await codeOf(cluster.primary.start())).toBe('NODE_RUNNING');
    const again = await openCluster(cluster.dir);
    expect(await codeOf(again.primary.start())).toBe('NODE_RUNNING');
    expect(again.primary.pid).toBe(cluster.primary.pid);
  });

  test('an orphan whose starter was killed is adopted, and can be stopped', async () => {
    const dir = newDir();
    const [basePort] = await freePorts(1);
    const script = `
      import { createCluster } from ${JSON.stringify(join(import.meta.dirname, 'cluster.ts'))};
      await createCluster({ dir: ${JSON.stringify(dir)}, nodes: 1, basePort: ${basePort}, pgBin: 'embedded', fsync: false });
      process.kill(process.pid, 'SIGKILL');`;
    const made = spawnSync(NODE, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect([made.signal, made.stderr]).toEqual(['SIGKILL', '']);
    const orphan = await openCluster(dir);
    const { pid } = orphan.primary;
    expect(pid).toBeGreaterThan(1);
    expect(await orphan.primary.adopt()).toBe(true);
    await orphan.start();
    expect(orphan.primary.pid).toBe(pid);
    expect(await orphan.primary.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await orphan.stop();
    expect(await orphan.primary.adopt()).toBe(false);
    await orphan.destroy();
    expect(existsSync(dir)).toBe(false);
  });

  test.each(['a living process that is no PostgreSQL', 'a process that is gone'])(
    'a stale postmaster.pid that names %s does not stand in the way',
    async (which) => {
      const node = cluster.primary;
      await node.stop('immediate');
      const pid = which.includes('living') ? process.pid : spawnSync('/bin/true').pid;
      const text = `${pid}\n${node.dataDir}\n1700000000\n${node.port}\n${node.socketDir}\n127.0.0.1\n1 1\nready   \n`;
      writeFileSync(join(node.dataDir, 'postmaster.pid'), text);
      writeFileSync(join(node.socketDir, `.s.PGSQL.${node.port}.lock`), text);
      expect(node.isRunning()).toBe(false);
      expect(await node.adopt()).toBe(false);
      await node.start();
      expect(processState(process.pid)).toBeDefined();
    },
  );

  test('children that outlive their postmaster are cleared before a start', async () => {
    const node = cluster.primary;
    node.freeze();
    process.kill(node.pid ?? 0, 'SIGKILL');
    await expect.poll(() => node.isRunning()).toBe(false);
    expect(processesOf(node.dataDir, account).length).toBeGreaterThan(0);
    await node.start();
    expect(await node.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a frozen node keeps its connections and answers after the thaw', async () => {
    const node = cluster.primary;
    const client = await node.connect();
    onTestFinished(() => client.end());
    node.freeze();
    onTestFinished(() => node.thaw());
    expect(node.isFrozen()).toBe(true);
    expect((await cluster.status()).nodes[0]?.state).toBe('frozen');
    const answer = client.query('SELECT 1 AS one');
    expect(await Promise.race([answer, pause(200, 'silent')])).toBe('silent');
    node.thaw();
    expect((await answer).rows).toEqual([{ one: 1 }]);
  });

  test('a taken port gives one sentence with the remedy', async () => {
    const node = cluster.primary;
    await node.stop();
    const thief = createServer().listen(node.port, '127.0.0.1');
    await new Promise((resolve) => thief.once('listening', resolve));
    try {
      expect(await codeOf(node.start())).toBe('PORT_TAKEN');
    } finally {
      await new Promise((resolve) => thief.close(resolve));
    }
    await node.start();
  });

  test('a server that cannot start shows its last log lines', async () => {
    const node = cluster.primary;
    await node.stop();
    const auto = join(node.dataDir, 'postgresql.auto.conf');
    const kept = readFileSync(auto, 'utf8');
    writeFileSync(auto, `${kept}\nno_such_setting = 1\n`);
    await expect(node.start()).rejects.toThrow(/no_such_setting/);
    writeFileSync(auto, kept);
    await node.start();
  });

  test('destroy leaves no process and no file', async () => {
    const gone = await ephemeralCluster({ nodes: 2, pgBin: 'embedded' });
    const dirs = gone.nodes.map((node) => node.dataDir);
    gone.node(1).freeze();
    await gone.destroy();
    for (const dir of dirs) await expect.poll(() => processesOf(dir, account).length).toBe(0);
    expect(existsSync(gone.dir)).toBe(false);
    expect(existsSync(gone.socketDir)).toBe(false);
    await gone.destroy();
  });

  test('an ephemeral lab goes when its process is killed', async () => {
    const script = `
      import { ephemeralCluster } from ${JSON.stringify(join(import.meta.dirname, 'ephemeral.ts'))};
      const cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
      process.stdout.write(cluster.dir);
      setInterval(() => {}, 1000);`;
    const child = spawn(NODE, ['--input-type=module', '-e', script]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const dir = String(
      await new Promise((resolve, reject) => {
        child.stdout.once('data', resolve);
        child.once('exit', reject);
      }),
    );
    expect(clusterExists(dir)).toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => existsSync(dir), { timeout: 10_000 }).toBe(false);
    expect(processesOf(join(dir, 'data0'), account)).toEqual([]);
  });

  test('a half-made lab of a dead creator is replaced; a complete one is not', async () => {
    const dir = newDir();
    const [basePort = 0] = await freePorts(1);
    const options = { dir, basePort, nodes: 1, pgBin: 'embedded', fsync: false };
    const script = `
      import { createCluster } from ${JSON.stringify(join(import.meta.dirname, 'cluster.ts'))};
      await createCluster({ ...${JSON.stringify(options)}, onProgress: (step) => {
        if (step === 'starting the primary') setTimeout(() => process.kill(process.pid, 'SIGKILL'), 60);
      } });`;
    const made = spawnSync(NODE, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(made.signal).toBe('SIGKILL');
    expect(clusterExists(dir)).toBe(false);
    expect(await codeOf(openCluster(dir))).toBe('LAB_MISSING');
    const whole = await createCluster(options);
    expect(await codeOf(createCluster(options))).toBe('LAB_EXISTS');
    expect(await whole.primary.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('foreign data is never touched', async () => {
    const dir = newDir();
    mkdirSync(join(dir, 'data0'), { recursive: true });
    expect(await codeOf(createCluster({ dir, basePort: 20_000 }))).toBe('DIRECTORY_NOT_OURS');
    expect(readdirSync(dir)).toContain('data0');
  });

  test('a long path keeps its sockets in a short place', async () => {
    const dir = join(newDir(), 'x'.repeat(100));
    const [basePort = 0] = await freePorts(1);
    const long = await createCluster({ dir, basePort, nodes: 1, pgBin: 'embedded', fsync: false });
    try {
      expect(Buffer.byteLength(join(long.socketDir, '.s.PGSQL.65535'))).toBeLessThan(108);
      const database = `${long.socketDir}`;
      expect(await long.primary.query('SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: database }]);
    } finally {
      await long.destroy();
    }
    expect(existsSync(long.socketDir)).toBe(false);
  });

  test.runIf(account && (statSync(homedir()).mode & 0o001) === 0)(
    'as root below a private home: data goes where the account may enter, links stay',
    async () => {
      const dir = join(newDir(homedir()), 'lab');
      const [basePort = 0] = await freePorts(2);
      const away = await createCluster({ dir, basePort, nodes: 2, pgBin: 'embedded', fsync: false });
      try {
        expect(away.primary.dataDir.startsWith(dir)).toBe(false);
        expect(existsSync(join(dir, 'data1', 'PG_VERSION'))).toBe(true);
        await (await openCluster(dir)).waitStreaming();
      } finally {
        await away.destroy();
      }
      expect(existsSync(away.primary.dataDir)).toBe(false);
      expect(existsSync(dir)).toBe(false);
    },
  );
});

describe('pgherd lab', () => {
  async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    let out = '';
    let err = '';
    const programs = { pgpool: '/opt/pgpool', pgherd: '/opt/pgherd' };
    const io = {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (err += text) },
      programs,
    };
    const status = await labCommand(argv, io);
    return { status, out, err };
  }

  test('create, status, kill, start, stop, destroy', async () => {
    const dir = newDir();
    const [basePort = 0] = await freePorts(4);
    const made = await run('create', '--dir', dir, '--nodes', '2', '--base-port', `${basePort}`, '--no-fsync');
    expect([made.status, made.err.split('\n').at(-2)]).toEqual([0, 'ready']);
    expect((await run('status', '--dir', dir)).out).toMatch(
      /0 {3}127\.0\.0\.1:\d+ +primary +up\n1 .*standby +up +streaming/,
    );
    expect((await run('kill', '--dir', dir, '1')).out).toMatch(/^1 .* standby +down$/m);
    const status = await run('status', '--dir', dir, '--json');
    expect([status.status, JSON.parse(status.out).nodes[1].state]).toEqual([3, 'down']);
    expect((await run('start', '--dir', dir)).status).toBe(0);
    expect((await run('stop', '--dir', dir, '-m', 'fast')).status).toBe(0);
    expect((await run('create', '--dir', dir)).status).toBe(1);
    expect((await run('destroy', '--dir', dir)).status).toBe(0);
    expect(existsSync(dir)).toBe(false);
  });

  test('bad usage is explained with status 2', async () => {
    expect((await run('create', '--nodes', 'many')).err).toContain('--nodes needs a number');
    expect((await run('create', '--hosts', '10.0.0.1', '--nodes', '1')).err).toContain('stays on loopback');
    expect((await run('create', '--colour')).status).toBe(2);
    expect((await run('fly')).status).toBe(2);
    expect((await run()).status).toBe(2);
    expect((await run('create', '--help')).out).toContain('--base-port');
    expect((await run('kill', '--dir', tmpdir(), '0')).status).toBe(1);
  });

  test('the generated files are those of pgpool_setup, with secrets private', async () => {
    const cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
    try {
      const files = writeSetup(cluster, { port: 11_000, pcpPort: 11_001, pgpool: '/opt/pgpool', pgherd: "/opt/it's" });
      for (const file of [files.pgpoolConf, files.poolPasswd, files.pcpConf, files.pcppass]) {
        expect(statSync(file).mode & 0o777).toBe(0o600);
      }
      expect(readFileSync(files.pgpoolConf, 'utf8')).toContain(`backend_port0 = ${cluster.primary.port}`);
      expect(readFileSync(files.pcpConf, 'utf8')).toMatch(/^pgherd:[0-9a-f]{32}$/m);
      expect(readFileSync(files.nodeId, 'utf8')).toBe('0\n');
      for (const script of [files.startall, files.shutdownall, files.reload]) execFileSync('/bin/sh', ['-n', script]);
      const ports = execFileSync('/bin/sh', ['-c', `. ${cluster.dir}/bashrc.ports; echo $PGPOOL_PORT $PCPPASSFILE`]);
      expect(String(ports)).toBe(`11000 ${files.pcppass}\n`);
    } finally {
      await cluster.destroy();
    }
  });
});
