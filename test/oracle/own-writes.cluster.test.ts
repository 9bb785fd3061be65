/**
 * Read-your-writes: the standby replays 200 ms late, and yet no session misses what it wrote itself. Where nobody waits for
 * the standby, most reads still go there. The long form: PGHERD_OWN_WRITES=1000000.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor, type SettingValue } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { Random } from '../../packages/engine/test-support/random.ts';
import { until } from '../../packages/engine/test-support/wait.ts';
import { emptyWriterTally, WRITER_SQL, Writer, type WriterTally } from './writer.ts';

const PAIRS = env.ownWrites(8_000);
const WRITERS = 64;
const DELAY_MS = 200;
/** Between the statements of a session that thinks. */
const THINK_MS = 300;
const THINKERS = 60;
const THINKING_STATEMENTS = PAIRS > 100_000 ? 200 : 30;

let cluster: Cluster;
let engine: Engine;
const seed = env.fuzzSeed();
const random = new Random(seed);

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 2,
    pgBin: 'embedded',
    maxConnections: 200,
    settings: { max_prepared_transactions: '100' },
    initSql: [{ database: 'app', sql: WRITER_SQL }],
  });
  const [, standby] = cluster.nodes;
  await standby?.query(`ALTER SYSTEM SET recovery_min_apply_delay = '${DELAY_MS}ms'`);
  await standby?.query('SELECT pg_reload_conf()');
  await until('the delay is in effect', async () => {
    const [row] = (await standby?.query("SELECT current_setting('recovery_min_apply_delay') AS delay")) ?? [];
    return row?.['delay'] === `${DELAY_MS}ms`;
  });
  engine = await engineFor(cluster, {
    settings: {
      num_init_children: 150,
      worker_processes: 2,
      load_balance_mode: true,
      backend_weight0: 0,
      backend_weight1: 1,
      read_after_write: 'session',
      sr_check_period: 1,
    },
  });
});

afterAll(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

async function configured(settings: Record<string, SettingValue>): Promise<void> {
  engine.configure(settings);
  expect(await engine.reload()).toMatchObject({ ok: true });
}

/** The call of the function; another text for each way, so that nobody knows it yet. */
const sly = (how: string, values: string): string => `sly(${values}) AS "${how}"`;

let writers = 0;

async function openWriters(count: number, tally: WriterTally): Promise<Writer[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const writer = new Writer(++writers, new Random(random.next()), tally);
      await writer.open(engine.address);
      return writer;
    }),
  );
}

/** Pairs of a write and a read; a part of the sessions looks once more about when the standby catches up. */
async function writeAndRead(pairs: number, more: (writer: Writer) => Promise<void>): Promise<WriterTally> {
  const tally = emptyWriterTally();
  const own = await openWriters(WRITERS, tally);
  try {
    await Promise.all(
      own.map(async (writer) => {
        while (tally.pairs < pairs) {
          await writer.pair();
          await more(writer);
        }
      }),
    );
  } finally {
    await Promise.all(own.map((writer) => writer.client.end()));
  }
  return tally;
}

const percentAt = (tally: WriterTally, port: number | undefined): number => {
  const all = [...tally.readsAt.values()].reduce((sum, count) => sum + count, 0);
  return (100 * (tally.readsAt.get(port ?? 0) ?? 0)) / all;
};

describe(`a standby that replays ${DELAY_MS} ms late (PGHERD_FUZZ_SEED=${seed})`, () => {
  it('without read_after_write shows sessions what was before their writes: the test can tell', async () => {
    await configured({ read_after_write: 'off' });
    const tally = await writeAndRead(500, async () => {});
    expect([...tally.stale.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
  });

  it('a session that was there before read_after_write was set is protected from then on', async () => {
    await configured({ read_after_write: 'off' });
    const tally = emptyWriterTally();
    const own = await openWriters(8, tally);
    try {
      await configured({ read_after_write: 'session' });
      for (const writer of own) {
        for (let i = 0; i < 5; i++) {
          await writer.write();
          await writer.look();
        }
      }
    } finally {
      await Promise.all(own.map((writer) => writer.client.end()));
    }
    expect([...tally.stale]).toEqual([]);
  });

  it.each(['session', 'wait'])(
    'with read_after_write = %s no session misses its own write, whatever it wrote with',
    async (mode) => {
      // In `wait` mode each pair takes as long as the standby.
      const pairs = mode === 'wait' ? Math.min(PAIRS, 3_000) : PAIRS;
      await configured({ read_after_write: mode });
      const startedMs = performance.now();
      let looks = 0;
      const tally = await writeAndRead(pairs, async (writer) => {
        // About when the standby has it: too early must be the primary's.
        if (!random.chance(0.05)) return;
        await pause(random.below(2 * DELAY_MS));
        await writer.look();
        looks++;
      });
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      process.stdout.write(
        `${mode}: ${tally.pairs} pairs and ${looks} later reads in ${seconds} s, ${tally.ways.size} ways, stale: ` +
          `${JSON.stringify([...tally.stale])}; ${percentAt(tally, cluster.nodes[1]?.port).toFixed(1)} % of the reads at ` +
          'the standby\n',
      );
      expect([...tally.stale]).toEqual([]);
      expect(tally.ways.size).toBeGreaterThanOrEqual(23);
      // It is no answer to read from the primary for ever.
      expect(percentAt(tally, cluster.nodes[1]?.port)).toBeGreaterThan(mode === 'wait' ? 25 : 0.5);
    },
    120_000 + PAIRS * 5,
  );

  it.each(['by itself', 'with parameters', 'by PREPARE and EXECUTE'])(
    'a function that claims to be STABLE and writes counts as a write once a standby has refused it: %s',
    async (how) => {
      await configured({ read_after_write: 'session' });
      const tally = emptyWriterTally();
      const [writer] = (await openWriters(1, tally)) as [Writer];
      const standby = cluster.nodes[1];
      try {
        if (how === 'by PREPARE and EXECUTE') await writer.say(`PREPARE s (int, int) AS SELECT ${sly(how, '$1, $2')}`);
        for (let i = 0; i < 5; i++) {
          await until('the standby may answer this session', async () => {
            await writer.look();
            return (tally.readsAt.get(standby?.port ?? 0) ?? 0) > i;
          });
          const v = writer.next();
          if (how === 'by itself') await writer.say(`SELECT ${sly(how, `${writer.id}, ${v}`)}`);
          else if (how === 'with parameters') await writer.run('', `SELECT ${sly(how, '$1, $2')}`, v);
          else await writer.say(`EXECUTE s (${writer.id}, ${v})`);
          await writer.look();
        }
      } finally {
        await writer.client.end();
      }
      expect([...tally.stale]).toEqual([]);
    },
  );

  it(
    'sessions that think between their statements, one in ten a write, read at least 80 % from the standby',
    async () => {
      await configured({ read_after_write: 'session' });
      const tally = emptyWriterTally();
      const thinkers = await openWriters(THINKERS, tally);
      let writes = 0;
      try {
        await Promise.all(
          thinkers.map(async (writer) => {
            await pause(random.below(THINK_MS));
            for (let i = 0; i < THINKING_STATEMENTS; i++) {
              await pause(THINK_MS);
              if (random.chance(0.1)) {
                await writer.write();
                writes++;
              } else await writer.look();
            }
          }),
        );
      } finally {
        await Promise.all(thinkers.map((writer) => writer.client.end()));
      }
      const reads = [...tally.readsAt.values()].reduce((sum, count) => sum + count, 0);
      const share = percentAt(tally, cluster.nodes[1]?.port);
      process.stdout.write(
        `thinking: ${writes} writes, ${reads} reads, ${share.toFixed(1)} % of them at the standby\n`,
      );
      expect([...tally.stale]).toEqual([]);
      expect(share).toBeGreaterThanOrEqual(80);
    },
    60_000 + THINKING_STATEMENTS * THINK_MS * 3,
  );
});
