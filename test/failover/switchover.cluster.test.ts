/**
 * Switchovers under 200 clients and about 2,000 transactions a second: no client sees an error, and none waits for longer than
 * two seconds. The long form: PGHERD_SWITCHOVERS=50.
 */
import type { Cluster, PostgresNode } from '@pgherd/lab';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { engineLikeUp, herdOf } from './herd.ts';
import { WRITERS_SQL, Writers } from './writers.ts';

const SWITCHOVERS = env.switchovers(3);
const CLIENTS = 200;
/** Between two transactions of a client. */
const PAUSE_MS = 95;

let cluster: Cluster;
let engine: Engine;
let writers: Writers | null = null;

afterEach(async () => {
  await writers?.stop();
  await engine?.stop('immediate');
  await cluster?.destroy();
});

it(
  `${SWITCHOVERS} switchovers under ${CLIENTS} clients are not noticed`,
  async () => {
    cluster = await herdOf(3, WRITERS_SQL);
    engine = await engineLikeUp(cluster, { num_init_children: CLIENTS + 20 });
    writers = new Writers(engine.address, CLIENTS, PAUSE_MS);
    const own = writers;
    const startedAt = performance.now();
    const stalls: number[] = [];
    const steps: string[] = [];
    for (let i = 0; i < SWITCHOVERS; i++) {
      const quietAt = performance.now();
      await until('all of them write', () => own.activeSince(quietAt) === CLIENTS, 60_000);
      const primary = (await engine.status()).primary as number;
      const to = (primary + 1) % cluster.nodes.length;
      own.longestStallMs = 0;
      const begun = await engine.operations.begin(
        { act: 'switchover', to, gracefully: false },
        { door: 'cli', user: 'dba', address: '' },
      );
      const ended = await engine.operations.ended(begun.id);
      expect(ended.error).toBeNull();
      const after = performance.now();
      await until('writes go on', () => own.firstAfter(after) !== null);
      await until(
        'all nodes stream',
        async () => {
          const { nodes, primary: now } = await engine.status();
          return (
            now === to &&
            nodes.every(
              (node) => node.id === to || (node.status !== 'down' && node.upstream?.port === cluster.nodes[to]?.port),
            )
          );
        },
        30_000,
      );
      stalls.push(own.longestStallMs);
      steps.push(ended.steps.map(({ name, startedAt, endedAt }) => `${name} ${tookMs(startedAt, endedAt)}`).join(', '));
    }
    await own.stop();
    writers = null;
    const rate = own.acknowledged.length / ((performance.now() - startedAt) / 1000);
    const last = (await engine.status()).primary as number;
    const rows = await (cluster.nodes[last] as PostgresNode).query<{ writer: number; n: number }>(
      'SELECT writer, n FROM written',
      { database: 'app', timeoutMs: 30_000 },
    );
    const found = own.compare(rows);
    const worst = Math.max(...stalls);
    const figures = `${Math.round(rate)} tx/s, longest stall ${Math.round(worst)} ms, errors ${JSON.stringify([...own.errors])}, ${found.lost} lost, ${found.twice} twice`;
    const detached = (await engine.operations.events(0)).filter(({ kind }) => kind === 'nodeDetached');
    const all = stalls.map((ms) => Math.round(ms)).toSorted((a, b) => a - b);
    const slowest = steps[stalls.indexOf(worst)];
    process.stdout.write(`${SWITCHOVERS} switchovers under ${CLIENTS} clients: ${figures}\n`);
    process.stdout.write(`stalls in ms: ${all.join(' ')}; the longest one's steps in ms: ${slowest}\n`);
    expect([...own.errors], figures).toEqual([]);
    expect(detached.map(({ message }) => message)).toEqual([]);
    expect(found).toEqual({ lost: 0, twice: 0 });
    expect(worst, figures).toBeLessThanOrEqual(2_000);
  },
  120_000 + SWITCHOVERS * 30_000,
);

function tookMs(startedAt: string, endedAt: string | null): string {
  return endedAt === null ? '' : String(Date.parse(endedAt) - Date.parse(startedAt));
}
