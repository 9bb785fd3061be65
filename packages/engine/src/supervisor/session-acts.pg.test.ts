/** An operator's hand on clients: what they run is cancelled, or they are ended, and no server process is terminated. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import type { Author, SessionFacts } from '@pgherd/operations';
import { Backend, decodeErrorFields, encodeQuery } from '@pgherd/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, engineFor } from '../../test-support/engine.ts';
import { RawClient } from '../../test-support/raw-client.ts';
import { until } from '../../test-support/wait.ts';

const BY: Author = { door: 'control', user: 'console: alice', address: '' };

let cluster: Cluster;
let engine: Engine;
const clients: RawClient[] = [];

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
  engine = await engineFor(cluster, { settings: { worker_processes: 2, num_init_children: 8 } });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await until('the sessions are gone', async () => (await engine.operations.sessions()).length === 0);
});
afterAll(async () => {
  await engine?.stop();
  await cluster?.destroy();
});

async function signIn(application: string): Promise<RawClient> {
  const client = await RawClient.signIn(engine.address, {
    user: 'app',
    database: 'app',
    params: { application_name: application },
  });
  clients.push(client);
  return client;
}

async function sessionOf(application: string): Promise<SessionFacts> {
  const found = (await engine.operations.sessions()).find((session) => session.application === application);
  if (found === undefined) throw new Error(`no session of ${application}`);
  return found;
}

/** Its server works at it too: a cancel request that comes before the statement is for nothing. */
const whenActive = (application: string): Promise<SessionFacts> =>
  until(`${application} is active`, async () => {
    const session = await sessionOf(application);
    if (session.state !== 'active') return null;
    const pids = session.links.map(({ pid }) => pid);
    const [activity] = await engine.operations.sessionActivity({ nodes: [{ node: 0, pids }] });
    return activity?.rows.some(({ state, waitEvent }) => state === 'active' && waitEvent === 'PgSleep')
      ? session
      : null;
  });

describe('a session tells', () => {
  it('what it is about, since when, and since when its transaction is open', async () => {
    const client = await signIn('teller');
    expect(await sessionOf('teller')).toMatchObject({ state: 'idle', transactionStartedAt: null });
    await client.query('BEGIN');
    const open = await sessionOf('teller');
    expect(open.state).toBe('idle in transaction');
    expect(Math.abs(Date.now() - Date.parse(open.transactionStartedAt ?? ''))).toBeLessThan(5_000);
    await client.query('SELECT 1/0');
    expect(await sessionOf('teller')).toMatchObject({
      state: 'idle in failed transaction',
      transactionStartedAt: open.transactionStartedAt,
    });
    await client.query('ROLLBACK');
    expect(await sessionOf('teller')).toMatchObject({ state: 'idle', transactionStartedAt: null });
    client.send(encodeQuery('SELECT pg_sleep(60)'));
    const { links } = await whenActive('teller');
    const pids = links.map(({ pid }) => pid);
    const [activity] = await engine.operations.sessionActivity({ nodes: [{ node: 0, pids }] });
    expect(activity).toMatchObject({
      node: 0,
      error: null,
      rows: [{ pid: pids[0], state: 'active', waitEvent: 'PgSleep', backendType: 'client backend' }],
    });
    expect(await engine.operations.sessionActivity({ nodes: [{ node: 7, pids: [1] }] })).toEqual([
      { node: 7, error: 'there is no node 7', rows: [] },
    ]);
  });
});

describe('cancel', () => {
  it('ends the statement and leaves the session', async () => {
    const client = await signIn('sleeper');
    client.send(encodeQuery('SELECT pg_sleep(60)'));
    const { id } = await whenActive('sleeper');
    const [result] = await engine.operations.cancelStatements({ sessions: [{ id, user: 'app' }], reason: '' }, BY);
    expect(result).toEqual({ id, outcome: 'done' });
    expect((await client.answer()).errors[0]?.sqlstate).toBe('57014');
    expect((await client.query('SELECT 1')).rows).toEqual([['1']]);
    expect(await engine.operations.cancelStatements({ sessions: [{ id }], reason: '' }, BY)).toEqual([
      { id, outcome: 'idle' },
    ]);
    expect((await engine.operations.events(0)).at(-1)).toMatchObject({ kind: 'statementsCancelled', by: BY });
  });

  it('leaves alone whoever is not meant', async () => {
    const client = await signIn('another');
    client.send(encodeQuery('SELECT pg_sleep(60)'));
    const { id, connectedAt } = await whenActive('another');
    const targets = [
      { id, user: 'somebody else' },
      { id: `${id}999` },
      { id: 'nonsense' },
      { id: `${id}998`, user: 'app', connectedAt },
    ];
    const results = await engine.operations.cancelStatements({ sessions: targets, reason: '' }, BY);
    expect(results.map(({ outcome }) => outcome)).toEqual(['another', 'gone', 'gone', 'gone']);
    const later = await engine.operations.endSessions(
      { sessions: [{ id, connectedAt: '2001-01-01T00:00:00.000Z' }], reason: '' },
      BY,
    );
    expect(later).toEqual([{ id, outcome: 'another' }]);
    expect((await sessionOf('another')).state).toBe('active');
  });
});

describe('end', () => {
  it('tells the clients why, stops what they run, and takes no server for dead', async () => {
    const [idle, busy] = [await signIn('idle one'), await signIn('busy one')];
    busy.send(encodeQuery('SELECT pg_sleep(60)'));
    const { links } = await whenActive('busy one');
    const sessions = [await sessionOf('idle one'), await sessionOf('busy one')].map(({ id, user, connectedAt }) => ({
      id,
      user,
      connectedAt,
    }));
    const results = await engine.operations.endSessions({ sessions, reason: 'maintenance at noon' }, BY);
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
    for (const client of [idle, busy]) {
      const error = decodeErrorFields(
        (await client.closed()).findLast(({ type }) => type === Backend.ERROR_RESPONSE)?.body ?? Buffer.alloc(1),
      );
      expect([error.severity, error.sqlstate, error.all.get('D')]).toEqual(['FATAL', '57P01', 'maintenance at noon.']);
    }
    const pids = links.map(({ pid }) => pid);
    await until('the server works no more for it', async () => {
      const [activity] = await engine.operations.sessionActivity({ nodes: [{ node: 0, pids }] });
      return activity?.rows.every(({ state }) => state !== 'active');
    });
    expect((await engine.operations.events(0)).at(-1)).toMatchObject({
      kind: 'sessionsEnded',
      by: BY,
      message: expect.stringContaining('maintenance at noon'),
    });
    expect((await engine.status()).nodes[0]).toMatchObject({ attached: true });
    expect((await engine.operations.events(0)).some(({ kind }) => kind === 'nodeSuspected')).toBe(false);
  });
});
