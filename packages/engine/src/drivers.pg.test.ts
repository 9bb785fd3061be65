/**
 * What drivers and PostgreSQL's own programs do: each scenario runs against the server itself and through the proxy,
 * and both must see the same.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  failure,
  type Place,
  rows,
  SCENARIO_SQL,
  type Scenario,
  withClient,
  withPg,
  withPostgresJs,
} from '../test-support/driver-scenarios.ts';
import { type Engine, engineFor } from '../test-support/engine.ts';
import {
  hasPsycopg,
  newestLibpq,
  newestProtocol,
  program,
  psql,
  python,
  run,
  systemPostgres,
} from '../test-support/programs.ts';
import { until } from '../test-support/wait.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 1,
    pgBin: 'embedded',
    initSql: [
      {
        database: 'app',
        sql: SCENARIO_SQL,
      },
      { database: 'postgres', sql: 'CREATE DATABASE bench OWNER app' },
      { database: 'postgres', sql: 'CREATE DATABASE restored OWNER app' },
    ],
  });
});

afterAll(async () => {
  await cluster?.destroy();
});

function direct(): Place {
  const { host, port } = cluster.primary;
  return { host, port, ...cluster.secrets.app, database: 'app' };
}

/** Everything is looked at, written to the log and told to the client: notices in between must not hurt anybody. */
const WATCHED = {
  log_statement: true,
  log_per_node_statement: true,
  notice_per_node_statement: true,
  log_client_messages: true,
  log_backend_messages: 'terse',
  client_min_messages: 'log',
};

describe('with every message watched', () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await engineFor(cluster, { settings: { num_init_children: 32, ...WATCHED } });
  });

  afterAll(async () => {
    await engine?.stop();
  });

  it.each([...Object.entries(withPg), ...Object.entries(withPostgresJs)].filter(([name]) => name !== 'notices'))(
    '%s',
    async (_name, scenario) => {
      const expected = await scenario(direct());
      expect(await scenario({ ...direct(), host: engine.host, port: engine.port })).toEqual(expected);
    },
  );
});

// --- the comparisons --------------------------------------------------------------------------------------------------

for (const workers of [1, 2]) {
  describe(`with ${workers} worker${workers === 1 ? '' : 's'}`, () => {
    let engine: Engine;

    beforeAll(async () => {
      engine = await engineFor(cluster, {
        settings: { num_init_children: 32, worker_processes: workers },
        hba: 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
      });
    });

    afterAll(async () => {
      await engine?.stop();
    });

    const through = (): Place => ({ ...direct(), host: engine.host, port: engine.port });

    /** The same twice: the second run meets connections that were used before. */
    async function same(scenario: Scenario): Promise<void> {
      const expected = await scenario(direct());
      expect(await scenario(through())).toEqual(expected);
      expect(await scenario(through())).toEqual(expected);
    }

    describe('pg', () => {
      it.each(Object.entries(withPg))('%s', (_name, scenario) => same(scenario));
    });

    describe('postgres.js', () => {
      it.each(Object.entries(withPostgresJs))('%s', (_name, scenario) => same(scenario));
    });

    it('a wrong password is refused in the words of the server', async () => {
      const wrong = (place: Place): Promise<Record<string, unknown>> =>
        failure(withClient({ ...place, password: 'wrong' }, () => Promise.resolve()));
      const { code, severity, message } = await wrong(through());
      const theirs = await wrong(direct());
      expect({ code, severity, message }).toEqual({
        code: theirs['code'],
        severity: theirs['severity'],
        message: theirs['message'],
      });
    });

    it('nothing of a session is left for the next client', async () => {
      const place = through();
      const pid = async (client: pg.Client): Promise<unknown> => (await rows(client, 'SELECT pg_backend_pid()'))[0];
      const look = `SELECT current_setting('work_mem'), current_setting('search_path'), current_user::text,
        session_user::text, nullif(current_setting('my.own', true), ''), to_regclass('pg_temp.own')::text,
        (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
        (SELECT count(*) FROM pg_listening_channels()), current_setting('transaction_read_only')`;
      const fresh = await withClient(direct(), (client) => rows(client, look));
      const soil: ((client: pg.Client) => Promise<unknown>)[] = [
        (client) => client.query("SET work_mem = '77MB'; SET search_path = nowhere; SET my.own = 'x'"),
        (client) => client.query('CREATE TEMP TABLE own (a int); INSERT INTO own VALUES (1)'),
        (client) => client.query({ name: 'kept', text: 'SELECT $1::int', values: [1] }),
        (client) => client.query('PREPARE by_sql AS SELECT 1'),
        (client) => client.query('SELECT pg_advisory_lock(4711)'),
        (client) => client.query('LISTEN gossip'),
        (client) => client.query('SET ROLE other'),
        (client) => client.query('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY'),
        (client) => client.query('DECLARE held CURSOR WITH HOLD FOR SELECT 1'),
        (client) => client.query("BEGIN; SET LOCAL work_mem = '66MB'; INSERT INTO t VALUES (99, 'open')"),
        (client) => client.query('BEGIN').then(() => failure(client.query('SELECT 1/0'))),
      ];
      let reused = 0;
      for (const act of soil) {
        const before = await withClient(place, async (client) => {
          await act(client);
          return client;
        });
        const used = (before as unknown as { processID: number }).processID;
        // The pool gives the latest first: whoever got another connection keeps it until the right one is found.
        const findAgain = (left: number): Promise<boolean> =>
          withClient(place, async (client) => {
            expect(await rows(client, look)).toEqual(fresh);
            expect(await rows(client, 'SELECT count(*) FROM t WHERE a = 99')).toEqual([['0']]);
            return String(await pid(client)) === String(used) || (left > 0 && (await findAgain(left - 1)));
          });
        await until(`the connection of ${used} is used again`, () => findAgain(5));
        reused++;
      }
      expect(reused).toBe(soil.length);
    });

    describe.skipIf(program('psql') === null)('psql', () => {
      it('\\copy in both directions, \\c, variables, errors', async () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-psql-'));
        try {
          const file = path.join(folder, 'rows.csv');
          fs.writeFileSync(file, 'a,b\n1,one\n2,"two, too"\n');
          const script = `
            CREATE TEMP TABLE own (a int, b text);
            \\copy own FROM '${file}' WITH (FORMAT csv, HEADER)
            \\copy own TO STDOUT WITH (FORMAT csv)
            \\set n 2
            SELECT b FROM own WHERE a = :n;
            SELECT 1/0;
            SELECT 'next';
            \\c postgres
            SELECT current_database();
            \\c app
            SELECT to_regclass('pg_temp.own') IS NULL;
            \\dt
            \\d t
            SELECT $1::int + 1 \\bind 41 \\g
            BEGIN; SELECT nothing; COMMIT;`;
          const expected = await psql(direct(), ['-At'], script);
          expect(expected.text).toContain('two, too');
          expect(await psql(through(), ['-At'], script)).toEqual(expected);
        } finally {
          fs.rmSync(folder, { recursive: true, force: true });
        }
      });

      it('a SIGINT cancels the statement, also in protocol 3.2', async () => {
        for (const settings of [{}, newestProtocol()]) {
          if (settings === null) continue;
          const child = run(
            'psql',
            through(),
            ['-At', '-c', "SELECT 'cancel me', pg_sleep(60)", '-c', 'SELECT 7'],
            settings,
          );
          await withClient(direct(), (other) =>
            until('psql runs its statement', async () => {
              const found = await rows(
                other,
                "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT ''cancel me''%'",
              );
              return found.length > 0;
            }),
          );
          child.kill('SIGINT');
          const { text } = await child.ended;
          expect(text).toContain('canceling statement due to user request');
        }
      });

      it.skipIf(newestLibpq() === null)('in protocol 3.2 and no other', async () => {
        const settings = newestProtocol();
        if (settings === null) return;
        const script = 'SELECT 1; SELECT 2';
        const expected = await psql(direct(), ['-At'], script, settings);
        expect(expected).toEqual({ code: 0, text: '1\n2\n' });
        expect(await psql(through(), ['-At'], script, settings)).toEqual(expected);
      });
    });

    it.skipIf(!hasPsycopg())('psycopg2 sees the same', async () => {
      const expected = await python(direct());
      expect(expected.text).toContain('division by zero');
      expect(expected.code, expected.text).toBe(0);
      expect(await python(through())).toEqual(expected);
      expect(await python(through())).toEqual(expected);
    });

    describe.skipIf(program('pgbench') === null)('pgbench', () => {
      beforeAll(async () => {
        const place = { ...direct(), database: 'bench' };
        const { code, text } = await run('pgbench', place, ['-i', '-q', 'bench'], {}).ended;
        expect(code, text).toBe(0);
      });

      it.each(['simple', 'extended', 'prepared'])('%s', async (mode) => {
        const place = { ...through(), database: 'bench' };
        const { code, text } = await run('pgbench', place, ['-n', '-M', mode, '-c', '8', '-t', '50', 'bench'], {})
          .ended;
        expect(code, text).toBe(0);
        expect(text).toContain('number of transactions actually processed: 400/400');
        expect(text).not.toMatch(/number of failed transactions: [1-9]/);
      });
    });
  });
}

// --- pg_dump needs to be as new as its server: the system's own -------------------------------------------------------

const dumps = program('pg_dump') !== null && program('pg_restore') !== null && systemPostgres();

describe.skipIf(!dumps)('pg_dump and pg_restore', () => {
  let older: Cluster;
  let engine: Engine;

  beforeAll(async () => {
    older = await ephemeralCluster({
      nodes: 1,
      pgBin: 'system',
      initSql: [
        {
          database: 'app',
          sql: `CREATE TABLE parent (id int PRIMARY KEY, v text); CREATE TABLE child (id int REFERENCES parent, b bytea);
                INSERT INTO parent SELECT i, md5(i::text) FROM generate_series(1, 2000) AS i;
                INSERT INTO child SELECT id, decode(v, 'hex') FROM parent; CREATE INDEX ON child (id);
                CREATE VIEW both_of_them AS SELECT * FROM parent JOIN child USING (id);
                SELECT lo_from_bytea(0, 'large object'::bytea);`,
        },
        { database: 'postgres', sql: 'CREATE DATABASE restored' },
      ],
    });
    engine = await engineFor(older, { settings: { num_init_children: 32, worker_processes: 2 } });
  });

  afterAll(async () => {
    await engine?.stop();
    await older?.destroy();
  });

  it('a dump through the proxy is the dump of the server, and restores to the same', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-dump-'));
    try {
      const account = older.secrets.superuser;
      const server: Place = {
        ...older.primary,
        host: older.primary.host,
        port: older.primary.port,
        ...account,
        database: 'app',
      };
      const proxy: Place = { ...server, host: engine.host, port: engine.port };
      const dump = async (place: Place, database = 'app'): Promise<string> => {
        const { code, text } = await run('pg_dump', { ...place, database }, ['--no-comments'], {}).ended;
        expect(code, text).toBe(0);
        return text.replace(/^\\(un)?restrict .*$/gm, '');
      };
      const expected = await dump(server);
      expect(expected).toContain('CREATE TABLE public.parent');
      expect(await dump(proxy)).toBe(expected);
      const target = path.join(folder, 'parallel');
      for (const [name, args] of [
        ['pg_dump', ['-Fd', '-j', '2', '-f', target]],
        ['pg_restore', ['-j', '2', '-d', 'restored', target]],
      ] as const) {
        const { code, text } = await run(name, proxy, args, {}).ended;
        expect(code, text).toBe(0);
      }
      expect(await dump(server, 'restored')).toBe(expected);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
