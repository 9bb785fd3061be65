/** The doors as a browser, a script and a stranger knock at them. Names carry the rows of the list of what went wrong elsewhere. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PASSWORD, type Person, TestConsole, until } from '../testing/test-console.ts';

let home: TestConsole;
let url = '';
let admin: Person;
let clusterId = '';
beforeAll(async () => {
  home = await TestConsole.open();
  clusterId = await home.cluster('herd');
  admin = await home.person('ada', { admin: true });
  url = await home.listen();
});
afterAll(() => home.close());

interface Ask {
  readonly cookie?: string;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly origin?: string | null;
  readonly method?: string;
}

function ask(
  path: string,
  body: unknown,
  { cookie, token, headers = {}, origin = url, method = 'POST' }: Ask = {},
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(origin === null ? {} : { origin }),
      ...(cookie === undefined ? {} : { cookie: `pgherd_session=${cookie}` }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

const preferences = { locale: 'ja' };
const change = (more: Ask): Promise<Response> => ask('/api/trpc/auth.setPreferences', preferences, more);

describe('3.13: pages elsewhere change nothing with a cookie (CSRF)', () => {
  test('our own page does', async () => {
    expect((await change({ cookie: admin.cookie })).status).toBe(200);
  });
  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['no origin at all, as an old browser or a program', { origin: null }],
    ['the null origin of a sandboxed frame', { origin: 'null' }],
    ['another port of this host', { origin: 'http://localhost:1' }],
    ['a form: not JSON', { headers: { 'content-type': 'text/plain' } }],
    ['what the browser calls cross-site', { headers: { 'sec-fetch-site': 'cross-site' } }],
  ])('%s is refused', async (_, more) => {
    const answer = await change({ cookie: admin.cookie, ...more });
    expect(answer.status).toBe(403);
  });
  test.each([
    ['a page on another port of this host', { headers: { 'sec-fetch-site': 'same-site' } }],
    ['another origin', { origin: 'https://evil.example' }],
  ])('3.13: %s does not even ask with it: no live stream is kept open from there', async (_, more) => {
    const input = encodeURIComponent(JSON.stringify({ cluster: 'herd', topic: 'status' }));
    for (const path of ['live.watch', 'live.snapshot']) {
      const answer = await ask(`/api/trpc/${path}?input=${input}`, undefined, {
        ...{ method: 'GET', origin: null, cookie: admin.cookie },
        ...more,
      });
      expect(answer.status).toBe(403);
      await answer.body?.cancel();
    }
  });
  test('3.13: a question by GET does nothing, whatever it names', async () => {
    const input = encodeURIComponent(JSON.stringify({ theme: 'dark' }));
    const answer = await ask(`/api/trpc/auth.setPreferences?input=${input}`, undefined, {
      ...{ method: 'GET', origin: null, cookie: admin.cookie },
    });
    expect(answer.status).toBe(405);
  });
  test('3.16: a token in an address is none', async () => {
    const token = await home.token(admin.id, ['view', 'users']);
    for (const name of ['token', 'access_token', 'authorization']) {
      expect((await fetch(`${url}/api/v1/users?${name}=${token}`)).status).toBe(401);
    }
  });
  test('the cookie is of no use to scripts of a page, nor to other sites', async () => {
    const answer = await ask('/api/trpc/auth.signIn', { name: 'ada', password: PASSWORD });
    expect(answer.headers.get('set-cookie')).toMatch(
      /^pgherd_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
  });
});

describe('3.1, 3.8: the Host and what proxies say', () => {
  test('a name that is not ours is refused: a page that resolves to this host reaches nothing', async () => {
    const http = await import('node:http');
    const status = await new Promise<number>((resolve, reject) => {
      const request = http.get(`${url}/api/v1/me`, { headers: { host: 'evil.example' } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      request.once('error', reject);
    });
    expect(status).toBe(421);
  });
  test('X-Forwarded-For of somebody who is no declared proxy is not believed', async () => {
    await ask('/api/trpc/people.list', undefined, {
      method: 'GET',
      headers: { 'x-forwarded-for': '203.0.113.99', 'x-real-ip': '203.0.113.99' },
    });
    const row = await until('the refused call is audited', () =>
      home.app.prisma.auditEntry.findFirst({ where: { action: 'people.list', actor: 'nobody' } }),
    );
    expect(row.address).toBe('127.0.0.1');
  });
  test('headers that name a user or another path change nothing', async () => {
    const headers = {
      'x-forwarded-user': 'ada',
      'x-remote-user': 'ada',
      'x-middleware-subrequest': 'middleware',
      'x-original-url': '/api/v1/me',
      'x-rewrite-url': '/api/v1/me',
    };
    const answer = await ask('/api/v1/users', undefined, { method: 'GET', headers });
    expect(answer.status).toBe(401);
  });
  test('3.3: every answer says what a browser may do with it', async () => {
    const { headers } = await fetch(`${url}/`);
    expect(headers.get('content-security-policy')).toMatch(
      /script-src 'self' 'nonce-[^']+' 'strict-dynamic'; .*frame-ancestors 'none'/,
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('3.12: the WebSocket', () => {
  const open = (headers: Record<string, string>): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers });
      socket.once('open', () => {
        socket.terminate();
        resolve('open');
      });
      socket.once('unexpected-response', (_, answer) => resolve(String(answer.statusCode)));
      socket.once('error', () => resolve('error'));
    });

  test('opens for our page with a sign-in, and for a token', async () => {
    expect(await open({ origin: url, cookie: `pgherd_session=${admin.cookie}` })).toBe('open');
    const token = await home.token(admin.id, ['view']);
    expect(await open({ authorization: `Bearer ${token}` })).toBe('open');
  });
  test.each([
    [
      'a page elsewhere, with the cookie',
      () => ({ origin: 'https://evil.example', cookie: `pgherd_session=${admin.cookie}` }),
      '403',
    ],
    ['no Origin, with the cookie', () => ({ cookie: `pgherd_session=${admin.cookie}` }), '403'],
    ['our page without a sign-in', () => ({ origin: url }), '401'],
    ['a token that is none', () => ({ authorization: 'Bearer pgh_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }), '401'],
  ])('stays shut for %s', async (_, headers, status) => {
    expect(await open(headers())).toBe(status);
  });

  test('one address opens a bounded number, also when it asks for all of them at once', async () => {
    const sockets = Array.from(
      { length: 80 },
      () =>
        new WebSocket(`${url.replace('http', 'ws')}/ws`, {
          headers: { origin: url, cookie: `pgherd_session=${admin.cookie}` },
        }),
    );
    const how = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<string>((resolve) => {
            socket.once('open', () => resolve('open'));
            socket.once('unexpected-response', (_, answer) => resolve(String(answer.statusCode)));
            socket.once('error', () => resolve('error'));
          }),
      ),
    );
    expect(how.filter((one) => one === 'open').length).toBeLessThanOrEqual(60);
    expect(how).toContain('429');
    for (const socket of sockets) socket.terminate();
    await until(
      'the place is free again',
      async () => (await open({ origin: url, cookie: `pgherd_session=${admin.cookie}` })) === 'open',
    );
  });

  test('a subscription ends when the permission does, while it is open', async () => {
    const person = await home.person('paul', { grants: { [clusterId]: { roles: ['viewer'] } } });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, {
      headers: { origin: url, cookie: `pgherd_session=${person.cookie}` },
    });
    const heard: {
      readonly id?: number;
      readonly result?: { readonly type: string };
      readonly error?: { readonly data: { readonly code: string } };
    }[] = [];
    socket.on('message', (data) => heard.push(JSON.parse(String(data)) as (typeof heard)[number]));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(
      JSON.stringify({
        id: 1,
        method: 'subscription',
        params: { path: 'live.watch', input: { cluster: 'herd', topic: 'status' } },
      }),
    );
    await until('a snapshot', () => heard.some(({ result }) => result?.type === 'data'));
    await home.app.prisma.membership.deleteMany({ where: { userId: person.id } });
    home.app.access.changed();
    await until('it is refused', () => heard.some(({ error }) => error?.data.code === 'FORBIDDEN'));
    socket.terminate();
  });
});

describe('3.9: signing in', () => {
  test('guessing is slowed down, and a name that does not exist is not told from one that does', async () => {
    await home.person('tom');
    const said = new Set<string>();
    let blocked = '';
    for (const name of ['tom', 'nobody-of-that-name']) {
      for (let i = 0; i < 7; i++) {
        const answer = await ask('/api/trpc/auth.signIn', { name, password: `wrong ${i}` });
        const { error } = (await answer.json()) as { error: { message: string; data: { refused: { code: string } } } };
        if (error.data.refused.code === 'TOO_MANY_ATTEMPTS') blocked += name;
        else said.add(error.message);
      }
    }
    expect([...said]).toEqual(['Name, password or code is wrong.']);
    expect(blocked).toContain('tom');
    expect(blocked).toContain('nobody-of-that-name');
  });

  test('tries at once are taken one after the other: the limit holds for them too', async () => {
    const tries = Array.from({ length: 20 }, (_, i) =>
      ask('/api/trpc/auth.signIn', { name: 'rush', password: `x${i}` }),
    );
    const codes = await Promise.all(
      tries.map(
        async (answer) =>
          ((await (await answer).json()) as { error: { data: { refused: { code: string } } } }).error.data.refused.code,
      ),
    );
    expect(codes.filter((code) => code === 'WRONG_SIGN_IN').length).toBeLessThanOrEqual(5);
  });
});

describe('3.5, 3.16: a token', () => {
  test('does what its scopes say, no more; it ends when it expires or is revoked', async () => {
    const token = await home.token(admin.id, ['view']);
    expect((await ask('/api/v1/clusters/herd/status', undefined, { token, method: 'GET', origin: null })).status).toBe(
      200,
    );
    expect((await ask('/api/v1/users', undefined, { token, method: 'GET', origin: null })).status).toBe(403);
    const beyond = await ask(
      '/api/v1/clusters/herd/acts',
      { wish: { act: 'attach', node: 1 } },
      { token, origin: null },
    );
    expect(beyond.status).toBe(403);
    expect(home.engines[0]?.operations.calls.filter(({ name }) => name === 'begin')).toEqual([]);
    await home.app.prisma.apiToken.updateMany({ where: { userId: admin.id }, data: { revokedAt: new Date() } });
    expect((await ask('/api/v1/clusters/herd/status', undefined, { token, method: 'GET', origin: null })).status).toBe(
      401,
    );
    const old = await home.token(admin.id, ['view'], new Date(Date.now() - 1));
    expect(
      (await ask('/api/v1/clusters/herd/status', undefined, { token: old, method: 'GET', origin: null })).status,
    ).toBe(401);
  });
});

describe('3.11, 3.14: where the console may be sent (SSRF)', () => {
  test.each([
    'http://169.254.169.254',
    'http://[fe80::1]:80',
    'http://[::ffff:169.254.169.254]',
    'http://192.0.2.1:9897',
    'file:///etc/passwd',
    'gopher://localhost:70',
    'http://user:pw@localhost:9897',
    'http://localhost:9897/some/path',
    'https://0.0.0.0:9897',
  ])('not to %s', async (controlUrl) => {
    const answer = await ask(
      '/api/trpc/clusters.testProxy',
      { controlUrl, token: 'a-token-of-sorts' },
      { cookie: admin.cookie },
    );
    expect(answer.status).toBe(400);
  });
});

test('a body that is too large is refused before it is read', async () => {
  const answer = await ask('/api/trpc/auth.setPreferences', 'x'.repeat(4_000_000), { cookie: admin.cookie });
  expect(answer.status).toBe(413);
});

test('3.10: no answer carries a stack, nor the insides of a fault', async () => {
  const fault = new Error('secret path /var/lib/pgherd/console.db');
  const engine = home.engines[0]?.operations;
  if (engine !== undefined) engine.fault = fault;
  const answer = await ask('/api/v1/clusters/herd/plan', undefined, { cookie: admin.cookie, method: 'GET' });
  const text = await answer.text();
  expect(text).not.toMatch(/\bat .*\.ts|node_modules|\/var\/lib/);
});

test('3.17: statements are for those who hold view.sql: over the socket, REST and polling alike', async () => {
  const viewer = await home.person('vera', { grants: { [clusterId]: { roles: ['viewer'] } } });
  const look = async (person: Person): Promise<string> => {
    const input = encodeURIComponent(JSON.stringify({ cluster: 'herd', topic: 'sessions' }));
    return (
      await ask(`/api/trpc/live.snapshot?input=${input}`, undefined, { cookie: person.cookie, method: 'GET' })
    ).text();
  };
  const stop = home.app.engines.clusters.flatMap(({ links }) => links.map((link) => link.lookAtSessions()));
  await until('a session is seen', async () => (await look(admin)).includes('"statement":"select'));
  expect(await look(viewer)).not.toContain('"statement":"select');
  for (const end of stop) end();
});
