/** Planned maintenance without noise (docs/applications.md): a weight of 0 and a reload empty a standby, and nobody notices. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor, type SettingValue } from '../test-support/engine.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

describe.each([1, 2])('emptying a standby for maintenance, with %i workers', (workers) => {
  let cluster: Cluster;
  let engine: Engine;

  beforeAll(async () => {
    cluster = await ephemeralCluster({
      nodes: 3,
      pgBin: 'embedded',
      initSql: [
        {
          database: 'app',
          sql: "CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()'",
        },
      ],
    });
    engine = await engineFor(cluster, {
      settings: {
        num_init_children: 40,
        worker_processes: workers,
        load_balance_mode: true,
        backend_weight0: 0,
        backend_weight1: 1,
        backend_weight2: 1,
        sr_check_period: 1,
      },
    });
  });

  afterAll(async () => {
    await engine?.stop();
    await cluster?.destroy();
  });

  const port = (node: number): number => cluster.nodes[node]?.port ?? 0;
  const sign = (): Promise<RawClient> => RawClient.signIn(engine.address, { user: 'app', database: 'app' });
  const readsFrom = async (client: RawClient): Promise<number> => Number(await client.value('SELECT node()'));

  async function reload(settings: Record<string, SettingValue>): Promise<void> {
    engine.configure(settings);
    expect(await engine.reload()).toMatchObject({ ok: true });
  }

  /** Its row of SHOW pool_nodes: the weight, and the reads that it has had. */
  async function row(node: number): Promise<{ weight: number; selects: number }> {
    const client = await sign();
    try {
      const { rows } = await client.query('SHOW pool_nodes');
      return { weight: Number(rows[node]?.[5]), selects: Number(rows[node]?.[8]) };
    } finally {
      await client.end();
    }
  }

  /** What an operator looks for: reads are counted at node 1, and node 2 has got none of them. */
  async function empty(client: RawClient): Promise<void> {
    await until('select_cnt of node 2 stands still', async () => {
      const before = [await row(1), await row(2)] as const;
      for (let i = 0; i < 20; i++) await client.value('SELECT node()');
      await until('the reads have been counted', async () => (await row(1)).selects >= before[0].selects + 20);
      return (await row(2)).selects === before[1].selects;
    });
  }

  it('by session: those that are there stay and finish, new ones do not come, and select_cnt stands still', async () => {
    await reload({ statement_level_load_balance: false, backend_weight2: 1 });
    const before: RawClient[] = [];
    await until('a session reads from node 2', async () => {
      const client = await sign();
      before.push(client);
      return (await readsFrom(client)) === port(2);
    });
    const stays = before.at(-1) as RawClient;
    await reload({ backend_weight2: 0 });
    expect((await row(2)).weight).toBe(0);
    for (let i = 0; i < 20; i++) {
      const client = await sign();
      expect(await readsFrom(client)).toBe(port(1));
      await client.end();
    }
    // Nothing was taken from the session that reads there.
    expect(await readsFrom(stays)).toBe(port(2));
    await Promise.all(before.map((client) => client.end()));

    const after = await sign();
    await empty(after);
    await after.end();

    await reload({ backend_weight2: 1 });
    await until('new sessions come back', async () => {
      const client = await sign();
      try {
        return (await readsFrom(client)) === port(2);
      } finally {
        await client.end();
      }
    });
  });

  it('by statement: the next read of every session goes elsewhere, and the node can be stopped unnoticed', async () => {
    await reload({ statement_level_load_balance: true, backend_weight2: 1 });
    const clients = await Promise.all(Array.from({ length: 8 }, sign));
    await until('all have read from node 2', async () => {
      const at = await Promise.all(clients.map(readsFrom));
      return at.filter((one) => one === port(2)).length > 0 && (await row(2)).selects > 8;
    });
    await reload({ backend_weight2: 0 });
    for (let i = 0; i < 10; i++) {
      for (const client of clients) expect(await readsFrom(client)).toBe(port(1));
    }
    await cluster.nodes[2]?.stop('fast');
    for (let i = 0; i < 10; i++) {
      for (const client of clients) expect(await readsFrom(client)).toBe(port(1));
    }
    await cluster.nodes[2]?.start();
    await reload({ backend_weight2: 1 });
    await until('node 2 answers again', async () => (await readsFrom(clients[0] as RawClient)) === port(2), 20_000);
    await Promise.all(clients.map((client) => client.end()));
  });
});
