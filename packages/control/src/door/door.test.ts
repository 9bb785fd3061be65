import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failures } from './failures.ts';
import { isLoopback } from './loopback.ts';
import { type Asked, checkRequest } from './request-rules.ts';
import { isRefusal, SignIn } from './sign-in.ts';
import { parseTokens, TokenFile } from './token-file.ts';

describe('a request', () => {
  const ask = (over: Partial<Asked>): string => {
    const checked = checkRequest({ method: 'GET', url: '/trpc/status', headers: { host: 'localhost:9897' }, ...over });
    return 'refused' in checked ? checked.refused.code : checked.url.pathname;
  };
  const headers = (more: Record<string, string>): Partial<Asked> => ({ headers: { host: 'localhost:9897', ...more } });

  test('without anything odd is looked at', () => {
    expect(ask({})).toBe('/trpc/status');
    expect(ask({ url: '/trpc?connectionParams=1' })).toBe('/trpc');
    expect(ask({ method: 'POST', ...headers({ 'content-type': 'application/json; charset=utf-8' }) })).toBe(
      '/trpc/status',
    );
  });

  test.each([
    '?token=x',
    '?access_token=x',
    '?a=1&Authorization=Bearer%20x',
    '?apikey=x',
    '?PASSWORD=x',
    '?connectionParams={"token":"x"}',
    '?connectionParams=',
  ])('with a secret in its address is refused: %s', (query) => {
    expect(ask({ url: `/trpc/status${query}` })).toBe('BAD_REQUEST');
  });

  test.each(['null', 'http://evil.example', 'http://localhost:9897', 'http://localhost:9897.evil.example', ''])(
    'of a page is refused, wherever the page is from: %j',
    (origin) => {
      expect(ask(headers({ origin }))).toBe('FORBIDDEN');
      expect(ask({ method: 'POST', ...headers({ origin, 'content-type': 'application/json' }) })).toBe('FORBIDDEN');
    },
  );

  test.each(['', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonx'])(
    'that posts %j is refused',
    (type) => {
      expect(ask({ method: 'POST', ...headers({ 'content-type': type }) })).toBe('UNSUPPORTED_MEDIA_TYPE');
    },
  );

  test('that announces a large body is refused before it is read', () => {
    expect(ask({ method: 'POST', ...headers({ 'content-type': 'application/json', 'content-length': '70000' }) })).toBe(
      'PAYLOAD_TOO_LARGE',
    );
  });

  test.each(['//', 'http://[', '*', '', 'trpc/status'])('with the address %j is refused, not stumbled over', (url) => {
    expect(['BAD_REQUEST', '/']).toContain(ask({ url }));
  });

  test('with a host that is none is refused', () => {
    expect(ask({ headers: { host: 'a b' } })).toBe('BAD_REQUEST');
    expect(ask({ headers: { host: '[' } })).toBe('BAD_REQUEST');
  });
});

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['*', false],
  ['::', false],
  ['192.0.2.1', false],
  ['127.0.0.1.evil.example', false],
  ['', false],
] as const)('%j is loopback: %j', (address, expected) => expect(isLoopback(address)).toBe(expected));

describe('wrong tokens', () => {
  test('block their address for a while, and that is forgiven slowly', () => {
    const failures = new Failures();
    for (let i = 0; i < 10; i++) {
      expect(failures.isBlocked('a', 0)).toBe(false);
      failures.failed('a', 0);
    }
    expect(failures.isBlocked('a', 5_999)).toBe(true);
    expect(failures.isBlocked('b', 0)).toBe(false);
    expect(failures.isBlocked('a', 6_000)).toBe(false);
    failures.failed('a', 6_000);
    expect(failures.isBlocked('a', 6_001)).toBe(true);
  });

  test('of many addresses take bounded room', () => {
    const failures = new Failures();
    for (let i = 0; i < 5_000; i++) failures.failed(`192.0.2.${i}`, 0);
    expect(failures.size).toBe(1_000);
  });
});

describe('the token file', () => {
  let dir = '';
  let file = '';
  const said: string[] = [];
  const log = (message: string): void => void said.push(message);
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-tokens-'));
    file = path.join(dir, 'sub', 'control_token');
    said.length = 0;
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));
  const tokens = (): string[][] =>
    fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
      .map((line) => line.split(/\s+/));
  const later = (): void => fs.utimesSync(file, new Date(), new Date(Date.now() + 1_000 * (said.length + 1)));

  test('is made once, for its owner alone, with a token for each role', () => {
    const made = new TokenFile(file, log);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(path.dirname(file))).toEqual(['control_token']);
    expect(tokens().map(([role, name, token]) => [role, name, token?.length])).toEqual([
      ['admin', 'admin', 43],
      ['operate', 'operate', 43],
      ['read', 'read', 43],
    ]);
    for (const [role, name, token] of tokens()) expect(made.find(token ?? '')).toMatchObject({ role, name });
    const before = fs.readFileSync(file, 'utf8');
    new TokenFile(file, log);
    expect(fs.readFileSync(file, 'utf8')).toBe(before);
  });

  test('tells nobody apart by parts of a token', () => {
    const made = new TokenFile(file, log);
    const [, , token = ''] = tokens()[0] ?? [];
    for (const wrong of ['', token.slice(1), `${token}x`, token.toUpperCase(), 'admin'])
      expect(made.find(wrong)).toBeNull();
  });

  test('of another user is not believed', () => {
    new TokenFile(file, log);
    if (process.getuid?.() !== 0) return; // only root can give a file away
    fs.chownSync(file, 65534, 65534);
    expect(() => new TokenFile(file, log)).toThrow(/belongs to another user: remove it/);
  });

  test('that others can read is refused', () => {
    new TokenFile(file, log);
    for (const mode of [0o640, 0o604, 0o660]) {
      fs.chmodSync(file, mode);
      expect(() => new TokenFile(file, log)).toThrow(/can be read by others than its owner: chmod 600/);
    }
  });

  test('is read again when it changes: a token is withdrawn, another gets a role', async () => {
    const made = new TokenFile(file, log);
    const [admin, operate] = tokens().map(([, , token = '']) => made.find(token));
    fs.writeFileSync(
      file,
      fs
        .readFileSync(file, 'utf8')
        .replace(/^admin .*\n/m, '')
        .replace(/^operate /m, 'read '),
    );
    later();
    await expect.poll(() => made.roleOf(admin!)).toBeNull();
    expect(made.roleOf(operate!)).toBe('read');
  });

  test('that is gone or spoilt lets nobody in any more, and the log says why without a secret', async () => {
    const made = new TokenFile(file, log);
    const [, , token = ''] = tokens()[0] ?? [];
    fs.writeFileSync(file, `admin admin ${token} and more\n`);
    later();
    await expect.poll(() => made.find(token)).toBeNull();
    expect(said).toEqual([expect.stringContaining('line 1 is not of the form "role name token"')]);
    expect(said.join()).not.toContain(token);
  });

  const good = 'x'.repeat(32);
  test.each([
    [`admin a ${good}`, []],
    [`# admin a\n\n  read b.c@d-e_1\t${good}\r\n`, []],
    [`admin a ${'x'.repeat(31)}`, ['line 1 has a token shorter than 32']],
    [`admin a ${'x'.repeat(600)}`, ['line 1 has a token shorter than 32 or longer than 512']],
    [`root a ${good}`, ['line 1 has none of the roles']],
    [`constructor a ${good}`, ['line 1 has none of the roles']],
    [`admin a! ${good}`, ['line 1 has a name of other characters']],
    [`admin a ${good}\nread a ${good}`, ['line 2 has a name that an earlier line has']],
    [`admin ${good}`, ['line 1 is not of the form']],
  ])('with %j has the issues %j', (text, issues) => {
    const parsed = parseTokens(text);
    expect(parsed.issues).toEqual(issues.map((issue) => expect.stringContaining(issue)));
    expect(parsed.issues.join()).not.toContain('xxx');
  });

  test('of one that guesses: on this host a right token still counts, from elsewhere it has to wait', () => {
    const signIn = new SignIn(new TokenFile(file, log), log);
    const [, , token = ''] = tokens()[0] ?? [];
    const code = (given: string | null, address: string): string => {
      const outcome = signIn.accept(given, address);
      return isRefusal(outcome) ? outcome.code : outcome.name;
    };
    for (const address of ['127.0.0.1', '192.0.2.9']) {
      expect(code(token, address)).toBe('admin');
      for (let i = 0; i < 10; i++) expect(code('wrong', address)).toBe('UNAUTHORIZED');
      expect(code('wrong', address)).toBe('TOO_MANY_REQUESTS');
    }
    expect(code(token, '127.0.0.1')).toBe('admin');
    expect(code(token, '192.0.2.9')).toBe('TOO_MANY_REQUESTS');
    expect(code(token, '192.0.2.10')).toBe('admin');
    expect(code(null, '192.0.2.10')).toBe('UNAUTHORIZED');
    expect(said.join()).not.toContain(token);
  });
});
