import { ephemeralCluster } from '@pgherd/lab';
import { expect, it } from 'vitest';
import { engineFor } from '../test-support/engine.ts';
import { RawClient } from '../test-support/raw-client.ts';

it('works', async () => {
  const cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
  const engine = await engineFor(cluster);
  try {
    const c = await RawClient.signIn(engine.address, { user: 'app', database: 'app' });
    expect(await c.value('select 1')).toBe('1');
    await c.end();
    console.log(engine.workerPids(), engine.logText(), await engine.status());
  } finally {
    await engine.stop();
    await cluster.destroy();
  }
});
