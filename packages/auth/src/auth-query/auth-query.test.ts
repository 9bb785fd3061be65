import { describe, expect, it } from 'vitest';
import { AuthCache } from './cache.ts';
import { AuthQueryError, type AuthRow, authKnowledge, decodeAuthRow } from './row.ts';
import { AUTH_QUERY, AUTH_QUERY_SCRIPT } from './script.ts';

const MD5 = `md5${'a'.repeat(32)}`;
const row = (user: string, more: Partial<AuthRow> = {}): AuthRow => ({
  user,
  secret: { kind: 'md5', hash: MD5 },
  expired: false,
  canLogin: true,
  ...more,
});
const cells = (...values: (string | null)[]) => values.map((value) => (value === null ? null : Buffer.from(value)));

describe('a row of auth_query', () => {
  it('is decoded', () => {
    expect(decodeAuthRow(cells('alice', MD5, 'f', 't'))).toEqual(row('alice'));
  });

  it('without a password, or with one in an unknown form, has no secret', () => {
    expect(decodeAuthRow(cells('a', null, 'f', 't')).secret).toBeNull();
    expect(decodeAuthRow(cells('a', 'plain text', 'f', 't')).secret).toBeNull();
    expect(decodeAuthRow(cells('a', '', 'f', 't')).secret).toBeNull();
    expect(decodeAuthRow(cells('a', 'SCRAM-SHA-256$1:AA==$x:y', 'f', 't')).secret).toBeNull();
  });

  it.each([
    ['no columns', cells()],
    ['the two columns of PgBouncer, which do not tell who has expired', cells('a', MD5)],
    ['a column too many', cells('a', MD5, 'f', 't', 'x')],
    ['no name', cells(null, MD5, 'f', 't')],
    ['no expiry', cells('a', MD5, null, 't')],
    ['an expiry that is no boolean', cells('a', MD5, '2030-01-01', 't')],
    ['no right to log in', cells('a', MD5, 'f', null)],
  ])('with %s is refused', (_, values) => {
    expect(() => decodeAuthRow(values)).toThrow(AuthQueryError);
    try {
      decodeAuthRow(values);
    } catch (error) {
      expect(String(error)).not.toContain(MD5);
    }
  });

  it.each([
    ['missing', null],
    ['expired (CVE-2025-2291)', row('a', { expired: true })],
    ['NOLOGIN', row('a', { canLogin: false })],
  ])('%s: no password is right', (_, value) => {
    expect(authKnowledge(value)).toEqual({ entry: null, knowsUser: false });
  });

  it('without password is left to the backend', () => {
    expect(authKnowledge(row('a', { secret: null }))).toEqual({ entry: null, knowsUser: undefined });
    expect(authKnowledge(row('a'))).toMatchObject({ knowsUser: true, entry: { kind: 'md5' } });
  });
});

describe('the script', () => {
  it('pins the search path, qualifies every name and gives the function to the role alone', () => {
    expect(AUTH_QUERY_SCRIPT).toContain('SECURITY DEFINER');
    expect(AUTH_QUERY_SCRIPT).toContain('SET search_path = pg_catalog, pg_temp');
    expect(AUTH_QUERY_SCRIPT).toContain('REVOKE ALL ON FUNCTION pgherd_auth.lookup(pg_catalog.text) FROM PUBLIC');
    expect(AUTH_QUERY_SCRIPT).toContain('FROM pg_catalog.pg_authid');
    expect(AUTH_QUERY_SCRIPT).toMatch(/^BEGIN;.*COMMIT;/s);
    expect(AUTH_QUERY).toContain('pgherd_auth.lookup($1)');
  });
});

describe('AuthCache', () => {
  function setup(options: { ttlMs?: number; entriesMax?: number } = {}) {
    const state = { now: 0, asked: [] as string[], answer: (user: string): AuthRow | null => row(user) };
    const cache = new AuthCache({
      fetch: async (user) => {
        state.asked.push(user);
        return state.answer(user);
      },
      now: () => state.now,
      ...options,
    });
    return { cache, state };
  }

  it('keeps an answer for 30 s, and never longer', async () => {
    const { cache, state } = setup({ ttlMs: 3_600_000 });
    await cache.lookup('a');
    state.now = 29_999;
    await cache.lookup('a');
    expect(state.asked).toEqual(['a']);
    state.now = 30_000;
    await cache.lookup('a');
    expect(state.asked).toEqual(['a', 'a']);
  });

  it('asks once for all who wait', async () => {
    const { cache, state } = setup();
    const rows = await Promise.all(Array.from({ length: 100 }, () => cache.lookup('a')));
    expect(state.asked).toEqual(['a']);
    expect(new Set(rows).size).toBe(1);
  });

  it('keeps the answer that there is no such role', async () => {
    const { cache, state } = setup();
    state.answer = () => null;
    expect(await cache.lookup('a')).toBeNull();
    expect(await cache.lookup('a')).toBeNull();
    expect(state.asked).toEqual(['a']);
  });

  it('takes no row of somebody else', async () => {
    const { cache, state } = setup();
    state.answer = () => row('postgres');
    expect(await cache.lookup('Postgres')).toBeNull();
  });

  it('does not keep a failure', async () => {
    const { cache, state } = setup();
    state.answer = () => {
      throw new Error('down');
    };
    await expect(cache.lookup('a')).rejects.toThrow('down');
    state.answer = row;
    expect(await cache.lookup('a')).toEqual(row('a'));
  });

  it('after a failed proof asks again once, and not for a row that is fresh', async () => {
    const { cache, state } = setup();
    const used = await cache.lookup('a');
    expect(await cache.renew('a', used)).toBeUndefined();
    expect(state.asked).toHaveLength(1);
    state.now = 5_000;
    expect(await cache.renew('a', used)).toBeUndefined();
    expect(state.asked).toHaveLength(2);
    state.now = 10_000;
    state.answer = () => row('a', { expired: true });
    expect(await cache.renew('a', used)).toMatchObject({ expired: true });
    expect(await cache.lookup('a')).toMatchObject({ expired: true });
    expect(state.asked).toHaveLength(3);
  });

  it('stays within its size whatever names come', async () => {
    const { cache } = setup({ entriesMax: 10 });
    for (let i = 0; i < 100; i++) await cache.lookup(`user${i}`);
    expect(cache.size).toBe(10);
  });

  it('an answer that was on its way when the cache was cleared is not kept', async () => {
    const { cache, state } = setup();
    const waiting = cache.lookup('a');
    cache.clear();
    await waiting;
    expect(cache.size).toBe(0);
    await cache.lookup('a');
    expect(state.asked).toHaveLength(2);
  });

  it.each(['__proto__', 'constructor', ''])('%j is a name like any other', async (user) => {
    const { cache } = setup();
    expect(await cache.lookup(user)).toEqual(row(user));
  });
});
