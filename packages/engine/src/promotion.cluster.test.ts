/** The primary is killed and somebody else promotes a standby: which sessions live, which end, and what each is told. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import {
  Backend,
  decodeErrorFields,
  encodeBind,
  encodeExecute,
  encodeParse,
  encodeQuery,
  encodeSync,
  type ReceivedErrorFields,
} from '@pgherd/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../test-support/engine.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { until } from '../test-support/wait.ts';

const LIMIT_MS = 25_000;

describe.each([true, false])('a primary that is killed, and replaced by hand (load_balance_mode %s)', (balances) => {
  let cluster: Cluster;
  let engine: Engine;
  let named: Record<string, RawClient> = {};

  beforeAll(async () => {
    named = {};
    cluster = await ephemeralCluster({ nodes: 2, pgBin: 'embedded' });
    const { probe, app } = cluster.secrets;
    engine = await Engine.start({
      backends: cluster.nodes.map((node) => ({ host: node.host, port: node.port })),
      passwd: [probe, app].map(({ user, password }) => `${user}:TEXT${password}\n`).join(''),
      settings: {
        sr_check_user: probe.user,
        sr_check_period: 1,
        backend_weight0: 0,
        backend_weight1: 1,
        load_balance_mode: balances,
      },
    });
    await (await sign()).query('CREATE TABLE t (a int)');
    await cluster.waitReplayed();
  });
  afterAll(async () => {
    for (const client of Object.values(named)) client.destroy();
    await engine?.stop();
    await cluster?.destroy();
  });

  async function sign(): Promise<RawClient> {
    const { user, password } = cluster.secrets.app;
    return RawClient.signIn(engine.address, { user, password, database: cluster.database });
  }

  async function prepare(name: string, ...statements: string[]): Promise<RawClient> {
    const client = await sign();
    named[name] = client;
    for (const sql of statements) {
      const { errors } = await client.query(sql);
      expect(errors.map(({ message }) => `${sql}: ${message}`)).toEqual([]);
    }
    return client;
  }

  /** The last word to a client whose session ended. */
  async function lastWord(client: RawClient): Promise<ReceivedErrorFields | undefined> {
    const frames = await client.closed(LIMIT_MS);
    return frames
      .filter(({ type }) => type === Backend.ERROR_RESPONSE)
      .map(({ body }) => decodeErrorFields(body))
      .at(-1);
  }

  it('keeps the sessions of which all is known, and ends the others with the reason', async () => {
    const idle = await prepare(
      'idle',
      "SET work_mem = '9MB'",
      "SET TimeZone = 'Asia/Tokyo'",
      'PREPARE p AS SELECT 41 + 1',
    );
    idle.send(encodeParse({ statement: 's', sql: 'SELECT $1::int * 2', parameterTypes: [] }), encodeSync());
    await idle.answer();
    await prepare('reads', 'SELECT count(*) FROM t');
    const asks = await prepare('asks', 'INSERT INTO t VALUES (0)');
    await prepare('locks', 'SELECT pg_advisory_lock(1)');
    await prepare('temporary', 'CREATE TEMP TABLE own (a int)');
    await prepare('listens', 'LISTEN c');
    await prepare('writes', 'BEGIN', 'INSERT INTO t VALUES (-1)');
    const busy = await prepare('busy');
    busy.send(encodeQuery('UPDATE t SET a = 1 WHERE pg_sleep(60) IS NULL'));
    const [old, next] = cluster.nodes;
    await until('it runs', async () => {
      const running =
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'UPDATE t%' AND state = 'active' AND pid <> pg_backend_pid()";
      return (await cluster.primary.query(running)).length === 1;
    });

    old?.kill9();
    expect(await lastWord(busy)).toMatchObject({ severity: 'FATAL', sqlstate: '57P01' });
    for (const [name, why] of [
      ['locks', 'holds an advisory lock'],
      ['temporary', 'temporary object'],
      ['listens', 'LISTEN'],
      ['writes', 'was in a transaction'],
    ] as const) {
      const { sqlstate, detail } = (await lastWord(named[name] as RawClient)) ?? {};
      expect([name, sqlstate]).toEqual([name, '57P01']);
      expect(detail).toContain(why);
    }
    // While no primary is known this waits, and then runs on the new one.
    asks.send(encodeQuery('INSERT INTO t VALUES (1) RETURNING a, inet_server_port()'));
    await next?.promote();
    expect((await asks.answer(LIMIT_MS)).rows).toEqual([['1', String(next?.port)]]);

    expect(await idle.value('SHOW work_mem', LIMIT_MS)).toBe('9MB');
    expect(await idle.value('SHOW TimeZone')).toBe('Asia/Tokyo');
    expect(await idle.value('EXECUTE p')).toBe('42');
    const bind = encodeBind({ portal: '', statement: 's', parameterFormats: [], values: ['21'], resultFormats: [] });
    idle.send(bind, encodeExecute({ portal: '', rowsMax: 0 }), encodeSync());
    expect((await idle.answer()).rows).toEqual([['42']]);
    expect(await idle.value('INSERT INTO t VALUES (2) RETURNING inet_server_port()')).toBe(String(next?.port));
    expect(await named['reads']?.value('SELECT count(*) FROM t')).toBe('3');
    expect(await (await sign()).value('SELECT pg_is_in_recovery()')).toBe('f');
  });

  it('is still cancelled by the key that the client got from the lost server', async () => {
    const { idle } = named;
    if (idle === undefined) throw new Error('there is none');
    idle.send(encodeQuery('SELECT pg_sleep(60)'));
    await until('it runs', async () => {
      const running = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'";
      return (await (cluster.nodes[1] as Cluster['primary']).query(running)).length === 1;
    });
    await idle.cancel(engine.address);
    expect((await idle.answer()).errors.map(({ sqlstate }) => sqlstate)).toEqual(['57014']);
    expect(await idle.value('SELECT 1')).toBe('1');
  });

  it('a session that is terminated ends as a server ends it, whatever is known of it', async () => {
    const { idle } = named;
    const pid = await idle?.value('SELECT pg_backend_pid()');
    await cluster.nodes[1]?.query(`SELECT pg_terminate_backend(${pid})`);
    expect(await lastWord(idle as RawClient)).toMatchObject({
      sqlstate: '57P01',
      message: 'terminating connection due to administrator command',
    });
  });
});
