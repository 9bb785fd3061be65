/** Routes by a draft, and asked of the proxy itself: predicted, compared, and seen. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import type { Author } from '@pgherd/operations';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../../test-support/engine.ts';
import { until } from '../../test-support/wait.ts';

const BY: Author = { door: 'control', user: 'console: alice', address: '' };
const CLIENT = { database: 'app', user: 'app', application: 'reports' };

let cluster: Cluster;
let engine: Engine;
let text = '';

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 3,
    pgBin: 'embedded',
    initSql: [
      {
        database: 'app',
        sql: "CREATE TABLE t (a int); GRANT ALL ON t TO PUBLIC; CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';",
      },
    ],
  });
  const { user, password } = cluster.secrets.probe;
  engine = await engineFor(cluster, {
    passwd: `${user}:TEXT${password}\n`,
    settings: {
      load_balance_mode: true,
      backend_weight0: 0,
      backend_weight1: 1,
      backend_weight2: 1,
      sr_check_period: 1,
      health_check_period: 1,
    },
  });
  const { files } = await engine.operations.configurationFiles();
  text = files[0]?.text ?? '';
  await until('the standbys read', async () => {
    const { nodes } = await engine.status();
    return nodes.filter(({ pgRole, replayLsn }) => pgRole === 'standby' && replayLsn !== null).length === 2;
  });
});
afterAll(async () => {
  await engine?.stop();
  await cluster?.destroy();
});

describe('what the session did before', () => {
  it('keeps a read on the primary in a transaction that has written, and lets the same read go otherwise', async () => {
    const one = { sql: 'SELECT * FROM t', ...CLIENT };
    const read = await engine.operations.explainRoute({ ...one, inTransaction: true });
    expect(read.rows).toContainEqual(expect.objectContaining({ rule: 'transaction', value: 'open, not failed' }));
    expect(read.rows.at(-1)?.node).toBeGreaterThan(0);
    const after = await engine.operations.explainRoute({ ...one, inTransaction: true, afterWrite: true });
    expect(after.rows.at(-1)).toMatchObject({ rule: 'disable_load_balance_on_write', verdict: 'decides', node: 0 });
    // `transaction`: what was written before does not matter once it has been committed.
    const committed = await engine.operations.explainRoute({ ...one, afterWrite: true });
    expect(committed.rows.at(-1)?.node).toBeGreaterThan(0);
  });

  it('counts in a comparison, and by dml_adaptive only for what was written', async () => {
    const [compared] = await engine.operations.compareRoutes({
      ...{ statements: ['SELECT * FROM t'], ...CLIENT, inTransaction: true, afterWrite: true },
      configuration: `${text}disable_load_balance_on_write = dml_adaptive\n`,
    });
    expect(compared?.running).toMatchObject({ rule: 'disable_load_balance_on_write' });
    expect(compared?.draft).toMatchObject({ rule: 'dml_adaptive', value: 't' });
  });
});

describe('a draft', () => {
  it('explains one statement by itself, and refuses one that cannot be used', async () => {
    const draft = `${text}primary_routing_query_pattern_list = '.*FROM t.*'\n`;
    const one = { sql: 'SELECT * FROM t', ...CLIENT };
    const running = await engine.operations.explainRoute(one);
    expect(running.rows.at(-1)?.node).toBeGreaterThan(0);
    const other = await engine.operations.explainRoute({ ...one, configuration: draft });
    expect(other.rows.at(-1)).toMatchObject({ rule: 'primary_routing_query_pattern_list', node: 0 });
    await expect(
      (async () => engine.operations.explainRoute({ ...one, configuration: 'port = x\n' }))(),
    ).rejects.toMatchObject({ code: 'NOT_POSSIBLE', message: expect.stringContaining('port') });
  });

  it('is compared with what runs, statement by statement', async () => {
    const draft = text
      .replace(/^backend_weight2 = .*$/m, 'backend_weight2 = 3')
      .concat("write_function_list = 'node'\n");
    const statements = ['SELECT * FROM t', 'SELECT node()', 'INSERT INTO t VALUES (1)', 'SELEC nonsense'];
    const compared = await engine.operations.compareRoutes({ statements, ...CLIENT, configuration: draft });
    expect(compared.map(({ sql, changed }) => [sql, changed])).toEqual([
      ['SELECT * FROM t', true],
      ['SELECT node()', true],
      ['INSERT INTO t VALUES (1)', false],
      ['SELEC nonsense', false],
    ]);
    expect(compared[0]?.running.shares).toEqual([
      { node: 1, probability: 0.5 },
      { node: 2, probability: 0.5 },
    ]);
    expect(compared[0]?.draft.shares).toEqual([
      { node: 1, probability: 0.25 },
      { node: 2, probability: 0.75 },
    ]);
    expect(compared[1]?.draft.shares).toEqual([{ node: 0, probability: 1 }]);
    const same = await engine.operations.compareRoutes({ statements, ...CLIENT, configuration: text });
    expect(same.every(({ changed }) => !changed)).toBe(true);
  });

  it('is compared for two hundred statements while clients are served', async () => {
    const statements = Array.from({ length: 200 }, (_, i) => `SELECT ${i} AS n${i} FROM t WHERE a = ${i}`);
    const compared = await engine.operations.compareRoutes({ statements, ...CLIENT, configuration: text });
    expect(compared).toHaveLength(200);
    expect((await engine.status()).nodes.map(({ statements: sent }) => sent)).toEqual([0, 0, 0]);
  });
});

describe('the proxy, asked', () => {
  it('answers where it predicted, for reads and for what goes to the primary', async () => {
    for (const sql of ['SELECT node()', 'WITH x AS (SELECT node() AS at) SELECT * FROM x']) {
      const probe = await engine.operations.probeRoute({ sql, ...CLIENT }, BY);
      expect(probe).toMatchObject({ agrees: true, rows: 1, error: null });
      expect([1, 2]).toContain(probe.node);
    }
    const primary = await engine.operations.probeRoute({ sql: 'SELECT pg_current_wal_lsn()', ...CLIENT }, BY);
    expect(primary).toMatchObject({ node: 0, agrees: true, error: null, predicted: { shares: [{ node: 0 }] } });
  });

  it('runs as sr_check_user when nobody is named, read-only, and one statement alone', async () => {
    const probe = { ...CLIENT, user: '', database: 'postgres' };
    expect(await engine.operations.probeRoute({ ...probe, sql: 'SELECT 1' }, BY)).toMatchObject({
      rows: 1,
      error: null,
    });
    const write = { ...CLIENT, sql: 'WITH w AS (INSERT INTO t VALUES (4711) RETURNING a) SELECT * FROM w' };
    expect((await engine.operations.probeRoute(write, BY)).error).toMatch(/read-only/);
    const two = { ...CLIENT, sql: 'SELECT 1; DELETE FROM t' };
    expect((await engine.operations.probeRoute(two, BY)).error).toMatch(/multiple commands/);
    await expect(engine.operations.probeRoute({ ...CLIENT, sql: 'DELETE FROM t' }, BY)).rejects.toMatchObject({
      code: 'NOT_POSSIBLE',
    });
    const stranger = { ...CLIENT, user: 'nobody', sql: 'SELECT 1' };
    await expect(engine.operations.probeRoute(stranger, BY)).rejects.toMatchObject({ code: 'NOT_POSSIBLE' });
  });

  it('does not read for ever', async () => {
    const endless = { ...CLIENT, sql: 'SELECT generate_series(1, 1000000000)' };
    const probe = await engine.operations.probeRoute(endless, BY);
    expect(probe.rows).toBe(1_000);
    expect(probe.tookMs).toBeLessThan(10_000);
    await until('its session is gone', async () => (await engine.operations.sessions()).length === 0);
  });
});
