/**
 * Whatever one session says, in whatever order: through pgherd, which reads on a standby, it hears what it would hear from
 * the primary itself. Two databases made alike, one for each way. The long form: PGHERD_SOAK=1, or
 * PGHERD_SAME_SESSIONS=n; a failure names the seed for PGHERD_FUZZ_SEED.
 */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, engineFor } from '../../packages/engine/test-support/engine.ts';
import { env } from '../../packages/engine/test-support/env.ts';
import { type Pace, play } from './play.ts';
import { BEGIN_SQL, SAME_SQL, type Step, session } from './steps.ts';

const SESSIONS = env.sameSessions(env.soak ? 5_000 : 20);

let cluster: Cluster;
let engines: Engine[] = [];
let left: pg.Client;
let right: pg.Client;
let replayed: pg.Client;

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 2,
    pgBin: 'embedded',
    settings: { max_prepared_transactions: '10' },
    initSql: [
      'CREATE ROLE reader',
      'CREATE DATABASE l',
      'CREATE DATABASE r',
      { database: 'l', sql: SAME_SQL },
      { database: 'r', sql: SAME_SQL },
    ],
  });
  const [primary, standby] = cluster.nodes;
  left = (await primary?.connect({ database: 'l' })) as pg.Client;
  right = (await primary?.connect({ database: 'r' })) as pg.Client;
  replayed = (await standby?.connect({ database: 'postgres' })) as pg.Client;
  const settings = {
    worker_processes: 1,
    load_balance_mode: true,
    allow_sql_comments: true,
    backend_weight0: 0,
    backend_weight1: 1,
    read_after_write: 'wait',
    read_after_write_wait: 10_000,
    sr_check_period: 1,
  };
  engines = [
    await engineFor(cluster, { settings }),
    await engineFor(cluster, { settings: { ...settings, disable_load_balance_on_write: 'dml_adaptive' } }),
  ];
});

afterAll(async () => {
  for (const engine of engines) await engine.stop('immediate');
  for (const client of [left, right, replayed]) await client?.end();
  await cluster?.destroy();
});

/** Both databases as at the beginning, on the standby too. */
async function begin(): Promise<void> {
  const waiting = await left.query<{ gid: string; database: string }>('SELECT gid, database FROM pg_prepared_xacts');
  for (const { gid, database } of waiting.rows) {
    await (database === 'l' ? left : right).query(`ROLLBACK PREPARED '${gid}'`);
  }
  for (const client of [left, right]) {
    await client.query(`DROP TABLE IF EXISTS made; ${BEGIN_SQL}`);
    await client.query(
      'CREATE OR REPLACE FUNCTION total() RETURNS bigint LANGUAGE sql STABLE AS $$SELECT sum(id) FROM a$$',
    );
  }
  const lsn = (await left.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn')).rows[0]?.lsn;
  for (;;) {
    const { rows } = await replayed.query<{ done: boolean }>('SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done', [
      lsn,
    ]);
    if (rows[0]?.done === true) return;
  }
}

/** The same transaction identifier is one for the whole cluster: each database has its own. */
function own(steps: readonly Step[], database: string): Step[] {
  return steps.map((one) => ({
    ...one,
    messages: Buffer.from(one.messages.toString('latin1').replaceAll("'two'", `'tw${database}'`), 'latin1'),
  }));
}

async function compare(steps: readonly Step[], pace: Pace, engine: Engine): Promise<void> {
  await begin();
  const { user, password } = cluster.secrets.superuser;
  const primary = cluster.primary;
  const target = { host: primary.host, port: primary.port };
  // A setting of one's own stays known to a connection for ever: all of them know it from the start.
  // A session may lock out itself by what it prepares to commit.
  const params = { options: '-c app.who=none -c lock_timeout=500' };
  const direct = await play(target, { user, password, database: 'r', params }, own(steps, 'r'), pace);
  const through = await play(engine.address, { user, database: 'l', params }, own(steps, 'l'), pace);
  if (direct.brokenOff) return; // how much of its last words arrives is chance
  const told = (heard: typeof direct): unknown =>
    pace === 'at once' ? heard : steps.map(({ what }, i) => [what, heard.answers[i]]);
  expect(told(through)).toEqual(told(direct));
  expect(through.notifications).toEqual(direct.notifications);
}

it.each([
  ['transaction', 'steps'],
  ['transaction', 'at once'],
  ['dml_adaptive', 'steps'],
  ['dml_adaptive', 'at once'],
] as const)(
  `${SESSIONS} sessions hear the same: disable_load_balance_on_write %s, %s`,
  async (mode, pace) => {
    const engine = engines[mode === 'transaction' ? 0 : 1] as Engine;
    const seed = env.fuzzSeed();
    await fc.assert(
      fc.asyncProperty(session, (steps) => compare(steps, pace, engine)),
      { numRuns: SESSIONS, seed, verbose: false },
    );
  },
  120_000 + SESSIONS * 2_000,
);
