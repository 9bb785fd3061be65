/** A server or the way to it fails: what its clients see, that nothing is kept of it, and that all goes on afterwards. */
import { type Cluster, ephemeralCluster, TcpProxy } from '@pgherd/lab';
import { Backend, encodeQuery } from '@pgherd/wire';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../test-support/engine.ts';
import { describeFrames, RawClient, ServerError, type SignIn } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

let cluster: Cluster;
let network: TcpProxy;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
});

beforeEach(async () => {
  network = await TcpProxy.open(cluster.primary);
  const { secrets } = cluster;
  engine = await engineFor(cluster, {
    backends: [{ host: network.host, port: network.port }],
    settings: {
      num_init_children: 20,
      connect_timeout: 500,
      authentication_timeout: 1,
      sr_check_period: 1,
      health_check_period: 0,
      sr_check_user: secrets.probe.user,
      sr_check_password: secrets.probe.password,
    },
  });
});

afterEach(async () => {
  await engine?.stop('immediate');
  await network?.close();
});

afterAll(async () => {
  await cluster?.destroy();
});

const connect = (more: Partial<SignIn> = {}): Promise<RawClient> =>
  RawClient.signIn(engine.address, { user: 'app', database: 'app', ...more });

async function refusal(): Promise<string> {
  try {
    await (await connect()).end();
    return '';
  } catch (error) {
    if (error instanceof ServerError) return error.fields.sqlstate;
    throw error;
  }
}

/** Nobody is inside, nothing is open that is not idle. */
async function nothingLeft(): Promise<void> {
  await until(
    'all slots and links are given back',
    async () => {
      const status = await engine.status();
      const [facts] = status.workers;
      return status.clients === 0 && facts !== undefined && facts.linksTotal === facts.linksIdle;
    },
    15_000,
  );
}

describe('a server', () => {
  it('that is restarted leaves no dead link behind: the next client is served', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect()));
    for (const client of clients) await client.end();
    await nothingLeft();
    await cluster.primary.stop('fast');
    expect(await refusal()).toMatch(/^(08006|57P03)$/);
    await cluster.primary.start();
    await until('it serves', async () => (await refusal()) === '');
    for (let i = 0; i < 10; i++) {
      const client = await connect();
      expect(await client.value('SELECT 1')).toBe('1');
      await client.end();
    }
    await nothingLeft();
  });

  it('that is restarted while its links are idle, with nobody noticing in between, is used at once', async () => {
    const client = await connect();
    await client.end();
    await nothingLeft();
    await cluster.primary.stop('fast');
    await cluster.primary.start();
    const next = await connect();
    expect(await next.value('SELECT 1')).toBe('1');
    await next.end();
  });

  it('that shuts down says so to those who are inside', async () => {
    const idle = await connect();
    const busy = await connect();
    busy.send(encodeQuery('SELECT pg_sleep(60)'));
    await until('it runs', async () => {
      const sql =
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND pid <> pg_backend_pid()";
      return (await cluster.primary.query(sql)).length === 1;
    });
    await cluster.primary.stop('fast');
    for (const client of [idle, busy]) expect(describeFrames(await client.closed()).at(-1)).toBe('E:57P01');
    await cluster.primary.start();
    await nothingLeft();
  });

  it('that is killed ends its sessions and nobody else’s slot', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect()));
    for (const client of clients) client.send(encodeQuery('SELECT pg_sleep(60)'));
    cluster.primary.kill9();
    for (const client of clients) await client.closed();
    await cluster.primary.start();
    await until('it serves', async () => (await refusal()) === '');
    await nothingLeft();
  });

  it('that is in its starting phase is believed when it says so', async () => {
    await cluster.primary.stop('immediate');
    const starting = cluster.primary.start();
    const seen = new Set<string>();
    await until('it serves', async () => {
      seen.add(await refusal());
      return seen.has('');
    });
    await starting;
    for (const sqlstate of seen) expect(['', '08006', '57P03']).toContain(sqlstate);
  });
});

describe('the way to a server', () => {
  it('that refuses is said at once, and used again at once', async () => {
    await network.setMode('refuse');
    const startedMs = performance.now();
    expect(await refusal()).toBe('08006');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    await network.setMode('pass');
    expect(await refusal()).toBe('');
    await nothingLeft();
  });

  it('that swallows everything costs a client its limits and no more', async () => {
    await network.setMode('freeze');
    const attempts = Array.from({ length: 20 }, () => refusal());
    const startedMs = performance.now();
    for (const sqlstate of await Promise.all(attempts)) expect(sqlstate).toMatch(/^(08006|57014|57P03|53300)$/);
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    await network.setMode('pass');
    await until('it serves', async () => (await refusal()) === '');
    await nothingLeft();
  });

  it('that drops everything ends those who are inside', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect()));
    await network.setMode('drop');
    for (const client of clients) await client.closed();
    expect(await refusal()).toBe('08006');
    await network.setMode('pass');
    await until('it serves', async () => (await refusal()) === '');
    await nothingLeft();
  });

  it('that stands still for a while delays an answer, and no other client', async () => {
    const client = await connect();
    await network.setMode('freeze');
    const answer = client.query('SELECT 7', 20_000);
    // The proxy answers for itself meanwhile.
    const waiting = await RawClient.open(engine.address);
    waiting.destroy();
    await network.setMode('pass');
    expect((await answer).rows).toEqual([['7']]);
    await client.end();
  });

  it('a link that cannot be reset in time is not used again', async () => {
    const client = await connect();
    const pid = client.greeting?.pid;
    await network.setMode('freeze');
    await client.end();
    await network.setMode('pass');
    await nothingLeft();
    const next = await connect();
    expect(await next.value('SELECT 1')).toBe('1');
    expect(pid).toBeGreaterThan(0);
    await next.end();
  });

  it('that is slow changes no byte', async () => {
    await network.setMode({ kind: 'slow', delayMs: 1, bytesPerSecond: 400_000 });
    const client = await connect();
    client.send(encodeQuery("SELECT repeat('s', 100) FROM generate_series(1, 2000)"));
    const frames = await client.until(Backend.READY_FOR_QUERY, 20_000);
    expect(frames.filter(({ type }) => type === Backend.DATA_ROW)).toHaveLength(2_000);
    await client.end();
  });
});
