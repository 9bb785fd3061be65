/** A herd grows while clients work: a line in the configuration, a reload, a recovery. No restart, no session lost. */
import { type Cluster, freePorts } from '@pgherd/lab';
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { engineLikeUp, herdOf } from './herd.ts';
import { WRITERS_SQL, Writers } from './writers.ts';

const WRITERS = 16;
const NODE_SQL = "CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';";
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

it.each([1, 2])('a brand-new node is added, recovered and read from under load, with %i workers', async (workers) => {
  cluster = await herdOf(2, `${WRITERS_SQL} ${NODE_SQL}`);
  engine = await engineLikeUp(cluster, { num_init_children: 100, worker_processes: workers });
  const own = new Writers(engine.address, WRITERS);
  writers = own;
  const readers = new Readers(engine.address, 8);
  try {
    await until('they write', () => own.acknowledged.length > WRITERS);

    const [port = 0] = await freePorts(1);
    const added = cluster.addNode(port);
    engine.configure({
      backend_hostname2: added.host,
      backend_port2: added.port,
      backend_weight2: 1,
      backend_application_name2: added.applicationName,
    });
    expect(await engine.reload()).toMatchObject({ ok: true, needRestart: [] });
    const [, , seen] = (await engine.status()).nodes;
    expect(seen).toMatchObject({ id: 2, attached: false, status: 'down' });
    expect(seen?.reason).toContain('new in the configuration');
    await until('it has been looked for', async () => {
      const stats = (await engine.status()).nodes[2]?.healthCheck;
      return (stats?.total ?? 0) > 1;
    });
    const quiet = await engine.operations.events(0);
    expect(quiet.filter((event) => event.node === 2)).toEqual([]);

    const begun = await engine.operations.begin({ act: 'recover', node: 2 }, DBA);
    expect(await engine.operations.ended(begun.id)).toMatchObject({ state: 'done', error: null });
    await until('it streams and is used', async () => {
      const node = (await engine.status()).nodes[2];
      return (
        node?.attached === true && node.upstream?.port === cluster.node(0).port && node.replicationState === 'streaming'
      );
    });
    // Sessions that were there before balance over the nodes that they know; a new one may get the new node.
    const fresh = new Readers(engine.address, 8);
    await until('reads reach it', () => fresh.ports.has(port), 20_000).finally(() => fresh.stop());
    expect(fresh.errors).toEqual([]);
    await until('it is counted', async () => ((await engine.status()).nodes[2]?.statements ?? 0) > 0);
  } finally {
    await readers.stop();
  }
  await own.stop();
  writers = null;
  expect(readers.errors).toEqual([]);
  expect([...own.errors]).toEqual([]);
  await cluster.waitReplayed();
  const rows = await cluster.node(2).query<{ writer: number; n: number }>('SELECT writer, n FROM written', {
    database: 'app',
  });
  expect(own.compare(rows)).toEqual({ lost: 0, twice: 0 });
});

class Readers {
  readonly ports = new Set<number>();
  readonly errors: string[] = [];
  private stopping = false;
  private readonly running: Promise<void>[];

  constructor(address: { readonly host: string; readonly port: number }, count: number) {
    this.running = Array.from({ length: count }, () => this.run(address));
  }

  private async run(address: { readonly host: string; readonly port: number }): Promise<void> {
    const client = new pg.Client({ ...address, user: 'app', database: 'app' });
    client.on('error', (error) => this.errors.push(error.message));
    try {
      await client.connect();
      while (!this.stopping) {
        const { rows } = await client.query<{ port: number }>('SELECT node() AS port');
        for (const row of rows) this.ports.add(row.port);
      }
    } catch (error) {
      this.errors.push((error as Error).message);
    } finally {
      await client.end().catch(() => {});
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.running);
  }
}
