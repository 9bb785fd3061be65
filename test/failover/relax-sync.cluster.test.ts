/** The last server of a synchronous herd: writes wait, or go on after failover_relax_sync_after, and become synchronous again. */
import { type Cluster, freePorts, type PostgresNode } from '@pgherd/lab';
import type { HerdEvent } from '@pgherd/operations';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { engineLikeUp, herdOf } from './herd.ts';
import { WRITERS_SQL, Writers } from './writers.ts';

const RELAX_AFTER_S = 3;
const NAMES = 'ANY 1 (*)';
const DBA = { door: 'cli', user: 'dba', address: '' } as const;

let cluster: Cluster;
let engine: Engine;
let writers: Writers | null = null;

afterEach(async () => {
  await writers?.stop();
  writers = null;
  await engine?.stop('immediate');
  await cluster?.destroy();
});

const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;
const event = async (kind: HerdEvent['kind']): Promise<HerdEvent | undefined> =>
  (await engine.operations.events(0)).find((entry) => entry.kind === kind);

async function namesOf(id: number): Promise<string | undefined> {
  const [row] = await node(id).query<{ names: string }>("SELECT current_setting('synchronous_standby_names') AS names");
  return row?.names;
}

it('lets writes go on alone after a while, and waits for a standby again once one streams', async () => {
  cluster = await herdOf(2, WRITERS_SQL);
  for (const { id } of cluster.nodes) {
    await node(id).query(`ALTER SYSTEM SET synchronous_standby_names = '${NAMES}'`);
    await node(id).query('SELECT pg_reload_conf()');
  }
  engine = await engineLikeUp(cluster, { failover_relax_sync_after: RELAX_AFTER_S, auto_failback: false });
  const own = new Writers(engine.address, 8);
  writers = own;
  await until('they write', () => own.acknowledged.length > 100);
  node(0).kill9();
  await until('node 1 is the primary', async () => (await engine.status()).primary === 1);
  const takenAt = performance.now();
  await until('a write is acknowledged', () => own.firstAfter(takenAt) !== null, 20_000);
  expect((own.firstAfter(takenAt) as number) - takenAt).toBeGreaterThan(1_000 * (RELAX_AFTER_S - 1));
  await until('it is told', async () => (await event('syncRelaxed')) !== undefined);
  expect(await event('syncRelaxed')).toMatchObject({ node: 1, severity: 'warning', details: { was: NAMES, to: '' } });
  expect(await namesOf(1)).toBe('');

  // A node that is made now gets what its owner wished, not what was relaxed for a while.
  const [port = 0] = await freePorts(1);
  const added = cluster.addNode(port);
  engine.configure({
    backend_hostname2: added.host,
    backend_port2: added.port,
    backend_weight2: 1,
    backend_application_name2: added.applicationName,
  });
  expect(await engine.reload()).toMatchObject({ ok: true });
  const copied = await engine.operations.begin({ act: 'recover', node: 2 }, DBA);
  expect(await engine.operations.ended(copied.id)).toMatchObject({ state: 'done', error: null });
  await until('it has the value of its owner', async () => (await namesOf(2)) === NAMES);

  const begun = await engine.operations.begin({ act: 'recover', node: 0 }, DBA);
  expect(await engine.operations.ended(begun.id)).toMatchObject({ state: 'done' });
  await until('it is synchronous again', async () => (await event('syncRestored')) !== undefined, 20_000);
  expect(await namesOf(1)).toBe(NAMES);
  const since = performance.now();
  await until('writes go on', () => own.firstAfter(since) !== null);
  await own.stop();
  writers = null;
  const rows = await node(1).query<{ writer: number; n: number }>('SELECT writer, n FROM written', { database: 'app' });
  expect(own.compare(rows)).toEqual({ lost: 0, twice: 0 });
});
