/** The log of a running engine, in Pgpool-II's words, and what of it its clients see. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import {
  Backend,
  decodeErrorFields,
  encodeBind,
  encodeClose,
  encodeCopyData,
  encodeCopyDone,
  encodeCopyFail,
  encodeDescribe,
  encodeExecute,
  encodeParse,
  encodeQuery,
  encodeSync,
  type Frame,
} from '@pgherd/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Certificates, hasOpenssl } from '../../test-support/certificates.ts';
import { type Engine, engineFor, type SettingValue } from '../../test-support/engine.ts';
import { describeFrames, RawClient, type SignIn } from '../../test-support/raw-client.ts';
import { until } from '../../test-support/wait.ts';

let cluster: Cluster;
let engine: Engine;

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 1,
    pgBin: 'embedded',
    initSql: [{ database: 'app', sql: 'CREATE TABLE t (a int); GRANT ALL ON t TO PUBLIC' }],
  });
  engine = await engineFor(cluster, { settings: { num_init_children: 16 } });
});

afterAll(async () => {
  await engine?.stop();
  await cluster?.destroy();
});

const QUIET: Readonly<Record<string, SettingValue>> = {
  log_statement: false,
  log_per_node_statement: false,
  notice_per_node_statement: false,
  log_client_messages: false,
  log_backend_messages: 'none',
  log_connections: false,
  log_disconnections: false,
  log_hostname: false,
  log_min_messages: 'warning',
  client_min_messages: 'notice',
  log_error_verbosity: 'default',
  log_line_prefix: '',
};

let mark = 0;

/** The engine with these settings and no other of this file's. */
async function logging(settings: Readonly<Record<string, SettingValue>>): Promise<void> {
  engine.configure({ ...QUIET, ...settings });
  const report = await engine.reload();
  expect(report.ok).toBe(true);
  mark = engine.logText().length;
}

/** What was logged since `logging`, once its last line matches. PIDs of backends are replaced. */
async function linesUntil(last: RegExp): Promise<string[]> {
  const lines = await until(`a line like ${last}`, () => {
    const since = engine.logText().slice(mark).trimEnd().split('\n');
    // The supervisor's word on the reload may come a moment after the reload.
    const ours = since.filter((line) => !line.endsWith('reload config files.'));
    return last.test(ours.at(-1) ?? '') && ours;
  });
  return lines.map((line) => line.replace(/backend pid: \d+/, 'backend pid: P'));
}

const clients: RawClient[] = [];

async function connect(more: Partial<SignIn> = {}): Promise<RawClient> {
  const client = await RawClient.signIn(engine.address, { user: 'app', database: 'app', ...more });
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) if (!client.isClosed) await client.end();
});

const parse = (sql: string, statement = ''): Buffer => encodeParse({ statement, sql, parameterTypes: [] });
const bind = (values: (string | null)[] = [], portal = '', statement = ''): Buffer =>
  encodeBind({ portal, statement, parameterFormats: [], values, resultFormats: [] });
const execute = (portal = ''): Buffer => encodeExecute({ portal, rowsMax: 0 });

/** Frames as words, with the texts of notices. */
function told(frames: readonly Frame[]): string[] {
  return frames.map((frame) => {
    if (frame.type !== Backend.NOTICE_RESPONSE) return describeFrames([frame])[0] ?? '';
    const { severity, message, detail } = decodeErrorFields(frame.body);
    return `${severity}:  ${message}${detail === undefined ? '' : ` | ${detail}`}`;
  });
}

describe('clients come and go', () => {
  it('with log_connections and log_disconnections, from the first packet on', async () => {
    await logging({ log_connections: true, log_disconnections: true, log_line_prefix: '%a %u %d: ' });
    const client = await connect({ params: { application_name: 'fox' } });
    const port = client.localPort;
    await client.end();
    const lines = await linesUntil(/disconnection/);
    expect(lines).toEqual([
      'child [unknown] [unknown]: LOG:  new connection received',
      `child [unknown] [unknown]: DETAIL:  connecting host=127.0.0.1 port=${port}`,
      expect.stringMatching(
        new RegExp(
          `^fox app app: LOG:  frontend disconnection: session time: \\d+:\\d\\d:\\d\\d\\.\\d{3} user=app database=app host=127.0.0.1 port=${port}$`,
        ),
      ),
    ]);
  });

  it('over the Unix socket', async () => {
    await logging({ log_connections: true, log_disconnections: true });
    const client = await RawClient.signIn({ path: engine.socketPath }, { user: 'app', database: 'app' });
    await client.end();
    const lines = await linesUntil(/disconnection/);
    expect(lines[1]).toBe('DETAIL:  connecting host=[local]');
    expect(lines.at(-1)).toMatch(/ user=app database=app host=\[local\]$/);
  });

  it('without having said who they are', async () => {
    await logging({ log_disconnections: true });
    const client = await RawClient.open(engine.address);
    client.destroy();
    const lines = await linesUntil(/disconnection/);
    expect(lines.at(-1)).toMatch(/ user=\[unknown\] database=\[unknown\] host=127/);
  });

  it('and are refused', async () => {
    await logging({ log_disconnections: true });
    await expect(connect({ database: 'nowhere' })).rejects.toThrow('does not exist');
    const lines = await linesUntil(/disconnection/);
    expect(lines.at(-1)).toMatch(/ user=app database=nowhere host=127/);
  });

  it('by name with log_hostname', async () => {
    await logging({ log_connections: true, log_hostname: true });
    await connect();
    const lines = await linesUntil(/connecting/);
    expect(lines.at(-1)).toMatch(/^DETAIL: {2}connecting host=[a-z][\w.-]* port=\d+$/);
  });

  it('and are counted up and down equally often', async () => {
    await logging({ log_min_messages: 'debug5' });
    const one = await connect();
    const two = await connect();
    await one.end();
    await two.end();
    const text = await until('both are gone', () => {
      const since = engine.logText().slice(mark);
      return since.split('connection_count_down').length === 3 && since;
    });
    expect(text.split('connection_count_up')).toHaveLength(3);
  });
});

describe('statements', () => {
  it('with log_statement: queries, executions, and what cleans the connection', async () => {
    await logging({ log_statement: true });
    const client = await connect();
    await client.query('SELECT 1;');
    await client.query('SHOW pool_version');
    client.send(parse('SELECT $1::int', 's'), bind(['1'], 'p', 's'), execute('p'), encodeSync());
    await client.answer();
    await client.query('BEGIN');
    await client.end();
    expect(await linesUntil(/DISCARD/)).toEqual([
      'LOG:  statement: SELECT 1;',
      'LOG:  statement: SHOW pool_version',
      'LOG:  statement: SELECT $1::int',
      'LOG:  statement: BEGIN',
      'LOG:  statement: ABORT',
      'LOG:  statement: DISCARD ALL',
    ]);
  });

  it('with log_per_node_statement: whatever goes to a server, and nothing else', async () => {
    await logging({ log_per_node_statement: true });
    const client = await connect();
    await client.query('SELECT 1');
    await client.query('SHOW pool_nodes');
    await client.query('PGPOOL SHOW port');
    client.send(
      parse('SELECT $1::int', 's'),
      bind(['1'], 'p', 's'),
      encodeDescribe({ kind: 'portal', name: 'p' }),
      execute('p'),
      encodeClose({ kind: 'portal', name: 'p' }),
      encodeSync(),
    );
    await client.answer();
    await client.query('SELECT 1,\n  2');
    await client.end();
    const line = (text: string): string => `LOG:  DB node id: 0 backend pid: P statement: ${text}`;
    expect(await linesUntil(/DISCARD/)).toEqual([
      line('SELECT 1'),
      line('Parse: SELECT $1::int'),
      line('Bind: SELECT $1::int'),
      line('D message'),
      line('Execute: SELECT $1::int'),
      line('C message'),
      line('SELECT 1,'),
      '\t  2',
      line('DISCARD ALL'),
    ]);
  });

  it('of several lines cannot pass for an entry of their own', async () => {
    await logging({ log_statement: true });
    const client = await connect();
    await client.query('SELECT 1 /*\r\nFATAL:  made up\rLOG:  this too */');
    await client.end();
    expect(await linesUntil(/DISCARD/)).toEqual([
      'LOG:  statement: SELECT 1 /*',
      '\tFATAL:  made up',
      '\tLOG:  this too */',
      'LOG:  statement: DISCARD ALL',
    ]);
  });

  it('put the node id tenth with an application name and ninth without', async () => {
    await logging({ log_per_node_statement: true, log_line_prefix: '%m: %a pid %p: ' });
    for (const [params, place] of [
      [{ application_name: 'fox' }, 10],
      [{}, 9],
    ] as const) {
      mark = engine.logText().length;
      const client = await connect({ params });
      await client.query('SELECT 1');
      const line = (await linesUntil(/statement: SELECT 1/)).at(-1) ?? '';
      expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}: /);
      expect(line.split(/\s+/)[place - 1]).toBe('0');
      await client.end();
    }
  });

  it('carry the application name that a SET gave', async () => {
    await logging({ log_statement: true, log_line_prefix: '[%a] ' });
    const client = await connect({ params: { application_name: 'fox' } });
    await client.query("SET application_name TO 'hare'");
    await client.query('SELECT 1');
    await client.end();
    const lines = await linesUntil(/DISCARD/);
    expect(lines.slice(0, 2)).toEqual([
      "[fox] LOG:  statement: SET application_name TO 'hare'",
      '[hare] LOG:  statement: SELECT 1',
    ]);
  });

  it('too large to be held are logged by their beginning', async () => {
    await logging({ log_statement: true });
    const client = await connect();
    const answer = await client.query(`SELECT length('${'x'.repeat(1024 * 1024)}')`);
    expect(answer.rows).toEqual([[String(1024 * 1024)]]);
    await client.end();
    const [line = ''] = await linesUntil(/DISCARD/);
    expect(line).toMatch(/^LOG: {2}statement: (SELECT length\('x*)?…$/);
  });
});

describe('notice_per_node_statement', () => {
  it('tells the client before the result, once for each statement that goes to a server', async () => {
    await logging({ notice_per_node_statement: true });
    const client = await connect();
    expect(told((await client.query('SELECT 1; SELECT 2')).frames)).toEqual([
      'NOTICE:  DB node id: 0 statement: SELECT 1; SELECT 2',
      ...['T', 'D', 'C:SELECT 1', 'T', 'D', 'C:SELECT 1', 'Z:I'],
    ]);
    expect(told((await client.query('SHOW pool_version')).frames)).toEqual(['T', 'D', 'C:SELECT 1', 'Z:I']);
    client.send(parse('SELECT 3'), bind(), execute(), encodeSync());
    expect(told((await client.answer()).frames)).toEqual([
      'NOTICE:  DB node id: 0 statement: Parse: SELECT 3',
      'NOTICE:  DB node id: 0 statement: Bind: SELECT 3',
      'NOTICE:  DB node id: 0 statement: Execute: SELECT 3',
      ...['1', '2', 'D', 'C:SELECT 1', 'Z:I'],
    ]);
  });

  it('keeps its place in a pipeline, also between rows that come in pieces', async () => {
    await logging({ notice_per_node_statement: true });
    const client = await connect();
    const rounds = 40;
    const big = "SELECT repeat('x', 300000) FROM generate_series(1, 3)";
    for (let i = 0; i < rounds; i++) client.send(encodeQuery(big), encodeQuery(`SELECT ${i}`));
    for (let i = 0; i < rounds; i++) {
      expect(told((await client.answer()).frames)).toEqual([
        `NOTICE:  DB node id: 0 statement: ${big}`,
        ...['T', 'D', 'D', 'D', 'C:SELECT 3', 'Z:I'],
      ]);
      const answer = await client.answer();
      expect(told(answer.frames)).toEqual([
        `NOTICE:  DB node id: 0 statement: SELECT ${i}`,
        ...['T', 'D', 'C:SELECT 1', 'Z:I'],
      ]);
      expect(answer.rows).toEqual([[String(i)]]);
    }
  });

  it('is quiet where client_min_messages asks for more', async () => {
    await logging({ notice_per_node_statement: true, client_min_messages: 'warning' });
    const client = await connect();
    expect(told((await client.query('SELECT 1')).frames)).toEqual(['T', 'D', 'C:SELECT 1', 'Z:I']);
  });
});

describe('log_client_messages', () => {
  it('names each message, with what it carries', async () => {
    await logging({ log_client_messages: true });
    const client = await connect();
    client.send(
      parse('SELECT $1::int', 's'),
      bind(['1'], 'p', 's'),
      encodeDescribe({ kind: 'portal', name: 'p' }),
      encodeDescribe({ kind: 'statement', name: 's' }),
      execute('p'),
      encodeClose({ kind: 'statement', name: 's' }),
      encodeSync(),
    );
    await client.answer();
    client.send(encodeQuery('COPY t FROM STDIN'));
    await client.until(Backend.COPY_IN_RESPONSE);
    client.send(...['1', '2', '3'].map((row) => encodeCopyData(Buffer.from(`${row}\n`))), encodeCopyDone());
    await client.answer();
    client.send(encodeQuery('COPY t FROM STDIN'));
    await client.until(Backend.COPY_IN_RESPONSE);
    client.send(encodeCopyData(Buffer.from('4\n')), encodeCopyFail('enough'));
    await client.answer();
    await client.end();
    expect(await linesUntil(/Terminate/)).toEqual([
      'LOG:  Parse message from frontend.',
      'DETAIL:  statement: "s", query: "SELECT $1::int"',
      'LOG:  Bind message from frontend.',
      'DETAIL:  portal: "p", statement: "s"',
      'LOG:  Describe message from frontend.',
      'DETAIL:  portal: "p"',
      'LOG:  Describe message from frontend.',
      'DETAIL:  statement: "s"',
      'LOG:  Execute message from frontend.',
      'DETAIL:  portal: "p"',
      'LOG:  Close message from frontend.',
      'DETAIL:  statement: "s"',
      'LOG:  Sync message from frontend.',
      'LOG:  Query message from frontend.',
      'DETAIL:  query: "COPY t FROM STDIN"',
      'LOG:  CopyData message from frontend.',
      'DETAIL:  count: 3',
      'LOG:  CopyDone message from frontend.',
      'LOG:  Query message from frontend.',
      'DETAIL:  query: "COPY t FROM STDIN"',
      'LOG:  CopyData message from frontend.',
      'DETAIL:  count: 1',
      'LOG:  CopyFail message from frontend.',
      'LOG:  pool_send_and_wait: Error or notice message from backend: : DB node id: 0 backend pid: P statement: "COPY t FROM STDIN" message: "COPY from stdin failed: enough"',
      'LOG:  Terminate message from frontend.',
    ]);
  });

  it('names cancel requests, and says what became of them, but never the key', async () => {
    await logging({ log_client_messages: true });
    const client = await connect();
    const { pid, secret } = client.greeting ?? { pid: 0, secret: Buffer.alloc(0) };
    client.send(encodeQuery('SELECT pg_sleep(60)'));
    await linesUntil(/pg_sleep/);
    await client.cancel(engine.address);
    expect((await client.answer()).errors[0]?.sqlstate).toBe('57014');
    const lines = await linesUntil(/user request/);
    expect(lines).toContain(`DETAIL:  process id: ${pid}`);
    expect(lines).toContain('LOG:  forwarding cancel request to backend');
    expect(lines.join()).not.toContain(secret.toString('hex'));
    expect(lines.join()).not.toContain(String(secret.readUInt32BE(0)));
  });
});

describe('log_backend_messages', () => {
  const ROWS = 'SELECT generate_series(1, 5)';

  it('verbose names each message', async () => {
    await logging({ log_backend_messages: 'verbose' });
    const client = await connect();
    await client.query(ROWS);
    const name = (kind: string): string => `LOG:  ${kind} message from backend 0`;
    expect(await linesUntil(/ReadyForQuery/)).toEqual(
      ['RowDescription', ...Array.from({ length: 5 }, () => 'DataRow'), 'CommandComplete', 'ReadyForQuery'].map(name),
    );
  });

  it('terse counts those of a kind that follow each other', async () => {
    await logging({ log_backend_messages: 'terse' });
    const client = await connect();
    await client.query(ROWS);
    expect(await linesUntil(/ReadyForQuery/)).toEqual([
      'LOG:  RowDescription message from backend 0',
      'LOG:  DataRow message from backend 0',
      'LOG:  last DataRow message from backend 0 repeated 4 times',
      'LOG:  CommandComplete message from backend 0',
      'LOG:  ReadyForQuery message from backend 0',
    ]);
  });

  it('reaches the client with client_min_messages = log, each line in front of its message', async () => {
    await logging({ log_backend_messages: 'terse', client_min_messages: 'log' });
    const client = await connect();
    const line = (text: string): string => `LOG:  ${text}`;
    for (let i = 0; i < 2; i++) {
      expect(told((await client.query(ROWS)).frames)).toEqual([
        line('RowDescription message from backend 0'),
        'T',
        line('DataRow message from backend 0'),
        ...['D', 'D', 'D', 'D', 'D'],
        line('last DataRow message from backend 0 repeated 4 times'),
        line('CommandComplete message from backend 0'),
        'C:SELECT 5',
        line('ReadyForQuery message from backend 0'),
        'Z:I',
      ]);
    }
  });

  it('changes no byte of the rows, however they are cut', async () => {
    await logging({ log_backend_messages: 'terse', client_min_messages: 'log', notice_per_node_statement: true });
    const client = await connect();
    const sql = 'SELECT i, repeat(chr(65 + i % 26), (i * 7919) % 200000) FROM generate_series(1, 60) AS i';
    const { rows } = await client.query(sql);
    expect(rows.map(([, text]) => text?.length)).toEqual(
      Array.from({ length: 60 }, (_, i) => ((i + 1) * 7919) % 200000),
    );
    expect(rows.every(([i, text]) => new Set(text ?? '').size <= 1 && i !== null)).toBe(true);
  });
});

describe('errors and notices of servers', () => {
  it('are logged without any other setting', async () => {
    await logging({ log_line_prefix: '%u@%d ' });
    const client = await connect();
    await client.query('SELECT 1/0');
    expect(await linesUntil(/division/)).toEqual([
      'app@app LOG:  Error message from backend: DB node id: 0 message: "division by zero"',
    ]);
  });

  it('are logged with their statement where statements are looked at', async () => {
    await logging({ notice_per_node_statement: true });
    const client = await connect();
    await client.query('SELECT 1/0');
    await client.query("DO $$BEGIN RAISE WARNING 'careful'; END$$");
    client.send(parse('SELEC'), encodeSync());
    await client.answer();
    expect(await linesUntil(/syntax error/)).toEqual([
      'LOG:  pool_send_and_wait: Error or notice message from backend: : DB node id: 0 backend pid: P statement: "SELECT 1/0" message: "division by zero"',
      'LOG:  backend [0]: WARNING: careful',
      'LOG:  Error message from backend: DB node id: 0 message: "syntax error at or near "SELEC""',
    ]);
  });

  it('end with log_min_messages = fatal', async () => {
    await logging({ log_min_messages: 'fatal', log_statement: true });
    const client = await connect();
    await client.query('SELECT 1/0');
    await client.end();
    await expect(connect({ user: 'nobody' })).rejects.toThrow();
    expect(engine.logText().slice(mark)).not.toContain('division');
  });
});

describe('pg_terminate_backend', () => {
  it("of another session's backend is named, and nothing speaks of a failover", async () => {
    await logging({ log_statement: true });
    const client = await connect();
    const victim = await connect();
    const pid = victim.greeting?.pid ?? 0;
    await client.query(`SELECT pg_terminate_backend(${pid})`);
    await victim.closed();
    await client.query('SELECT pg_terminate_backend(1)');
    await client.end();
    const lines = await linesUntil(/DISCARD/);
    expect(lines.filter((line) => line.includes('found the'))).toEqual([
      `LOG:  found the pg_terminate_backend request for backend pid:${pid} on backend node:0`,
    ]);
    expect(lines.join('\n')).not.toMatch(/failover/i);
  });
});

describe('the form of lines', () => {
  it('has the place in the program with log_error_verbosity = verbose, and no details with terse', async () => {
    await logging({ log_connections: true, log_error_verbosity: 'verbose' });
    await connect();
    expect(await linesUntil(/LOCATION/)).toEqual([
      'LOG:  new connection received',
      expect.stringMatching(/^DETAIL: {2}connecting host=/),
      expect.stringMatching(/^LOCATION: {2}connections\.ts:\d+$/),
    ]);
    await logging({ log_connections: true, log_error_verbosity: 'terse' });
    await connect();
    expect(await linesUntil(/./)).toEqual(['LOG:  new connection received']);
  });

  it('takes every escape of log_line_prefix', async () => {
    await logging({ log_statement: true, log_line_prefix: '%8a|%-8a|%u|%d|%P|%% ' });
    const client = await connect({ params: { application_name: 'fox' } });
    await client.query('SELECT 1');
    expect(await linesUntil(/SELECT 1/)).toEqual(['     fox|fox     |app|app|child|% LOG:  statement: SELECT 1']);
  });
});

describe('a client that signs in with its certificate', () => {
  it.skipIf(!hasOpenssl())('is logged', async () => {
    const certificates = new Certificates();
    const authority = certificates.authority('authority');
    const server = certificates.signed('localhost', authority);
    const app = certificates.signed('app', authority);
    const secure = await engineFor(cluster, {
      hba: 'hostssl all all 127.0.0.1/32 cert\n',
      files: { 'server.key': server.key, 'server.crt': server.cert, 'ca.crt': authority.cert },
      settings: { ssl: true, ssl_key: 'server.key', ssl_cert: 'server.crt', ssl_ca_cert: 'ca.crt' },
    });
    try {
      const tls = { key: app.key, cert: app.cert };
      const client = await RawClient.signIn(secure.address, { user: 'app', database: 'app', tls });
      await client.end();
      expect(secure.logText()).toContain(
        'LOG:  SSL certificate authentication for user "app" with Pgpool-II is successful\n',
      );
      await expect(RawClient.signIn(secure.address, { user: 'postgres', database: 'app', tls })).rejects.toThrow();
      expect(secure.logText()).not.toContain('user "postgres" with Pgpool-II');
    } finally {
      await secure.stop();
    }
  });
});

describe('TLS towards servers', () => {
  it.skipIf(!hasOpenssl())('is negotiated in the open at debug1', async () => {
    const certificates = new Certificates();
    const { key, cert } = certificates.authority('proxy');
    const secure = await engineFor(cluster, {
      files: { 'server.key': key, 'server.crt': cert },
      settings: { ssl: true, ssl_key: 'server.key', ssl_cert: 'server.crt', log_min_messages: 'debug1' },
    });
    try {
      const client = await RawClient.signIn(secure.address, { user: 'app', database: 'app' });
      await client.end();
      expect(secure.logText()).toMatch(/DETAIL: {2}client->server SSL response: [SN]\n/);
    } finally {
      await secure.stop();
    }
  });
});
