/** What a client sees through the proxy, compared with what the server itself would have shown. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import {
  Backend,
  bytesToText,
  decodeFunctionCallResponse,
  decodeNegotiateProtocolVersion,
  decodeNotificationResponse,
  encodeBind,
  encodeClose,
  encodeCopyData,
  encodeCopyDone,
  encodeCopyFail,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeFunctionCall,
  encodeParse,
  encodeQuery,
  encodeStartup,
  encodeSync,
  encodeTerminate,
  type Frame,
  PROTOCOL_3_0,
  PROTOCOL_3_2,
} from '@pgherd/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../test-support/engine.ts';
import { env } from '../test-support/env.ts';
import { isAlive, rssBytes } from '../test-support/processes.ts';
import { Random } from '../test-support/random.ts';
import { type Answer, describeFrames, RawClient, type SignIn, sendCancel } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

let cluster: Cluster;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 1,
    pgBin: 'embedded',
    initSql: [
      { database: 'app', sql: 'CREATE TABLE t (a int PRIMARY KEY, b text); GRANT ALL ON t TO PUBLIC' },
      { database: 'app', sql: 'CREATE ROLE other; GRANT other TO app' },
      { database: 'app', sql: `CREATE ROLE "jürgen" LOGIN PASSWORD 'pw'` },
    ],
  });
  engine = await engineFor(cluster, {
    settings: { num_init_children: 64, replication_connections: 2 },
    passwd: 'jürgen:TEXTpw\n',
  });
});

afterAll(async () => {
  await engine?.stop();
  await cluster?.destroy();
});

const app = { user: 'app', database: 'app' };

function connect(more: Partial<SignIn> = {}): Promise<RawClient> {
  return RawClient.signIn(engine.address, { ...app, ...more });
}

function connectDirectly(more: Partial<SignIn> = {}): Promise<RawClient> {
  const { host, port } = cluster.primary;
  return RawClient.signIn({ host, port }, { ...app, password: cluster.secrets.app.password, ...more });
}

const pidOf = (client: RawClient): number => client.greeting?.pid ?? 0;

/** Reused links come back a moment after their client has left. */
async function connectTo(pid: number, more: Partial<SignIn> = {}): Promise<RawClient> {
  const others: RawClient[] = [];
  try {
    return await until(`a session on backend ${pid}`, async () => {
      const client = await connect(more);
      if (pidOf(client) === pid) return client;
      others.push(client);
      return null;
    });
  } finally {
    for (const client of others) await client.end();
  }
}

const parse = (sql: string, statement = ''): Buffer => encodeParse({ statement, sql, parameterTypes: [] });
const bind = (values: (string | null)[] = [], portal = '', statement = ''): Buffer =>
  encodeBind({ portal, statement, parameterFormats: [], values, resultFormats: [] });
const execute = (rowsMax = 0, portal = ''): Buffer => encodeExecute({ portal, rowsMax });
const bytesOf = (frames: readonly Frame[]): string[] =>
  frames.map(({ type, body }) => `${String.fromCharCode(type)} ${body.toString('latin1')}`);

describe('a session begins', () => {
  it('with the parameters, the order and the PID of the server', async () => {
    const ours = await connect({ params: { application_name: 'x' } });
    const theirs = await connectDirectly({ params: { application_name: 'x' } });
    const kinds = (client: RawClient): string[] =>
      describeFrames(client.greeting?.frames ?? []).filter((word) => word !== 'R');
    expect(kinds(ours)).toEqual(kinds(theirs));
    expect([...(ours.greeting?.parameters ?? [])]).toEqual([...(theirs.greeting?.parameters ?? [])]);
    expect(await ours.value('SELECT pg_backend_pid()')).toBe(String(pidOf(ours)));
    await ours.end();
    await theirs.end();
  });

  it('with its own start-up parameters in effect, and RESET goes back to them', async () => {
    const params = {
      options: '-c work_mem=5MB -c statement_timeout=7s',
      search_path: 'pg_catalog',
      DateStyle: 'German',
    };
    const client = await connect({ params });
    expect(await client.value('SHOW work_mem')).toBe('5MB');
    await client.query("SET work_mem = '9MB'; SET search_path = public");
    await client.query('RESET ALL');
    expect(await client.value('SHOW work_mem')).toBe('5MB');
    expect(await client.value('SHOW statement_timeout')).toBe('7s');
    expect(await client.value('SHOW search_path')).toBe('pg_catalog');
    expect(client.greeting?.parameters.get('DateStyle')).toBe('German, DMY');
    await client.end();
  });

  it('is refused with the words of the server where the server refuses', async () => {
    for (const more of [
      { database: 'nowhere' },
      { params: { nonsense: '1' } },
      { params: { options: '-c nonsense' } },
      { params: { client_encoding: 'KLINGON' } },
      { params: { work_mem: 'much' } },
    ] as Partial<SignIn>[]) {
      const [ours, theirs] = await Promise.all([connect(more), connectDirectly(more)].map((p) => p.catch((e) => e)));
      expect(String(ours)).toBe(String(theirs));
      expect(String(ours)).toMatch(/FATAL/);
    }
  });

  it('with the notices of the server’s login triggers, in their place', async () => {
    const { primary } = cluster;
    await primary.query('CREATE DATABASE talkative');
    await primary.query(
      `CREATE FUNCTION hail() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'hail %', session_user; END $$;
       CREATE EVENT TRIGGER hail ON login EXECUTE FUNCTION hail()`,
      { database: 'talkative' },
    );
    const greeting = (client: RawClient): string =>
      describeFrames(client.greeting?.frames ?? [])
        .filter((word) => word !== 'R')
        .join('');
    const ours = await connect({ database: 'talkative' });
    const theirs = await connectDirectly({ database: 'talkative' });
    expect(greeting(ours)).toBe(greeting(theirs));
    expect(greeting(ours)).toContain('N');
    await ours.end();
    await theirs.end();
  });

  it('over the Unix socket too', async () => {
    const client = await RawClient.signIn({ path: engine.socketPath }, app);
    expect(await client.value('SELECT 1')).toBe('1');
    await client.end();
  });

  it.each([
    [PROTOCOL_3_0, 4],
    [PROTOCOL_3_2, 32],
  ])('protocol %d has a cancel key of %d bytes, which is not the server’s', async (protocol, bytes) => {
    const client = await connect({ protocol });
    expect(client.greeting?.secret).toHaveLength(bytes);
    const sleeping = client.query('SELECT pg_sleep(0.3), 1');
    await until('it runs', () => runs(pidOf(client), 'pg_sleep'));
    const { host, port } = cluster.primary;
    await sendCancel({ host, port }, pidOf(client), client.greeting?.secret ?? Buffer.alloc(4));
    expect((await sleeping).errors).toEqual([]);
    await client.end();
  });

  it.each([
    ['3.9999', 0x3270f, {}],
    ['3.3 with options', 0x30003, { '_pq_.one': '1', '_pq_.two': 'x' }],
    ['3.2 with an option', PROTOCOL_3_2, { '_pq_.one': '1' }],
    ['3.0 with an option', PROTOCOL_3_0, { '_pq_.one': '1' }],
  ] as const)('protocol %s is negotiated with the bytes of the server', async (_name, protocol, params) => {
    const answers: Buffer[] = [];
    for (const target of [engine.address, { host: cluster.primary.host, port: cluster.primary.port }]) {
      const client = await RawClient.open(target);
      client.send(
        encodeStartup({ protocol, params: [['user', 'app'], ['database', 'app'], ...Object.entries(params)] }),
      );
      const first = await client.frame();
      expect(first.type).toBe(Backend.NEGOTIATE_PROTOCOL_VERSION);
      answers.push(first.body);
      client.destroy();
    }
    expect(answers[0]?.toString('hex')).toBe(answers[1]?.toString('hex'));
    expect(decodeNegotiateProtocolVersion(answers[0] as Buffer).unknownOptions).toEqual(Object.keys(params));
    const client = await connect({ protocol, params });
    expect(await client.value('SELECT 1')).toBe('1');
    await client.end();
  });

  it.each([0x20000, 0x10000, 0x40000, 0x20003])(
    'protocol %d is refused with the words of the server',
    async (protocol) => {
      const said: string[] = [];
      for (const target of [engine.address, { host: cluster.primary.host, port: cluster.primary.port }]) {
        const client = await RawClient.open(target, { framed: false });
        client.send(encodeStartup({ protocol, params: [['user', 'app']] }));
        const text = (await client.bytesToEnd()).toString('latin1');
        // Length, file, line and routine are the server's own.
        said.push(text.replace(/^E\0.{3}(.*?)\0(F.*)?\0*$/s, '$1'));
      }
      expect(said[0]).toBe(said[1]);
      expect(said[0]).toContain('unsupported frontend protocol');
    },
  );
});

async function runs(pid: number, part: string): Promise<boolean> {
  const sql = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND position($2 in query) > 0";
  return (await cluster.primary.query(sql, { params: [pid, part] })).length > 0;
}

describe('every message goes through unchanged', () => {
  /** Runs the same on both and compares every byte that comes back. */
  async function same(script: (client: RawClient) => Promise<readonly Frame[]>): Promise<readonly Frame[]> {
    const ours = await connect();
    const theirs = await connectDirectly();
    try {
      const [mine, reference] = [await script(ours), await script(theirs)];
      expect(bytesOf(mine)).toEqual(bytesOf(reference));
      expect(await ours.value('SELECT 1')).toBe('1'); // in step
      return mine;
    } finally {
      await ours.end();
      await theirs.end();
    }
  }

  /** Sends everything at once and reads `readies` ReadyForQuery messages. */
  function send(readies: number, ...messages: Buffer[]): (client: RawClient) => Promise<Frame[]> {
    return async (client) => {
      client.send(...messages);
      const frames: Frame[] = [];
      for (let i = 0; i < readies; i++) frames.push(...(await client.until(Backend.READY_FOR_QUERY)));
      return frames;
    };
  }

  const SCRIPTS: [string, (client: RawClient) => Promise<readonly Frame[]>][] = [
    ['a query', send(1, encodeQuery('SELECT 1 AS one, NULL, $$ä$$'))],
    ['an empty query', send(1, encodeQuery(''))],
    ['blanks and a comment', send(1, encodeQuery('  -- nothing\n'))],
    ['several statements', send(1, encodeQuery('SELECT 1; SELECT 2; BEGIN; SELECT 3; ROLLBACK; SELECT 4'))],
    ['several statements with an error', send(1, encodeQuery('SELECT 1; SELECT 1/0; SELECT 2'))],
    [
      'a failed transaction',
      send(3, encodeQuery('BEGIN; SELECT 1/0'), encodeQuery('SELECT 1'), encodeQuery('ROLLBACK')),
    ],
    [
      'a COMMIT that fails',
      send(4, encodeQuery('BEGIN'), encodeQuery('SELECT 1/0'), encodeQuery('COMMIT'), encodeQuery('SELECT 5')),
    ],
    ['queries in a row', send(3, encodeQuery('SELECT 1'), encodeQuery('SELEC 2'), encodeQuery('SELECT 3'))],
    ['a notice', send(1, encodeQuery("DO $$ BEGIN RAISE NOTICE 'hear, hear'; END $$"))],
    [
      'extended query',
      send(
        1,
        parse('SELECT $1::int + 1'),
        encodeDescribe({ kind: 'statement', name: '' }),
        bind(['41']),
        encodeDescribe({ kind: 'portal', name: '' }),
        execute(),
        encodeSync(),
      ),
    ],
    [
      'extended query without rows',
      send(
        1,
        parse('SET work_mem = 9999'),
        bind(),
        encodeDescribe({ kind: 'portal', name: '' }),
        execute(),
        encodeSync(),
      ),
    ],
    ['an empty statement', send(1, parse(''), bind(), execute(), encodeSync())],
    [
      'named statements and portals',
      send(
        3,
        parse('SELECT $1::text', 's'),
        encodeSync(),
        bind(['x'], 'p', 's'),
        execute(0, 'p'),
        encodeClose({ kind: 'portal', name: 'p' }),
        encodeClose({ kind: 'statement', name: 's' }),
        encodeSync(),
        bind(['x'], '', 's'),
        encodeSync(),
      ),
    ],
    [
      'EXECUTE of a statement that Parse named',
      send(2, parse('SELECT 7', 'seven'), encodeSync(), encodeQuery('EXECUTE seven')),
    ],
    [
      'Describe of a portal that DECLARE made',
      send(
        3,
        encodeQuery('BEGIN; DECLARE c CURSOR FOR SELECT 1'),
        encodeDescribe({ kind: 'portal', name: 'c' }),
        encodeSync(),
        encodeQuery('COMMIT'),
      ),
    ],
    [
      'an error in the middle of a pipeline',
      send(
        2,
        parse('SELECT 1'),
        bind(),
        execute(),
        parse('SELECT 1/0'),
        bind(),
        execute(),
        parse('SELECT 3'),
        bind(),
        execute(),
        encodeSync(),
        encodeQuery('SELECT 4'),
      ),
    ],
    [
      'an error in each part',
      send(
        4,
        parse('SELEC'),
        encodeSync(),
        parse('SELECT $1::int'),
        bind(['x']),
        encodeSync(),
        bind([], '', 'nosuch'),
        encodeSync(),
        execute(0, 'nosuch'),
        encodeSync(),
      ),
    ],
    [
      'pipelines behind one another',
      send(5, ...[1, 2, 3, 4, 5].flatMap((n) => [parse(`SELECT ${n}`), bind(), execute(), encodeSync()])),
    ],
    ['Sync alone', send(3, encodeSync(), encodeSync(), encodeSync())],
    ['COPY TO STDOUT', send(1, encodeQuery('COPY (SELECT generate_series(1, 100)) TO STDOUT'))],
    [
      'COPY FROM STDIN',
      send(
        2,
        encodeQuery('COPY t FROM STDIN'),
        encodeCopyData(Buffer.from('1\tx\n2\ty\n')),
        encodeCopyDone(),
        encodeQuery('DELETE FROM t'),
      ),
    ],
    [
      'COPY with bad data',
      send(
        2,
        encodeQuery('COPY t FROM STDIN'),
        encodeCopyData(Buffer.from('one\tx\n')),
        encodeCopyDone(),
        encodeQuery('SELECT 1'),
      ),
    ],
    [
      'COPY with data for a table that is not there',
      send(
        2,
        encodeQuery('COPY nosuch FROM STDIN'),
        encodeCopyData(Buffer.from('1\tx\n')),
        encodeCopyDone(),
        encodeQuery('SELECT 1'),
      ),
    ],
    [
      'COPY given up by the client',
      send(
        2,
        encodeQuery('COPY t FROM STDIN'),
        encodeCopyData(Buffer.from('1\tx\n')),
        encodeCopyFail('enough'),
        encodeQuery('SELECT count(*) FROM t'),
      ),
    ],
    [
      'COPY by extended query, its Sync sent ahead',
      send(
        2,
        parse('COPY t FROM STDIN'),
        bind(),
        execute(),
        encodeSync(),
        encodeCopyData(Buffer.from('1\tx\n')),
        encodeCopyDone(),
        encodeSync(),
        encodeQuery('DELETE FROM t'),
      ),
    ],
    [
      'COPY that breaks a constraint',
      send(
        2,
        encodeQuery('COPY t FROM STDIN'),
        encodeCopyData(Buffer.from('1\tx\n1\ty\n')),
        encodeCopyDone(),
        encodeQuery('SELECT 1'),
      ),
    ],
    [
      'two COPYs in one query',
      send(
        2,
        encodeQuery('COPY t FROM STDIN; COPY t FROM STDIN'),
        encodeCopyData(Buffer.from('1\tx\n')),
        encodeCopyDone(),
        encodeCopyData(Buffer.from('2\ty\n')),
        encodeCopyDone(),
        encodeQuery('DELETE FROM t'),
      ),
    ],
    ['COPY data without COPY', send(1, encodeCopyData(Buffer.from('1\n')), encodeCopyDone(), encodeQuery('SELECT 1'))],
    [
      'a function call',
      send(1, encodeFunctionCall({ functionOid: 1598, argumentFormats: [], values: [], resultFormat: 5 })),
    ],
    ['a malformed message', send(1, Buffer.from('500000000500', 'hex'), encodeSync())],
  ];

  it.each(SCRIPTS)('%s', async (_name, script) => {
    await same(script);
  });

  it('row limits with Flush and without Sync', async () => {
    const frames = await same(async (client) => {
      const seen: Frame[] = [];
      client.send(parse('SELECT generate_series(1, 5)'), bind([], 'p'), execute(2, 'p'), encodeFlush());
      seen.push(...(await client.until(Backend.PORTAL_SUSPENDED)));
      client.send(execute(2, 'p'), encodeFlush());
      seen.push(...(await client.until(Backend.PORTAL_SUSPENDED)));
      client.send(execute(2, 'p'), encodeFlush());
      seen.push(...(await client.until(Backend.COMMAND_COMPLETE)));
      client.send(encodeSync());
      seen.push(...(await client.until(Backend.READY_FOR_QUERY)));
      return seen;
    });
    expect(describeFrames(frames)).toEqual(['1', '2', 'D', 'D', 's', 'D', 'D', 's', 'D', 'C:SELECT 1', 'Z:I']);
  });

  it('large objects by function calls', async () => {
    const call = (functionOid: number, ...values: (number | Buffer)[]): Buffer =>
      encodeFunctionCall({
        functionOid,
        argumentFormats: [1],
        resultFormat: 1,
        values: values.map((value) => (typeof value === 'number' ? int32(value) : value)),
      });
    const client = await connect();
    const result = async (bytes: Buffer): Promise<Buffer | null> => {
      client.send(bytes);
      const answer = await client.answer();
      expect(answer.errors).toEqual([]);
      const frame = answer.frames.find(({ type }) => type === Backend.FUNCTION_CALL_RESPONSE);
      return decodeFunctionCallResponse((frame as Frame).body);
    };
    await client.query('BEGIN');
    const oid = ((await result(call(957, -1))) as Buffer).readInt32BE(0); // lo_creat
    const fd = ((await result(call(952, oid, 0x60000))) as Buffer).readInt32BE(0); // lo_open
    const data = new Random(3).bytes(300_000);
    expect(((await result(call(955, fd, data))) as Buffer).readInt32BE(0)).toBe(data.length); // lowrite
    await result(call(956, fd, 0, 0)); // lo_lseek
    expect(((await result(call(954, fd, data.length))) as Buffer).equals(data)).toBe(true); // loread
    await client.query('ROLLBACK');
    await client.end();
  });

  it('LISTEN and NOTIFY, with the PID that the notifier knows as its own', async () => {
    const listener = await connect();
    const notifier = await connect();
    await listener.query('LISTEN news');
    await notifier.query("NOTIFY news, 'hello'");
    const frame = await listener.frame();
    expect(frame.type).toBe(Backend.NOTIFICATION_RESPONSE);
    expect(decodeNotificationResponse(frame.body)).toEqual({ pid: pidOf(notifier), channel: 'news', payload: 'hello' });
    await listener.end();
    await notifier.end();
  });

  it('a server that ends a session says why', async () => {
    const client = await connect();
    await cluster.primary.query('SELECT pg_terminate_backend($1)', { params: [pidOf(client)] });
    const frames = await client.closed();
    expect(describeFrames(frames)).toEqual(['E:57P01']);
  });
});

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

describe('a reused backend cannot be told from a fresh one', () => {
  /** What a session could notice of its predecessor. */
  const TRACES = [
    "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE source <> 'default'",
    'SELECT count(*) FROM pg_prepared_statements',
    'SELECT count(*) FROM pg_cursors',
    'SELECT count(*) FROM pg_listening_channels()',
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
    'SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()',
    'SELECT current_user || session_user',
    // The name of a custom setting survives DISCARD ALL, its value must not.
    "SELECT coalesce(current_setting('my.own', true), '')",
    'SELECT count(*) FROM pg_stat_activity WHERE pid = pg_backend_pid() AND backend_xid IS NOT NULL',
    'SELECT lastval()',
    "SELECT currval('traces')",
  ];

  async function traces(client: RawClient): Promise<string[]> {
    const found: string[] = [...(client.greeting?.parameters ?? [])].map(([name, value]) => `${name}=${value}`);
    for (const sql of TRACES) {
      const answer = await client.query(sql);
      found.push(answer.errors[0]?.sqlstate ?? String(answer.rows[0]?.[0]));
    }
    client.send(bind([], '', 'mine'), encodeSync());
    found.push(...(await client.answer()).errors.map((error) => error.sqlstate));
    return found;
  }

  const MESS: string[] = [
    "SET work_mem = '77MB'; SET TIME ZONE 'Asia/Tokyo'; SET client_encoding = 'LATIN1'; SET DateStyle = 'SQL'",
    "SET application_name = 'mess'; SET my.own = 'x'; SET search_path = nowhere; SET IntervalStyle = 'iso_8601'",
    "SELECT set_config('lock_timeout', '77', false)",
    'SET ROLE other',
    'RESET ROLE',
    'CREATE TEMP TABLE left_over (a int)',
    'CREATE TEMP SEQUENCE traces',
    "SELECT nextval('traces')",
    'PREPARE left_over AS SELECT 1',
    'LISTEN left_over',
    'SELECT pg_advisory_lock(77), pg_advisory_lock_shared(78)',
    'BEGIN; DECLARE left_over CURSOR WITH HOLD FOR SELECT 1; COMMIT',
    'SET ROLE other',
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET default_transaction_isolation = 'serializable'",
  ];

  const WAYS_OUT: [string, (client: RawClient) => Promise<void> | void][] = [
    ['says Terminate', (client) => client.end()],
    ['just closes', (client) => client.destroy()],
    ['resets the connection', (client) => client.reset()],
    [
      'leaves in a transaction',
      async (client) => {
        await client.query('RESET ROLE; BEGIN READ WRITE; INSERT INTO t VALUES (1000); SET LOCAL work_mem = 99');
        client.finish();
      },
    ],
    [
      'leaves in a failed transaction',
      async (client) => {
        await client.query('BEGIN');
        await client.query('SELECT 1/0');
        client.finish();
      },
    ],
    [
      'leaves with a statement prepared and another failed',
      async (client) => {
        client.send(parse('SELECT 1', 'mine'), encodeSync(), parse('SELEC', 'mine2'), encodeSync());
        await client.answer();
        await client.answer();
        await client.end();
      },
    ],
  ];

  it.each(WAYS_OUT)('after a client that %s', async (_name, leave) => {
    const params = { application_name: 'reuse', options: '-c geqo=off', TimeZone: 'Europe/Rome' };
    const first = await connect({ params });
    const before = await traces(first);
    for (const sql of MESS) {
      const [error] = (await first.query(sql)).errors;
      if (error !== undefined) expect(`${sql}: ${error.message}`).toBe('');
    }
    await leave(first);
    const second = await connectTo(pidOf(first), { params });
    expect(await traces(second)).toEqual(before);
    expect(await second.value('SELECT count(*) FROM t')).toBe('0');
    await second.end();
  });

  it('after SET SESSION AUTHORIZATION, for a role whose name is not ASCII', async () => {
    const more = { user: 'jürgen', params: { application_name: 'ü' } };
    const first = await connect(more);
    const name = (client: RawClient): string =>
      bytesToText(Buffer.from(client.greeting?.parameters.get('session_authorization') ?? ''));
    expect(name(first)).toBe('jürgen');
    await first.query(`SET TIME ZONE 'UTC'; SET SESSION AUTHORIZATION "jürgen"; RESET SESSION AUTHORIZATION`);
    await first.end();
    const second = await connectTo(pidOf(first), more);
    expect(
      second.greeting?.frames.map(({ body }) => body.toString('utf8')).filter((text) => text.includes('session_auth')),
    ).toEqual(['session_authorization\0jürgen\0']);
    await second.end();
  });

  it('is reused by clients with the same start-up packet only', async () => {
    const base = { params: { application_name: 'own' } };
    const first = await connect(base);
    await first.end();
    for (const params of [
      { application_name: 'other' },
      { application_name: 'own', options: '-c work_mem=1MB' },
      { application_name: 'own', DateStyle: 'ISO' },
    ] as Record<string, string>[]) {
      const client = await connect({ params });
      expect(pidOf(client)).not.toBe(pidOf(first));
      await client.end();
    }
    for (const more of [
      { ...base, protocol: PROTOCOL_3_2 },
      { ...base, user: 'postgres' },
      { ...base, database: 'postgres' },
    ]) {
      const client = await connect(more);
      expect(pidOf(client)).not.toBe(pidOf(first));
      await client.end();
    }
  });

  it.each([
    ['a batch without Sync', [parse('INSERT INTO t VALUES (2000)'), bind(), execute(), encodeFlush()]],
    ['a batch that failed', [parse('SELEC'), encodeFlush()]],
    ['a query that runs', [encodeQuery('SELECT pg_sleep(60)')]],
    ['a COPY', [encodeQuery('COPY t FROM STDIN'), encodeCopyData(Buffer.from('3000\tx\n'))]],
    [
      'a COPY by extended query, whose data is complete',
      [
        parse('COPY t FROM STDIN'),
        bind(),
        execute(),
        encodeSync(),
        encodeCopyData(Buffer.from('3000\tx\n')),
        encodeCopyDone(),
      ],
    ],
    ['half a message', [encodeQuery('SELECT 1').subarray(0, 8)]],
    ['half a large message', [Buffer.concat([Buffer.from('Q'), int32(10_000_000), Buffer.alloc(500_000, 0x20)])]],
    ['a query in a batch that failed', [parse('SELEC'), encodeQuery('SELECT 1')]],
    ['a query within a batch', [parse('SELECT 1'), bind(), execute(), encodeQuery('SELECT 2'), encodeSync()]],
  ])('a client that leaves in %s leaves nothing of it', async (name, messages) => {
    const params = { application_name: `leaves ${name}`.slice(0, 60) };
    const first = await connect({ params });
    first.send(...messages);
    await until('the proxy has it', () => first.received > 0 || first.waiting >= 0);
    if (/runs/.test(name)) await until('it runs', () => runs(pidOf(first), 'pg_sleep'));
    else if (!/half/.test(name)) await first.frame();
    first.destroy();
    const second = await connect({ params });
    expect(pidOf(second)).not.toBe(pidOf(first));
    expect(await second.value('SELECT count(*) FROM t')).toBe('0');
    await second.end();
    if (/runs/.test(name)) {
      await cluster.primary.query('SELECT pg_terminate_backend($1)', { params: [pidOf(first)] });
    }
  });
});

describe('with an empty reset_query_list', () => {
  it('a batch without Sync is not committed by the next client', async () => {
    const lax = await engineFor(cluster, { settings: { reset_query_list: '' } });
    try {
      const first = await RawClient.signIn(lax.address, app);
      first.send(parse('INSERT INTO t VALUES (4000)'), bind(), execute(), encodeFlush());
      await first.until(Backend.COMMAND_COMPLETE);
      first.destroy();
      const second = await RawClient.signIn(lax.address, app);
      expect(await second.value('SELECT count(*) FROM t')).toBe('0');
      await second.end();
      const third = await RawClient.signIn(lax.address, app);
      expect(await third.value('SELECT count(*) FROM t')).toBe('0');
      await third.end();
    } finally {
      await lax.stop();
    }
  });
});

describe('cancel', () => {
  it('ends what runs, by simple query, by a batch without Sync, and a COPY', async () => {
    const client = await connect({ protocol: PROTOCOL_3_2 });
    const cancelled = async (answer: Promise<Answer>): Promise<void> => {
      await until('it runs', () => runs(pidOf(client), 'pg_sleep'));
      await client.cancel(engine.address);
      expect((await answer).errors.map((error) => error.sqlstate)).toEqual(['57014']);
    };
    await cancelled(client.query('SELECT pg_sleep(60)'));
    client.send(parse('SELECT pg_sleep(60)'), bind(), execute(), encodeFlush());
    await until('it runs', () => runs(pidOf(client), 'pg_sleep'));
    await client.cancel(engine.address);
    await client.until(Backend.ERROR_RESPONSE);
    client.send(encodeSync());
    await client.answer();
    client.send(encodeQuery('COPY t FROM STDIN'));
    await client.until(Backend.COPY_IN_RESPONSE);
    await client.cancel(engine.address);
    client.send(encodeCopyData(Buffer.from('1\tx\n'))); // PostgreSQL looks up only when data come
    expect((await client.answer()).errors.map((error) => error.sqlstate)).toEqual(['57014']);
    client.send(parse('COPY t FROM STDIN'), bind(), execute(), encodeSync());
    await client.until(Backend.COPY_IN_RESPONSE);
    await client.cancel(engine.address);
    client.send(encodeCopyData(Buffer.from('1\tx\n')));
    await client.until(Backend.ERROR_RESPONSE);
    client.send(encodeCopyDone(), encodeSync());
    await client.answer();
    expect(await client.value('SELECT 1')).toBe('1');
    await client.end();
  });

  it('of an idle session does nothing to its next query', async () => {
    const client = await connect();
    for (let i = 0; i < 20; i++) {
      await client.cancel(engine.address);
      expect((await client.query('SELECT 1')).errors).toEqual([]);
    }
    await client.end();
  });

  it('with a wrong key, or the PID of another, does nothing', async () => {
    const client = await connect();
    const other = await connect();
    const sleeping = client.query('SELECT pg_sleep(0.5)');
    await until('it runs', () => runs(pidOf(client), 'pg_sleep'));
    const secret = client.greeting?.secret ?? Buffer.alloc(4);
    await sendCancel(engine.address, pidOf(client), Buffer.from(secret.map((byte) => byte ^ 1)));
    await sendCancel(engine.address, pidOf(client), Buffer.concat([secret, secret]));
    await sendCancel(engine.address, pidOf(other), secret);
    expect((await sleeping).errors).toEqual([]);
    await client.end();
    await other.end();
  });

  it('hits its own query and no other, in a storm of them', async () => {
    const random = new Random(5);
    const deadline = performance.now() + 4_000;
    let hits = 0;
    const stormy = async (): Promise<void> => {
      while (performance.now() < deadline) {
        const client = await connect();
        const answer = client.query(`SELECT pg_sleep(${random.below(15) / 1000})`);
        await new Promise((resolve) => setImmediate(resolve));
        const cancelling = client.cancel(engine.address);
        const { errors } = await answer;
        hits += errors.length;
        expect(errors.every((error) => error.sqlstate === '57014')).toBe(true);
        // half of them leave while the request is still on its way
        if (random.chance(0.5)) await cancelling;
        await client.end();
        await cancelling;
      }
    };
    const calm = async (): Promise<number> => {
      let done = 0;
      while (performance.now() < deadline) {
        const client = await connect();
        for (let i = 0; i < 5; i++) {
          expect((await client.query('SELECT pg_sleep(0.002)')).errors).toEqual([]);
          done++;
        }
        await client.end();
      }
      return done;
    };
    const calmDone = await Promise.all([stormy(), stormy(), stormy(), calm(), calm(), calm()]);
    expect(hits).toBeGreaterThan(20);
    expect(Math.max(...calmDone.filter((n) => typeof n === 'number'))).toBeGreaterThan(100);
  });
});

describe('replication connections', () => {
  it('pass through, outside the pool and within their own limit', async () => {
    const { user } = cluster.secrets.ops;
    const open = (replication: string): Promise<RawClient> =>
      RawClient.signIn(engine.address, { user, database: 'app', params: { replication } });
    const one = await open('database');
    expect((await one.query('IDENTIFY_SYSTEM')).rows[0]).toHaveLength(4);
    expect(await one.value('SELECT 1')).toBe('1');
    const two = await open('true');
    expect((await two.query('IDENTIFY_SYSTEM')).tags).toEqual(['IDENTIFY_SYSTEM']);
    await expect(open('database')).rejects.toThrow(/53300.*replication/);
    const ordinary = await connect();
    expect(await ordinary.value('SELECT 1')).toBe('1');
    await ordinary.end();
    await one.end();
    const three = await until('room again', () => open('database'));
    expect(pidOf(three)).not.toBe(pidOf(one));
    await three.end();
    await two.end();
    await until('their servers are gone', async () => {
      const rows = await cluster.primary.query("SELECT 1 FROM pg_stat_activity WHERE backend_type = 'walsender'");
      return rows.length === 0;
    });
  });

  it('a burst of them stays within the limit', async () => {
    const { user } = cluster.secrets.ops;
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, () =>
        RawClient.signIn(engine.address, { user, database: 'app', params: { replication: 'database' } }),
      ),
    );
    const open = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(open).toHaveLength(2);
    for (const client of open) await client.end();
  });
});

describe('DROP DATABASE', () => {
  it.each([
    ['simple query', (sql: string) => [encodeQuery(sql)]],
    ['extended query', (sql: string) => [parse(sql), bind(), execute(), encodeSync()]],
  ])('by %s is not blocked by idle links', async (_how, messages) => {
    const admin = await connect({ user: 'postgres', database: 'postgres' });
    await admin.query('CREATE DATABASE doomed');
    for (let i = 0; i < 3; i++) {
      const visitor = await connect({ user: 'postgres', database: 'doomed', params: { application_name: `v${i}` } });
      await visitor.end();
    }
    admin.send(...messages('DROP DATABASE doomed'));
    const answer = await admin.answer();
    expect(answer.errors).toEqual([]);
    expect(answer.tags).toEqual(['DROP DATABASE']);
    await admin.end();
  });

  it('links to template1 are not kept, so that CREATE DATABASE works', async () => {
    const visitor = await connect({ user: 'postgres', database: 'template1' });
    await visitor.end();
    const admin = await connect({ user: 'postgres', database: 'postgres' });
    expect((await admin.query('CREATE DATABASE fresh')).errors).toEqual([]);
    expect((await admin.query('DROP DATABASE fresh')).errors).toEqual([]);
    await admin.end();
  });
});

describe('amounts', () => {
  const workerRss = (): number => Math.max(...engine.workerPids().map(rssBytes));

  /** The largest memory of the worker while something goes on, above what it was before. */
  async function growth(during: Promise<unknown>, limitMs = 60_000): Promise<number> {
    const before = workerRss();
    let most = before;
    let over = false;
    const watched = during.finally(() => {
      over = true;
    });
    await until(
      'it is done',
      () => {
        most = Math.max(most, workerRss());
        return over;
      },
      limitMs,
    );
    await watched;
    return most - before;
  }

  it('a row of 100 MB goes through, and the worker keeps none of it', async () => {
    const client = await connect();
    client.discards = true;
    client.send(encodeQuery("SELECT repeat('x', 100000000)"));
    const grown = await growth(until('all of it', () => client.received > 100_000_000, 60_000));
    client.destroy();
    expect(grown).toBeLessThan(64 * 1024 * 1024);
  });

  it.runIf(env.soak)(
    'a row of a gigabyte goes through, and the worker keeps none of it',
    async () => {
      const client = await connect();
      client.discards = true;
      client.send(encodeQuery("SELECT repeat('x', 1000000000)"));
      const grown = await growth(
        until('all of it', () => client.received > 1_000_000_000, 300_000),
        300_000,
      );
      client.destroy();
      expect(grown).toBeLessThan(96 * 1024 * 1024);
    },
    300_000,
  );

  it('a parameter of 100 MB goes through, and the worker keeps none of it', async () => {
    const client = await connect();
    client.send(parse('SELECT length($1)'), bind(['x'.repeat(100_000_000)]), execute(), encodeSync());
    const answer = client.answer(60_000);
    const grown = await growth(answer);
    expect((await answer).rows).toEqual([['100000000']]);
    await client.end();
    expect(grown).toBeLessThan(64 * 1024 * 1024);
  });

  it('a reader that stops reading fills no memory, and the others go on', async () => {
    const stuck = await connect();
    stuck.pause();
    stuck.send(encodeQuery("SELECT repeat('x', 1000) FROM generate_series(1, 2000000)"));
    const others = (async () => {
      for (let i = 0; i < 300; i++) {
        const client = await connect();
        expect(await client.value(`SELECT ${i}`, 2_000)).toBe(String(i));
        await client.end();
      }
    })();
    expect(await growth(others)).toBeLessThan(48 * 1024 * 1024);
    stuck.destroy();
    await until('its server has noticed', async () => {
      const sql = 'SELECT 1 FROM pg_stat_activity WHERE pid = $1';
      return (await cluster.primary.query(sql, { params: [pidOf(stuck)] })).length === 0;
    });
  });

  it('a reader that reads slowly gets every byte', async () => {
    const client = await connect();
    client.send(encodeQuery('SELECT repeat(chr(65 + i % 26), 1000) FROM generate_series(0, 19999) AS i'));
    let rows = 0;
    for (;;) {
      if (rows % 2000 === 0) {
        client.pause();
        await new Promise((resolve) => setTimeout(resolve, 20));
        client.resume();
      }
      const frame = await client.frame();
      if (frame.type === Backend.DATA_ROW) {
        const letter = 65 + (rows % 26);
        expect(frame.body[6]).toBe(letter);
        expect(frame.body[1005]).toBe(letter);
        rows++;
      } else if (frame.type === Backend.READY_FOR_QUERY) break;
    }
    expect(rows).toBe(20_000);
    await client.end();
  });

  it('a client killed in the middle of a result leaves the others their own', async () => {
    for (let i = 0; i < 20; i++) {
      const victim = await connect();
      victim.send(encodeQuery("SELECT repeat('v', 1000) FROM generate_series(1, 100000)"));
      await victim.frame();
      victim.reset();
      const client = await connect();
      expect(await client.value(`SELECT 'mine ${i}'`)).toBe(`mine ${i}`);
      await client.end();
    }
    expect(engine.workerPids().every(isAlive)).toBe(true);
  });

  it('thousands of pipelined statements are answered in order', async () => {
    const client = await connect();
    const count = 5_000;
    client.send(...Array.from({ length: count }, (_, n) => encodeQuery(`SELECT ${n}`)), encodeTerminate());
    for (let n = 0; n < count; n++) expect((await client.answer()).rows).toEqual([[String(n)]]);
    await client.closed();
  });
});
