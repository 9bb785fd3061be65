import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../test-support/engine.ts';
import { RawClient } from '../test-support/raw-client.ts';

describe('a primary that somebody else replaced', () => {
  let cluster: Cluster;
  let engine: Engine;

  beforeAll(async () => {
    cluster = await ephemeralCluster({ nodes: 2, pgBin: 'embedded' });
    const { probe, app } = cluster.secrets;
    engine = await Engine.start({
      backends: cluster.nodes.map((node) => ({ host: node.host, port: node.port })),
      passwd: [probe, app].map(({ user, password }) => `${user}:TEXT${password}\n`).join(''),
      settings: { sr_check_user: probe.user, sr_check_period: 1 },
    });
  });
  afterAll(async () => {
    await engine?.stop();
    await cluster?.destroy();
  });

  it('loses its sessions with 57P01, and new ones work on the new primary', async () => {
    const { user, password } = cluster.secrets.app;
    const sign = (): Promise<RawClient> =>
      RawClient.signIn(engine.address, { user, password, database: cluster.database });
    const before = await sign();
    expect(await before.value('SELECT pg_is_in_recovery()')).toBe('f');
    const [old, next] = cluster.nodes;
    await old?.stop('immediate');
    await next?.promote();
    const deadline = performance.now() + 20_000;
    for (;;) {
      const after = await sign().catch(() => null);
      const port = await after?.value('SELECT inet_server_port()').catch(() => null);
      await after?.end().catch(() => {});
      if (port === String(next?.port)) break;
      if (performance.now() > deadline) throw new Error('no session reached the new primary');
    }
    await expect(before.value('SELECT 1')).rejects.toThrow();
  });
});
