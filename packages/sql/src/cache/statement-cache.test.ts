import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { StatementCache, type TextRules } from './statement-cache.ts';

const UTF8: TextRules = { standardConformingStrings: true, encoding: 'UTF8' };
const OLD_STRINGS: TextRules = { standardConformingStrings: false, encoding: 'UTF8' };
const LATIN1: TextRules = { standardConformingStrings: true, encoding: 'LATIN1' };

function newCache(bytesMax?: number): StatementCache<string> {
  return new StatementCache({ seed0: 1, seed1: 2, ...(bytesMax === undefined ? {} : { bytesMax }) });
}

function lookup(cache: StatementCache<string>, sql: string, rules = UTF8): string | null {
  const text = Buffer.from(sql);
  return cache.lookup(text, 0, text.length, rules);
}

function keep(cache: StatementCache<string>, sql: string, scope: 'statement' | 'text' = 'statement', rules = UTF8) {
  lookup(cache, sql, rules);
  return cache.insert(sql, 100, scope);
}

describe('an entry', () => {
  it.each([
    ['select 1', 'SELECT  2'],
    ["select * from t where a = 'x' -- c", "/* d */ select * from t where a = E'\\'y'"],
    ['select * from t where a in (1, 2)', 'select * from t where a in (3)'],
    ['insert into t values (1, 2)', 'insert into t values (3, 4), (5, NULL)'],
    ["select $$a$$, b'1'", "select 'b', x'ff'"],
  ])('is shared: %s and %s', (one, other) => {
    const cache = newCache();
    expect(keep(cache, one)).toBe(true);
    expect(lookup(cache, other)).toBe(one);
    expect([cache.hits, cache.misses, cache.size]).toEqual([1, 1, 1]);
  });

  it.each([
    ['select a from t', 'select b from t'],
    ['select a from t', 'select "A" from t'],
    ['select a.b from t', 'select "a.b" from t'],
    ['select "a b" from t', 'select "a" "b" from t'],
    ['select f(1)', 'select f(1, 2)'],
    ['select f(1)', 'select "f"(1)'],
    ['select f(1)', 'select F.f(1)'],
    ['select $1', 'select $2'],
    ['select $1', 'select 1'],
    ['select a in (1)', 'select a in ($1)'],
    ['select a <= b', 'select a < = b'],
    ['select a - b', 'select a -- b'],
    ['select 1; delete from t', 'select 1'],
    ['select 1; select 1', 'select 1 select 1'],
    ['select * from t', 'select * from t for update'],
    ['select 1 from t', 'select 1 into t'],
    ['select * from t', 'select * from only t'],
    ['begin read only', 'begin read write'],
    ['set a to b', 'set local a to b'],
    ['explain select 1', 'explain analyze select 1'],
    ['explain (analyze on) select 1', 'explain (analyze off) select 1'],
    ['savepoint a', 'savepoint b'],
    ['execute a', 'execute b'],
    ['create table a (b int)', 'create temp table a (b int)'],
    ['copy t to stdout', 'copy t from stdin'],
    ['lock t in access share mode', 'lock t in share mode'],
    ['select a::b', 'select a::c'],
    ['select a @@@ b', 'select a @@ b'],
    ['with a as (select 1) select * from a', 'with b as (select 1) select * from a'],
    [`select * from U&"d!0061ta" uescape '!'`, `select * from U&"d!0061ta" uescape '#'`],
    ['select * from U&"\\0061"', 'select * from "\\0061"'],
    ['select (1, a)', 'select (1), a'],
    ['select a /* ; delete from t */', 'select a; delete from t'],
    ['select $a$ ; $a$', 'select $a ; $a$'],
    ["select 'a' 'b'", "select 'a'\n'b'"],
    ["select n'a'", "select 'a'"],
    ['select 1a', 'select 1 a'],
    ['select a[1]', 'select a(1)'],
    ['select é', 'select è'],
  ])('is not shared: %s and %s', (one, other) => {
    for (const [kept, asked] of [
      [one, other],
      [other, one],
    ] as const) {
      const cache = newCache();
      keep(cache, kept);
      expect(lookup(cache, asked)).toBeNull();
    }
  });

  it('holds for its string rules', () => {
    const cache = newCache();
    keep(cache, "select 'a' from t");
    expect(lookup(cache, "select 'a' from t", OLD_STRINGS)).toBeNull();
    expect(lookup(cache, "select 'b' from t")).not.toBeNull();
  });

  it('holds for its encoding where a name is not ASCII, and only there', () => {
    const cache = newCache();
    keep(cache, 'select é from t');
    keep(cache, "select 'é' from t");
    expect(lookup(cache, 'select é from t', LATIN1)).toBeNull();
    expect(lookup(cache, 'select é from t')).not.toBeNull();
    expect(lookup(cache, "select 'é' from t", LATIN1)).not.toBeNull();
  });

  it('of an unterminated text, or one the parser reads in another way, judges no other text', () => {
    const cache = newCache();
    expect(keep(cache, "select 'a")).toBe(false);
    expect(keep(cache, "select 'a\\'", 'statement', OLD_STRINGS)).toBe(false);
    expect(keep(cache, "select 'a", 'text')).toBe(true);
    expect(lookup(cache, "select 'b")).toBeNull();
    expect(lookup(cache, "select 'a")).toBe("select 'a");
  });

  it('may come after other texts were looked up', () => {
    const cache = newCache();
    lookup(cache, 'select a');
    const key = cache.pending();
    lookup(cache, 'select b');
    expect(cache.insertAt(key, 'late', 10, 'statement')).toBe(true);
    expect(lookup(cache, 'select a')).toBe('late');
    expect(lookup(cache, 'select b')).toBeNull();
  });

  it('may begin with a word longer than any keyword', () => {
    const cache = newCache();
    const word = 'A'.repeat(100_000);
    expect(keep(cache, `${word}b`)).toBe(true);
    expect(lookup(cache, `${word.toLowerCase()}B`)).toBe(`${word}b`);
    expect(lookup(cache, `${word}c`)).toBeNull();
  });

  it('replaces the one before', () => {
    const cache = newCache();
    keep(cache, 'select 1');
    const { bytes } = cache;
    keep(cache, 'select 2');
    expect([cache.size, cache.bytes]).toEqual([1, bytes]);
    lookup(cache, 'select 1');
    cache.insert('better', 100, 'statement');
    expect(lookup(cache, 'select 3')).toBe('better');
  });
});

describe('an entry of a text', () => {
  it('is found by that text alone, byte by byte', () => {
    const cache = newCache();
    for (const value of ['a', 'b', 'c']) expect(keep(cache, `set x = '${value}'`, 'text')).toBe(true);
    for (const value of ['a', 'b', 'c']) expect(lookup(cache, `set x = '${value}'`)).toBe(`set x = '${value}'`);
    expect(lookup(cache, "set x = 'd'")).toBeNull();
    expect(lookup(cache, "SET x = 'a'")).toBeNull();
    expect(cache.size).toBe(4);
  });

  it('ends what was kept for all texts of its fingerprint', () => {
    const cache = newCache();
    keep(cache, 'select f(1)');
    keep(cache, 'select f(2)', 'text');
    expect(lookup(cache, 'select f(1)')).toBeNull();
    expect(lookup(cache, 'select f(2)')).toBe('select f(2)');
  });

  it('is found again when its mark was lost', () => {
    const cache = newCache(8_000);
    keep(cache, "set x = 'a'", 'text');
    for (let i = 0; i < 200; i++) {
      keep(cache, `select a${i}`);
      if (lookup(cache, "set x = 'a'") === null) keep(cache, "set x = 'a'", 'text');
      expect(lookup(cache, "set x = 'a'")).toBe("set x = 'a'");
    }
  });

  it('is not kept when the text is long', () => {
    const cache = newCache();
    expect(keep(cache, `set x = '${'a'.repeat(9_000)}'`, 'text')).toBe(false);
    keep(cache, "set x = 'a'", 'text');
    expect(lookup(cache, `set x = '${'a'.repeat(9_000)}'`)).toBeNull();
  });

  it('is one of many without slowing the others down', () => {
    const cache = newCache();
    for (let i = 0; i < 20_000; i++) keep(cache, `set x = '${i}'`, 'text');
    const before = process.threadCpuUsage();
    for (let i = 0; i < 20_000; i++) lookup(cache, `set x = '${i}'`);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(500);
  });
});

describe('the budget', () => {
  it('is kept, and an entry that is used stays longest', () => {
    const cache = newCache(4_000);
    for (let i = 0; i < 100; i++) {
      keep(cache, `select a${i}`);
      expect(cache.bytes).toBeLessThanOrEqual(4_000);
      expect(lookup(cache, 'select a0')).toBe('select a0');
    }
    expect(lookup(cache, 'select a99')).not.toBeNull();
    expect(lookup(cache, 'select a1')).toBeNull();
    expect(cache.evictions).toBe(100 - cache.size);
  });

  it('refuses an entry of an eighth of it, and forgets what it replaces', () => {
    const cache = newCache(8_000);
    keep(cache, 'select 1');
    lookup(cache, 'select 1');
    expect(cache.insert('heavy', 1_000, 'statement')).toBe(false);
    expect(cache.insert('heavy', Number.NaN, 'statement')).toBe(false);
    expect(lookup(cache, 'select 1')).toBeNull();
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });
});

describe('invalidate', () => {
  it('forgets everything, and what was asked before it', () => {
    const cache = newCache();
    keep(cache, 'select 1');
    keep(cache, "set x = 'a'", 'text');
    lookup(cache, 'select b');
    const key = cache.pending();
    cache.invalidate();
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
    expect(cache.insertAt(key, 'stale', 10, 'statement')).toBe(false);
    expect(lookup(cache, 'select 1')).toBeNull();
    expect(keep(cache, 'select 1')).toBe(true);
    expect(lookup(cache, 'select 2')).toBe('select 1');
  });
});
