/**
 * What drivers and PostgreSQL's own programs do: each scenario runs against the server itself and through the proxy,
 * and both must see the same.
 */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Cluster, embeddedBinaries, ephemeralCluster, findSystemBinaries } from '@pgherd/lab';
import pg from 'pg';
import * as copyStreams from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../test-support/engine.ts';
import { env } from '../test-support/env.ts';
import { until } from '../test-support/wait.ts';

interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

let cluster: Cluster;

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 1,
    pgBin: 'embedded',
    initSql: [
      {
        database: 'app',
        sql: `CREATE TABLE t (a int PRIMARY KEY, b text);
              CREATE TYPE mood AS ENUM ('sad', 'happy');
              CREATE ROLE other; GRANT other TO app;
              GRANT ALL ON t TO PUBLIC; GRANT CREATE ON SCHEMA public TO app;`,
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

// --- helpers of scenarios ---------------------------------------------------------------------------------------------

/** All that a driver shows of an error of the server. */
function shown(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { thrown: error };
  const { message } = error;
  const fields: Record<string, unknown> = Object.fromEntries(
    Object.entries(error).filter(([name]) => !['length', 'query', 'parameters'].includes(name)),
  );
  // Which temporary schema a backend has says nothing of what it did.
  const { schema } = fields as { schema?: unknown };
  if (typeof schema === 'string') fields['schema'] = schema.replace(/^pg_temp_\d+$/, 'pg_temp');
  return { ...fields, message };
}

async function failure(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    (value) => ({ unexpected: value }),
    (error: unknown) => shown(error),
  );
}

async function withClient<T>(
  place: Place,
  work: (client: pg.Client) => Promise<T>,
  more: pg.ClientConfig = {},
): Promise<T> {
  const client = new pg.Client({ ...place, ...more });
  client.on('error', () => {}); // what ends a connection is seen by the query that waits for it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function withSql<T>(
  place: Place,
  work: (sql: postgres.Sql) => Promise<T>,
  more: postgres.Options<Record<string, postgres.PostgresType>> = {},
): Promise<T> {
  const sql = postgres({
    host: place.host,
    port: place.port,
    user: place.user,
    pass: place.password,
    database: place.database,
    max: 1,
    onnotice: () => {},
    ...more,
  });
  try {
    return await work(sql as postgres.Sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const rows = async (client: pg.Client, text: string, values: unknown[] = []): Promise<unknown[]> =>
  (await client.query({ text, values, rowMode: 'array' })).rows;

/** A result without what differs from run to run. */
function plain({ command, rowCount, rows: found, fields }: pg.QueryResult): unknown {
  return {
    command,
    rowCount,
    rows: found,
    fields: fields?.map(({ name, dataTypeID, format }) => [name, dataTypeID, format]),
  };
}

const TYPES = `SELECT 1::int2, 2::int4, 3::int8, 1.5::float4, 1e300::float8, 'NaN'::float8, 1.10::numeric(10,2), true,
  'x'::char, 'y'::varchar, E'a\\tb\\nc'::text, ''::text, NULL::int, '\\xdeadbeef'::bytea, '{"a": [1, null]}'::jsonb,
  '2026-01-02 03:04:05.678'::timestamp, '2026-01-02 03:04:05+00'::timestamptz, '2026-01-02'::date, '03:04'::time,
  '1 day 2 h'::interval, ARRAY[1,2,NULL], ARRAY['a"b', 'c,d'], '127.0.0.1/8'::inet, '(1,2)'::point, 'happy'::mood,
  '[1,5)'::int4range, '2f9f47f0-8a7b-4c0a-9d6e-0a1b2c3d4e5f'::uuid, B'101', ROW(1, 'x'), 'pg_class'::regclass,
  '🐘'::text`;

type Scenario = (place: Place) => Promise<unknown>;

const withPg: Record<string, Scenario> = {
  'simple queries': (place) =>
    withClient(place, async (client) => [
      plain(await client.query('SELECT 1 AS one, NULL AS nothing')),
      plain(await client.query('')),
      plain(await client.query('CREATE TEMP TABLE own (a int)')),
      plain(await client.query('INSERT INTO own SELECT generate_series(1, 10)')),
      plain(await client.query('DELETE FROM own WHERE a > 7')),
    ]),

  'several statements in one query': (place) =>
    withClient(place, async (client) => {
      const all = (await client.query('SELECT 1; SELECT 2, 3; SELECT 4 WHERE false')) as unknown as pg.QueryResult[];
      return [
        all.map(plain),
        await failure(client.query('SELECT 1; SELECT 1/0; SELECT 3')),
        await rows(client, 'SELECT 4'),
      ];
    }),

  'values of many types, as text and as bytes': (place) =>
    withClient(place, async (client) => [
      plain(await client.query(TYPES)),
      plain(await client.query({ text: TYPES, values: [] })),
      plain(await client.query({ text: TYPES, values: [], binary: true } as pg.QueryConfig)),
    ]),

  'parameters of many types': (place) =>
    withClient(place, (client) =>
      rows(client, 'SELECT $1::int, $2::text, $3::jsonb, $4::bytea, $5::int[], $6::timestamptz, $7::bool, $8::text', [
        42,
        'it\'s "quoted" \\ and 🐘',
        { a: [1, 'two'] },
        Buffer.from([0, 1, 255]),
        [1, null, 3],
        new Date('2026-01-02T03:04:05Z'),
        false,
        null,
      ]),
    ),

  'named statements, again and again': (place) =>
    withClient(place, async (client) => {
      const found: unknown[] = [];
      for (let i = 0; i < 20; i++) {
        found.push((await client.query({ name: 'twice', text: 'SELECT $1::int * 2 AS d', values: [i] })).rows);
      }
      found.push(await rows(client, 'SELECT name, statement, parameter_types::text FROM pg_prepared_statements'));
      return found;
    }),

  'errors, with all their fields, and what comes after them': (place) =>
    withClient(place, async (client) => {
      await client.query('CREATE TEMP TABLE own (a int PRIMARY KEY CHECK (a > 0), b text NOT NULL)');
      await client.query("INSERT INTO own VALUES (1, 'x')");
      const found: unknown[] = [];
      for (const text of [
        'SELEC 1',
        'SELECT * FROM nowhere',
        "INSERT INTO own VALUES (1, 'y')",
        "INSERT INTO own VALUES (-1, 'y')",
        'INSERT INTO own VALUES (2, NULL)',
        'SELECT 1/0',
        "SELECT 'x'::int",
        "DO $$BEGIN RAISE EXCEPTION 'own' USING HINT = 'h', DETAIL = 'd', ERRCODE = 'UE001', SCHEMA = 's'; END$$",
      ]) {
        found.push(await failure(client.query(text)));
        found.push(await failure(client.query({ text, values: [], name: `n${found.length}` })));
        found.push(await rows(client, 'SELECT count(*) FROM own'));
      }
      return found;
    }),

  notices: (place) =>
    withClient(place, async (client) => {
      const seen: unknown[] = [];
      client.on('notice', (notice) => seen.push(shown(notice)));
      await client.query("DO $$BEGIN RAISE NOTICE 'one %', 1; RAISE WARNING 'two' USING HINT = 'h'; END$$");
      await client.query('DROP TABLE IF EXISTS nowhere');
      return seen;
    }),

  'transactions with savepoints': (place) =>
    withClient(place, async (client) => {
      const found: unknown[] = [];
      await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
      await client.query("INSERT INTO t VALUES (1, 'kept')");
      await client.query('SAVEPOINT s');
      found.push(await failure(client.query("INSERT INTO t VALUES (1, 'twice')")));
      found.push(await failure(client.query('SELECT 1')));
      await client.query('ROLLBACK TO s');
      found.push(await rows(client, 'SELECT * FROM t'));
      await client.query('ROLLBACK');
      found.push(await rows(client, 'SELECT * FROM t'));
      return found;
    }),

  'LISTEN and NOTIFY between clients': (place) =>
    withClient(place, async (listener) => {
      const heard: unknown[] = [];
      listener.on('notification', ({ channel, payload }) => heard.push([channel, payload]));
      await listener.query('LISTEN news');
      await withClient(place, async (speaker) => {
        await speaker.query("NOTIFY news, 'first'");
        await speaker.query("SELECT pg_notify('news', 'second'), pg_notify('other', 'unheard')");
      });
      await until('both notifications', () => heard.length >= 2);
      await listener.query("NOTIFY news, 'own'");
      await until('the own one', () => heard.length >= 3);
      await listener.query('UNLISTEN *');
      await listener.query("NOTIFY news, 'late'");
      return heard;
    }),

  'a pipeline, with an error in the middle': (place) =>
    withClient(
      place,
      async (client) => {
        const found = await Promise.all(
          Array.from({ length: 200 }, (_, i) =>
            i % 50 === 25
              ? failure(client.query('SELECT 1/$1::int', [0]))
              : client.query('SELECT $1::int AS i, repeat($2, $1::int) AS r', [i, 'ab']).then((r) => r.rows),
          ),
        );
        return found;
      },
      { pipeline: true } as pg.ClientConfig,
    ),

  'queries that wait for each other in the driver': (place) =>
    withClient(place, (client) =>
      Promise.all(Array.from({ length: 100 }, (_, i) => rows(client, 'SELECT $1::int, pg_sleep(0)', [i]))),
    ),

  'a hundred thousand rows': (place) =>
    withClient(place, async (client) => {
      const result = await client.query({
        text: "SELECT i, md5(i::text), repeat('x', i % 50) FROM generate_series(1, 100000) AS i",
        rowMode: 'array',
      });
      return [result.rowCount, result.rows.at(0), result.rows.at(-1), JSON.stringify(result.rows).length];
    }),

  'a parameter and a value of 16 MB': (place) =>
    withClient(place, async (client) => {
      const big = Buffer.alloc(16 * 1024 * 1024, 'pgherd ');
      const [row] = (await client.query('SELECT md5($1::bytea) AS m, length($1) AS n, $1::bytea AS v', [big])).rows;
      const same = Buffer.compare(row.v, big) === 0;
      const text = await rows(client, `SELECT length('${'y'.repeat(16 * 1024 * 1024)}')`);
      return [row.m, row.n, same, text];
    }),

  'a cursor with row limits, closed half-way': (place) =>
    withClient(place, async (client) => {
      const found: unknown[] = [];
      const cursor = client.query(new Cursor('SELECT generate_series(1, $1::int) AS i', [1000]));
      found.push(await cursor.read(3), await cursor.read(2), (await cursor.read(500)).length);
      await cursor.close();
      found.push(await rows(client, 'SELECT 1'));
      const whole = client.query(new Cursor('SELECT generate_series(1, 10) AS i'));
      found.push((await whole.read(10)).length, await whole.read(10));
      const broken = client.query(new Cursor('SELECT 10 / (5 - i) AS q FROM generate_series(1, 9) AS i'));
      found.push(await broken.read(2), await failure(broken.read(10)));
      found.push(await rows(client, 'SELECT 2'));
      return found;
    }),

  'cursors inside a transaction': (place) =>
    withClient(place, async (client) => {
      await client.query('BEGIN');
      await client.query('DECLARE own SCROLL CURSOR FOR SELECT generate_series(1, 100) AS i');
      const found = [
        await rows(client, 'FETCH 3 FROM own'),
        await rows(client, 'MOVE LAST IN own'),
        await rows(client, 'FETCH BACKWARD 2 FROM own'),
      ];
      await client.query('CLOSE own');
      found.push([await failure(client.query('FETCH own'))]);
      await client.query('ROLLBACK');
      return found;
    }),

  'a stream of rows, read to its end and left early': (place) =>
    withClient(place, async (client) => {
      let sum = 0;
      for await (const row of client.query(
        new QueryStream('SELECT generate_series(1, 5000) AS i', [], { batchSize: 77 }),
      )) {
        sum += (row as { i: number }).i;
      }
      let few = 0;
      for await (const _row of client.query(
        new QueryStream('SELECT generate_series(1, 5000)', [], { batchSize: 10 }),
      )) {
        if (++few === 25) break;
      }
      return [sum, few, await rows(client, 'SELECT 3')];
    }),

  'COPY in and out as streams': (place) =>
    withClient(place, async (client) => {
      await client.query('CREATE TEMP TABLE copied (a int, b text)');
      const lines = Array.from({ length: 20_000 }, (_, i) => `${i}\t${'v'.repeat(i % 90)}\n`);
      const into = client.query(copyStreams.from('COPY copied FROM STDIN'));
      await pipeline(Readable.from(lines), into);
      const out: Buffer[] = [];
      for await (const chunk of client.query(copyStreams.to('COPY copied TO STDOUT'))) out.push(chunk as Buffer);
      return [
        into.rowCount,
        Buffer.concat(out).toString() === lines.join(''),
        await rows(client, 'SELECT count(*), sum(length(b)) FROM copied'),
      ];
    }),

  'COPY in that fails: bad data, data that end with an error': (place) =>
    withClient(place, async (client) => {
      await client.query('CREATE TEMP TABLE copied (a int)');
      const bad = client.query(copyStreams.from('COPY copied FROM STDIN'));
      const first = await failure(pipeline(Readable.from(['1\n', 'x\n', '3\n']), bad));
      const between = await rows(client, 'SELECT count(*) FROM copied');
      const given = client.query(copyStreams.from('COPY copied FROM STDIN'));
      given.on('error', () => {});
      given.write('1\n');
      given.destroy(new Error('enough'));
      const after = await rows(client, 'SELECT count(*) FROM copied');
      const none = client.query(copyStreams.from('COPY nowhere FROM STDIN'));
      return [
        first,
        between,
        after,
        await failure(pipeline(Readable.from(['1\n']), none)),
        await rows(client, 'SELECT 1'),
      ];
    }),

  'large objects': (place) =>
    withClient(place, async (client) => {
      const data = Buffer.alloc(300_000, 'large ');
      await client.query('BEGIN');
      const [[oid]] = (await rows(client, 'SELECT lo_creat(-1)')) as [[number]];
      const [[fd]] = (await rows(client, 'SELECT lo_open($1, 393216)', [oid])) as [[number]];
      const written = await rows(client, 'SELECT lowrite($1, $2)', [fd, data]);
      await rows(client, 'SELECT lo_lseek($1, 100000, 0)', [fd]);
      const [[part]] = (await rows(client, 'SELECT loread($1, 50)', [fd])) as [[Buffer]];
      await rows(client, 'SELECT lo_close($1)', [fd]);
      await client.query('COMMIT');
      const [[whole]] = (await rows(client, 'SELECT lo_get($1)', [oid])) as [[Buffer]];
      return [written, part.toString(), whole.equals(data), await rows(client, 'SELECT lo_unlink($1)', [oid])];
    }),

  'a statement that is cancelled by another session': (place) =>
    withClient(place, async (client) => {
      const [[pid]] = (await rows(client, 'SELECT pg_backend_pid()')) as [[number]];
      const slow = failure(client.query('SELECT pg_sleep(60)'));
      await withClient(place, (other) =>
        until('it runs and is cancelled', async () => {
          const [row] = await rows(
            other,
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep(60)'",
            [pid],
          );
          return row !== undefined;
        }),
      );
      return [await slow, await rows(client, 'SELECT 1')];
    }),

  'sign-ins that fail': async (place) => [
    await failure(withClient({ ...place, database: 'nowhere' }, () => Promise.resolve())),
    await failure(withClient(place, () => Promise.resolve(), { options: '-c nonsense=1' })),
  ],

  'start-up parameters': (place) =>
    withClient(
      place,
      async (client) => {
        const look = (): Promise<unknown[]> =>
          rows(
            client,
            "SELECT current_setting('application_name'), current_setting('statement_timeout'), current_setting('work_mem')",
          );
        const found = [await look()];
        await client.query("SET application_name = 'changed'; SET statement_timeout = '3s'; SET work_mem = '9MB'");
        found.push(await look());
        await client.query('RESET ALL');
        found.push(await look());
        return found;
      },
      { application_name: 'drivers', options: '-c statement_timeout=12s -c work_mem=5MB' },
    ),
};

const withPostgresJs: Record<string, Scenario> = {
  'queries, values and types': (place) =>
    withSql(place, async (sql) => [
      await sql`SELECT ${1}::int AS a, ${'x'} AS b, ${sql.json({ k: [1] })}::jsonb AS c, ${[1, 2]}::int[] AS d`,
      await sql`SELECT ${null}::text AS n, ${new Date('2026-01-02T03:04:05Z')}::timestamptz AS t`,
      await sql.unsafe('SELECT 1 AS a; SELECT 2 AS b').simple(),
      await sql.unsafe(TYPES).values(),
    ]),

  'hundreds of queries in one pipeline, some of which fail': (place) =>
    withSql(place, (sql) =>
      Promise.all(
        Array.from({ length: 300 }, (_, i) =>
          (i % 60 === 30 ? sql`SELECT ${i}::int / 0 AS x` : sql`SELECT ${i}::int AS x, repeat('z', ${i}) AS z`).then(
            (found) => [...found],
            (error: unknown) => shown(error),
          ),
        ),
      ),
    ),

  'transactions with savepoints': (place) =>
    withSql(place, async (sql) => {
      const found: unknown[] = [];
      await sql
        .begin(async (tx) => {
          await tx`INSERT INTO t VALUES (10, 'ten')`;
          found.push(await failure(tx.savepoint((sp) => sp`INSERT INTO t VALUES (10, 'again')`)));
          await tx.savepoint((sp) => sp`INSERT INTO t VALUES (11, 'eleven')`);
          found.push([...(await tx`SELECT * FROM t ORDER BY a`)]);
          throw new Error('roll back');
        })
        .catch((error: unknown) => found.push(shown(error)));
      found.push([...(await sql`SELECT count(*) FROM t`)]);
      return found;
    }),

  'cursors and forEach': (place) =>
    withSql(place, async (sql) => {
      const sizes: number[] = [];
      await sql`SELECT generate_series(1, 1000) AS i`.cursor(300, (part) => void sizes.push(part.length));
      let first = 0;
      for await (const [row] of sql`SELECT generate_series(1, 1000) AS i`.cursor()) {
        first += (row as { i: number }).i;
        if (first >= 6) break;
      }
      let sum = 0;
      await sql`SELECT generate_series(1, 100) AS i`.forEach((row) => {
        sum += (row as { i: number }).i;
      });
      return [sizes, first, sum, [...(await sql`SELECT 1 AS one`)]];
    }),

  'COPY in both directions': (place) =>
    withSql(place, async (sql) => {
      await sql`CREATE TEMP TABLE copied (a int, b text)`;
      const lines = Array.from({ length: 5000 }, (_, i) => `${i}\tline ${i}\n`);
      await pipeline(Readable.from(lines), await sql`COPY copied FROM STDIN`.writable());
      const out: Buffer[] = [];
      for await (const chunk of await sql`COPY copied TO STDOUT`.readable()) out.push(chunk as Buffer);
      return [Buffer.concat(out).toString() === lines.join(''), [...(await sql`SELECT count(*) FROM copied`)]];
    }),

  'a cancelled query, and the next one': (place) =>
    withSql(place, async (sql) => {
      const slow = sql`SELECT pg_sleep(60) AS long`;
      const end = failure(slow.execute());
      await withClient(place, (other) =>
        until('it runs', async () => {
          const running = await rows(
            other,
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60) AS long' AND state = 'active' AND pid <> pg_backend_pid()",
          );
          return running.length > 0;
        }),
      );
      slow.cancel();
      return [await end, [...(await sql`SELECT 1 AS one`)]];
    }),

  'statements described ahead': (place) =>
    withSql(place, async (sql) => {
      const { types, columns } = await sql`SELECT ${1}::int AS a, ${'x'}::text AS b FROM t`.describe();
      return [types, columns.map(({ name, type }) => [name, type]), await failure(sql`SELECT nothing`.describe())];
    }),

  'LISTEN and NOTIFY': (place) =>
    withSql(place, async (sql) => {
      const heard: string[] = [];
      const { unlisten } = await sql.listen('papers', (payload) => heard.push(payload));
      await sql.notify('papers', 'one');
      await sql.notify('papers', 'two');
      await until('both', () => heard.length === 2);
      await unlisten();
      return heard;
    }),

  'sign-ins that fail': async (place) => [
    await failure(withSql({ ...place, database: 'nowhere' }, (sql) => sql`SELECT 1`)),
  ],
};

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

// --- programs ---------------------------------------------------------------------------------------------------------

/** Where a program is. Without it the tests that need it are skipped, and the reason is printed. */
function program(name: string): string | null {
  const found = (env.inherited['PATH'] ?? '').split(':').find((folder) => fs.existsSync(path.join(folder, name)));
  if (found === undefined) process.stderr.write(`${name} is not installed: its tests are skipped\n`);
  return found === undefined ? null : path.join(found, name);
}

function systemPostgres(): boolean {
  if (findSystemBinaries() !== undefined) return true;
  process.stderr.write("no PostgreSQL of the system's: the tests of pg_dump are skipped\n");
  return false;
}

/** The folder of a libpq that speaks protocol 3.2: the embedded PostgreSQL's. */
function newestLibpq(): string | null {
  try {
    const folder = path.join(embeddedBinaries().dir, '..', 'lib');
    return fs.existsSync(path.join(folder, 'libpq.so.5')) ? folder : null;
  } catch {
    return null;
  }
}

function newestProtocol(): Record<string, string> | null {
  const folder = newestLibpq();
  if (folder === null) {
    process.stderr.write('no libpq that speaks protocol 3.2: its tests are skipped\n');
    return null;
  }
  return { LD_LIBRARY_PATH: folder, PGMINPROTOCOLVERSION: '3.2', PGMAXPROTOCOLVERSION: '3.2' };
}

interface Ended {
  readonly code: number | null;
  /** Both outputs, as they came. */
  readonly text: string;
}

function run(
  name: string,
  place: Place,
  args: readonly string[],
  more: Readonly<Record<string, string>>,
  input = '',
): { ended: Promise<Ended>; kill(signal: NodeJS.Signals): void } {
  const child = spawn(name, args, {
    env: {
      ...env.inherited,
      LC_ALL: 'C',
      PGHOST: place.host,
      PGPORT: String(place.port),
      PGUSER: place.user,
      PGPASSWORD: place.password,
      PGDATABASE: place.database,
      PGCONNECT_TIMEOUT: '10',
      PSQLRC: '/dev/null',
      ...more,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
  return { ended, kill: (signal) => void child.kill(signal) };
}

const PYTHON = String.raw`
import io, select, threading, psycopg2, psycopg2.extras, psycopg2.extensions
connection = psycopg2.connect('')
cursor = connection.cursor()
cursor.execute('SELECT %s, %s::int, %s::text', ('x', 42, None))
print(cursor.fetchall(), connection.status)
cursor.execute('CREATE TEMP TABLE own (a int PRIMARY KEY, b text)')
cursor.executemany('INSERT INTO own VALUES (%s, %s)', [(i, 'v%d' % i) for i in range(50)])
psycopg2.extras.execute_values(cursor, 'INSERT INTO own VALUES %s', [(i, 'w') for i in range(100, 400)])
print(cursor.rowcount)
cursor.execute('SAVEPOINT s')
for sql in ('INSERT INTO own VALUES (1)', 'SELECT 1/0', 'SELEC'):
    try:
        cursor.execute(sql)
    except psycopg2.Error as error:
        print(error.pgcode, error.diag.severity, error.diag.message_primary, error.diag.constraint_name)
        cursor.execute('ROLLBACK TO s')
named = connection.cursor('portal', withhold=False)
named.itersize = 7
named.execute('SELECT a FROM own ORDER BY a')
print(sum(row[0] for row in named))
named.close()
cursor.copy_expert('COPY own FROM STDIN', io.StringIO('900\tnine\n901\t\\N\n'))
out = io.StringIO()
cursor.copy_expert('COPY (SELECT * FROM own WHERE a > 398 ORDER BY a) TO STDOUT', out)
print(repr(out.getvalue()))
connection.commit()
big = connection.lobject(0, 'wb')
big.write(b'large ' * 20000)
oid = big.oid
big.close()
print(len(connection.lobject(oid, 'rb').read()))
connection.lobject(oid).unlink()
connection.rollback()
connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
cursor.execute('LISTEN python')
cursor.execute("NOTIFY python, 'hello'")
while not connection.notifies:
    select.select([connection], [], [], 10)
    connection.poll()
print([(n.channel, n.payload) for n in connection.notifies])
done = threading.Event()
def cancel():
    while not done.wait(0.02):
        connection.cancel()
thread = threading.Thread(target=cancel)
thread.start()
try:
    cursor.execute('SELECT pg_sleep(60)')
except psycopg2.Error as error:
    print(error.pgcode)
done.set()
thread.join()
cursor.execute("DO $$BEGIN RAISE NOTICE 'noted'; END$$")
print(connection.notices[-1:])
connection.close()
try:
    psycopg2.connect(dbname='nowhere')
except psycopg2.OperationalError as error:
    print(str(error).strip().split('FATAL:')[-1])
`;

function hasPsycopg(): boolean {
  try {
    execFileSync('python3', ['-c', 'import psycopg2'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('python3 with psycopg2 is not installed: its test is skipped\n');
    return false;
  }
}

const python = (place: Place): Promise<Ended> => run('python3', place, ['-c', PYTHON], {}).ended;

function psql(
  place: Place,
  args: readonly string[],
  script: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const text = script.replace(/^ +/gm, '');
  // Errors go where answers go, so that their order is the same each time.
  return run('sh', place, ['-c', 'exec psql "$@" 2>&1', 'psql', ...args], more, text).ended;
}
