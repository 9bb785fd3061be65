/** What docs/applications.md promises to applications behind the read balancer: a test for each row of its first table. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import {
  encodeBind,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeParse,
  encodeQuery,
  encodeSync,
} from '@pgherd/wire';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../packages/engine/test-support/engine.ts';
import { RawClient } from '../packages/engine/test-support/raw-client.ts';
import { until } from '../packages/engine/test-support/wait.ts';

const SQL = `
  CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 1), (2, 2);
  CREATE SEQUENCE s;
  CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';
  CREATE FUNCTION bump() RETURNS int LANGUAGE sql AS 'UPDATE t SET b = b + 1 WHERE a = 1 RETURNING b';
  CREATE FUNCTION sly() RETURNS int LANGUAGE plpgsql STABLE AS
    'DECLARE b int; BEGIN EXECUTE ''SELECT bump()'' INTO b; RETURN b; END';
  CREATE VIEW bumps AS SELECT bump();
  GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC; GRANT ALL ON SEQUENCE s TO PUBLIC;`;

let cluster: Cluster;
let engine: Engine;
let client: RawClient;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 2, pgBin: 'embedded', initSql: [{ database: 'app', sql: SQL }] });
  const [, standby] = cluster.nodes;
  await standby?.query("ALTER SYSTEM SET recovery_min_apply_delay = '200ms'");
  await standby?.query('SELECT pg_reload_conf()');
  engine = await engineFor(cluster, {
    settings: {
      load_balance_mode: true,
      backend_weight0: 0,
      backend_weight1: 1,
      read_after_write: 'session',
      sr_check_period: 1,
    },
  });
});

afterAll(async () => {
  await engine?.stop();
  await cluster?.destroy();
});

const sign = (): Promise<RawClient> => RawClient.signIn(engine.address, { user: 'app', database: 'app' });
beforeEach(async () => {
  client = await sign();
});
afterEach(() => client.end());

const value = (sql: string): Promise<string | null> => client.value(sql);
const primary = (): string => String(cluster.primary.port);
const standby = (): string => String(cluster.nodes[1]?.port);

/** Reads of the session go to the standby now. */
async function readsAway(): Promise<void> {
  await until('the standby answers', async () => (await value('SELECT node()')) === standby());
}

describe('behind the read balancer', () => {
  it('temporary tables', async () => {
    await readsAway();
    await value('CREATE TEMP TABLE t AS SELECT 42 AS a');
    expect(await value('SELECT a FROM t')).toBe('42');
    expect(await value('SELECT node()')).toBe(primary());
    await value('DISCARD ALL');
    await readsAway();
    expect(await value('SELECT count(*) FROM t')).toBe('2');
  });

  it('prepared statements', async () => {
    await readsAway();
    await value('PREPARE p (int) AS SELECT node(), $1');
    expect(await value('EXECUTE p (1)')).toBe(standby());
    await value('BEGIN');
    await value('UPDATE t SET b = 2 WHERE a = 2');
    expect(await value('EXECUTE p (2)')).toBe(primary());
    await value('ROLLBACK');
    await until('it runs there again', async () => (await value('EXECUTE p (3)')) === standby());
    await value('DEALLOCATE p');
  });

  it('session variables', async () => {
    await readsAway();
    await value("SET work_mem = '7MB'");
    await value("SELECT set_config('my.tenant', 'acme', false)");
    await readsAway(); // a function that may have written
    expect(await value("SELECT current_setting('work_mem') || current_setting('my.tenant') || ' ' || node()")).toBe(
      `7MBacme ${standby()}`,
    );
    await value('BEGIN');
    await value("SET LOCAL my.tenant = 'other'");
    expect(await value("SELECT current_setting('my.tenant')")).toBe('other');
    await value('ROLLBACK');
    expect(await value("SELECT current_setting('my.tenant')")).toBe('acme');
  });

  it('stale reads of what the session wrote', async () => {
    await readsAway();
    const b = await value('UPDATE t SET b = b + 1 WHERE a = 2 RETURNING b');
    expect(await value('SELECT b FROM t WHERE a = 2')).toBe(b);
  });

  it('a read that must be current, whoever wrote', async () => {
    await readsAway();
    expect(await value('/* current */ SELECT node()')).toBe(primary());
  });

  it('sequences', async () => {
    await readsAway();
    const next = await value("SELECT nextval('s')");
    expect(await value("SELECT currval('s')")).toBe(next);
    expect(await value('SELECT lastval()')).toBe(next);
    expect(await value('SELECT last_value FROM s')).toBe(next);
  });

  it('advisory locks', async () => {
    await readsAway();
    await value('SELECT pg_advisory_lock(4711)');
    const other = await sign();
    expect(await other.value('SELECT pg_try_advisory_lock(4711)')).toBe('f');
    expect(await value('SELECT pg_advisory_unlock(4711)')).toBe('t');
    await other.end();
  });

  it('cursors', async () => {
    await readsAway();
    await value('BEGIN');
    await value('DECLARE c CURSOR FOR SELECT generate_series(1, 5)');
    expect(await value('FETCH c')).toBe('1');
    await value('SELECT node()');
    expect(await value('FETCH c')).toBe('2');
    await value('COMMIT');
    // A portal that is read in parts.
    client.send(
      encodeParse({ statement: '', sql: 'SELECT node() FROM generate_series(1, 4)', parameterTypes: [] }),
      encodeBind({ portal: '', statement: '', parameterFormats: [], values: [], resultFormats: [] }),
      encodeDescribe({ kind: 'portal', name: '' }),
      encodeExecute({ portal: '', rowsMax: 2 }),
      encodeFlush(),
      encodeExecute({ portal: '', rowsMax: 2 }),
      encodeSync(),
    );
    expect((await client.answer()).rows.flat()).toEqual([primary(), primary(), primary(), primary()]);
  });

  it('LISTEN', async () => {
    await readsAway();
    await value('LISTEN news');
    const other = await sign();
    await other.value("NOTIFY news, 'hello'");
    await other.end();
    await until('it arrives, while reads are answered by the standby', async () => {
      const { frames, rows } = await client.query('SELECT node()');
      expect(rows).toEqual([[standby()]]);
      return frames.some(({ type, body }) => type === 0x41 && body.includes('hello'));
    });
  });

  it('transactions that read', async () => {
    await readsAway();
    await value('BEGIN');
    expect(await value('SELECT node()')).toBe(standby());
    await value('UPDATE t SET b = 77 WHERE a = 2');
    expect(await value("SELECT b || ' ' || node() FROM t WHERE a = 2")).toBe(`77 ${primary()}`);
    await value('ROLLBACK');
    for (const [level, node] of [
      ['REPEATABLE READ', primary()],
      ['REPEATABLE READ, READ ONLY', standby()],
      ['SERIALIZABLE', primary()],
    ] as const) {
      await readsAway();
      await value(`BEGIN ISOLATION LEVEL ${level}`);
      expect(await value('SELECT node()'), level).toBe(node);
      expect(await value('SELECT node()'), level).toBe(node);
      await value('COMMIT');
    }
  });

  it('functions that write', async () => {
    await readsAway();
    const before = Number(await value('SELECT bump()'));
    expect(await value('SELECT b FROM t WHERE a = 1')).toBe(String(before));
    expect(await value('SELECT * FROM bumps')).toBe(String(before + 1));
    await readsAway();
    // Declared STABLE: the standby refuses, the primary does it.
    expect(await value('SELECT sly()')).toBe(String(before + 2));
    expect(await value('SELECT b FROM t WHERE a = 1')).toBe(String(before + 2));
  });

  it('time functions', async () => {
    await readsAway();
    await value('BEGIN');
    const began = await value("SELECT now() || ' ' || node()");
    expect(began).toContain(primary());
    expect(await value("SELECT now() || ' ' || node()")).toBe(began);
    await value('COMMIT');
  });

  it('what is asked of the server itself', async () => {
    await readsAway();
    expect(await value('SELECT inet_server_port()')).toBe(primary());
    expect(await value('SELECT pg_is_in_recovery()')).toBe('f');
    const pid = await value('SELECT pg_backend_pid()');
    expect(await value('SELECT pg_backend_pid()')).toBe(pid);
    expect(Number(pid)).toBe(client.greeting?.pid);
    expect(await value(`SELECT count(*) FROM pg_stat_activity WHERE pid = ${pid}`)).toBe('1');
  });

  it('EXPLAIN', async () => {
    await readsAway();
    const [row] = (await client.query('EXPLAIN (ANALYZE, FORMAT TEXT) UPDATE t SET b = b WHERE a = 1')).rows;
    expect(row?.[0]).toContain('Update on t');
    const route = await client.query('PGPOOL EXPLAIN ROUTE SELECT node()');
    expect(route.errors).toEqual([]);
    expect(route.rows.length).toBeGreaterThan(3);
  });

  it('a standby that takes connections and says nothing holds a read for seconds only', async () => {
    const node = cluster.nodes[1];
    // No connection that is kept fits this one.
    const params = { application_name: 'never before' };
    const late = await RawClient.signIn(engine.address, { user: 'app', database: 'app', params });
    node?.freeze();
    try {
      expect(await late.value('SELECT node()', 8_000)).toBe(primary());
    } finally {
      node?.thaw();
    }
    await late.end();
  });

  it('a cancel request finds a statement that is still on its way to its server', async () => {
    const node = cluster.nodes[1];
    node?.freeze();
    try {
      // The standby takes the connection, or the statement, and says nothing.
      client.send(encodeQuery('SELECT count(*) FROM generate_series(1, 2900000000)'));
      const other = await sign();
      const cancelling = client.cancel(engine.address, 30_000);
      expect(await other.value('/* the request has been read by now */ SELECT 1')).toBe('1');
      await other.end();
      node?.thaw();
      expect((await client.answer(30_000)).errors[0]?.sqlstate).toBe('57014');
      await cancelling;
    } finally {
      node?.thaw();
    }
  });

  it('a cancel request finds the server that works', async () => {
    await readsAway();
    client.send(encodeQuery('SELECT count(*) FROM generate_series(1, 3000000000)'));
    await until('the standby works', async () => {
      const [busy] =
        (await cluster.nodes[1]?.query(
          "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%3000000000%' AND pid <> pg_backend_pid()",
        )) ?? [];
      return busy !== undefined;
    });
    await client.cancel(engine.address);
    expect((await client.answer()).errors[0]?.sqlstate).toBe('57014');
  });
});
