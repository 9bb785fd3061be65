/** Where statements run, and what of a session goes with them, over a primary that takes no reads and two standbys. */
import { type Cluster, ephemeralCluster, type PostgresNode } from '@pgherd/lab';
import {
  encodeBind,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeParse,
  encodeQuery,
  encodeSync,
} from '@pgherd/wire';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor, type SettingValue } from '../test-support/engine.ts';
import { type Answer, RawClient } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

const SQL = `
  CREATE TABLE t (id int PRIMARY KEY, v text);
  INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 10) i;
  CREATE SCHEMA other;
  CREATE TABLE other.t (id int PRIMARY KEY, v text);
  INSERT INTO other.t VALUES (1, 'other');
  CREATE UNLOGGED TABLE unlogged_one (id int);
  CREATE TABLE written (what text);
  CREATE TABLE guarded (owner text);
  INSERT INTO guarded VALUES ('reader'), ('someone'), ('nobody');
  ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
  ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
  CREATE POLICY own ON guarded USING (owner = current_setting('app.who', true) OR owner = current_user);
  CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';
  CREATE FUNCTION put(what text) RETURNS int LANGUAGE plpgsql VOLATILE AS
    $$BEGIN INSERT INTO written VALUES (what); RETURN inet_server_port(); END$$;
  CREATE FUNCTION sly(what text) RETURNS int LANGUAGE plpgsql STABLE AS $$BEGIN RETURN put(what); END$$;
  CREATE FUNCTION slow(seconds float) RETURNS int LANGUAGE plpgsql STABLE AS
    $$BEGIN PERFORM pg_sleep(seconds); RETURN inet_server_port(); END$$;
  CREATE VIEW calm AS SELECT node() AS node, v FROM t;
  CREATE VIEW busy AS SELECT put('by a view') AS node;
  CREATE VIEW dusty AS SELECT node() AS node FROM unlogged_one RIGHT JOIN t ON false;
  CREATE VIEW inner_catalog AS SELECT node() AS node FROM pg_class;
  GRANT USAGE ON SCHEMA other TO reader;
  GRANT ALL ON ALL TABLES IN SCHEMA public, other TO reader;
`;

let cluster: Cluster;
let engine: Engine;
const open: RawClient[] = [];
const BASE: Readonly<Record<string, SettingValue>> = {
  worker_processes: 1,
  load_balance_mode: true,
  allow_sql_comments: true,
  backend_weight0: 0,
  backend_weight1: 1,
  backend_weight2: 1,
  sr_check_period: 1,
  connect_timeout: 2000,
  // A standby that was found dead or frozen is used again once it streams.
  auto_failback: true,
  auto_failback_interval: 1,
  read_after_write: 'off',
  read_after_write_wait: 500,
  disable_load_balance_on_write: 'transaction',
  retry_on_primary: true,
  app_name_redirect_preference_list: 'reads on 1:1,reads on 2:2',
};

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 3,
    pgBin: 'embedded',
    settings: { max_prepared_transactions: '10' },
    initSql: ['CREATE ROLE reader', { database: 'app', sql: SQL }],
  });
  await cluster.waitReplayed();
  engine = await engineFor(cluster, { settings: BASE });
});
afterEach(async () => {
  for (const client of open.splice(0)) client.destroy();
});
afterAll(async () => {
  await engine?.stop('immediate');
  await cluster?.destroy();
});

async function session(params: Record<string, string> = {}): Promise<RawClient> {
  const { user } = cluster.secrets.superuser;
  const client = await RawClient.signIn(engine.address, { user, database: 'app', params });
  open.push(client);
  return client;
}

async function configured(changes: Record<string, SettingValue>): Promise<void> {
  engine.configure({ ...BASE, ...changes });
  expect(await engine.reload()).toMatchObject({ ok: true });
}

const place = (port: string | null | undefined): string =>
  port === undefined || port === null ? 'nowhere' : Number(port) === cluster.primary.port ? 'primary' : 'standby';

/** Each row of a scenario: a statement and what comes of it: the place that its first column names, the values of its first
 *  column, or an error's code. */
type Line = readonly [sql: string, expected?: 'primary' | 'standby' | readonly (string | null)[] | `E:${string}`];

function check(sql: string, answer: Answer, expected: Line[1]): void {
  const values = answer.rows.map(([value]) => value ?? null);
  const code = answer.errors[0]?.sqlstate;
  if (expected === undefined) expect(code, sql).toBeUndefined();
  else if (expected === 'primary' || expected === 'standby') {
    expect(code, sql).toBeUndefined();
    expect(place(values[0]), sql).toBe(expected);
  } else if (typeof expected === 'string') expect(`E:${code}`, sql).toBe(expected);
  else expect(values, sql).toEqual(expected);
}

const SCENARIOS: readonly (readonly [name: string, lines: readonly Line[], changes?: Record<string, SettingValue>])[] =
  [
    [
      'a read goes to a standby',
      [
        ['SELECT node()', 'standby'],
        ['SELECT node(), v FROM t', 'standby'],
      ],
    ],
    [
      'a write goes to the primary',
      [
        ["INSERT INTO written VALUES ('x') RETURNING node()", 'primary'],
        ["SELECT put('y')", 'primary'],
      ],
    ],
    [
      'reads after a write outside a transaction go on at the standby',
      [["INSERT INTO written VALUES ('x')"], ['SELECT node()', 'standby']],
    ],
    [
      'a transaction reads at the standby until it writes',
      [
        ['BEGIN'],
        ['SELECT node()', 'standby'],
        ["INSERT INTO written VALUES ('x')"],
        ['SELECT node()', 'primary'],
        ['COMMIT'],
        ['SELECT node()', 'standby'],
      ],
    ],
    [
      'with disable_load_balance_on_write off it reads there still',
      [['BEGIN'], ["INSERT INTO written VALUES ('x')"], ['SELECT node()', 'standby'], ['ROLLBACK']],
      { disable_load_balance_on_write: 'off' },
    ],
    [
      'COMMIT AND CHAIN begins a transaction that has not written',
      [
        ['BEGIN'],
        ["INSERT INTO written VALUES ('x')"],
        ['SELECT node()', 'primary'],
        ['COMMIT AND CHAIN'],
        ['SELECT node()', 'standby'],
        ['SELECT node()', 'standby'],
        ['ROLLBACK AND CHAIN'],
        ['SELECT node()', 'standby'],
        ['COMMIT'],
      ],
    ],
    [
      'two-phase commit',
      [
        ['BEGIN'],
        ["INSERT INTO written VALUES ('two')"],
        ["PREPARE TRANSACTION 'two'"],
        ['SELECT node()', 'standby'],
        ["COMMIT PREPARED 'two'"],
        ['SELECT node()', 'standby'],
      ],
    ],
    [
      'PREPARE TRANSACTION keeps what was set',
      [
        ['BEGIN'],
        ["SET app.who = 'someone'"],
        ["PREPARE TRANSACTION 'kept'"],
        ["ROLLBACK PREPARED 'kept'"],
        ["SELECT current_setting('app.who')", ['someone']],
        ['SELECT node()', 'standby'],
      ],
    ],
    [
      'a setting goes along',
      [["SET app.who = 'someone'"], ["SELECT node() WHERE current_setting('app.who') = 'someone'", 'standby']],
    ],
    [
      'a setting that is rolled back is gone there too',
      [
        ["SET app.who = 'first'"],
        ['BEGIN'],
        ["SET app.who = 'second'"],
        ["SELECT node() WHERE current_setting('app.who') = 'second'", 'standby'],
        ['ROLLBACK'],
        ["SELECT node() WHERE current_setting('app.who') = 'first'", 'standby'],
      ],
      { disable_load_balance_on_write: 'off' },
    ],
    [
      'SET LOCAL lasts as long as its transaction',
      [
        ["SET app.who = 'first'"],
        ['BEGIN'],
        ["SET LOCAL app.who = 'local'"],
        ["SELECT node() WHERE current_setting('app.who') = 'local'", 'standby'],
        ['COMMIT'],
        ["SELECT node() WHERE current_setting('app.who') = 'first'", 'standby'],
      ],
      { disable_load_balance_on_write: 'off' },
    ],
    [
      'a setting committed in a transaction in which nothing was read is there afterwards',
      [
        ['SELECT node()', 'standby'],
        ['BEGIN'],
        ["SET app.who = 'committed'"],
        ['COMMIT'],
        ["SELECT node() WHERE current_setting('app.who') = 'committed'", 'standby'],
      ],
    ],
    [
      'ROLLBACK TO takes a setting back on the standby too',
      [
        ["SET app.who = 'outside'"],
        ['BEGIN'],
        ['SAVEPOINT s'],
        ["SET app.who = 'inside'"],
        ["SELECT node() WHERE current_setting('app.who') = 'inside'", 'standby'],
        ['ROLLBACK TO s'],
        ["SELECT node() WHERE current_setting('app.who') = 'outside'", 'standby'],
        ["SET app.who = 'later'"],
        ['RELEASE s'],
        ["SELECT node() WHERE current_setting('app.who') = 'later'", 'standby'],
        ['COMMIT'],
        ["SELECT node() WHERE current_setting('app.who') = 'later'", 'standby'],
      ],
      { disable_load_balance_on_write: 'off' },
    ],
    [
      'settings of several statements in one text',
      [
        ["SET app.who = 'a'; SET app.what = 'b'"],
        ["SELECT node() WHERE current_setting('app.who') || current_setting('app.what') = 'ab'", 'standby'],
      ],
    ],
    [
      'a setting among other statements ties the session to the primary',
      [
        ["SET app.who = 'a'; SELECT 1"],
        ["SELECT node() WHERE current_setting('app.who') = 'a'", 'primary'],
        ['DISCARD ALL'],
        ['SELECT node()', 'standby'],
      ],
    ],
    [
      'a transaction in one text keeps what it set',
      [["BEGIN; SET app.who = 'a'; COMMIT"], ["SELECT current_setting('app.who')", ['a']]],
    ],
    [
      'a failed transaction answers as PostgreSQL does',
      [
        ['BEGIN'],
        ['SELECT node()', 'standby'],
        ['SELECT 1/0', 'E:22012'],
        ['SELECT node()', 'E:25P02'],
        ["INSERT INTO written VALUES ('no')", 'E:25P02'],
        ['COMMIT'],
        ['SELECT node()', 'standby'],
      ],
    ],
    [
      'rows and then an error fail the whole transaction',
      [
        ['BEGIN'],
        ["SELECT repeat('x', 9000), 1 / (3 - i) FROM generate_series(1, 9) i", 'E:22012'],
        ["INSERT INTO written VALUES ('no')", 'E:25P02'],
        ['ROLLBACK'],
      ],
    ],
    [
      'what a failed transaction set is gone',
      [
        ["SET app.who = 'kept'"],
        ['BEGIN'],
        ["SET app.who = 'gone'"],
        ["SELECT repeat('x', 9000), 1 / (3 - i) FROM generate_series(1, 9) i", 'E:22012'],
        ['COMMIT'],
        ["SELECT node() WHERE current_setting('app.who') = 'kept'", 'standby'],
      ],
      { disable_load_balance_on_write: 'off' },
    ],
    [
      'a temporary table ties the session to the primary',
      [
        ['SELECT node()', 'standby'],
        ['CREATE TEMP TABLE t (v text)'],
        ["INSERT INTO t VALUES ('temporary')"],
        ['SELECT v FROM t', ['temporary']],
        ['SELECT node()', 'primary'],
        ['DISCARD TEMP'],
        ['SELECT node(), v FROM t', 'standby'],
      ],
    ],
    [
      'views are looked through',
      [
        ['SELECT node FROM calm', 'standby'],
        ['SELECT node FROM busy', 'primary'],
        ['SELECT node FROM dusty', 'primary'],
        ['SELECT node FROM inner_catalog', 'primary'],
        ['SELECT node() FROM pg_class', 'primary'],
        ['SELECT node() FROM information_schema.tables', 'primary'],
        ['SELECT node() FROM unlogged_one RIGHT JOIN t ON false', 'primary'],
      ],
    ],
    [
      'row security asks for the same role and settings',
      [
        ['SET ROLE reader'],
        ['SELECT owner FROM guarded', ['reader']],
        ["SET app.who = 'someone'"],
        ['SELECT owner FROM guarded ORDER BY 1', ['reader', 'someone']],
        ['SELECT node()', 'standby'],
        ['RESET ALL'],
        ['SELECT owner FROM guarded', ['reader']],
        ['SELECT node(), current_user', 'standby'],
        ['RESET ROLE'],
        ['SELECT owner FROM guarded ORDER BY 1', ['nobody', 'reader', 'someone']],
      ],
    ],
    [
      'the role outlives RESET ALL on a connection that is opened afterwards',
      [['SET ROLE reader'], ['RESET ALL'], ['SELECT owner FROM guarded', ['reader']]],
    ],
    [
      'a session authorization ends with DISCARD ALL',
      [
        ['SET SESSION AUTHORIZATION reader'],
        ['SELECT owner FROM guarded', ['reader']],
        ['DISCARD ALL'],
        ['RESET ALL'],
        ['SELECT count(*) FROM guarded', ['3']],
      ],
    ],
    [
      'search_path means the same there',
      [
        ['SELECT v FROM t WHERE id = 1', ['v1']],
        ['SET search_path = other, public'],
        ['SELECT v FROM t WHERE id = 1', ['other']],
        ['SELECT node() FROM t', 'standby'],
        ['RESET search_path'],
        ['SELECT v FROM t WHERE id = 1', ['v1']],
      ],
    ],
    [
      'PREPARE and EXECUTE',
      [
        ['PREPARE p AS SELECT node()'],
        ['EXECUTE p', 'standby'],
        ['EXECUTE p', 'standby'],
        ['DEALLOCATE p'],
        ['EXECUTE p', 'E:26000'],
        ["PREPARE p AS INSERT INTO written VALUES ('p') RETURNING node()"],
        ['EXECUTE p', 'primary'],
        ['DEALLOCATE ALL'],
        ['PREPARE p (int) AS SELECT node(), $1'],
        ['EXECUTE p (1)', 'standby'],
        ["EXECUTE p (put('parameter'))", 'primary'],
        ['DISCARD ALL'],
        ['EXECUTE p (1)', 'E:26000'],
      ],
    ],
    [
      'a prepared statement is judged anew where names mean something else',
      [
        ['CREATE TEMP SEQUENCE s'],
        ['DROP SEQUENCE s'],
        ['DISCARD TEMP'],
        ['CREATE OR REPLACE FUNCTION changes() RETURNS int LANGUAGE sql STABLE AS $$SELECT node()$$'],
        ['SELECT pg_catalog.pg_switch_wal() IS NOT NULL', ['t']],
        ['PREPARE p AS SELECT changes()'],
        ["CREATE OR REPLACE FUNCTION changes() RETURNS int LANGUAGE sql VOLATILE AS $$SELECT put('changed')$$"],
        ['EXECUTE p', 'primary'],
        ['DROP FUNCTION changes()'],
      ],
    ],
    [
      'cursors stay on the primary',
      [
        ['BEGIN'],
        ['DECLARE c CURSOR FOR SELECT node() FROM t'],
        ['FETCH 1 FROM c', 'primary'],
        ['CLOSE c'],
        ['COMMIT'],
      ],
    ],
    [
      'a text of reads alone goes as one',
      [
        ['SELECT node(); SELECT 2', 'standby'],
        ["SELECT node(); SELECT put('z')", 'primary'],
      ],
    ],
    [
      'EXPLAIN, SHOW, locks',
      [
        ['SHOW server_version_num'],
        ['SELECT node() FROM t FOR UPDATE', 'primary'],
        ['SELECT node() INTO made FROM t'],
        ['DROP TABLE made'],
        ['SHOW transaction_read_only', ['off']],
        ['SELECT pg_is_in_recovery()', ['f']],
      ],
    ],
  ];

const rows = SCENARIOS.map(([name, lines, changes]) => ({ name, lines, changes: changes ?? {} }));

describe('a session in which the primary takes no reads', () => {
  it.each(rows)('$name', async ({ lines, changes }) => {
    await configured(changes);
    const client = await session();
    for (const [sql, expected] of lines) {
      if (expected === 'standby' || Array.isArray(expected)) await cluster.waitReplayed();
      check(sql, await client.query(sql), expected);
    }
  });

  it.each(rows)('$name, by the extended protocol', async ({ lines, changes }) => {
    await configured(changes);
    const client = await session();
    for (const [sql, expected] of lines) {
      if (expected === 'standby' || Array.isArray(expected)) await cluster.waitReplayed();
      // EXECUTE inside a Parse message stays on the primary.
      if (sql.includes(';') || sql.startsWith('EXECUTE')) check(sql, await client.query(sql), expected);
      else {
        client.send(...extended(sql), encodeSync());
        check(sql, await client.answer(), expected);
      }
    }
  });
});

const extended = (sql: string): Buffer[] => [
  encodeParse({ statement: '', sql, parameterTypes: [] }),
  encodeBind({ portal: '', statement: '', parameterFormats: [], values: [], resultFormats: [] }),
  encodeDescribe({ kind: 'portal', name: '' }),
  encodeExecute({ portal: '', rowsMax: 0 }),
];
const execute = (statement: string, portal = '', rowsMax = 0): Buffer[] => [
  encodeBind({ portal, statement, parameterFormats: [], values: [], resultFormats: [] }),
  encodeExecute({ portal, rowsMax }),
];

describe('batches', () => {
  beforeAll(() => configured({}));

  it('of reads go to a standby as a whole; one write among them keeps all at home', async () => {
    const client = await session();
    client.send(...extended('SELECT node()'), ...extended('SELECT node()'), encodeSync());
    expect((await client.answer()).rows.map(([port]) => place(port))).toEqual(['standby', 'standby']);
    client.send(...extended('SELECT node()'), ...extended("SELECT put('x')"), encodeSync());
    expect((await client.answer()).rows.map(([port]) => place(port))).toEqual(['primary', 'primary']);
  });

  it('a SET before a read in the same batch, and in the one before it', async () => {
    const client = await session();
    client.send(...extended("SET app.who = 'one'"), ...extended("SELECT current_setting('app.who')"), encodeSync());
    expect((await client.answer()).rows).toEqual([['one']]);
    const sql = "SELECT current_setting('app.who'), node()";
    client.send(...extended("SET app.who = 'two'"), encodeSync(), ...extended(sql), encodeSync());
    await client.answer();
    const [row] = (await client.answer()).rows;
    expect([row?.[0], place(row?.[1])]).toEqual(['two', 'standby']);
  });

  it('a SET by a named statement goes along', async () => {
    const client = await session();
    client.send(encodeParse({ statement: 's', sql: "SET app.who = 'named'", parameterTypes: [] }), encodeSync());
    await client.answer();
    client.send(...execute('s'), encodeSync());
    await client.answer();
    check('named', await client.query("SELECT node() WHERE current_setting('app.who') = 'named'"), 'standby');
  });

  it('what is parsed and described first runs elsewhere, again and again', async () => {
    const client = await session();
    client.send(
      encodeParse({ statement: '', sql: 'SELECT node()', parameterTypes: [] }),
      encodeDescribe({ kind: 'statement', name: '' }),
      encodeSync(),
    );
    await client.answer();
    for (let i = 0; i < 3; i++) {
      client.send(...execute(''), encodeSync());
      check('bound', await client.answer(), 'standby');
    }
  });

  it('a named statement runs where it may', async () => {
    const client = await session();
    client.send(encodeParse({ statement: 's', sql: 'SELECT node()', parameterTypes: [] }), encodeSync());
    await client.answer();
    client.send(...execute('s'), encodeSync());
    check('outside', await client.answer(), 'standby');
    await client.query('BEGIN');
    await client.query("INSERT INTO written VALUES ('x')");
    client.send(...execute('s'), encodeSync());
    check('after a write', await client.answer(), 'primary');
    await client.query('ROLLBACK');
  });

  it('a portal of an earlier batch that writes counts as a write', async () => {
    const client = await session();
    await client.query('BEGIN');
    client.send(
      encodeParse({ statement: '', sql: "INSERT INTO written VALUES ('portal')", parameterTypes: [] }),
      encodeBind({ portal: 'p', statement: '', parameterFormats: [], values: [], resultFormats: [] }),
      encodeSync(),
    );
    await client.answer();
    client.send(encodeExecute({ portal: 'p', rowsMax: 0 }), encodeSync());
    expect((await client.answer()).tags).toEqual(['INSERT 0 1']);
    check('after it', await client.query('SELECT node()'), 'primary');
    await client.query('ROLLBACK');
  });

  it('a Flush in the middle of a batch keeps it on the primary', async () => {
    const client = await session();
    client.send(...extended('SELECT node()'), encodeFlush());
    await client.until(0x43);
    client.send(encodeSync());
    await client.answer();
    check('afterwards', await client.query('SELECT node()'), 'standby');
  });

  it('BEGIN, reads and COMMIT sent at once are answered in order', async () => {
    const client = await session();
    const texts = [
      'BEGIN',
      'SELECT node()',
      "INSERT INTO written VALUES ('x')",
      'SELECT node()',
      'COMMIT',
      'SELECT node()',
    ];
    client.send(...texts.map(encodeQuery));
    const answers: Answer[] = [];
    for (const _ of texts) answers.push(await client.answer());
    expect(answers.map(({ tags, rows, status }) => [tags[0], place(rows[0]?.[0]), status])).toEqual([
      ['BEGIN', 'nowhere', 'T'],
      ['SELECT 1', 'standby', 'T'],
      ['INSERT 0 1', 'nowhere', 'T'],
      ['SELECT 1', 'primary', 'T'],
      ['COMMIT', 'nowhere', 'I'],
      ['SELECT 1', 'standby', 'I'],
    ]);
  });

  it('node-postgres with prepared statements and transactions', async () => {
    const client = new pg.Client({
      connectionString: engine.url(cluster.secrets.superuser.user, 'app'),
    });
    await client.connect();
    try {
      const nodeOf = async (text: string, name?: string): Promise<string> => {
        const { rows } = await client.query({ text, ...(name === undefined ? {} : { name }), values: [1] });
        return place(String(rows[0]?.node));
      };
      expect(await nodeOf('SELECT node() AS node FROM t WHERE id = $1')).toBe('standby');
      for (let i = 0; i < 3; i++) {
        // The primary makes the statement and runs it in the same batch.
        const expected = i === 0 ? 'primary' : 'standby';
        expect(await nodeOf('SELECT node() AS node FROM t WHERE id = $1', 'named')).toBe(expected);
      }
      await client.query('BEGIN');
      expect(await nodeOf('INSERT INTO written VALUES ($1::int::text) RETURNING node() AS node')).toBe('primary');
      expect(await nodeOf('SELECT node() AS node FROM t WHERE id = $1', 'named')).toBe('primary');
      await client.query('ROLLBACK');
      expect(await nodeOf('SELECT node() AS node FROM t WHERE id = $1', 'named')).toBe('standby');
    } finally {
      await client.end();
    }
  });
});

describe('read_after_write over a standby that replays late', () => {
  const delay = async (node: PostgresNode, value: string): Promise<void> => {
    await node.query(`ALTER SYSTEM SET recovery_min_apply_delay = '${value}'`);
    await node.query('SELECT pg_reload_conf()');
    await until('the delay is in effect', async () => {
      const [row] = await node.query<{ delay: string }>("SELECT current_setting('recovery_min_apply_delay') AS delay");
      return row?.delay === value;
    });
  };
  beforeAll(async () => {
    for (const node of cluster.standbys) await delay(node, '400ms');
  });
  afterAll(async () => {
    for (const node of cluster.standbys) await delay(node, '0');
    await cluster.waitReplayed();
  });

  it('session: the primary until the standby has caught up', async () => {
    await configured({ read_after_write: 'session' });
    const client = await session();
    await client.query('SELECT node()');
    await client.query("INSERT INTO t VALUES (100, 'fresh')");
    check('at once', await client.query('SELECT node() FROM t WHERE id = 100'), 'primary');
    await until('the standby serves it', async () => {
      const answer = await client.query('SELECT node() FROM t WHERE id = 100');
      expect(answer.rows).toHaveLength(1);
      return place(answer.rows[0]?.[0]) === 'standby';
    });
    await client.query('DELETE FROM t WHERE id = 100');
  });

  it('wait: the standby, once it has caught up', async () => {
    await configured({ read_after_write: 'wait', read_after_write_wait: 5000 });
    const client = await session();
    await client.query("INSERT INTO t VALUES (101, 'fresh')");
    check('waited', await client.query('SELECT node() FROM t WHERE id = 101'), 'standby');
    await configured({ read_after_write: 'wait', read_after_write_wait: 50 });
    await client.query('DELETE FROM t WHERE id = 101');
    check('not for ever', await client.query('SELECT node(), count(*) FROM t WHERE id = 101'), 'primary');
  });

  it('off: whatever the standby has', async () => {
    await configured({});
    const client = await session();
    await client.query("INSERT INTO t VALUES (102, 'fresh')");
    expect((await client.query('SELECT v FROM t WHERE id = 102')).rows).toEqual([]);
    await client.query('DELETE FROM t WHERE id = 102');
  });

  it('a prepared statement that the standby cannot make yet runs on the primary, and later there', async () => {
    await configured({});
    const client = await session();
    await client.query('CREATE TABLE brand_new AS SELECT 1 AS id');
    client.send(encodeParse({ statement: 's', sql: 'SELECT node() FROM brand_new', parameterTypes: [] }), encodeSync());
    await client.answer();
    client.send(...execute('s'), encodeSync());
    check('new', await client.answer(), 'primary');
    await until('it runs on the standby', async () => {
      client.send(...execute('s'), encodeSync());
      return place((await client.answer()).rows[0]?.[0]) === 'standby';
    });
    await client.query('DROP TABLE brand_new');
  });
});

describe('what a standby refuses', () => {
  it('a STABLE function that writes runs on the primary, once', async () => {
    await configured({});
    const client = await session();
    for (const send of [
      () => client.query("SELECT sly('refused')"),
      () => {
        client.send(...extended("SELECT sly('refused')"), encodeSync());
        return client.answer();
      },
    ]) {
      check('sly', await send(), 'primary');
    }
    const [row] = await cluster.primary.query<{ count: string }>(
      "SELECT count(*)::text AS count FROM written WHERE what = 'refused'",
      { database: 'app' },
    );
    expect(row?.count).toBe('2');
  });

  it('with retry_on_primary off the client gets the error', async () => {
    await configured({ retry_on_primary: false });
    const client = await session();
    check('sly', await client.query("SELECT /* unknown so far */ sly('off'), 'another text'"), 'E:25006');
    await configured({});
  });
});

/** The standby that serves a session's reads, and its backend there. */
async function readerOf(client: RawClient): Promise<{ node: PostgresNode; pid: string }> {
  const port = await client.value('SELECT node()');
  const node = cluster.nodes.find((candidate) => candidate.port === Number(port)) as PostgresNode;
  const pid = await until('the backend is seen', async () => {
    const rows = await node.query<{ pid: number; query: string }>(
      "SELECT pid, query FROM pg_stat_activity WHERE datname = 'app' AND query = 'SELECT node()' ORDER BY query_start DESC",
    );
    return rows[0]?.pid;
  });
  return { node, pid: String(pid) };
}

/** A session that reads on this standby. */
const sessionOn = (id: number): Promise<RawClient> => session({ application_name: `reads on ${id}` });

describe('a standby that fails', () => {
  it('pg_terminate_backend there: the next read is answered', async () => {
    await configured({});
    const client = await session();
    const { node, pid } = await readerOf(client);
    await node.query(`SELECT pg_terminate_backend(${pid})`);
    // Sent to the backend that is about to end, or to a new one.
    expect((await client.query('SELECT v FROM t WHERE id = 1')).rows).toEqual([['v1']]);
    check('after it', await client.query('SELECT node()'), 'standby');
    await client.query('BEGIN');
    check('in a transaction', await client.query('SELECT node()'), 'standby');
    const again = await readerOf(client);
    await again.node.query(`SELECT pg_terminate_backend(${again.pid})`);
    expect((await client.query('SELECT v FROM t WHERE id = 1')).rows).toEqual([['v1']]);
    expect((await client.query("INSERT INTO written VALUES ('still')")).status).toBe('T');
    await client.query('ROLLBACK');
  });

  it('pg_terminate_backend by the client itself, of its own backend on the standby', async () => {
    const client = await session();
    const { pid } = await readerOf(client);
    const other = await session();
    expect(await other.value(`SELECT pg_terminate_backend(${pid})`)).toBe('t');
    expect((await client.query('SELECT v FROM t WHERE id = 1')).rows).toEqual([['v1']]);
    check('the victim reads on', await client.query('SELECT node()'), 'standby');
  });

  it('a cancel request stops a read there', async () => {
    const client = await session();
    await client.query('SELECT node()');
    client.send(encodeQuery('SELECT slow(60)'));
    await until('it runs on a standby', async () => {
      const counts = await Promise.all(
        cluster.standbys.map((node) =>
          node.query("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT slow(60)' AND state = 'active'"),
        ),
      );
      return counts.some((rows) => rows.length > 0);
    });
    await client.cancel(engine.address);
    check('cancelled', await client.answer(), 'E:57014');
    check('and goes on', await client.query('SELECT node()'), 'standby');
  });

  it('killed -9 while nothing or a read runs, or a transaction read there: no client notices', async () => {
    const node = cluster.node(1);
    const idle = await sessionOn(1);
    check('idle', await idle.query('SELECT node()'), 'standby');
    const reading = await sessionOn(1);
    await reading.query('SELECT node()');
    reading.send(encodeQuery('SELECT slow(2)'));
    const batch = await sessionOn(1);
    batch.send(encodeParse({ statement: '', sql: 'SELECT slow(2)', parameterTypes: [] }), encodeSync());
    await batch.answer();
    batch.send(...execute(''), encodeSync());
    const inside = await sessionOn(1);
    await inside.query('BEGIN');
    check('inside', await inside.query('SELECT node()'), 'standby');
    await until('both read there', async () => {
      const rows = await node.query(
        "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT slow(2)' AND state = 'active'",
      );
      return rows.length === 2;
    });
    node.kill9();
    check('the query is repeated', await reading.answer(), 'primary');
    check('the batch is repeated', await batch.answer(), 'primary');
    expect(await idle.value('SELECT v FROM t WHERE id = 1')).toBe('v1');
    expect(await inside.value('SELECT v FROM t WHERE id = 1')).toBe('v1');
    expect((await inside.query("INSERT INTO written VALUES ('goes on')")).status).toBe('T');
    expect((await inside.query('COMMIT')).tags).toEqual(['COMMIT']);
    await node.start();
    await cluster.waitStreaming();
    const later = await sessionOn(1);
    await until('it serves again', async () => place(await later.value('SELECT node()')) === 'standby');
  });

  it('frozen: reads go elsewhere within seconds, and what waited there is answered', async () => {
    const node = cluster.node(2);
    const idle = await sessionOn(2);
    check('idle', await idle.query('SELECT node()'), 'standby');
    const inside = await sessionOn(2);
    await inside.query('BEGIN');
    check('inside', await inside.query('SELECT node()'), 'standby');
    node.freeze();
    try {
      const fresh = await sessionOn(2);
      const startedMs = performance.now();
      const answers = await Promise.all([
        idle.value('SELECT node()', 20_000),
        fresh.value('SELECT node()', 20_000),
        inside.value('SELECT node()', 20_000),
      ]);
      expect(answers.map(place)).toEqual(['primary', 'primary', 'primary']);
      expect(performance.now() - startedMs).toBeLessThan(15_000);
      expect((await inside.query('COMMIT')).tags).toEqual(['COMMIT']);
      await idle.end();
    } finally {
      node.thaw();
    }
    const later = await sessionOn(2);
    await until('it serves again', async () => place(await later.value('SELECT node()')) === 'standby', 20_000);
  });
});
