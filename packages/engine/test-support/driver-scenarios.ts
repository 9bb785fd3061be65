/**
 * What drivers do, as scenarios: each takes a place to connect to and returns all that the driver showed. Run against a
 * server and through a proxy they must return the same.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import * as copyStreams from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import postgres from 'postgres';
import { until } from './wait.ts';

/** What the scenarios need in the database, as a superuser. */
export const SCENARIO_SQL = `
  CREATE TABLE t (a int PRIMARY KEY, b text);
  CREATE TYPE mood AS ENUM ('sad', 'happy');
  CREATE ROLE other; GRANT other TO app;
  GRANT ALL ON t TO PUBLIC; GRANT CREATE ON SCHEMA public TO app;`;

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

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

export async function failure(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    (value) => ({ unexpected: value }),
    (error: unknown) => shown(error),
  );
}

export async function withClient<T>(
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

export async function withSql<T>(
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

export const rows = async (client: pg.Client, text: string, values: unknown[] = []): Promise<unknown[]> =>
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

export type Scenario = (place: Place) => Promise<unknown>;

export const withPg: Record<string, Scenario> = {
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

export const withPostgresJs: Record<string, Scenario> = {
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
