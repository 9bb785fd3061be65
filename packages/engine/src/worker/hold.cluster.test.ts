/** A worker while the primary changes: the test says what the herd looks like, the servers are real. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { Backend, decodeErrorFields, encodeQuery, encodeTerminate } from '@pgherd/wire';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RawClient, ServerError } from '../../test-support/raw-client.ts';
import { until } from '../../test-support/wait.ts';
import { WorkerHost } from '../../test-support/worker-host.ts';
import { type ClusterSnapshot, NO_HERD } from '../ipc.ts';

let cluster: Cluster;
let host: WorkerHost;
let clients: RawClient[];

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 2, pgBin: 'embedded' });
  await cluster.primary.query('CREATE TABLE t (a int)', { database: cluster.database });
  await cluster.primary.query('GRANT ALL ON t TO PUBLIC', { database: cluster.database });
});
afterAll(async () => {
  await cluster?.destroy();
});

function herd(primary: number | null, more: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  return {
    ...NO_HERD,
    epoch: 1,
    primary,
    ...more,
    nodes: cluster.nodes.map(({ host, port }, id) => ({
      ...{ id, host, port, weight: id, status: 'up' as const, lagBytes: 0, lagMs: 0, replayLsn: null },
      role: id === primary ? ('primary' as const) : ('standby' as const),
    })),
  };
}

function startHost(settings: Record<string, string | number | boolean> = {}): Promise<WorkerHost> {
  const { app } = cluster.secrets;
  return WorkerHost.start(
    {
      backends: cluster.nodes.map(({ host, port }) => ({ host, port })),
      passwd: `${app.user}:TEXT${app.password}\n`,
      settings: { backend_weight0: 0, backend_weight1: 1, log_min_messages: 'panic', ...settings },
    },
    herd(0),
  );
}

beforeEach(async () => {
  clients = [];
  host = await startHost();
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await host?.stop();
});

async function restart(settings: Record<string, string | number | boolean>): Promise<void> {
  await host.stop();
  host = await startHost(settings);
}

async function sign(): Promise<RawClient> {
  const { user, password } = cluster.secrets.app;
  const client = await RawClient.signIn(host, { user, password, database: cluster.database });
  clients.push(client);
  return client;
}

async function refusalOf(client: RawClient): Promise<string[]> {
  const errors = (await client.closed()).filter(({ type }) => type === Backend.ERROR_RESPONSE);
  return errors.map(({ body }) => decodeErrorFields(body)).map(({ sqlstate, message }) => `${sqlstate} ${message}`);
}

const inMs = (ms: number): number => Date.now() + ms;
const lost = (ms: number) => ({ kind: 'clients', untilMs: inMs(ms), reason: 'node 0 is lost' }) as const;
const holding = (ms = 20_000) => ({ kind: 'transactions', untilMs: inMs(ms), reason: 'node 1 takes over' }) as const;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a worker whose primary is fenced', () => {
  it('says at once that nothing goes there any more, and ends what was at work', async () => {
    const idle = await sign();
    await idle.query("SET work_mem = '7MB'");
    const writes = await sign();
    await writes.query('BEGIN');
    await writes.query('INSERT INTO t VALUES (1)');
    host.cluster({ epoch: 2, primary: null, hold: lost(10_000) });
    expect(host.of('fenced').at(-1)).toEqual({ t: 'fenced', epoch: 2 });
    expect(await refusalOf(writes)).toEqual(['57P01 terminating connection because node 0 is lost']);
    await until('the server has no session of ours', async () => {
      const count = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'app'";
      return (await cluster.primary.query<{ n: number }>(count))[0]?.n === 0;
    });
    // The same server is found to serve after all: the session goes on there.
    host.cluster(herd(0, { epoch: 2 }));
    expect(await idle.value('SHOW work_mem')).toBe('7MB');
    expect(await idle.value("INSERT INTO t VALUES (2) RETURNING 'done'")).toBe('done');
  });

  it('lets reads go on at the standby, and keeps who needs the primary waiting', async () => {
    const client = await sign();
    await client.query('SELECT count(*) FROM t');
    host.cluster({ epoch: 2, primary: null, hold: lost(20_000) });
    expect(await client.value('SELECT count(*) IS NOT NULL FROM t')).toBe('t');
    client.send(encodeQuery("INSERT INTO t VALUES (3) RETURNING 'written'"));
    const late = sign();
    expect(await client.more(client.received, 100)).toBe(false);
    host.cluster(herd(0, { epoch: 2 }));
    expect((await client.answer()).rows).toEqual([['written']]);
    expect(await (await late).value('SELECT 1')).toBe('1');
  });

  it('answers with 57P03 and the reason when that takes too long: the session stays, a new client is refused', async () => {
    const client = await sign();
    await client.query('SELECT 1');
    host.cluster({ epoch: 2, primary: null, hold: lost(300) });
    const late = sign().catch((error: unknown) => error);
    const { errors, status } = await client.query('INSERT INTO t VALUES (4)');
    expect(errors).toMatchObject([{ severity: 'ERROR', sqlstate: '57P03', message: 'node 0 is lost' }]);
    expect(status).toBe('I');
    expect(await late).toBeInstanceOf(ServerError);
    expect(((await late) as ServerError).fields).toMatchObject({ sqlstate: '57P03', message: 'node 0 is lost' });
    host.cluster(herd(0, { epoch: 2 }));
    expect(await client.value("INSERT INTO t VALUES (5) RETURNING 'written'")).toBe('written');
  });

  it('lets a client cancel a statement that waits, and go on', async () => {
    const client = await sign();
    await client.query('SELECT 1');
    host.cluster({ epoch: 2, primary: null, hold: lost(20_000) });
    client.send(encodeQuery('INSERT INTO t VALUES (11)'));
    await client.more(client.received, 50);
    await client.cancel(host);
    const { errors, status } = await client.answer();
    expect(errors).toMatchObject([{ sqlstate: '57014' }]);
    expect(status).toBe('I');
    client.send(encodeQuery("INSERT INTO t VALUES (12) RETURNING 'written'"));
    host.cluster(herd(0, { epoch: 2 }));
    expect((await client.answer()).rows).toEqual([['written']]);
    expect(await client.value('SELECT count(*) FROM t WHERE a = 11')).toBe('0');
  });

  it('takes no server for the primary that is on another timeline, in recovery, or of another system', async () => {
    const [facts] = await cluster.primary.query<{ system: string }>(
      'SELECT system_identifier::text AS system FROM pg_control_system()',
    );
    const system = facts?.system ?? '';
    const refused = async (more: Partial<ClusterSnapshot>): Promise<string> => {
      host.cluster({ ...herd(0), epoch: 2, ...more });
      try {
        const client = await sign();
        await client.end();
        return '';
      } catch (error) {
        return (error as ServerError).fields.message;
      }
    };
    expect(await refused({ epoch: 2, timeline: 2, systemIdentifier: system })).toContain('timeline 1 instead of 2');
    expect(host.of('suspect').at(-1)?.reason).toContain('timeline 1 instead of 2');
    expect(await refused({ epoch: 3, timeline: 1, systemIdentifier: '7' })).toContain('another system');
    expect(await refused({ ...herd(1), epoch: 4, timeline: 1 })).toContain('in recovery');
    expect(await refused({ epoch: 5, timeline: 1, systemIdentifier: system })).toBe('');
  });
});

describe('a server that crashes and comes back', () => {
  it('keeps the idle sessions of which all is known, and ends what was at work', async () => {
    const idle = await sign();
    await idle.query("SET work_mem = '6MB'");
    const writes = await sign();
    await writes.query('BEGIN');
    await writes.query('INSERT INTO t VALUES (13)');
    const [crashing] = await cluster.primary.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'",
    );
    process.kill(crashing?.pid ?? 0, 'SIGKILL');
    expect((await refusalOf(writes)).at(-1)).toMatch(/^57P0[12] /);
    expect(await idle.value('SHOW work_mem', 20_000)).toBe('6MB');
    expect(await idle.value('SELECT count(*) FROM t WHERE a = 13')).toBe('0');
  });
});

describe('a worker that holds transactions', () => {
  it('lets the open one end, tells how many there are, begins none, and goes on where it was', async () => {
    const open = await sign();
    await open.query('BEGIN');
    const idle = await sign();
    await idle.query("SET application_name = 'idle'");
    host.cluster({ hold: holding() });
    expect(host.of('held')).toEqual([{ t: 'held', epoch: 1, open: 1 }]);
    idle.send(encodeQuery("INSERT INTO t VALUES (6) RETURNING 'after'"));
    await open.query('INSERT INTO t VALUES (7)');
    open.send(encodeQuery('COMMIT'), encodeQuery("INSERT INTO t VALUES (8) RETURNING 'next'"));
    expect((await open.answer()).tags).toEqual(['COMMIT']);
    await until('it is drained', () => host.of('held').at(-1)?.open === 0);
    expect([open.waiting, idle.waiting]).toEqual([0, 0]);
    host.cluster({ hold: null });
    expect((await open.answer()).rows).toEqual([['next']]);
    expect((await idle.answer()).rows).toEqual([['after']]);
  });

  it('reads at standbys go on', async () => {
    const client = await sign();
    await client.query('SELECT count(*) FROM t');
    host.cluster({ hold: holding() });
    expect(await client.value('SELECT count(*) IS NOT NULL FROM t')).toBe('t');
    host.cluster({ hold: null });
  });

  it('what waited runs in the next epoch, and was never sent before', async () => {
    const client = await sign();
    await client.query("SET work_mem = '5MB'");
    host.cluster({ hold: holding() });
    client.send(encodeQuery("INSERT INTO t VALUES (9) RETURNING current_setting('work_mem')"));
    host.cluster({ epoch: 2, primary: null });
    host.cluster({ ...herd(0), epoch: 2, hold: null });
    expect((await client.answer()).rows).toEqual([['5MB']]);
  });

  it('ends what does not end by itself when it is told to', async () => {
    const open = await sign();
    await open.query('BEGIN');
    const idle = await sign();
    host.cluster({ hold: holding() });
    host.cut('it took too long');
    expect(await refusalOf(open)).toEqual(['57P01 it took too long']);
    await until('it is drained', () => host.of('held').at(-1)?.open === 0);
    host.cluster({ hold: null });
    expect(await idle.value('SELECT 1')).toBe('1');
  });

  it('does the same for sessions whose statements are not read', async () => {
    await restart({ backend_clustering_mode: 'raw', load_balance_mode: false });
    const open = await sign();
    await open.query('BEGIN');
    const idle = await sign();
    host.cluster({ hold: holding() });
    expect(host.of('held')).toEqual([{ t: 'held', epoch: 1, open: 1 }]);
    idle.send(encodeQuery("SELECT 'after'"));
    await open.query('COMMIT');
    await until('it is drained', () => host.of('held').at(-1)?.open === 0);
    open.send(encodeQuery("SELECT 'next'"));
    expect(await open.more(open.received, 100)).toBe(false);
    expect(idle.waiting).toBe(0);
    host.cluster({ hold: null });
    expect((await open.answer()).rows).toEqual([['next']]);
    expect((await idle.answer()).rows).toEqual([['after']]);
    // When the primary goes, nobody knows what they left there.
    host.cluster({ epoch: 2, primary: null, hold: lost(5_000) });
    expect(await refusalOf(idle)).toEqual(['57P01 terminating connection because node 0 is lost']);
  });

  it('holds nobody longer than it says', async () => {
    await restart({ backend_clustering_mode: 'raw', load_balance_mode: false });
    const client = await sign();
    host.cluster({ hold: holding(200) });
    const { errors, status } = await client.query('SELECT 1');
    expect(errors).toMatchObject([{ sqlstate: '57P03', message: 'node 1 takes over' }]);
    expect(status).toBe('I');
    host.cluster({ hold: null });
    expect(await client.value('SELECT 1')).toBe('1');
  });

  it('a client that leaves while it waits leaves nothing behind', async () => {
    const client = await sign();
    host.cluster({ hold: holding() });
    client.send(encodeQuery('INSERT INTO t VALUES (10)'), encodeTerminate());
    await nextTurn();
    client.destroy();
    await until('its slot is free', () => host.of('ended').length > 0);
    host.cluster({ hold: null });
    expect(await (await sign()).value('SELECT count(*) FROM t WHERE a = 10')).toBe('0');
  });
});
