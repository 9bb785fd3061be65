/** The door as its clients see it: over HTTP and WebSocket, with and without TLS. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { RefusedError } from '@pgherd/operations';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type ControlClient, controlFailure, createControlClient, onBehalfOf } from '../client/index.ts';
import { nodeTransport } from '../node-client/transport.ts';
import { FakeOperations, fakeSession } from '../testing/fake-operations.ts';
import { openControl } from './open-control.ts';
import type { ControlDoor, ControlSettings } from './settings.ts';

let dir = '';
let engine: FakeOperations;
let door: ControlDoor | null = null;
const said: string[] = [];
const clients: ControlClient[] = [];

const settings = (over: Partial<ControlSettings> = {}): ControlSettings => ({
  control_listen_addresses: ['127.0.0.1'],
  control_port: 0,
  control_token_file: 'control_token',
  control_tls_cert: '',
  control_tls_key: '',
  control_tls_ca: '',
  work_dir: dir,
  ...over,
});

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-control-'));
  engine = new FakeOperations();
  said.length = 0;
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await door?.close();
  door = null;
  fs.rmSync(dir, { recursive: true });
});

async function open(over: Partial<ControlSettings> = {}): Promise<string> {
  door = await openControl(engine, settings(over), (message) => said.push(message));
  return door.url;
}

function tokenOf(role: string): string {
  const text = fs.readFileSync(path.join(dir, 'control_token'), 'utf8');
  return new RegExp(`^${role} +\\S+ +(\\S+)$`, 'm').exec(text)?.[1] ?? '';
}

function client(url: string, token: string, more: object = {}): ControlClient {
  const made = createControlClient({ url, token, ...more });
  clients.push(made);
  return made;
}

/** What a subscription gives, until it is ended. */
function collect<T>(
  subscribe: (handlers: { onData(value: T): void; onError(error: unknown): void }) => { unsubscribe(): void },
) {
  const values: T[] = [];
  const errors: unknown[] = [];
  const { unsubscribe } = subscribe({ onData: (value) => values.push(value), onError: (error) => errors.push(error) });
  return { values, errors, unsubscribe };
}

describe('over HTTP', () => {
  test('answers questions, and refusals arrive with their code and checks', async () => {
    const { api } = client(await open(), tokenOf('operate'));
    expect((await api.status.query()).primary).toBe(0);
    expect((await api.plan.query())[0]).toMatchObject({ candidate: 1, outcome: 'failover' });
    const checks = [{ name: 'slot', ok: false, detail: 'no slot', remedy: 'make one' }];
    engine.refusal = new RefusedError('NOT_POSSIBLE', 'Node 2 cannot follow.', checks);
    const refused = await api.begin.mutate({ act: 'switchover', to: 2 }).catch(controlFailure);
    expect(refused).toEqual({ kind: 'refused', code: 'NOT_POSSIBLE', message: 'Node 2 cannot follow.', checks });
    const denied = await api.stop.mutate({ mode: 'fast' }).catch(controlFailure);
    expect(denied).toEqual({ kind: 'denied', message: 'The token "operate" has the role operate; this needs admin.' });
    expect(
      await api.explainRoute.query({ sql: 'x', database: 'd', user: 'u', application: '' }).catch(controlFailure),
    ).toEqual({
      kind: 'failed',
      message: 'No worker can tell at the moment.',
    });
  });

  test('tells a fault of the engine to the log, not to the caller', async () => {
    const { api } = client(await open(), tokenOf('admin'));
    engine.fault = new Error('password=hunter2 in a stack');
    const failure = await api.status
      .query()
      .catch((error: unknown) => JSON.stringify([error, (error as { data: unknown }).data]));
    expect(failure).not.toContain('hunter2');
    expect(failure).not.toContain('stack');
    expect(failure).toContain('its log tells why');
    expect(said).toEqual(['status failed: password=hunter2 in a stack']);
  });

  test('names for whom a token is used, in any script, and refuses what is no name', async () => {
    const url = await open();
    const { api } = client(url, tokenOf('admin'));
    await api.reload.mutate(undefined, onBehalfOf('山田 太郎'));
    await api.begin.mutate({ act: 'detach', node: 1 });
    expect(engine.calls.map(({ by }) => by?.user)).toEqual(['admin: 山田 太郎', 'admin']);
    for (const whom of ['', '%0a', '%zz', 'x'.repeat(101)]) {
      const response = await fetch(`${url}/trpc/reload`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokenOf('admin')}`,
          'content-type': 'application/json',
          'x-on-behalf-of': whom,
        },
      });
      expect(response.status, whom).toBe(400);
    }
    expect(engine.calls).toHaveLength(2);
  });

  test('takes large files where files are asked for', async () => {
    const { api } = client(await open(), tokenOf('admin'));
    const text = `# ${'x'.repeat(250_000)}\n`;
    expect(await api.configuration.check.query({ files: { 'pgpool.conf': text } })).toMatchObject({ ok: true });
    const tooLarge = { files: { 'pgpool.conf': 'x'.repeat(270_000) } };
    await expect(api.configuration.check.query(tooLarge)).rejects.toMatchObject({ data: { code: 'BAD_REQUEST' } });
    await expect(api.configuration.applyVersion.mutate(tooLarge)).rejects.toMatchObject({
      data: { code: 'BAD_REQUEST' },
    });
  });

  test('gives scripts plain JSON', async () => {
    const url = await open();
    const response = await fetch(`${url}/trpc/begin`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokenOf('operate')}`, 'content-type': 'application/json' },
      body: '{"act":"detach","node":1}',
    });
    expect(await response.json()).toMatchObject({
      result: { data: { act: 'detach', node: 1, by: { user: 'operate', address: '127.0.0.1' } } },
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
  test.each([
    ['no token', '/trpc/status', {}, 401],
    ['a wrong token', '/trpc/status', { headers: { authorization: 'Bearer wrong' } }, 401],
    ['a token in the address', '/trpc/status?token=%T', {}, 400],
    ['basic authentication', '/trpc/status', { headers: { authorization: 'Basic eDp5' } }, 401],
    ['the description without a token', '/openapi.json', {}, 401],
    ['an act by GET', '/trpc/reload', { token: true }, 405],
    ['PUT', '/trpc/reload', { method: 'PUT', token: true }, 405],
    ['another path', '/', { token: true }, 404],
    ['an unknown procedure', '/trpc/__proto__', { token: true }, 404],
    ['an unknown procedure', '/trpc/constructor', { token: true }, 404],
    ['a subscription', '/trpc/watch.nodes', { token: true }, 405],
    ['a batch', '/trpc/status,nodes?batch=1&input=%7B%7D', { token: true }, 400],
    [
      'an Origin',
      '/trpc/reload',
      { ...post, headers: { ...post.headers, origin: 'http://localhost' }, token: true },
      403,
    ],
    [
      'a form',
      '/trpc/reload',
      { ...post, headers: { 'content-type': 'application/x-www-form-urlencoded' }, token: true },
      415,
    ],
    ['a large body', '/trpc/reload', { ...post, body: `"${'x'.repeat(70_000)}"`, token: true }, 413],
  ] as [string, string, RequestInit & { token?: boolean; headers?: Record<string, string> }, number][])(
    'refuses %s (%s)',
    async (_, asked, init, status) => {
      const url = await open();
      const authorization = init.token === true ? { authorization: `Bearer ${tokenOf('admin')}` } : {};
      const response = await fetch(`${url}${asked.replace('%T', tokenOf('admin'))}`, {
        ...init,
        headers: { ...init.headers, ...authorization },
      });
      expect([response.status, engine.calls]).toEqual([status, []]);
      const body = await response.text();
      expect(JSON.parse(body)).toMatchObject({ error: { data: { httpStatus: status } } });
      expect(body).not.toContain(tokenOf('admin'));
    },
  );

  test('a body that grows without an announced length is cut off', async () => {
    const url = new URL(await open());
    const socket = net.connect(Number(url.port), url.hostname);
    socket.on('error', () => {});
    socket.write(
      `POST /trpc/begin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokenOf('admin')}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    for (let i = 0; i < 20; i++) socket.write(chunk);
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(engine.calls).toEqual([]);
    socket.destroy();
  });

  test('describes itself', async () => {
    const url = await open();
    const response = await fetch(`${url}/openapi.json`, { headers: { authorization: `Bearer ${tokenOf('read')}` } });
    expect(await response.json()).toMatchObject({
      openapi: '3.1.0',
      paths: { '/trpc/begin': { post: { 'x-role': 'operate' } } },
    });
  });
});

describe('over WebSocket', () => {
  test('nodes come as deltas', async () => {
    const { api } = client(await open(), tokenOf('read'));
    const seen = collect<{
      herd: { primary: number | null };
      nodes: { all: boolean; changed: { id: number; status: string }[] };
    }>((handlers) => api.watch.nodes.subscribe(undefined, handlers));
    await vi.waitFor(() => expect(seen.values).toHaveLength(1));
    expect(seen.values[0]).toMatchObject({
      herd: { primary: 0 },
      nodes: { all: true, changed: [{ id: 0 }, { id: 1 }, { id: 2 }] },
    });
    engine.tick();
    engine.nodes = engine.nodes.map((node) => (node.id === 2 ? { ...node, status: 'down' } : node));
    engine.tick();
    await vi.waitFor(() => expect(seen.values).toHaveLength(2));
    expect(seen.values[1]).toMatchObject({ nodes: { all: false, changed: [{ id: 2, status: 'down' }], gone: [] } });
    seen.unsubscribe();
    await vi.waitFor(() => expect(engine.watchers).toBe(0));
  });

  test('sessions come as deltas, and pools', async () => {
    const { api } = client(await open(), tokenOf('admin'));
    const seen = collect<{ all: boolean; changed: { id: string }[]; gone: string[] }>((handlers) =>
      api.watch.sessions.subscribe(undefined, handlers),
    );
    const pools = collect<{ all: boolean; changed: { index: number; sessions: number }[] }>((handlers) =>
      api.watch.pools.subscribe(undefined, handlers),
    );
    await vi.waitFor(() => expect([seen.values.length, pools.values.length]).toEqual([1, 1]));
    engine.clients = [fakeSession('1-2')];
    await vi.waitFor(() => expect(seen.values).toHaveLength(2), 3_000);
    expect(seen.values[1]).toMatchObject({ all: false, changed: [{ id: '1-2' }], gone: ['1-1'] });
    engine.clients = [...engine.clients, fakeSession('1-3')];
    engine.tick();
    await vi.waitFor(() => expect(pools.values[1]).toMatchObject({ all: false, changed: [{ index: 0, sessions: 2 }] }));
  });

  test('metrics come as samples', async () => {
    const { api } = client(await open(), tokenOf('read'));
    const seen = collect((handlers) => api.watch.metrics.subscribe(undefined, handlers));
    await vi.waitFor(() => expect(seen.values).toHaveLength(1));
    expect(seen.values[0]).toMatchObject({ statements: 12, errors: 2, clients: 1, linksTotal: 1, loopDelayMaxMs: 3 });
  });

  test('events come from a number on, in order and without gaps, also while new ones happen', async () => {
    for (let i = 1; i <= 2_500; i++) engine.happens(`event ${i}`);
    const { api } = client(await open(), tokenOf('read'));
    type News = { data: { kind: string; event?: { seq: number } } };
    const all = collect<News>((handlers) => api.watch.events.subscribe({ since: 100 }, handlers as never));
    const fresh = collect<News>((handlers) => api.watch.events.subscribe({}, handlers as never));
    await vi.waitFor(() => expect(engine.watchers).toBe(2));
    for (let i = 0; i < 500; i++) {
      engine.happens('more');
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    await vi.waitFor(() => expect(all.values).toHaveLength(2_900));
    expect(all.values.map(({ data }) => data.event?.seq)).toEqual(Array.from({ length: 2_900 }, (_, i) => 101 + i));
    await vi.waitFor(() => expect(fresh.values.at(-1)?.data.event?.seq).toBe(3_000));
    const numbers = fresh.values.map(({ data }) => data.event?.seq ?? 0);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => 3_001 - numbers.length + i));
  });

  test('a client that lost its connection goes on after the last event it had', async () => {
    engine.happens('one');
    const { api } = client(await open(), tokenOf('read'));
    type News = { data: { event?: { seq: number } } };
    const seen = collect<News>((handlers) => api.watch.events.subscribe({ since: 0 }, handlers as never));
    await vi.waitFor(() => expect(seen.values).toHaveLength(1));
    const port = Number(new URL(door?.url ?? '').port);
    await door?.close();
    engine.happens('two');
    engine.happens('three');
    await open({ control_port: port });
    await vi.waitFor(() => expect(seen.values.map(({ data }) => data.event?.seq)).toEqual([1, 2, 3]), 10_000);
  });

  test('events that the journal has lost are named', async () => {
    for (let i = 1; i <= 10; i++) engine.happens(`event ${i}`);
    engine.journal.splice(0, 5);
    const { api } = client(await open(), tokenOf('read'));
    const seen = collect<{ data: unknown }>((handlers) => api.watch.events.subscribe({ since: 2 }, handlers as never));
    await vi.waitFor(() => expect(seen.values).toHaveLength(6));
    expect(seen.values[0]?.data).toEqual({ kind: 'lost', from: 3, to: 5 });
  });

  test('a number that the journal does not reach any more, because it began anew, is named', async () => {
    engine.happens('the first of a new journal');
    const { api } = client(await open(), tokenOf('read'));
    const seen = collect<{ data: unknown }>((handlers) =>
      api.watch.events.subscribe({ since: 700 }, handlers as never),
    );
    await vi.waitFor(() => expect(seen.values).toHaveLength(2));
    expect(seen.values.map(({ data }) => data)).toMatchObject([
      { kind: 'restarted' },
      { kind: 'event', event: { seq: 1 } },
    ]);
  });

  test('acts come as they change', async () => {
    const { api } = client(await open(), tokenOf('operate'));
    const seen = collect<{ id: string; state: string }>((handlers) =>
      api.watch.operations.subscribe(undefined, handlers),
    );
    const begun = await api.begin.mutate({ act: 'recover', node: 2 });
    await vi.waitFor(() => expect(seen.values.at(-1)).toMatchObject({ id: begun.id, state: 'running' }));
    engine.change({ ...begun, state: 'failed', error: 'No disk.' });
    await vi.waitFor(() => expect(seen.values.at(-1)).toMatchObject({ id: begun.id, state: 'failed' }));
  });

  test('a token that is withdrawn ends what is watched with it', async () => {
    const { api } = client(await open(), tokenOf('read'));
    const seen = collect((handlers) => api.watch.nodes.subscribe(undefined, handlers));
    await vi.waitFor(() => expect(seen.values).toHaveLength(1));
    const file = path.join(dir, 'control_token');
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/^read .*\n/m, ''));
    await vi.waitFor(() => {
      engine.nodes = engine.nodes.map((node) => ({ ...node, statements: node.statements + 1 }));
      engine.tick();
      expect(engine.watchers).toBe(0);
    }, 5_000);
    await expect(api.status.query()).rejects.toMatchObject({ data: { code: 'UNAUTHORIZED' } });
  });

  const raw = async (
    url: string,
    options: { headers?: Record<string, string>; path?: string } = {},
  ): Promise<{ socket: WebSocket; status: number }> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${options.path ?? '/trpc'}`, {
      headers: options.headers ?? {},
    });
    const status = await new Promise<number>((resolve) => {
      socket.once('open', () => resolve(101));
      socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
      socket.once('error', () => resolve(0));
    });
    return { socket, status };
  };

  test.each([
    ['an Origin', { headers: { origin: 'http://localhost' } }, 403],
    ['the Origin null', { headers: { origin: 'null' } }, 403],
    ['a look-alike Origin', { headers: { origin: 'http://127.0.0.1.evil.example' } }, 403],
    ['a token in the address', { path: '/trpc?token=x' }, 400],
    ['another path', { path: '/ws' }, 404],
    ['a broken host', { headers: { host: '[' } }, 400],
  ] as const)('CVE-2026-44211, CVE-2020-14368: refuses an upgrade with %s', async (_, options, status) => {
    const { socket, status: got } = await raw(await open(), options);
    socket.terminate();
    expect(got).toBe(status);
  });

  test('a wrong token in the first message ends the connection, and nothing is answered', async () => {
    const { socket } = await raw(await open(), { path: '/trpc?connectionParams=1' });
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.send(JSON.stringify({ method: 'connectionParams', data: { token: 'wrong' } }));
    socket.send(JSON.stringify({ id: 1, method: 'mutation', params: { path: 'stop', input: { mode: 'fast' } } }));
    await closed;
    expect(heard.join()).toContain('UNAUTHORIZED');
    expect(heard.join()).not.toContain('"result"');
    expect(engine.calls).toEqual([]);
  });

  test.each([
    '',
    '{',
    '[]',
    '{"id":null}',
    '[[[[',
    '{"id":1,"method":"query","params":{"path":"a.b.c"}}',
    '\u0000'.repeat(9),
  ])('goes on after the message %j', async (message) => {
    const { socket } = await raw(await open(), { headers: { authorization: `Bearer ${tokenOf('read')}` } });
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    socket.send(message);
    socket.send(JSON.stringify({ id: 7, method: 'query', params: { path: 'nodes' } }));
    await vi.waitFor(() => expect(heard.some((text) => text.includes('"id":7') && text.includes('result'))).toBe(true));
    expect(heard.join()).not.toMatch(/\bat .*\.[mt]s:\d/);
    socket.terminate();
  });

  test('connections that send no token leave room for those that do, and are closed', async () => {
    const url = await open();
    const token = tokenOf('read');
    const idle = await Promise.all(Array.from({ length: 20 }, () => raw(url, { path: '/trpc?connectionParams=1' })));
    const count = (wanted: number): number => idle.filter(({ status }) => status === wanted).length;
    expect([count(101), count(429)]).toEqual([16, 4]);
    const early = idle.find(({ status }) => status === 101)?.socket;
    early?.terminate();
    const { api } = client(url, token);
    const seen = collect((handlers) => api.watch.nodes.subscribe(undefined, handlers));
    await vi.waitFor(() => expect(seen.values).toHaveLength(1), 5_000);
    await vi.waitFor(
      () =>
        expect(idle.every(({ socket, status }) => status !== 101 || socket.readyState === socket.CLOSED)).toBe(true),
      8_000,
    );
  });

  test('a message that is too long ends the connection', async () => {
    const { socket } = await raw(await open(), { headers: { authorization: `Bearer ${tokenOf('read')}` } });
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.send('x'.repeat(70_000));
    expect(await closed).toBe(1009);
  });

  test('a reader that does not read makes nothing pile up', async () => {
    engine.clients = Array.from({ length: 3_000 }, (_, i) => fakeSession(`1-${i}`));
    const url = await open();
    const headers = { authorization: `Bearer ${tokenOf('admin')}` };
    const { socket } = await raw(url, { headers });
    const { socket: other } = await raw(url, { headers });
    const heard: number[] = [];
    socket.on('message', (data) => heard.push(String(data).length));
    socket.pause();
    let answered = 0;
    const sessions = engine.sessions.bind(engine);
    engine.sessions = () => {
      answered++;
      return sessions();
    };
    // Each answer has about a megabyte; the places of a connection and what is unsent bound how many are made.
    for (let id = 1; id <= 200; id++)
      socket.send(JSON.stringify({ id, method: 'query', params: { path: 'sessions' } }));
    await vi.waitFor(() => expect(answered).toBeGreaterThan(0));
    // Another connection is answered many times meanwhile: had the door gone on with the first one, it would be through.
    for (let id = 1; id <= 50; id++) {
      const answer = new Promise((resolve) => other.once('message', resolve));
      other.send(JSON.stringify({ id, method: 'query', params: { path: 'nodes' } }));
      await answer;
    }
    expect(answered).toBeLessThanOrEqual(32);
    other.terminate();
    socket.resume();
    await vi.waitFor(() => expect(heard.length).toBe(200), 10_000);
    socket.terminate();
  });
});

describe('the door', () => {
  test.each(['0.0.0.0', '*', '::', '192.0.2.1', 'db.example'])('refuses %s without TLS', async (address) => {
    await expect(open({ control_listen_addresses: ['localhost', address] })).rejects.toThrow(
      `control_listen_addresses = "${address}" is reached from other hosts: set control_tls_cert and control_tls_key, or listen on localhost.`,
    );
  });

  test('says what to do about a port that is taken', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    await expect(open({ control_port: port })).rejects.toThrow(`Port ${port} (control_port) is already in use`);
    taken.close();
  });

  test('that listens nowhere is closed', async () => {
    expect(await open({ control_listen_addresses: [] })).toBe('');
    expect(fs.existsSync(path.join(dir, 'control_token'))).toBe(false);
  });

  test('names no secret in what it logs', async () => {
    const url = await open();
    await fetch(`${url}/trpc/status?token=${tokenOf('admin')}`);
    for (let i = 0; i < 12; i++)
      await fetch(`${url}/trpc/status`, { headers: { authorization: `Bearer ${tokenOf('admin')}x` } });
    expect(said).toEqual(['many wrong tokens from 127.0.0.1: they are not looked at for a while']);
  });

  test('shows the canary to nobody', async () => {
    engine.journal.push();
    const url = await open();
    const { api } = client(url, tokenOf('admin'));
    const answers = [
      await api.configuration.running.query(),
      await api.status.query(),
      await (await fetch(`${url}/openapi.json`, { headers: { authorization: `Bearer ${tokenOf('admin')}` } })).text(),
      said,
    ];
    expect(JSON.stringify(answers)).not.toContain('canary');
    expect(JSON.stringify(answers)).not.toContain(tokenOf('admin'));
  });

  test('speaks TLS, and with control_tls_ca lets nobody in without a certificate', async () => {
    const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
    const make = (name: string, issuer: string | null): void => {
      openssl(
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        `/CN=${name}`,
      );
      fs.writeFileSync(
        path.join(dir, 'ext'),
        issuer === null ? 'basicConstraints=CA:TRUE' : 'subjectAltName=IP:127.0.0.1',
      );
      const signer =
        issuer === null
          ? ['-signkey', `${name}.key`]
          : ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`, '-CAcreateserial'];
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, '-days', '2', '-extfile', 'ext', ...signer);
    };
    make('ca', null);
    make('server', 'ca');
    make('client', 'ca');
    make('stranger', null);
    const file = (name: string): string => path.join(dir, name);
    const pem = (name: string): Buffer => fs.readFileSync(file(name));
    const url = await open({
      control_tls_cert: file('server.crt'),
      control_tls_key: file('server.key'),
      control_tls_ca: file('ca.crt'),
    });
    expect(url).toMatch(/^https:/);
    const token = tokenOf('read');
    const certified = client(
      url,
      token,
      nodeTransport({ ca: pem('ca.crt'), cert: pem('client.crt'), key: pem('client.key') }),
    );
    expect((await certified.api.status.query()).primary).toBe(0);
    const seen = collect((handlers) => certified.api.watch.nodes.subscribe(undefined, handlers));
    await vi.waitFor(() => expect(seen.values).toHaveLength(1));
    for (const certificates of [{}, { cert: pem('stranger.crt'), key: pem('stranger.key') }]) {
      const without = client(url, token, nodeTransport({ ca: pem('ca.crt'), ...certificates }));
      expect(await without.api.status.query().catch(controlFailure)).toMatchObject({ kind: 'unreachable' });
    }
    const doubting = client(url, token, nodeTransport({ cert: pem('client.crt'), key: pem('client.key') }));
    expect(await doubting.api.status.query().catch(controlFailure)).toMatchObject({ kind: 'unreachable' });
  });

  test('needs certificate and key together', async () => {
    await expect(open({ control_tls_ca: 'x' })).rejects.toThrow(
      'control_tls_cert and control_tls_key are needed together',
    );
    await expect(open({ control_tls_cert: 'x', control_tls_key: 'y' })).rejects.toThrow(
      'control_tls_cert = "x" cannot be read (ENOENT)',
    );
  });
});
