/** What else happens to herds: never stuck, never two primaries, and clients notice as little as can be. */
import type { Cluster, PostgresNode } from '@pgherd/lab';
import type { EngineStatus } from '@pgherd/operations';
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { HalfBlind } from './half-blind.ts';
import { engineLikeUp, herdOf } from './herd.ts';
import { WRITERS_SQL, Writers } from './writers.ts';

const BOUND_MS = 10_000;
const WRITERS = 16;
/** Which server answers; STABLE, so that standbys may. */
const NODE_SQL = "CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';";

let cluster: Cluster;
let engine: Engine;
let writers: Writers | null = null;
let network: HalfBlind | null = null;

afterEach(async () => {
  await writers?.stop();
  writers = null;
  await engine?.stop('immediate');
  await network?.close();
  network = null;
  await cluster?.destroy();
});

const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;
const untilStatus = (what: string, holds: (status: EngineStatus) => boolean, limitMs = BOUND_MS): Promise<true> =>
  until(what, async () => holds(await engine.status()), limitMs);

async function herdUnderWrites(nodes: number): Promise<Writers> {
  cluster = await herdOf(nodes, `${WRITERS_SQL} ${NODE_SQL}`);
  engine = await engineLikeUp(cluster, { num_init_children: 100 });
  return beginWriting();
}

async function beginWriting(): Promise<Writers> {
  const own = new Writers(engine.address, WRITERS);
  writers = own;
  await until('they write', () => own.acknowledged.length > WRITERS);
  return own;
}

async function untilWrittenAfter(own: Writers, since: number, limitMs = BOUND_MS): Promise<void> {
  await until('a write is acknowledged', () => own.firstAfter(since) !== null, limitMs);
}

/** Each acknowledged write is at the primary, once. */
async function nothingLost(own: Writers): Promise<void> {
  await own.stop();
  writers = null;
  const { primary } = await engine.status();
  const rows = await node(primary as number).query<{ writer: number; n: number }>('SELECT writer, n FROM written', {
    database: 'app',
  });
  expect(own.compare(rows)).toEqual({ lost: 0, twice: 0 });
}

it('a standby that is killed costs no read an error, and writers notice nothing', async () => {
  const own = await herdUnderWrites(3);
  let reads = 0;
  let stop = false;
  const errors: string[] = [];
  const nodes = new Set<number>();
  const readers = Array.from({ length: 24 }, async () => {
    const client = new pg.Client({ ...engine.address, user: 'app', database: 'app' });
    client.on('error', (error) => errors.push(error.message));
    await client.connect();
    while (!stop) {
      try {
        const { rows } = await client.query('SELECT node() AS port');
        nodes.add(rows[0].port);
        reads++;
      } catch (error) {
        errors.push((error as Error).message);
        break;
      }
    }
    await client.end();
  });
  await until('all nodes are read from', () => nodes.size >= 2);
  const victim = cluster.nodes.find(({ port }) => nodes.has(port) && port !== node(0).port) as PostgresNode;
  const before = reads;
  victim.kill9();
  await untilStatus('it is left out', (status) => status.nodes[victim.id]?.attached === false);
  await until('reads go on', () => reads > before + 200);
  stop = true;
  await Promise.all(readers);
  expect(errors).toEqual([]);
  expect([...own.errors]).toEqual([]);
  await nothingLost(own);
});

it('a primary and a standby that die within a second leave the last node as the primary', async () => {
  const own = await herdUnderWrites(3);
  const at = performance.now();
  node(0).kill9();
  // The scenario itself: within a second, and wherever the failover is by then.
  await new Promise((resolve) => setTimeout(resolve, 600));
  const { primary } = await engine.status();
  const second = primary === null || primary === 0 ? 1 : primary;
  node(second).kill9();
  const last = 3 - second;
  await untilStatus(`node ${last} is the primary`, (status) => status.primary === last, 2 * BOUND_MS);
  await untilWrittenAfter(own, performance.now());
  expect(performance.now() - at).toBeLessThan(BOUND_MS);
});

it('a standby that comes and goes is never used while it is away, and writers notice nothing', async () => {
  const own = await herdUnderWrites(2);
  for (let round = 0; round < 3; round++) {
    node(1).kill9();
    await untilStatus('it is left out', ({ nodes }) => nodes[1]?.attached === false);
    await node(1).start();
    await untilStatus(
      'it is used again',
      ({ nodes }) => nodes[1]?.attached === true && nodes[1].status !== 'down',
      2 * BOUND_MS,
    );
  }
  expect([...own.errors]).toEqual([]);
  expect((await engine.status()).epoch).toBe(1);
  await nothingLost(own);
});

it('a primary that only its supervisor cannot reach is not replaced, and clients go on', async () => {
  cluster = await herdOf(2, WRITERS_SQL);
  network = await HalfBlind.open(node(0));
  engine = await engineLikeUp(cluster, { num_init_children: 100, backend_port0: network.port });
  const own = await beginWriting();
  network.blind = true;
  await until(
    'it is said that it waits',
    async () => (await engine.operations.events(0)).some((event) => event.kind === 'failoverWaits'),
    2 * BOUND_MS,
  );
  const since = performance.now();
  await untilWrittenAfter(own, since + 500);
  expect(await engine.status()).toMatchObject({ primary: 0, epoch: 1 });
  network.blind = false;
  await until('it is over', async () =>
    (await engine.operations.events(0)).some(
      ({ kind, details }) => kind === 'failoverDone' && details['replaced'] === false,
    ),
  );
  await untilWrittenAfter(own, performance.now());
  expect([...own.errors]).toEqual([]);
  await nothingLost(own);
});

it.each([0, 1, 2])('in a chain of three, node %i may die', async (victim) => {
  cluster = await herdOf(3, WRITERS_SQL);
  await node(2).follow(node(1));
  engine = await engineLikeUp(cluster, { num_init_children: 100 });
  await untilStatus('node 2 receives from node 1', ({ nodes }) => nodes[2]?.upstream?.port === node(1).port);
  const own = await beginWriting();
  node(victim).kill9();
  await untilStatus('it is left out', ({ nodes }) => nodes[victim]?.attached === false);
  await untilWrittenAfter(own, performance.now());
  const { primary } = await engine.status();
  expect(primary).toBe(victim === 0 ? primary : 0);
  expect(primary).not.toBe(victim);
  await untilStatus(
    'whoever is left streams',
    ({ nodes }) =>
      nodes.every(
        (other) =>
          other.id === victim ||
          other.id === primary ||
          (other.attached && other.upstream !== null && other.upstream.port !== node(victim).port),
      ),
    2 * BOUND_MS,
  );
});
