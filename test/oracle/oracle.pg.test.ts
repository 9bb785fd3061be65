/**
 * Another client's rows are the one unforgivable fault. Two hundred clients share a few links, ask in every way, cancel,
 * vanish and fail, and every answer must carry the nonce of its own question: PGHERD_ORACLE_REPLIES.
 */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, engineFor } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { Random } from '../../packages/engine/test-support/random.ts';
import { Asker, askAll, emptyTally } from './asker.ts';

const REPLIES = env.oracleReplies(20_000);
const CLIENTS = 200;

let cluster: Cluster;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded', maxConnections: 300 });
  engine = await engineFor(cluster, { settings: { num_init_children: CLIENTS, worker_processes: 2 } });
});

afterAll(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

it(
  `${REPLIES} replies to ${CLIENTS} clients: each is the answer to its own question`,
  async () => {
    const seed = env.fuzzSeed();
    const random = new Random(seed);
    const workers = engine.workerPids();
    const tally = emptyTally();
    await askAll(CLIENTS, REPLIES, tally, seed, (n) => new Asker(engine.address, new Random(random.next()), tally, n));
    expect(tally.cancelled).toBeGreaterThan(REPLIES / 1_000);
    expect(tally.dropped).toBeGreaterThan(REPLIES / 100);
    expect(tally.failed).toBeGreaterThan(REPLIES / 100);
    expect(engine.workerPids()).toEqual(workers);
    const { workers: facts } = await engine.status();
    // Links were shared and reused, or nothing was shown.
    expect(facts.reduce((sum, { reused }) => sum + reused, 0)).toBeGreaterThan(REPLIES / 200);
  },
  120_000 + REPLIES * 5,
);
