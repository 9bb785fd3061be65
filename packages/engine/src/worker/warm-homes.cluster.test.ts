/** Connections that were opened to a standby ahead of its promotion, and the sessions that go on with them. */
import { type Cluster, ephemeralCluster, type PostgresNode } from '@pgherd/lab';
import { encodeQuery } from '@pgherd/wire';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RawClient } from '../../test-support/raw-client.ts';
import { until } from '../../test-support/wait.ts';
import { WorkerHost } from '../../test-support/worker-host.ts';
import { type ClusterSnapshot, NO_HERD, type WorkerSlots } from '../ipc.ts';

const SLOTS = { about: 'slots', viewer: null, statements: false } as const;

let cluster: Cluster;
let host: WorkerHost;
let clients: RawClient[];
let system: string;

beforeEach(async () => {
  clients = [];
  cluster = await ephemeralCluster({ nodes: 2, pgBin: 'embedded' });
  await cluster.primary.query('CREATE TABLE t (a int)', { database: cluster.database });
  await cluster.primary.query('GRANT ALL ON t TO PUBLIC', { database: cluster.database });
  const [facts] = await cluster.primary.query<{ system: string }>(
    'SELECT system_identifier::text AS system FROM pg_control_system()',
  );
  system = facts?.system ?? '';
  const { app } = cluster.secrets;
  host = await WorkerHost.start(
    {
      backends: cluster.nodes.map(({ host, port }) => ({ host, port })),
      passwd: `${app.user}:TEXT${app.password}\n`,
      settings: { backend_weight0: 1, backend_weight1: 0, log_min_messages: 'panic' },
    },
    herd(0, { timeline: 1 }),
  );
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await host?.stop();
  await cluster?.destroy();
});

function herd(primary: number | null, more: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  return {
    ...NO_HERD,
    epoch: 1,
    primary,
    systemIdentifier: system,
    ...more,
    nodes: cluster.nodes.map(({ host, port }, id) => ({
      ...{ id, host, port, weight: 1 - id, status: 'up' as const, lagBytes: 0, lagMs: 0, replayLsn: null },
      role: id === primary ? ('primary' as const) : ('standby' as const),
    })),
  };
}

async function sign(): Promise<RawClient> {
  const { user, password } = cluster.secrets.app;
  const client = await RawClient.signIn(host, { user, password, database: cluster.database });
  clients.push(client);
  return client;
}

const next = (): PostgresNode => cluster.nodes[1] as PostgresNode;
const warm = (): Promise<{ links: number }> => host.ask({ about: 'warm', node: 1, limitMs: 3_000 });

async function pidsAtNext(): Promise<string[]> {
  const sql = "SELECT pid::text AS pid FROM pg_stat_activity WHERE usename = 'app' ORDER BY backend_start";
  return (await next().query<{ pid: string }>(sql)).map(({ pid }) => pid);
}

/** Held, fenced, promoted, released. */
async function switchOver(timeline = 2): Promise<void> {
  const hold = { kind: 'transactions', untilMs: Date.now() + 20_000, reason: 'node 1 takes over' } as const;
  host.cluster({ hold });
  host.cluster({ ...herd(null), epoch: 2, hold });
  await next().promote();
  host.cluster({ ...herd(1, { timeline }), epoch: 2, hold });
  host.cluster({ hold: null });
}

it('a session goes on with one that was opened before the promotion, as with a fresh one', async () => {
  const client = await sign();
  await client.query("SET work_mem = '5MB'");
  await client.query('INSERT INTO t VALUES (1)');
  expect(await warm()).toEqual({ links: 1 });
  const [pid] = await pidsAtNext();
  await switchOver();
  client.send(encodeQuery("INSERT INTO t VALUES (2) RETURNING pg_backend_pid(), current_setting('work_mem')"));
  const { rows, frames } = await client.answer();
  expect(rows).toEqual([[pid, '5MB']]);
  expect(frames.map(({ body }) => body.toString('latin1'))).not.toContain('in_hot_standby\0on\0');
  for (const name of ['in_hot_standby', 'transaction_read_only', 'default_transaction_read_only']) {
    expect(await client.value(`SHOW ${name}`)).toBe('off');
  }
  // The next client of this connection is greeted as by a primary.
  await client.end();
  await until('it is idle', async () => (await host.ask<WorkerSlots>(SLOTS)).idle.some((idle) => idle.node === 1));
  const later = await sign();
  expect(await later.value('SELECT pg_backend_pid()')).toBe(pid);
  expect(later.greeting?.parameters.get('in_hot_standby')).toBe('off');
});

it('one whose server is not the primary that is meant is not used', async () => {
  const client = await sign();
  await client.query('INSERT INTO t VALUES (1)');
  expect(await warm()).toEqual({ links: 1 });
  const [pid] = await pidsAtNext();
  await switchOver(7);
  client.send(encodeQuery('INSERT INTO t VALUES (3)'));
  await until('it is closed', async () => !(await pidsAtNext()).includes(pid ?? ''));
  expect(await client.more(client.received, 50)).toBe(false);
  host.cluster({ ...herd(1, { timeline: 2 }), epoch: 3 });
  expect((await client.answer()).tags).toEqual(['INSERT 0 1']);
});

it('they are opened for those at work only, within the lease, and closed when there is no switchover', async () => {
  const working = await Promise.all([sign(), sign(), sign()]);
  const tied = await sign();
  for (const client of working) await client.query('INSERT INTO t VALUES (1)');
  await tied.query('CREATE TEMP TABLE own (a int)');
  expect(await warm()).toEqual({ links: 3 });
  expect(await pidsAtNext()).toHaveLength(3);
  host.cool();
  await until('they are closed', async () => (await pidsAtNext()).length === 0);
  expect(await working[0]?.value("INSERT INTO t VALUES (2) RETURNING 'here'")).toBe('here');
});

it('says when no session waits for the primary any more', async () => {
  const client = await sign();
  await client.query('INSERT INTO t VALUES (1)');
  expect(await host.ask({ about: 'housed', limitMs: 5_000 })).toEqual({ left: 0 });
  host.cluster({
    ...herd(null),
    epoch: 2,
    hold: { kind: 'clients', untilMs: Date.now() + 20_000, reason: 'it changes' },
  });
  client.send(encodeQuery('INSERT INTO t VALUES (2)'));
  await until('it waits', async () => (await host.ask<{ left: number }>({ about: 'housed', limitMs: 1 })).left === 1);
  const housed = host.ask({ about: 'housed', limitMs: 20_000 });
  host.cluster({ ...herd(0, { timeline: 1 }), epoch: 2, hold: null });
  expect(await housed).toEqual({ left: 0 });
  expect((await client.answer()).tags).toEqual(['INSERT 0 1']);
});
