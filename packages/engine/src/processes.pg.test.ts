/** Supervisor and workers: who gets in, what ends by itself, what a lost process takes along, reload and stop. */
import fs from 'node:fs';
import path from 'node:path';
import { type Cluster, ephemeralCluster, portIsFree } from '@pgherd/lab';
import { encodeQuery } from '@pgherd/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Engine, type EngineOptions, engineFor } from '../test-support/engine.ts';
import { env } from '../test-support/env.ts';
import { isAlive } from '../test-support/processes.ts';
import { ClosedError, describeFrames, RawClient, ServerError, type SignIn } from '../test-support/raw-client.ts';
import { until, within } from '../test-support/wait.ts';

let cluster: Cluster;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
});

afterEach(async () => {
  await engine?.stop('immediate');
});

afterAll(async () => {
  await cluster?.destroy();
});

async function start(settings: NonNullable<EngineOptions['settings']>, more: Partial<EngineOptions> = {}) {
  engine = await engineFor(cluster, { ...more, settings: { worker_processes: 2, ...settings } });
  return engine;
}

function connect(more: Partial<SignIn> = {}): Promise<RawClient> {
  return RawClient.signIn(engine.address, { user: 'app', database: 'app', ...more });
}

const pidOf = (client: RawClient): number => client.greeting?.pid ?? 0;

async function backends(where = 'true'): Promise<number> {
  const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'app' AND ${where}`;
  const [row] = await cluster.primary.query<{ n: number }>(sql);
  return row?.n ?? 0;
}

/** Until all workers take clients: before that the first one gets them all. */
async function allWorkers(): Promise<void> {
  await until('all workers are ready', async () => (await engine.status()).workers.length === 2);
}

/** The SQLSTATE of a refused sign-in; '' for one that succeeded. */
async function verdict(more: Partial<SignIn> = {}): Promise<string> {
  try {
    const client = await connect(more);
    await client.end();
    return '';
  } catch (error) {
    if (error instanceof ServerError) return error.fields.sqlstate;
    if (error instanceof ClosedError) return 'closed';
    throw error;
  }
}

describe('num_init_children', () => {
  it('lets in exactly so many, queues exactly so many more, in order, and refuses the rest with 53300', async () => {
    await start({ num_init_children: 3, listen_backlog_multiplier: 1 });
    const inside = [await connect(), await connect(), await connect()];
    const order: number[] = [];
    const waiting: Promise<RawClient>[] = [];
    for (let n = 0; n < 3; n++) {
      waiting.push(
        connect().then((client) => {
          order.push(n);
          return client;
        }),
      );
      await until('it waits', async () => (await engine.status()).clientsWaiting === n + 1);
    }
    const refusal = await connect().catch((error: Error) => error);
    expect(String(refusal)).toContain('FATAL 53300: Sorry, too many clients already');
    expect(await engine.status()).toMatchObject({ clients: 3, clientsWaiting: 3, clientsRefused: 1 });
    for (const [n, client] of inside.entries()) {
      await client.end();
      const next = await (waiting[n] as Promise<RawClient>);
      expect(await next.value('SELECT 1')).toBe('1');
    }
    expect(order).toEqual([0, 1, 2]);
    for (const client of waiting) await (await client).end();
    await until('all slots are free', async () => (await engine.status()).clients === 0);
  });

  it('one that gives up waiting leaves no trace', async () => {
    await start({ num_init_children: 2, listen_backlog_multiplier: 1 });
    const inside = [await connect(), await connect()];
    const impatient = await RawClient.open(engine.address);
    impatient.send(startup());
    const patient = connect();
    await until('both wait', async () => (await engine.status()).clientsWaiting === 2);
    impatient.reset();
    await until('one waits', async () => (await engine.status()).clientsWaiting === 1);
    await inside[0]?.end();
    expect(await (await patient).value('SELECT 1')).toBe('1');
    await (await patient).end();
    await inside[1]?.end();
  });

  it('waiting for a slot is not sign-in: authentication_timeout does not end it', async () => {
    await start({ num_init_children: 1, worker_processes: 1, authentication_timeout: 1 });
    const inside = await connect();
    const waiting = connect();
    await until('it waits', async () => (await engine.status()).clientsWaiting === 1);
    const silent = await RawClient.open(engine.address);
    await silent.closed(3_000); // by now the one that waits would have been ended too
    await inside.end();
    expect(await (await waiting).value('SELECT 1')).toBe('1');
    await (await waiting).end();
  });

  it('reserved_connections refuses beyond the rest at once, and exactly', async () => {
    await start({ num_init_children: 4, reserved_connections: 1 });
    const results = await Promise.all(
      Array.from({ length: 20 }, () => connect().catch((error: Error) => String(error))),
    );
    const inside = results.filter((result): result is RawClient => result instanceof RawClient);
    expect(inside).toHaveLength(3);
    for (const refused of results.filter((result) => typeof result === 'string')) expect(refused).toContain('53300');
    await inside[0]?.end();
    await until('there is room', async () => (await engine.status()).clients === 2);
    expect(await verdict()).toBe('');
    for (const client of inside.slice(1)) await client.end();
  });

  it('a cancel request needs no slot', async () => {
    await start({ num_init_children: 2, listen_backlog_multiplier: 1, worker_processes: 2 });
    const clients = [await connect(), await connect()];
    for (const client of clients) {
      const sleeping = client.query('SELECT pg_sleep(60)');
      await until('it runs', async () => (await backends(`pid = ${pidOf(client)} AND state = 'active'`)) === 1);
      await within('the cancel request', 3_000, client.cancel(engine.address));
      expect((await sleeping).errors.map((error) => error.sqlstate)).toEqual(['57014']);
    }
    for (const client of clients) await client.end();
  });

  const STORM = env.soak ? 5_000 : 600;

  it('a storm of clients never has more sessions than slots, and all are served', async () => {
    const slots = 8;
    await start({ num_init_children: slots, listen_backlog_multiplier: 1_000, authentication_timeout: 0 });
    let over = 0;
    let running = true;
    const watching = (async () => {
      while (running) {
        if ((await backends()) > slots) over++;
        if ((await engine.status()).clients > slots) over++;
      }
    })();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const served = await Promise.all(
      Array.from({ length: STORM }, async (_, n) => {
        const client = await connect({
          params: { application_name: names[n % names.length] as string },
          timeoutMs: 60_000,
        });
        const value = await client.value(`SELECT '${n}'`, 60_000);
        await client.end();
        return value === String(n);
      }),
    );
    running = false;
    await watching;
    expect(served.every(Boolean)).toBe(true);
    expect(over).toBe(0);
  }, 60_000);
});

const startup = (): Buffer => {
  const body = Buffer.from('\0\x03\0\0user\0app\0database\0app\0\0', 'latin1');
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeUInt32BE(bytes.length);
  body.copy(bytes, 4);
  return bytes;
};

describe('what ends by itself', () => {
  it('client_idle_limit ends a session that is idle for so long, in a transaction too, and no other', async () => {
    await start({ client_idle_limit: 1, worker_processes: 1 });
    const idle = await connect();
    const inTransaction = await connect();
    await inTransaction.query('BEGIN');
    const busy = await connect();
    const sleeping = busy.query('SELECT pg_sleep(3)');
    const startedMs = performance.now();
    for (const client of [idle, inTransaction]) expect(describeFrames(await client.closed(5_000))).toEqual(['E:57P05']);
    expect(performance.now() - startedMs).toBeGreaterThan(900);
    expect((await sleeping).errors).toEqual([]);
    busy.destroy();
  });

  it('connection_life_time closes a link that nobody used for so long', async () => {
    await start({ connection_life_time: 1, worker_processes: 1 });
    const client = await connect();
    const pid = pidOf(client);
    await client.end();
    await until('it is idle', async () => (await backends(`pid = ${pid} AND state = 'idle'`)) === 1);
    await until('it is gone', async () => (await backends(`pid = ${pid}`)) === 0, 5_000);
    expect(await verdict()).toBe('');
  });

  it.each([
    ['connection_cache = off', { connection_cache: false }],
    ['max_pool = 0', { max_pool: 0 }],
  ])('%s keeps no link', async (_name, settings) => {
    await start({ ...settings, worker_processes: 1 });
    const client = await connect();
    await client.end();
    await until('its backend is gone', async () => (await backends()) === 0);
  });

  it('authentication_timeout ends a connection that does not sign in', async () => {
    await start({ authentication_timeout: 1, worker_processes: 1 });
    const silent = await RawClient.open(engine.address);
    const halfway = await RawClient.open(engine.address);
    halfway.send(startup().subarray(0, 10));
    for (const client of [silent, halfway]) {
      const frames = await client.closed(3_000);
      expect(['', 'E:57014']).toContain(describeFrames(frames).join());
    }
  });
});

describe('several workers', () => {
  it('share the clients evenly', async () => {
    await start({ num_init_children: 20 });
    await allWorkers();
    const clients = [];
    for (let n = 0; n < 10; n++) clients.push(await connect());
    await until(
      'both have five',
      async () => (await engine.status()).workers.map(({ sessions }) => sessions).join() === '5,5',
    );
    for (const client of clients) await client.end();
  });

  it('a cancel request finds its session whichever worker got it', async () => {
    await start({ num_init_children: 20 });
    await allWorkers();
    const clients = await Promise.all(Array.from({ length: 8 }, () => connect()));
    const answers = clients.map((client) => client.query('SELECT pg_sleep(60)'));
    await until('all run', async () => (await backends("state = 'active'")) === 8);
    for (const [n, client] of clients.entries()) {
      await client.cancel(engine.address);
      expect((await (answers[n] as (typeof answers)[number])).errors.map(({ sqlstate }) => sqlstate)).toEqual([
        '57014',
      ]);
      expect(await backends("state = 'active'")).toBe(7 - n);
    }
    for (const client of clients) await client.end();
  });

  it('DROP DATABASE closes the idle links of all of them', async () => {
    await start({ num_init_children: 20 });
    await allWorkers();
    const admin = await connect({ user: 'postgres', database: 'postgres' });
    await admin.query('CREATE DATABASE doomed');
    const visitors = await Promise.all(
      Array.from({ length: 6 }, () => connect({ user: 'postgres', database: 'doomed' })),
    );
    for (const visitor of visitors) await visitor.end();
    expect((await admin.query('DROP DATABASE doomed')).errors).toEqual([]);
    await admin.end();
  });

  it('their links to a server stay within num_init_children, whoever needs them', async () => {
    await start({ num_init_children: 6, max_pool: 1 });
    for (let round = 0; round < 5; round++) {
      const clients = await Promise.all(
        Array.from({ length: 6 }, (_, n) => connect({ params: { application_name: `${round}-${n}` } })),
      );
      expect(await backends()).toBeLessThanOrEqual(6);
      await Promise.all(clients.map((client) => client.end()));
      expect(await backends()).toBeLessThanOrEqual(6);
    }
  });

  it('a killed one takes only its own sessions along, and is replaced', async () => {
    await start({ num_init_children: 6 });
    await allWorkers();
    const clients = await Promise.all(Array.from({ length: 6 }, () => connect()));
    const [victim = 0, other] = engine.workerPids();
    process.kill(victim, 'SIGKILL');
    await until('three are gone', () => clients.filter((client) => client.isClosed).length === 3);
    const left = clients.filter((client) => !client.isClosed);
    for (const client of left) expect(await client.value('SELECT 1')).toBe('1');
    await until('it is replaced', () => engine.workerPids().length === 2 && !engine.workerPids().includes(victim));
    expect(engine.workerPids()).toContain(other);
    const more = await Promise.all(Array.from({ length: 3 }, () => connect()));
    expect(await engine.status()).toMatchObject({ clients: 6, supervisor: { workersReplaced: 1 } });
    expect(engine.logText()).toMatch(/WARNING: {2}child process with pid: \d+ exits with signal SIGKILL/);
    for (const client of [...left, ...more]) await client.end();
  });

  it('clients that come while the only one is replaced wait a moment and are served', async () => {
    await start({ worker_processes: 1 });
    const [victim = 0] = engine.workerPids();
    process.kill(victim, 'SIGKILL');
    await until('the supervisor knows', () => engine.logText().includes('SIGKILL'));
    expect(await (await connect()).value('SELECT 1')).toBe('1');
  });

  it('none outlives a killed supervisor', async () => {
    await start({ num_init_children: 6 });
    const client = await connect();
    const workers = engine.workerPids();
    engine.signal('SIGKILL');
    await client.closed();
    await until('they are gone', () => !workers.some(isAlive));
    await until('the port is free', () => portIsFree(engine.port));
    await until('their backends are gone', async () => (await backends()) === 0);
    await engine.ended();
  });
});

describe('reload', () => {
  it('by SIGHUP takes effect within a second and no client notices', async () => {
    await start({ num_init_children: 64 });
    const clients = await Promise.all(Array.from({ length: 30 }, () => connect()));
    for (const client of clients) await client.query("BEGIN; SET LOCAL work_mem = '3MB'");
    // The best of three: a busy machine may take longer once.
    const tookMs: number[] = [];
    for (const [rule, expected] of [
      ['reject', '28000'],
      ['trust', ''],
      ['reject', '28000'],
    ]) {
      engine.write('pool_hba.conf', `host all app 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 ${rule}\n`);
      const startedMs = performance.now();
      engine.signal('SIGHUP');
      await until('it is in effect', async () => (await verdict({ user: 'postgres' })) === expected);
      tookMs.push(performance.now() - startedMs);
    }
    expect(Math.min(...tookMs)).toBeLessThan(1_000);
    for (const client of clients) expect(await client.value('SHOW work_mem')).toBe('3MB');
    expect(await verdict()).toBe('');
    for (const client of clients) await client.end();
  });

  it('takes pool_passwd, pool_hba.conf and reset_query_list', async () => {
    await start({ worker_processes: 1 });
    engine.write('pool_hba.conf', 'host all app 127.0.0.1/32 md5\n');
    expect(await engine.reload()).toMatchObject({ ok: true });
    const { app } = cluster.secrets;
    expect(await verdict({ password: app.password })).toBe('');
    expect(await verdict({ password: 'wrong' })).toBe('28P01');
    engine.write('pool_passwd', 'app:TEXTnot it\n');
    expect(await engine.reload()).toMatchObject({ ok: true });
    expect(await verdict({ password: app.password })).toBe('28P01');
    engine.write('pool_passwd', `app:TEXT${app.password}\n`);
    engine.write('pool_hba.conf', 'host all all 127.0.0.1/32 trust\n');
    engine.configure({ reset_query_list: 'ABORT; SET work_mem = 4321' });
    expect(await engine.reload()).toMatchObject({ ok: true, changed: ['reset_query_list'] });
    const first = await connect();
    await first.end();
    const second = await until('the same link', async () => {
      const client = await connect();
      return pidOf(client) === pidOf(first) ? client : null;
    });
    expect(await second.value('SHOW work_mem')).toBe('4321kB');
    await second.end();
  });

  it('two at once are one after the other: the second one counts', async () => {
    await start({ worker_processes: 1 });
    engine.configure({ client_idle_limit: 77 });
    const first = engine.reload();
    engine.configure({ client_idle_limit: 78 });
    const second = engine.reload();
    expect([(await first).ok, (await second).ok]).toEqual([true, true]);
    const client = await connect();
    expect(await client.value('PGPOOL SHOW client_idle_limit')).toBe('78s');
    await client.end();
  });

  it('without a statement that would end it, no open transaction is handed on', async () => {
    await start({ worker_processes: 1, reset_query_list: '' });
    const first = await connect();
    await first.query('BEGIN');
    await first.end();
    await until('its connection is closed', async () => (await backends()) === 0);
    const second = await connect();
    expect(await second.value('SELECT now() = statement_timestamp()')).toBe('t');
    await second.end();
  });

  const BROKEN: [string, (engine: Engine) => void, RegExp][] = [
    ['a bad value', (broken) => broken.configure({ client_idle_limit: 'soon' }), /pgpool\.conf.*client_idle_limit/],
    [
      'a line that is none',
      (broken) => fs.appendFileSync(path.join(broken.directory, 'pgpool.conf'), 'what is this\n'),
      /pgpool\.conf/,
    ],
    ['a bad pool_hba.conf', (broken) => broken.write('pool_hba.conf', 'host all all nonsense\n'), /pool_hba\.conf/],
    [
      'an unknown method',
      (broken) => broken.write('pool_hba.conf', 'host all all 127.0.0.1/32 telepathy\n'),
      /pool_hba\.conf.*telepathy/,
    ],
    ['no pool_hba.conf', (broken) => fs.rmSync(path.join(broken.directory, 'pool_hba.conf')), /pool_hba\.conf/],
    ['something that is not built', (broken) => broken.configure({ use_watchdog: true }), /use_watchdog/],
  ];

  it.each(BROKEN)('with %s changes nothing and says where it is wrong', async (_name, break_, said) => {
    await start({ worker_processes: 1, client_idle_limit: 0 });
    const before = await engine.status();
    engine.configure({ reset_query_list: 'ABORT; SET work_mem = 4321' });
    engine.write('pool_passwd', 'app:TEXTnot it\n');
    break_(engine);
    const report = await engine.reload();
    expect(report.ok).toBe(false);
    expect(report.errors.join('\n')).toMatch(said);
    expect(report.errors.join('\n')).not.toContain('not it');
    engine.signal('SIGHUP');
    await until(
      'the log says so',
      () => engine.logText().match(/configuration not reloaded/g)?.length === 2 * report.errors.length,
    );
    const client = await connect();
    expect(await client.value('SHOW work_mem')).toBe('4MB');
    await client.end();
    expect((await engine.status()).configurationId).toBeGreaterThanOrEqual(before.configurationId);
    expect(await verdict()).toBe('');
  });

  it('again and again, good and broken, under load: every statement is answered', async () => {
    await start({ num_init_children: 40 });
    let running = true;
    const load = Array.from({ length: 6 }, async (_, n) => {
      let done = 0;
      while (running) {
        const client = await connect();
        for (let i = 0; i < 5; i++, done++) expect(await client.value(`SELECT '${n}-${i}'`)).toBe(`${n}-${i}`);
        await client.end();
      }
      return done;
    });
    for (let n = 0; n < 12; n++) {
      engine.configure({ client_idle_limit: n % 3 === 2 ? 'broken' : 100 + n });
      const report = await engine.reload();
      expect(report.ok).toBe(n % 3 !== 2);
      expect(report.tookMs).toBeLessThan(1_000);
    }
    running = false;
    for (const done of await Promise.all(load)) expect(done).toBeGreaterThan(0);
  });
});

describe('stop', () => {
  it.each([['SIGTERM'], ['smart']] as const)('%s waits for the clients to leave', async (how) => {
    await start({});
    const client = await connect();
    if (how === 'SIGTERM') engine.signal('SIGTERM');
    else void engine.stop('smart');
    await until('the listener is closed', () => portIsFree(engine.port));
    expect(await client.value('SELECT 1')).toBe('1');
    expect(engine.running).toBe(true);
    await client.end();
    await engine.ended();
    await until('its backends are gone', async () => (await backends()) === 0);
  });

  it.each([['SIGINT'], ['SIGQUIT']] as const)('%s ends the sessions with 57P01', async (signal) => {
    await start({});
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect()));
    clients[0]?.send(encodeQuery('SELECT pg_sleep(60)'));
    await until('it runs', async () => (await backends("state = 'active'")) === 1);
    const { directory } = engine;
    const startedMs = performance.now();
    engine.signal(signal);
    for (const client of clients) expect(describeFrames(await client.closed())).toEqual(['E:57P01']);
    await engine.ended();
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(fs.readdirSync(directory).filter((name) => /PGSQL|pid/.test(name))).toEqual([]);
    await cluster.primary.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()",
    );
    await until('its backends are gone', async () => (await backends()) === 0);
  });

  it('SIGINT after SIGTERM makes it fast', async () => {
    await start({});
    const client = await connect();
    engine.signal('SIGTERM');
    await until('the listener is closed', () => portIsFree(engine.port));
    engine.signal('SIGINT');
    expect(describeFrames(await client.closed())).toEqual(['E:57P01']);
    await engine.ended();
  });

  it('ends one who waits for a slot', async () => {
    await start({ num_init_children: 1, worker_processes: 1 });
    await connect();
    const waiting = connect().catch((error: Error) => String(error));
    await until('it waits', async () => (await engine.status()).clientsWaiting === 1);
    await engine.stop('fast');
    expect(await waiting).toMatch(/57P01|closed/);
  });
});

describe('start', () => {
  it('is refused with one sentence where it cannot be, and leaves nothing', async () => {
    await start({});
    const port = engine.port;
    const failure = await engineFor(cluster, { settings: { port } }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(failure).toContain(`Port ${port} is already in use`);
    const pidFile = path.join(engine.directory, 'pgherd.pid');
    const second = await engineFor(cluster, { settings: { pid_file_name: pidFile } }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(second).toContain('names the running process');
    expect(await verdict()).toBe('');
  });

  it('replaces the socket and the pid file that a killed one left', async () => {
    await start({});
    const files = {
      pid_file_name: path.join(engine.directory, 'pgherd.pid'),
      unix_socket_directories: engine.directory,
    };
    const { port } = engine;
    engine.signal('SIGKILL');
    await engine.ended();
    const again = await engineFor(cluster, { settings: { ...files, port } });
    try {
      const client = await RawClient.signIn({ path: engine.socketPath }, { user: 'app', database: 'app' });
      await client.end();
    } finally {
      await again.stop();
    }
  });

  it('Engine.start reports a configuration that cannot be used', async () => {
    await expect(Engine.start({ backends: [{ host: '127.0.0.1', port: 1 }] })).rejects.toThrow(/backend_port0/);
  });
});

describe('a peer that vanishes', () => {
  it.runIf(process.platform === 'linux')('is looked after by keepalive, on both sides', async () => {
    await start({ worker_processes: 1 });
    const client = await connect();
    const timers = (port: number): string[] =>
      fs
        .readFileSync('/proc/net/tcp', 'latin1')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter((words) => words[3] === '01' && [words[1], words[2]].some((end) => end?.endsWith(hex(port))))
        .map((words) => (words[5] ?? '').slice(0, 2));
    const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    // 02: a keepalive timer runs
    await until('the proxy keeps an eye on its client', () => timers(engine.port).includes('02'));
    await until('and on its server', () => timers(cluster.primary.port).includes('02'));
    await client.end();
  });
});
