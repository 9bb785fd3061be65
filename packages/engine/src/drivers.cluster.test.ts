/**
 * Drivers and PostgreSQL's own programs behind a read balancer: whatever a driver does, it sees what it would see at the
 * primary itself, although its reads are answered by a standby.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { encodeBind, encodeExecute, encodeParse, encodeQuery, encodeSync } from '@pgherd/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Place,
  rows,
  SCENARIO_SQL,
  type Scenario,
  withClient,
  withPg,
  withPostgresJs,
  withSql,
} from '../test-support/driver-scenarios.ts';
import { type Engine, engineFor } from '../test-support/engine.ts';
import { hasPsycopg, program, psql, python, run, systemPostgres } from '../test-support/programs.ts';
import { RawClient } from '../test-support/raw-client.ts';

/** Reads go to the standby whenever they may. */
const BALANCED = {
  num_init_children: 80,
  load_balance_mode: true,
  read_after_write: 'session',
  backend_weight0: 0,
  backend_weight1: 1,
  sr_check_period: 1,
};

const NODE_SQL = `CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';`;

describe.each([1, 2])('with reads at a standby and %i workers', (workers) => {
  let cluster: Cluster;
  let engine: Engine;

  beforeAll(async () => {
    cluster = await ephemeralCluster({
      nodes: 2,
      pgBin: 'embedded',
      maxConnections: 150,
      initSql: [
        { database: 'app', sql: `${SCENARIO_SQL} ${NODE_SQL}` },
        { database: 'postgres', sql: 'CREATE DATABASE bench OWNER app' },
      ],
    });
    engine = await engineFor(cluster, {
      settings: { ...BALANCED, worker_processes: workers },
      hba: 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
    });
  });

  afterAll(async () => {
    await engine?.stop();
    await cluster?.destroy();
  });

  const direct = (): Place => {
    const { host, port } = cluster.primary;
    return { host, port, ...cluster.secrets.app, database: 'app' };
  };
  const through = (): Place => ({ ...direct(), host: engine.host, port: engine.port });
  const standbyPort = (): number => cluster.nodes[1]?.port ?? 0;

  /** The same twice: the second run meets connections that were used before. */
  async function same(scenario: Scenario): Promise<void> {
    const expected = await scenario(direct());
    expect(await scenario(through())).toEqual(expected);
    expect(await scenario(through())).toEqual(expected);
  }

  it('reads of both drivers are answered by the standby', async () => {
    expect(await withClient(through(), (client) => rows(client, 'SELECT node()'))).toEqual([[standbyPort()]]);
    expect(await withClient(through(), (client) => rows(client, 'SELECT node() + $1', [0]))).toEqual([[standbyPort()]]);
    await withSql(through(), async (sql) => {
      // Its first use of a statement also makes it, which is the primary's.
      const ask = async (): Promise<unknown> => (await sql`SELECT node() AS port`)[0]?.['port'];
      await ask();
      expect(await ask()).toBe(standbyPort());
    });
  });

  describe('pg', () => {
    it.each(Object.entries(withPg))('%s', (_name, scenario) => same(scenario));
  });

  describe('postgres.js', () => {
    it.each(Object.entries(withPostgresJs))('%s', (_name, scenario) => same(scenario));
  });

  it.skipIf(!hasPsycopg())('psycopg2 sees the same', async () => {
    const expected = await python(direct());
    expect(expected.code, expected.text).toBe(0);
    expect(await python(through())).toEqual(expected);
    expect(await python(through())).toEqual(expected);
  });

  it.skipIf(program('psql') === null)('psql sees the same', async () => {
    const script = `
      CREATE TEMP TABLE own (a int);
      INSERT INTO own VALUES (1) RETURNING a;
      SELECT a FROM own;
      DROP TABLE own;
      SET work_mem = '7MB';
      SHOW work_mem;
      SELECT current_setting('work_mem');
      PREPARE p (int) AS SELECT $1 + 1;
      EXECUTE p (41);
      \\d t
      SELECT $1::int + 1 \\bind 41 \\g
      BEGIN; SELECT count(*) FROM t; SELECT nothing; SELECT 1; ROLLBACK;
      BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE; SELECT count(*) FROM t; COMMIT;
      DISCARD ALL;
      SHOW work_mem;
      EXECUTE p (1);`;
    const expected = await psql(direct(), ['-At'], script);
    expect(await psql(through(), ['-At'], script)).toEqual(expected);
  });

  it('PREPARE behind a read that the standby is still answering is there for what follows', async () => {
    const client = await RawClient.signIn(engine.address, { ...through(), database: 'app' });
    const texts = [
      "SELECT count(*) > 0 FROM generate_series(1, 200000) AS i, (SELECT 'x'::text) AS x",
      'PREPARE late (int) AS SELECT $1 + 1',
      'EXECUTE late (1)',
      "UPDATE t SET b = 'x' WHERE a = -1",
      'EXECUTE late (2)',
      'BEGIN',
      "UPDATE t SET b = 'x' WHERE a = -1",
      'EXECUTE late (3)',
      'COMMIT',
      'DEALLOCATE late',
    ];
    for (let round = 0; round < 3; round++) {
      client.send(...texts.map((text) => encodeQuery(text)));
      const values: unknown[] = [];
      for (const _text of texts) {
        const { errors, rows: found } = await client.answer();
        expect(errors).toEqual([]);
        if (found.length > 0) values.push(found[0]?.[0]);
      }
      expect(values).toEqual(['t', '2', '3', '4']);
    }
    await client.end();
  });

  it('a client that leaves right after an error of the standby is let go', async () => {
    for (let i = 0; i < 10; i++) {
      const client = await RawClient.signIn(engine.address, { ...through(), database: 'app' });
      expect(await client.value('SELECT node()')).toBe(String(standbyPort()));
      client.send(
        encodeParse({ statement: '', sql: 'SELECT $1::int', parameterTypes: [] }),
        encodeBind({ portal: '', statement: '', parameterFormats: [], values: ['none'], resultFormats: [] }),
        encodeExecute({ portal: '', rowsMax: 0 }),
        encodeSync(),
      );
      expect((await client.answer()).errors[0]?.sqlstate).toBe('22P02');
      await client.end();
    }
  });

  describe.skipIf(program('pgbench') === null)('pgbench', () => {
    beforeAll(async () => {
      const { code, text } = await run('pgbench', { ...direct(), database: 'bench' }, ['-i', '-q', 'bench'], {}).ended;
      expect(code, text).toBe(0);
    });

    it.each([
      ['50 clients that read by prepared statements', ['-M', 'prepared', '-c', '50', '-S', '-t', '40'], 2000],
      ['50 clients that read and write by prepared statements', ['-M', 'prepared', '-c', '50', '-t', '10'], 500],
      ['reads and writes in the simple protocol', ['-M', 'simple', '-c', '10', '-t', '20'], 200],
      ['reads in the extended protocol', ['-M', 'extended', '-S', '-c', '10', '-t', '50'], 500],
    ])('%s: no error', async (_name, args, transactions) => {
      const place = { ...through(), database: 'bench' };
      const { code, text } = await run('pgbench', place, ['-n', ...args, 'bench'], {}).ended;
      expect(code, text).toBe(0);
      expect(text).toContain(`number of transactions actually processed: ${transactions}/${transactions}`);
      expect(text).not.toMatch(/number of failed transactions: [1-9]/);
    });

    it('what they wrote adds up', async () => {
      await withClient({ ...through(), database: 'bench' }, async (client) => {
        const [sums] = await rows(
          client,
          `SELECT (SELECT sum(delta) FROM pgbench_history) = (SELECT sum(abalance) FROM pgbench_accounts)
           AND (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(bbalance) FROM pgbench_branches)`,
        );
        expect(sums).toEqual([true]);
      });
    });
  });
});

const dumps = program('pg_dump') !== null && program('pg_restore') !== null && systemPostgres();

describe.skipIf(!dumps)('pg_dump and pg_restore with four jobs', () => {
  let cluster: Cluster;
  let engine: Engine;

  beforeAll(async () => {
    cluster = await ephemeralCluster({
      nodes: 2,
      pgBin: 'system',
      initSql: [
        {
          database: 'app',
          sql: `CREATE TABLE parent (id int PRIMARY KEY, v text); CREATE TABLE child (id int REFERENCES parent, b bytea);
                INSERT INTO parent SELECT i, md5(i::text) FROM generate_series(1, 2000) AS i;
                INSERT INTO child SELECT id, decode(v, 'hex') FROM parent; CREATE INDEX ON child (id);
                CREATE TABLE more AS TABLE parent; CREATE TABLE most AS TABLE child; CREATE SEQUENCE s START 77;
                CREATE VIEW both_of_them AS SELECT * FROM parent JOIN child USING (id);
                SELECT lo_from_bytea(0, 'large object'::bytea);`,
        },
        { database: 'postgres', sql: 'CREATE DATABASE restored' },
      ],
    });
    // The standby lags: a dump that read there would lack what was committed just before.
    await cluster.nodes[1]?.query("ALTER SYSTEM SET recovery_min_apply_delay = '2s'");
    await cluster.nodes[1]?.query('SELECT pg_reload_conf()');
    engine = await engineFor(cluster, { settings: { ...BALANCED, read_after_write: 'off', worker_processes: 2 } });
  });

  afterAll(async () => {
    await engine?.stop();
    await cluster?.destroy();
  });

  it('a dump is one snapshot of the primary, and restores to the same', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-dump-'));
    try {
      const { host, port } = cluster.primary;
      const server: Place = { host, port, ...cluster.secrets.superuser, database: 'app' };
      const proxy: Place = { ...server, host: engine.host, port: engine.port };
      const dump = async (place: Place): Promise<string> => {
        const { code, text } = await run('pg_dump', place, ['--no-comments'], {}).ended;
        expect(code, text).toBe(0);
        return text.replace(/^\\(un)?restrict .*$/gm, '');
      };
      await cluster.primary.query("INSERT INTO parent VALUES (9999, 'just now')", { database: 'app' });
      const expected = await dump(server);
      expect(expected).toContain('just now');
      expect(await dump(proxy)).toBe(expected);
      const target = path.join(folder, 'parallel');
      await cluster.primary.query("UPDATE parent SET v = 'right now' WHERE id = 9999", { database: 'app' });
      for (const [name, args] of [
        ['pg_dump', ['-Fd', '-j', '4', '-f', target]],
        ['pg_restore', ['-j', '4', '-d', 'restored', target]],
      ] as const) {
        const { code, text } = await run(name, proxy, args, {}).ended;
        expect(code, text).toBe(0);
      }
      expect(await dump({ ...server, database: 'restored' })).toBe(await dump(server));
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
