/** The proxy's own commands in the extended protocol, alone and among statements of the server. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import {
  encodeBind,
  encodeClose,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeParse,
  encodeQuery,
  encodeSync,
} from '@pgherd/wire';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../test-support/engine.ts';
import { type Answer, describeFrames, RawClient } from '../test-support/raw-client.ts';

let cluster: Cluster;
let engine: Engine;
let client: RawClient;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
  engine = await engineFor(cluster, { settings: { num_init_children: 4, max_pool: 3 } });
  const maker = await RawClient.signIn(engine.address, { user: 'app', database: 'app' });
  await maker.query('CREATE TABLE kept (n int)');
  await maker.end();
});

afterAll(async () => {
  await client?.end();
  await engine?.stop();
  await cluster?.destroy();
});

beforeEach(async () => {
  await client?.end();
  client = await RawClient.signIn(engine.address, { user: 'app', database: 'app' });
});

const parse = (sql: string, statement = ''): Buffer => encodeParse({ statement, sql, parameterTypes: [] });
const bind = (statement = '', portal = '', values: string[] = [], resultFormats: number[] = []): Buffer =>
  encodeBind({ portal, statement, parameterFormats: [], values, resultFormats });
const execute = (portal = '', rowsMax = 0): Buffer => encodeExecute({ portal, rowsMax });
const run = (sql: string): Buffer => Buffer.concat([parse(sql), bind(), execute()]);

async function say(...messages: Buffer[]): Promise<Answer> {
  client.send(...messages);
  return client.answer();
}

async function kept(): Promise<string[]> {
  const { rows } = await client.query('SELECT n FROM kept ORDER BY n');
  await client.query('TRUNCATE kept');
  return rows.map(([n]) => n ?? '');
}

describe('alone', () => {
  it('a statement is described, bound and executed', async () => {
    const described = await say(
      parse('PGPOOL SHOW max_pool', 's'),
      encodeDescribe({ kind: 'statement', name: 's' }),
      encodeSync(),
    );
    expect(describeFrames(described.frames)).toEqual(['1', 't', 'T', 'Z:I']);
    const executed = await say(bind('s'), encodeDescribe({ kind: 'portal', name: '' }), execute(), encodeSync());
    expect(describeFrames(executed.frames)).toEqual(['2', 'T', 'D', 'C:SELECT 1', 'Z:I']);
    expect(executed.rows).toEqual([['3']]);
    const closed = await say(encodeClose({ kind: 'statement', name: 's' }), encodeSync());
    expect(describeFrames(closed.frames)).toEqual(['3', 'Z:I']);
    expect((await say(bind('s'), encodeSync())).errors[0]?.sqlstate).toBe('26000');
  });

  it('what has no rows says so', async () => {
    const set = await say(
      parse('PGPOOL SET client_idle_limit TO 100'),
      bind(),
      encodeDescribe({ kind: 'portal', name: '' }),
      execute(),
      encodeSync(),
    );
    expect(describeFrames(set.frames)).toEqual(['1', '2', 'n', 'C:SET', 'Z:I']);
    expect((await client.query('PGPOOL SHOW client_idle_limit')).rows).toEqual([['100s']]);
  });

  it('rows come in parts where that is asked for', async () => {
    const first = await say(parse('PGPOOL SHOW backend'), bind(), execute('', 4), execute('', 4), encodeSync());
    expect(describeFrames(first.frames)).toEqual(['1', '2', 'D', 'D', 'D', 'D', 's', 'D', 'D', 'C:SELECT 2', 'Z:I']);
  });

  it('a Flush brings what is there', async () => {
    client.send(parse('SHOW pool_version'), bind(), execute(), encodeFlush());
    expect((await client.frame()).type).toBe(0x31);
    client.send(encodeSync());
    expect((await client.answer()).rows).toHaveLength(1);
  });

  it('an error skips to Sync', async () => {
    const answer = await say(
      run('PGPOOL SHOW nothing'),
      run('INSERT INTO kept VALUES (1)'),
      encodeQuery('x'),
      encodeSync(),
    );
    expect(describeFrames(answer.frames)).toEqual(['1', '2', 'E:42704', 'Z:I']);
    expect(await kept()).toEqual([]);
    const wrong = await say(parse('SHOW pool_nodes'), bind('', '', ['1']), execute(), encodeSync());
    expect(describeFrames(wrong.frames)).toEqual(['1', 'E:08P01', 'Z:I']);
  });

  it('messages may come byte by byte', async () => {
    const bytes = Buffer.concat([run('SHOW pool_version'), encodeSync()]);
    for (const byte of bytes) client.send(Buffer.from([byte]));
    expect(describeFrames((await client.answer()).frames)).toEqual(['1', '2', 'D', 'C:SELECT 1', 'Z:I']);
  });

  it('a simple query ends the unnamed statement, and the server has its own names', async () => {
    await say(parse('SHOW pool_version'), encodeSync());
    await client.query('SELECT 1');
    expect((await say(bind(), encodeSync())).errors[0]?.sqlstate).toBe('26000');
    await say(parse('SHOW pool_version', 'x'), encodeSync());
    expect((await say(parse('SELECT 5', 'x'), bind('x'), execute(), encodeSync())).rows).toEqual([['5']]);
  });
});

describe('among statements of the server', () => {
  it('answers come in the order of the questions', async () => {
    const answer = await say(
      ...[run('SELECT 1'), run('SHOW pool_version'), run('SELECT 2'), run('PGPOOL SHOW max_pool'), encodeSync()],
    );
    expect(answer.rows.map(([value]) => value)).toEqual(['1', expect.stringMatching(/^4\.7/), '2', '3']);
    expect(describeFrames(answer.frames).join(' ')).toBe(
      Array.from({ length: 4 }, () => '1 2 D C:SELECT 1')
        .join(' ')
        .concat(' Z:I'),
    );
  });

  it('a transaction that begins in the same batch stays open', async () => {
    const answer = await say(run('BEGIN'), run('SHOW pool_version'), encodeSync());
    expect(answer.status).toBe('T');
    expect((await say(run('SHOW pool_version'), encodeSync())).status).toBe('T');
    await client.query('ROLLBACK');
  });

  it('the batch is one transaction all the same: an error of the server undoes what came before', async () => {
    const answer = await say(
      ...[
        run('INSERT INTO kept VALUES (1)'),
        run('SHOW pool_version'),
        run('INSERT INTO kept VALUES (1 / (SELECT 0))'),
      ],
      ...[run('SHOW pool_version'), encodeSync()],
    );
    expect(describeFrames(answer.frames)).toEqual([
      '1',
      '2',
      'C:INSERT 0 1',
      '1',
      '2',
      'D',
      'C:SELECT 1',
      '1',
      '2',
      'E:22012',
      'Z:I',
    ]);
    expect(answer.rows).toHaveLength(1);
    expect(await kept()).toEqual([]);
  });

  it('an error of ours undoes what came before', async () => {
    const answer = await say(
      ...[run('INSERT INTO kept VALUES (1)'), run('PGPOOL SHOW nothing'), run('INSERT INTO kept VALUES (2)')],
      encodeSync(),
    );
    expect(answer.errors.map(({ sqlstate }) => sqlstate)).toEqual(['42704']);
    expect(answer.status).toBe('I');
    expect(await kept()).toEqual([]);
    expect((await client.query('SELECT 1')).rows).toEqual([['1']]);
  });

  it('an error of the server before ours silences ours', async () => {
    const answer = await say(run('SELECT 1/0'), run('SHOW pool_version'), encodeSync());
    expect(answer.errors).toHaveLength(1);
    expect(answer.rows).toEqual([]);
    client.send(run('SELECT 1/0'), encodeFlush());
    let frame = await client.frame();
    while (frame.type !== 0x45) frame = await client.frame();
    expect(describeFrames((await say(run('SHOW pool_version'), encodeSync())).frames)).toEqual(['Z:I']);
  });

  it('several batches may be under way at once', async () => {
    const batches = Array.from({ length: 20 }, (_none, n) =>
      Buffer.concat([run(`SELECT ${n}`), encodeSync(), run('SHOW pool_version'), encodeSync()]),
    );
    client.send(...batches);
    const rows: (string | null)[] = [];
    for (let n = 0; n < 40; n++) rows.push(...(await client.answer()).rows.map(([value]) => value ?? null));
    expect(rows.filter((_row, n) => n % 2 === 0)).toEqual(Array.from({ length: 20 }, (_none, n) => String(n)));
  });

  it('rows that are copied out come before ours', async () => {
    await client.query('INSERT INTO kept SELECT generate_series(1, 20000)');
    const answer = await say(run('COPY kept TO STDOUT'), run('SHOW pool_version'), encodeSync());
    expect(describeFrames(answer.frames).slice(-6)).toEqual(['C:COPY 20000', '1', '2', 'D', 'C:SELECT 1', 'Z:I']);
    await client.query('TRUNCATE kept');
  });
});

describe('drivers', () => {
  it('node-postgres runs them with names, parameters and row mode', async () => {
    const driver = new pg.Client({ host: engine.host, port: engine.port, user: 'app', database: 'app' });
    await driver.connect();
    for (let turn = 0; turn < 3; turn++) {
      const { rows } = await driver.query({ name: 'nodes', text: 'SHOW pool_nodes', values: [] });
      expect(rows).toMatchObject([{ node_id: '0', role: 'primary' }]);
    }
    const { rows } = await driver.query({ text: 'SHOW pool_nodes', values: [], binary: true } as pg.QueryConfig);
    expect(rows).toMatchObject([{ node_id: '0' }]);
    await expect(driver.query({ text: 'PGPOOL SHOW nothing', values: [] })).rejects.toThrow('not found');
    expect((await driver.query('SELECT $1::int AS n', [7])).rows).toEqual([{ n: 7 }]);
    await driver.end();
  });
});
