/** A network that swallows everything between the proxy and the primary, while the primary lives on: nobody is told. */
import fs from 'node:fs';
import path from 'node:path';
import type { Cluster, PostgresNode } from '@pgherd/lab';
import { afterEach, expect, it, type TestContext } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { engineLikeUp, herdOf } from './herd.ts';
import { OwnNetwork } from './own-network.ts';
import { WRITERS_SQL, Writers } from './writers.ts';

const BOUND_MS = 10_000;
const WRITERS = 16;

let cluster: Cluster;
let engine: Engine;
let network: OwnNetwork | null = null;
let writers: Writers | null = null;

afterEach(async () => {
  await writers?.stop();
  writers = null;
  await engine?.stop('immediate');
  await cluster?.destroy();
  network?.close();
  network = null;
});

const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;

async function rowsOf(id: number): Promise<{ writer: number; n: number }[]> {
  return node(id).query('SELECT writer, n FROM written', { database: 'app' });
}

/** Cable i leads to node i, the last one to the clients. */
async function herd(context: TestContext, nodes: number): Promise<{ net: OwnNetwork; own: Writers }> {
  const net = OwnNetwork.open(nodes + 1);
  if (typeof net === 'string') context.skip(net);
  network = net;
  // Nobody but clients writes: a standby that receives something tells that its primary lives.
  cluster = await herdOf(nodes, WRITERS_SQL, { settings: { listen_addresses: '*', autovacuum: 'off' } });
  for (const server of cluster.nodes) {
    fs.appendFileSync(path.join(server.dataDir, 'pg_hba.conf'), `host all all ${net.range} scram-sha-256\n`);
    await server.query('SELECT pg_reload_conf()');
  }
  engine = await engineLikeUp(
    cluster,
    {
      num_init_children: 100,
      ...Object.fromEntries(cluster.nodes.map(({ id }) => [`backend_hostname${id}`, net.serverAddress(id)])),
    },
    {
      place: { execPath: net.execPath, host: net.engineAddress(nodes) },
      hba: `local all all trust\nhost all all ${net.range} trust\n`,
    },
  );
  const own = new Writers(engine.address, WRITERS);
  writers = own;
  await until('they write', () => own.acknowledged.length > 10 * WRITERS);
  return { net, own };
}

it('the primary is replaced within the bound, keeps nothing that it acknowledged to itself, and healed it gets no write', async (context) => {
  const { net, own } = await herd(context, 2);
  net.swallow(0);
  const at = performance.now();
  await until('node 1 is the primary', async () => (await engine.status()).primary === 1, BOUND_MS);
  const takenAt = performance.now();
  await until('a write is acknowledged', () => own.firstAfter(takenAt) !== null, BOUND_MS);
  const stallMs = (own.firstAfter(takenAt) as number) - at;
  process.stdout.write(`silent loss: writes again after ${Math.round(stallMs)} ms\n`);
  expect(stallMs).toBeLessThan(BOUND_MS);

  const left = (await rowsOf(0)).length;
  net.heal(0);
  await until('the old primary is heard again', async () => {
    const old = (await engine.status()).nodes[0];
    return old?.attached === false && old.timeline === 1 && old.pgStatus === 'up';
  });
  const healedAt = performance.now();
  await until('they write on', () => own.firstAfter(healedAt + 500) !== null);
  expect(await engine.status()).toMatchObject({ primary: 1, epoch: 2 });
  await own.stop();
  writers = null;
  expect(await rowsOf(0)).toHaveLength(left);
  expect(own.compare(await rowsOf(1))).toEqual({ lost: 0, twice: 0 });
});

it('a standby is left out within the bound, and writers notice nothing', async (context) => {
  const { net, own } = await herd(context, 2);
  net.swallow(1);
  await until('it is left out', async () => (await engine.status()).nodes[1]?.attached === false, BOUND_MS);
  const since = performance.now();
  await until('they write on', () => own.firstAfter(since) !== null);
  net.heal(1);
  await until('it is used again', async () => (await engine.status()).nodes[1]?.attached === true, 2 * BOUND_MS);
  await own.stop();
  writers = null;
  expect([...own.errors]).toEqual([]);
  expect((await engine.status()).epoch).toBe(1);
  expect(own.compare(await rowsOf(0))).toEqual({ lost: 0, twice: 0 });
});
