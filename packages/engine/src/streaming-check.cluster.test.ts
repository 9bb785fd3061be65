/** The streaming check and health checks against a primary and its standby. */

import { type Cluster, ephemeralCluster, freePorts } from '@pgherd/lab';
import type { NodeStatus } from '@pgherd/operations';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../test-support/engine.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 2, pgBin: 'embedded' });
  await cluster.primary.query('CREATE TABLE t (a text)');
});
afterAll(async () => {
  await cluster?.destroy();
});

const standbyOf = async (engine: Engine): Promise<NodeStatus> => (await engine.status()).nodes[1] as NodeStatus;
const nodeRow = async (engine: Engine, node: number): Promise<readonly (string | null)[]> => {
  const client = await RawClient.signIn(engine.address, { user: 'app', database: 'app' });
  try {
    return (await client.query('SHOW pool_nodes')).rows[node] ?? [];
  } finally {
    await client.end();
  }
};

describe('the streaming check', () => {
  let engine: Engine;
  const replay = (verb: 'pause' | 'resume') => cluster.node(1).query(`SELECT pg_wal_replay_${verb}()`);

  beforeAll(async () => {
    engine = await engineFor(cluster, {
      settings: {
        ...{ num_init_children: 4, sr_check_period: 1, log_standby_delay: 'if_over_threshold', delay_threshold: 1000 },
        ...{ backend_application_name0: 'server0', backend_application_name1: 'server1' },
      },
    });
  });
  afterEach(() => replay('resume'));
  afterAll(async () => {
    await engine?.stop();
  });

  it('measures how far a standby is behind', async () => {
    const idle = await until('no lag', async () => {
      const node = await standbyOf(engine);
      return node.lagBytes === 0 && node.lagMs !== null && node.replicationState === 'streaming' && node;
    });
    expect(idle).toMatchObject({
      replicationSyncState: 'async',
      replayLsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
    });
    const [primary] = (await engine.status()).nodes;
    expect(primary).toMatchObject({ lagBytes: 0, lagMs: 0, replayLsn: idle.replayLsn, replicationState: '' });

    await replay('pause');
    await cluster.primary.query("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 100)");
    const behind = await until('a lag', async () => {
      const node = await standbyOf(engine);
      return (node.lagBytes ?? 0) > 100_000 && node;
    });
    const shown = await nodeRow(engine, 1);
    expect(Number(shown[10])).toBeGreaterThanOrEqual(behind.lagBytes ?? 0);
    expect(shown.slice(11, 13)).toEqual(['streaming', 'async']);
    expect((await nodeRow(engine, 0)).slice(10, 13)).toEqual(['0', '', '']);
    await replay('resume');
    await until('the standby has caught up', async () => (await standbyOf(engine)).lagBytes === 0);
  });

  it('tells of a delay beyond the limit, in bytes or in time', async () => {
    engine.configure({ log_min_messages: 'log' });
    await engine.reload();
    await replay('pause');
    await cluster.primary.query("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 100)");
    await until('the line in bytes', () =>
      /LOG: {2}Replication of node: 1 is behind \d{6,} bytes from the primary server \(node: 0\)/.test(
        engine.logText(),
      ),
    );
    engine.configure({ delay_threshold_by_time: '1ms' });
    await engine.reload();
    await until('the line in seconds', async () => {
      // Replay stands still, and the server measures for how long once it hears of later writes.
      await cluster.primary.query("INSERT INTO t VALUES ('x')");
      return /Replication of node: 1 is behind \d+\.\d{6} second\(s\) from the primary server \(node: 0\)/.test(
        engine.logText(),
      );
    });
    expect((await nodeRow(engine, 1))[10]).toMatch(/^\d+\.\d{6} seconds?$/);
    expect((await nodeRow(engine, 0))[10]).toBe('0');
  });
});

describe('the streaming check of a user without pg_monitor', () => {
  it('measures bytes, and leaves empty what the user may not see', async () => {
    await cluster.primary.query("CREATE ROLE plain LOGIN PASSWORD 'plain'");
    await cluster.waitReplayed();
    const engine = await engineFor(cluster, {
      settings: {
        ...{ sr_check_user: 'plain', sr_check_password: 'plain', sr_check_period: 1 },
        backend_application_name1: 'server1',
      },
    });
    try {
      const node = await until('a measured standby', async () => {
        const standby = await standbyOf(engine);
        return standby.lagBytes !== null && standby;
      });
      expect(node).toMatchObject({ lagMs: null, replicationState: '', replicationSyncState: '' });
    } finally {
      await engine.stop();
    }
  });
});

describe('a herd without a primary', () => {
  it('says of each node why it is not the primary', async () => {
    const [closed = 0] = await freePorts(1);
    const standby = cluster.node(1);
    const engine = await engineFor(cluster, {
      backends: [
        { host: standby.host, port: standby.port },
        { host: '127.0.0.1', port: closed },
      ],
      settings: { sr_check_period: 1 },
    });
    try {
      const detail =
        'node 0 is in recovery, so it is a standby; ' +
        `node 1 cannot be reached (connect ECONNREFUSED 127.0.0.1:${closed})`;
      const lines = engine.logText().split('\n');
      const at = lines.findIndex((line) => line.endsWith('WARNING:  no primary node was found; looking on'));
      expect(lines[at + 1]?.endsWith(`DETAIL:  ${detail}`)).toBe(true);
      expect((await engine.status()).notReady).toEqual([`no primary node is known: ${detail}`]);
    } finally {
      await engine.stop();
    }
  });
});

describe('health checks', () => {
  it('retry before a node is down, and count what they did', async () => {
    const engine = await engineFor(cluster, {
      settings: {
        ...{ sr_check_period: 0, log_min_messages: 'log' },
        ...{ health_check_period1: 1, health_check_max_retries: 2, health_check_retry_delay: 1 },
        ...{ health_check_user: 'pgherd_probe', health_check_password: cluster.secrets.probe.password },
      },
    });
    const facts = async () => (await standbyOf(engine)).healthCheck;
    try {
      await until('a successful check', async () => (await facts()).success > 0);
      cluster.node(1).kill9();
      await until('a failed check', async () => (await facts()).fail === 1);
      expect(await facts()).toMatchObject({ fail: 1, retries: 2, retriesMax: 2 });
      expect(await standbyOf(engine)).toMatchObject({ status: 'down', pgStatus: 'down' });
      expect(engine.logText()).toContain('health check failed on backend node 1');
      await until('a skipped check', async () => (await facts()).skip > 0);
      await cluster.node(1).start();
      await until('the node is up again', async () => (await standbyOf(engine)).pgStatus === 'up');
      expect((await facts()).fail).toBe(1);
    } finally {
      await engine.stop();
    }
  });
});
