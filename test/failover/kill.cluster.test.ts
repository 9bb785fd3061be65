/**
 * A primary killed with -9 under 64 writers, with the settings of `pgherd up`: how long until writes are acknowledged again,
 * and what of the acknowledged ones is lost. The long form: PGHERD_FAILOVERS=30 (or 200 for the synchronous ones).
 */
import type { Cluster, PostgresNode } from '@pgherd/lab';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { engineLikeUp, herdOf } from './herd.ts';
import { WRITERS_SQL, Writers } from './writers.ts';

const FAILOVERS = env.failovers(3);
const WRITERS = 64;
/** A herd of three is good for two of them; the last node alone has no synchronous standby. */
const eachHerd = (synchronous: boolean): number => (synchronous ? 1 : 2);

let cluster: Cluster;
let engine: Engine;
let writers: Writers | null = null;

afterEach(async () => {
  await writers?.stop();
  writers = null;
  await engine?.stop('immediate');
  await cluster?.destroy();
});

async function herd(synchronous: boolean): Promise<void> {
  cluster = await herdOf(3, WRITERS_SQL);
  if (synchronous) {
    for (const { id } of cluster.nodes) {
      await node(id).query("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'");
      await node(id).query('SELECT pg_reload_conf()');
    }
  }
  engine = await engineLikeUp(cluster, { num_init_children: 100 });
}

const node = (id: number): PostgresNode => cluster.nodes[id] as PostgresNode;
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;

describe.each([false, true])(`${FAILOVERS} failovers under ${WRITERS} writers, synchronous: %s`, (synchronous) => {
  it(
    'writes go on within seconds, and what is acknowledged is kept where it can be',
    async () => {
      const times: number[] = [];
      let lost = 0;
      let twice = 0;
      let acknowledged = 0;
      const errors = new Map<string, number>();
      while (times.length < FAILOVERS) {
        await herd(synchronous);
        const own = new Writers(engine.address, WRITERS);
        writers = own;
        for (let i = 0; i < eachHerd(synchronous) && times.length < FAILOVERS; i++) {
          const primary = (await engine.status()).primary as number;
          const before = performance.now();
          await until('all write', () => own.firstAfter(before) !== null);
          const { length } = own.acknowledged;
          await until('there is something to lose', () => own.acknowledged.length > length + 3 * WRITERS);
          node(primary).kill9();
          const killedAt = performance.now();
          // The first acknowledgement by the new primary: one that was on its way when the old one died does not count.
          await until(
            'another node is the primary',
            async () => {
              const status = await engine.status();
              return status.primary !== null && status.primary !== primary;
            },
            30_000,
          );
          const takenAt = performance.now();
          await until('a write is acknowledged', () => own.firstAfter(takenAt) !== null, 30_000);
          times.push(
            (own.acknowledged.find(({ at }) => at > killedAt + 200)?.at ?? Number.POSITIVE_INFINITY) - killedAt,
          );
          await until(
            'the other standby follows',
            async () => {
              const { nodes, primary: now } = await engine.status();
              return nodes.every(
                (other) => other.id === now || !other.attached || other.upstream?.port === node(now as number).port,
              );
            },
            30_000,
          );
        }
        await own.stop();
        writers = null;
        const last = (await engine.status()).primary as number;
        const rows = await node(last).query<{ writer: number; n: number }>('SELECT writer, n FROM written', {
          database: 'app',
          timeoutMs: 30_000,
        });
        const found = own.compare(rows);
        lost += found.lost;
        twice += found.twice;
        acknowledged += own.acknowledged.length;
        for (const [error, times] of own.errors) errors.set(error, (errors.get(error) ?? 0) + times);
        await engine.stop('immediate');
        await cluster.destroy();
      }
      times.sort((a, b) => a - b);
      const p50 = percentile(times, 0.5);
      const p99 = percentile(times, 0.99);
      const figures = `writes again p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms; ${lost} of ${acknowledged} acknowledged writes lost, ${twice} twice; ${JSON.stringify(Object.fromEntries(errors))}`;
      process.stdout.write(
        `${times.length} failovers${synchronous ? ' with a synchronous standby' : ''}: ${figures}\n`,
      );
      expect(twice).toBe(0);
      // Whoever was at work is told at once; nobody is left waiting for an answer that never comes.
      expect([...errors.keys()].filter((error) => /timeout/i.test(error))).toEqual([]);
      if (synchronous) expect(lost, figures).toBe(0);
      expect(p50, figures).toBeLessThanOrEqual(3_000);
      expect(p99, figures).toBeLessThanOrEqual(6_000);
    },
    60_000 + FAILOVERS * 30_000,
  );
});
