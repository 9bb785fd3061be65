/** What the proxy tells over SQL of a primary and a standby, and what a session may set for itself. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { Backend, decodeErrorFields, decodeRowDescription, encodeQuery } from '@pgherd/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor, type SettingValue } from '../test-support/engine.ts';
import { type Answer, describeFrames, RawClient } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

const SLOTS = 6;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
const NUMBER = expect.stringMatching(/^[1-9]\d*$/);

let cluster: Cluster;
let engine: Engine;
const open: RawClient[] = [];

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 2, pgBin: 'embedded' });
  engine = await engineFor(cluster, {
    settings: {
      sr_check_period: 1,
      num_init_children: SLOTS,
      worker_processes: 2,
      backend_weight0: 0,
      backend_weight1: 1,
    },
  });
  const client = await session();
  await client.query('CREATE TABLE shown (n int)');
  await until('both workers are there', async () => ((await engine.status()).workers.length === 2 ? true : null));
  await until('reads go to the standby', async () =>
    (await nodeOf(client, 'SELECT count(*) FROM shown')) === '1' ? true : null,
  );
  await client.end();
});
afterAll(async () => {
  await engine?.stop();
  await cluster?.destroy();
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.end();
});

async function session(params: Record<string, string> = {}, as = cluster.secrets.app): Promise<RawClient> {
  const client = await RawClient.signIn(engine.address, {
    user: as.user,
    password: as.password,
    database: cluster.database,
    params,
  });
  open.push(client);
  return client;
}

async function reload(changes: Record<string, SettingValue>): Promise<void> {
  engine.configure(changes);
  expect(await engine.reload()).toMatchObject({ ok: true });
}

/** Where a statement ran. */
async function nodeOf(client: RawClient, sql: string): Promise<string | undefined> {
  await client.query('PGPOOL SET notice_per_node_statement TO on');
  const said = notices(await client.query(sql));
  await client.query('PGPOOL RESET notice_per_node_statement');
  return said.map((text) => /^DB node id: (\d+) /.exec(text)?.[1]).find((node) => node !== undefined);
}

/** Rows as objects, with their columns' names. */
function objects(answer: Answer): Record<string, string | null>[] {
  const description = answer.frames.find(({ type }) => type === Backend.ROW_DESCRIPTION);
  const names = description === undefined ? [] : decodeRowDescription(description.body).map(({ name }) => name);
  return answer.rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? null])));
}

const notices = (answer: Answer): string[] =>
  answer.frames
    .filter(({ type }) => type === Backend.NOTICE_RESPONSE)
    .map(({ body }) => decodeErrorFields(body).message);

describe('SHOW pool_processes', () => {
  it('has a row for each client, and one for each free slot', async () => {
    const busy = await session();
    await busy.query('BEGIN');
    const asking = await session();
    const answer = await asking.query('SHOW pool_processes');
    expect(Object.keys(objects(answer)[0] ?? {}).join(' ')).toBe(
      'pool_pid start_time client_connection_count database username backend_connection_time pool_counter status',
    );
    expect(answer.rows).toHaveLength(SLOTS);
    const rows = objects(answer);
    expect(rows.filter(({ status }) => status === 'Idle in transaction')).toEqual([
      {
        pool_pid: NUMBER,
        start_time: TIME,
        client_connection_count: NUMBER,
        database: cluster.database,
        username: cluster.secrets.app.user,
        backend_connection_time: TIME,
        pool_counter: NUMBER,
        status: 'Idle in transaction',
      },
    ]);
    expect(rows.filter(({ status }) => status === 'Wait for connection')).toHaveLength(SLOTS - 2);
    const workers = (await engine.status()).workers.map(({ pid }) => String(pid));
    expect(new Set(rows.map(({ pool_pid }) => pool_pid))).toEqual(new Set(workers));
  });
});

describe('SHOW pool_pools', () => {
  it('has a row for each node of each of them, the last statement where it was sent', async () => {
    const reader = await session({ application_name: 'reader' });
    await reader.query('SELECT count(*) FROM shown');
    const writer = await session();
    await writer.query(`INSERT INTO shown VALUES (1) -- ${'é'.repeat(600)}`);
    const asking = await session();
    const answer = await asking.query('SHOW pool_pools');
    expect(Object.keys(objects(answer)[0] ?? {}).join(' ')).toBe(
      'pool_pid start_time client_connection_count pool_id backend_id database username backend_connection_time ' +
        'client_connection_time client_disconnection_time client_idle_duration majorversion minorversion ' +
        'pool_counter pool_backendpid pool_connected status load_balance_node client_host client_port statement',
    );
    expect(answer.rows).toHaveLength(SLOTS * 2);
    const rows = objects(answer);
    const read = rows.filter(({ statement }) => statement === 'SELECT count(*) FROM shown');
    expect(read).toEqual([
      {
        pool_pid: NUMBER,
        start_time: TIME,
        client_connection_count: NUMBER,
        pool_id: '0',
        backend_id: '1',
        database: cluster.database,
        username: cluster.secrets.app.user,
        backend_connection_time: TIME,
        client_connection_time: TIME,
        client_disconnection_time: '',
        client_idle_duration: expect.stringMatching(/^\d+$/),
        majorversion: '3',
        minorversion: '0',
        pool_counter: NUMBER,
        pool_backendpid: NUMBER,
        pool_connected: '1',
        status: 'Idle',
        load_balance_node: '1',
        client_host: '127.0.0.1',
        client_port: NUMBER,
        statement: 'SELECT count(*) FROM shown',
      },
    ]);
    const home = rows.find((row) => row['backend_id'] === '0' && row['client_port'] === read[0]?.['client_port']);
    expect(home).toMatchObject({ statement: '', load_balance_node: '0', pool_connected: '1' });
    expect(home?.['pool_backendpid']).toBe(await reader.value('SELECT pg_backend_pid()'));
    const [written] = rows.filter(({ statement }) => statement?.startsWith('INSERT') === true);
    expect(written).toMatchObject({ backend_id: '0', load_balance_node: '0', pool_connected: '1' });
    expect(Buffer.byteLength(written?.['statement'] ?? '')).toBeGreaterThan(1020);
    expect(Buffer.byteLength(written?.['statement'] ?? '')).toBeLessThanOrEqual(1023);
    expect(written?.['statement']).not.toContain('\ufffd');
    expect(rows.filter(({ status }) => status === 'Wait for connection')).toHaveLength((SLOTS - 3) * 2);
  });

  it('names the statement that a named one executes', async () => {
    const client = await session();
    await client.query('PREPARE p AS SELECT 1');
    client.send(encodeQuery('EXECUTE p'));
    await client.answer();
    const rows = objects(await (await session()).query('SHOW pool_pools'));
    expect(rows.map(({ statement }) => statement)).toContain('EXECUTE p');
  });

  it('shows what other users say, and where from, to admin_users alone once there are any', async () => {
    const { app, superuser } = cluster.secrets;
    const other = await session();
    await other.query('SELECT 4711');
    const seen = async (as: typeof app): Promise<string> =>
      JSON.stringify((await (await session({}, as)).query('SHOW pool_pools')).rows);
    expect(await seen(superuser)).toContain('SELECT 4711');
    await reload({ admin_users: superuser.user });
    const mine = await session({}, superuser);
    await mine.query('SELECT 4712');
    const asApp = objects(await (await session()).query('SHOW pool_pools'));
    expect(JSON.stringify(asApp)).toContain('SELECT 4711'); // one's own
    expect(JSON.stringify(asApp)).not.toContain('SELECT 4712');
    expect(asApp.filter(({ username }) => username === superuser.user)).toMatchObject(
      asApp.filter(({ username }) => username === superuser.user).map(() => ({ client_host: '', client_port: '' })),
    );
    expect(await seen(superuser)).toContain('SELECT 4711');
    await reload({ admin_users: '' });
  });
});

describe('SHOW pool_nodes and pool_backend_stats', () => {
  it('count what each node got, and show the read node of the session that asks', async () => {
    const client = await session();
    const counts = async (): Promise<Record<string, string | null>[]> =>
      objects(await client.query('SHOW pool_backend_stats'));
    const before = await counts();
    for (let n = 0; n < 5; n++) await client.query('SELECT 1');
    await client.query('INSERT INTO shown VALUES (2)');
    await client.query('UPDATE shown SET n = 3');
    await client.query('SELECT 1/0');
    const grown = (name: string, rows: Record<string, string | null>[]): number[] =>
      rows.map((row, i) => Number(row[name]) - Number(before[i]?.[name]));
    const after = await until('the counters came', async () => {
      const rows = await counts();
      return (grown('error_cnt', rows)[0] ?? 0) + (grown('error_cnt', rows)[1] ?? 0) > 0 ? rows : null;
    });
    expect(grown('select_cnt', after)[1]).toBeGreaterThanOrEqual(5);
    expect(grown('insert_cnt', after)).toEqual([1, 0]);
    expect(grown('update_cnt', after)).toEqual([1, 0]);
    const nodes = objects(await client.query('SHOW pool_nodes'));
    expect(nodes.map(({ load_balance_node }) => load_balance_node)).toEqual(['false', 'true']);
    expect(nodes.map(({ status }) => status)).toEqual(['up', 'up']);
    expect(Number(nodes[1]?.['select_cnt'])).toBeGreaterThanOrEqual(5);
  });
});

describe('PGPOOL SET', () => {
  it('changes a value for the session alone, and RESET takes it back', async () => {
    const client = await session();
    const other = await session();
    const show = async (who: RawClient, name: string): Promise<string | null> => who.value(`PGPOOL SHOW ${name}`);
    expect(describeFrames((await client.query('PGPOOL SET client_idle_limit TO 20')).frames)).toEqual(['C:SET', 'Z:I']);
    await client.query("PGPOOL SET log_error_verbosity = 'verbose'");
    expect([await show(client, 'client_idle_limit'), await show(other, 'client_idle_limit')]).toEqual(['20s', '0']);
    expect((await client.query('PGPOOL RESET client_idle_limit')).tags).toEqual(['SET']);
    expect(await show(client, 'client_idle_limit')).toBe('0');
    expect(await show(client, 'log_error_verbosity')).toBe('verbose');
    expect((await client.query('PGPOOL RESET ALL')).tags).toEqual(['RESET']);
    expect(await show(client, 'log_error_verbosity')).toBe('default');
  });

  it('refuses by name, context and value, and the session goes on', async () => {
    const client = await session();
    const refused = async (sql: string): Promise<unknown> => (await client.query(sql)).errors[0];
    expect(await refused('PGPOOL SET nothing TO 1')).toMatchObject({
      sqlstate: '42704',
      message: 'config variable "nothing" not found',
    });
    expect(await refused('PGPOOL SET port TO 1')).toMatchObject({
      sqlstate: '55P02',
      message: 'invalid Context, value for parameter "port" cannot be changed',
    });
    expect(await refused('PGPOOL SET client_idle_limit TO -1')).toMatchObject({ sqlstate: '22023' });
    expect((await client.query('SELECT 1')).rows).toEqual([['1']]);
  });

  it('log_statement and client_min_messages hold for this session', async () => {
    const client = await session();
    const other = await session();
    await client.query('PGPOOL SET log_min_messages TO warning');
    await client.query('PGPOOL SET log_statement TO on');
    await client.query("SELECT 'mine'");
    await other.query("SELECT 'theirs'");
    await until('the line', async () => (engine.logText().includes("statement: SELECT 'mine'") ? true : null));
    expect(engine.logText()).not.toContain("SELECT 'theirs'");
    await client.query('PGPOOL SET client_min_messages TO log');
    expect(notices(await client.query('SELECT 8'))).toEqual(['statement: SELECT 8']);
    await client.query('PGPOOL SET log_min_messages TO panic');
    await client.query("SELECT 'unwritten'");
    await client.query('PGPOOL RESET ALL');
    expect(notices(await client.query('SELECT 9'))).toEqual([]);
    await other.query('SELECT 1');
    expect(engine.logText()).not.toContain('unwritten');
  });

  it('notice_per_node_statement tells where statements go', async () => {
    const client = await session();
    await client.query('PGPOOL SET notice_per_node_statement TO on');
    expect(notices(await client.query('SELECT 1'))).toEqual(['DB node id: 1 statement: SELECT 1']);
    expect(notices(await client.query('SHOW pool_version'))).toEqual([]);
  });

  it('allow_sql_comments changes where this session’s statements go', async () => {
    const client = await session();
    const where = (who = client): Promise<string | undefined> => nodeOf(who, '/* c */ SELECT n FROM shown');
    expect(await where()).toBe('0');
    await client.query('PGPOOL SET allow_sql_comments TO on');
    expect(await where()).toBe('1');
    expect(await where(await session())).toBe('0');
    await client.query('PGPOOL SET allow_sql_comments TO DEFAULT');
    expect(await where()).toBe('0');
  });

  it('a reload leaves what a session has set', async () => {
    const client = await session();
    await client.query('PGPOOL SET client_idle_limit TO 20');
    await reload({ client_idle_limit: 300, allow_sql_comments: true });
    expect(await client.value('PGPOOL SHOW client_idle_limit')).toBe('20s');
    expect(await client.value('PGPOOL SHOW allow_sql_comments')).toBe('on');
    await client.query('PGPOOL RESET client_idle_limit');
    expect(await client.value('PGPOOL SHOW client_idle_limit')).toBe('5min');
    await reload({ client_idle_limit: 0, allow_sql_comments: false });
  });

  it('client_idle_limit ends the session that has set it', async () => {
    const client = await session();
    await client.query('PGPOOL SET client_idle_limit TO 1');
    const frame = await client.frame(5_000);
    expect(decodeErrorFields(frame.body)).toMatchObject({ severity: 'FATAL', sqlstate: '57P05' });
    open.splice(open.indexOf(client), 1);
  });

  it('CACHE DELETE says that nothing is there', async () => {
    const client = await session();
    const answer = await client.query("PGPOOL SET CACHE DELETE 'SELECT 1; --'");
    expect(notices(answer)).toEqual(['query cache does not exist for query: "SELECT 1; --"']);
    expect(answer.tags).toEqual(['SET']);
  });
});

describe('PGPOOL EXPLAIN ROUTE', () => {
  const last = (answer: Answer): unknown => objects(answer).at(-1);

  it('has a row for each rule, names looked up, and runs nothing', async () => {
    const client = await session();
    const answer = await client.query('PGPOOL EXPLAIN ROUTE SELECT * FROM shown');
    expect(Object.keys(objects(answer)[0] ?? {})).toEqual(['rule', 'verdict', 'value', 'node']);
    expect(last(answer)).toEqual({ rule: 'read-node', verdict: 'decides', value: 'a read', node: '1' });
    const rules = objects(answer).map(({ rule, value }) => `${rule}: ${value}`);
    expect(rules).toContain('check_temp_table: shown is not temporary');
    expect(rules).toContain('read node of the session: probability 1, and was drawn');
    const count = await client.value('SELECT count(*) FROM shown');
    const insert = await client.query('PGPOOL EXPLAIN ROUTE INSERT INTO shown VALUES (1);');
    expect(last(insert)).toMatchObject({ rule: 'statement', verdict: 'decides', node: '0' });
    expect(await client.value('SELECT count(*) FROM shown')).toBe(count);
  });

  it('goes by the session: its transaction, its settings, its prepared statements', async () => {
    const client = await session();
    await client.query('PREPARE p AS SELECT n FROM shown');
    const executed = objects(await client.query('PGPOOL EXPLAIN ROUTE EXECUTE p'));
    expect(executed[0]).toMatchObject({ rule: 'EXECUTE', value: 'PREPARE p AS SELECT n FROM shown' });
    expect(executed.at(-1)).toMatchObject({ node: '1' });
    await client.query('BEGIN');
    await client.query('INSERT INTO shown VALUES (1)');
    const wrote = await client.query('PGPOOL EXPLAIN ROUTE SELECT * FROM shown');
    expect(last(wrote)).toMatchObject({ rule: 'disable_load_balance_on_write', node: '0' });
    expect(wrote.status).toBe('T');
    await client.query('ROLLBACK');
    expect(last(await client.query('PGPOOL EXPLAIN ROUTE /* c */ SELECT 1'))).toMatchObject({ node: '0' });
    await client.query('PGPOOL SET allow_sql_comments TO on');
    expect(last(await client.query('PGPOOL EXPLAIN ROUTE /* c */ SELECT 1'))).toMatchObject({ node: '1' });
  });

  it('says where the statement then goes', async () => {
    const client = await session();
    await client.query('PGPOOL SET notice_per_node_statement TO on');
    for (const sql of ['SELECT now()', 'SELECT nextval(NULL)', 'SELECT 1; SELECT 2', 'SHOW search_path', 'not sql']) {
      const { node } = last(await client.query(`PGPOOL EXPLAIN ROUTE ${sql}`)) as { node: string };
      expect(notices(await client.query(sql))).toEqual([`DB node id: ${node} statement: ${sql}`]);
    }
  });

  it('the same without a session', async () => {
    const { database } = cluster;
    const { user } = cluster.secrets.app;
    const asked = await engine.explainRoute({ sql: 'SELECT * FROM shown', database, user, application: 'x' });
    expect(asked.rows.at(-1)).toEqual({ rule: 'read-node', verdict: 'decides', value: 'a read', node: 1 });
    expect(asked.rows.some(({ value }) => value === 'shown is not temporary')).toBe(true);
  });
});
