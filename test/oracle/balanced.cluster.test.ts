/**
 * The same over a primary and two standbys: reads are spread statement by statement, writes and transactions stay on the
 * primary, and every answer must still carry the nonce of its own question. A row that was written is read back at once.
 * The long form: PGHERD_ORACLE_REPLIES=10000000.
 */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, engineFor } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { Random } from '../../packages/engine/test-support/random.ts';
import { askAll, emptyTally } from './asker.ts';
import { BALANCED_SQL, BalancedAsker, type BalancedTally } from './balanced-asker.ts';

const REPLIES = env.oracleReplies(20_000);
const CLIENTS = REPLIES > 100_000 ? 400 : 100;

let cluster: Cluster;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 3,
    pgBin: 'embedded',
    maxConnections: CLIENTS + 50,
    initSql: [{ database: 'app', sql: BALANCED_SQL }],
  });
  engine = await engineFor(cluster, {
    settings: {
      num_init_children: CLIENTS,
      worker_processes: 2,
      load_balance_mode: true,
      statement_level_load_balance: true,
      read_after_write: 'session',
      backend_weight0: 0.2,
      backend_weight1: 1,
      backend_weight2: 1,
      sr_check_period: 1,
    },
  });
});

afterAll(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

it(
  `${REPLIES} replies to ${CLIENTS} clients from three servers: each is the answer to its own question`,
  async () => {
    const seed = env.fuzzSeed();
    const random = new Random(seed);
    const workers = engine.workerPids();
    const tally: BalancedTally = { ...emptyTally(), readsAt: new Map(), readBack: 0, prepared: 0 };
    const startedMs = performance.now();
    await askAll(
      CLIENTS,
      REPLIES,
      tally,
      seed,
      (n) => new BalancedAsker(engine.address, new Random(random.next()), tally, n),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    const reads = [...tally.readsAt.values()].reduce((sum, count) => sum + count, 0);
    const atPrimary = tally.readsAt.get(cluster.primary.port) ?? 0;
    process.stdout.write(
      `${tally.replies} replies, 0 of them another's, ${Math.round(seconds)} s, seed ${seed}; ${reads} reads told their ` +
        `server, ${(100 * (1 - atPrimary / reads)).toFixed(1)} % a standby's; ${tally.readBack} rows read back, ` +
        `${tally.prepared} prepared executions, ${tally.cancelled} cancelled, ${tally.missed} missed, ${tally.dropped} connections dropped, ` +
        `${tally.failed} errors, ${Math.round(tally.bytes / 1e6)} MB\n`,
    );
    expect(tally.cancelled).toBeGreaterThan(REPLIES / 1_000);
    expect(tally.dropped).toBeGreaterThan(REPLIES / 100);
    expect(tally.failed).toBeGreaterThan(REPLIES / 100);
    expect(tally.readBack).toBeGreaterThan(REPLIES / 25);
    // Every server answered, and the standbys most of what may be answered anywhere.
    expect(new Set(tally.readsAt.keys())).toEqual(new Set(cluster.nodes.map(({ port }) => port)));
    expect(reads).toBeGreaterThan(REPLIES / 4);
    expect(atPrimary / reads).toBeLessThan(0.5);
    expect(engine.workerPids()).toEqual(workers);
  },
  120_000 + REPLIES * 5,
);
