import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { emptyFingerprint, type Fingerprint, Fingerprinter, firstKeyword } from './fingerprint.ts';

const fingerprinter = new Fingerprinter(0x01234567, -0x76543210);

function read(sql: string | Uint8Array, conforming = true): Fingerprint {
  const text = typeof sql === 'string' ? Buffer.from(sql) : sql;
  const result = emptyFingerprint();
  fingerprinter.read(text, 0, text.length, conforming, result);
  return result;
}

function key(sql: string, conforming = true): string {
  const { high, low } = read(sql, conforming);
  return `${high}/${low}`;
}

/** The stripped text with its stand-ins made visible. */
function stripped(sql: string, conforming = true): string {
  const names = ['', '<str>', '<num>', '<bits>', '<nat>', '<list>', '<list$>', '<junk>', '<open>'];
  return fingerprinter.stripped(read(sql, conforming)).replace(/[\x01-\x08]/g, (c) => names[c.charCodeAt(0)] ?? '');
}

describe('what is stripped and what is kept', () => {
  it.each([
    ['SELECT 1', 'select <num>'],
    ['select   A.b,\t"A"".b" FROM t', 'select a .b ,"A"".b" from t '],
    ["select 'it''s'", 'select <str>'],
    ["select 'a' 'b'", 'select <str><str>'],
    ["select 'a'\n  'b'", 'select <str>'],
    ["select 'a' -- why\n -- so\n 'b', 1", 'select <str>,<num>'],
    ["select E'a'\n'\\'' , x", 'select <str>,x '],
    ["select E'\\'', x", 'select <str>,x '],
    ["select U&'\\0041' uescape '!'", "select <str>uescape <str>'!'"],
    ['select U&"\\0041"', 'select &"\\0041" '],
    ["select b'01', X'ff', n'x'", 'select <bits>,<bits>,<nat>'],
    ["select b'0''1'", 'select <bits><str>'],
    ["select u & 'x'", 'select u & <str>'],
    ["select date'2020-01-01'", 'select date <str>'],
    ['select $$a$b$$, $x$ $$ $y$ $x$', 'select <str>,<str>'],
    ['select $1, $23', 'select $1 ,$23 '],
    ['select a$1$b', 'select a$1$b '],
    ['select 1.5e-3+.5-1_000', 'select <num>+ <num>- <num>'],
    ['select 0xFF, 0o17, 0b01', 'select <num>,<num>,<num>'],
    ['select 1from t', 'select <num><junk>from t '],
    ['select 1..2', 'select <num>.<num>'],
    ['select /* a /* b */ c */ 1 -- d', 'select <num>'],
    ['select a/**/b', 'select a b '],
    ['select 1 -/**/- 2, 3 --', 'select <num>- - <num>,<num>'],
    ["select x->>'a' #>> '{b}'", 'select x ->> <str>#>> <str>'],
    ['select x::int[1:2]', 'select x ::int [<num>:<num>]'],
    ["select 'open", 'select <str><open>'],
    ['select "open', 'select "open"<open>'],
    ['select $a$open', 'select <str><open>'],
    ['select /* open', 'select <open>'],
    ['select é', 'select Ã© '],
  ])('%s', (sql, expected) => {
    expect(stripped(sql)).toBe(expected);
  });

  it('reads a backslash in a plain literal as the session does', () => {
    const sql = "select 'a\\' , x --'";
    expect(stripped(sql, true)).toBe('select <str>,x ');
    expect(stripped(sql, false)).toBe('select <str>');
    expect(key('select 1', true)).not.toBe(key('select 1', false));
    expect(read("select '\\'").plainBackslash).toBe(true);
    expect(read("select E'\\\\'").plainBackslash).toBe(false);
    expect(read("select $$\\$$, '/'").plainBackslash).toBe(false);
  });
});

describe('lists of literals are one', () => {
  it.each([
    ['select 1 where a in (1)', "select 2 where a in (3, -4.5, 'x', null, /* c */ true)"],
    ['insert into t (a, b) values (1, 2)', "insert into t (a, b) values ('x', default), (3, 4) , (5, 6)"],
    ['select array[1]', 'select array[1, 2, 3]'],
    ['select a = any (array[1,2])', 'select a = any (array[3])'],
    ['select 1 where a in ($1)', 'select 1 where a in ($1, $2, $3)'],
    ['insert into t values ($1, $2)', 'insert into t values ($1, $2), ($3, 5)'],
    ["select 1 where a in ($$x$$, E'\\'')", 'select 1 where a in (1)'],
  ])('%s', (one, other) => {
    expect(key(one)).toBe(key(other));
  });

  it.each([
    ['an argument list of a function', 'select f(1)', 'select f(1, 2)'],
    ['an argument list of a quoted function', 'select "in"(1)', 'select "in"(1, 2)'],
    ['a list with an expression', 'select 1 where a in (1, b)', 'select 1 where a in (2, 1, b)'],
    ['a list with a column', 'select 1 where a in (1, xalse)', 'select 1 where a in (1, false)'],
    ['rows with expressions', 'insert into t values (1, now())', 'insert into t values (1, now()), (2, now())'],
    ['parameters against literals', 'select 1 where a in ($1)', 'select 1 where a in (1)'],
  ])('%s is not', (_, one, other) => {
    expect(key(one)).not.toBe(key(other));
  });

  it('does not count their items as tokens', () => {
    const result = read(`insert into t values ${Array(500).fill("(1, $2, 'c')").join(', ')}`);
    expect(result.tokens).toBe(6);
    expect(result.listItems).toBe(1500);
    expect(result.nesting).toBe(1);
  });
});

describe('what is reported beside the hash', () => {
  it.each([
    ['', 0, ''],
    [' \n', 0, ''],
    ['-- nothing', 0, ''],
    [';;', 0, ''],
    ['select 1', 1, 'select'],
    ['SELECT 1;', 1, 'select'],
    ['select 1; ; commit', 2, 'select'],
    ["select ';'", 1, 'select'],
    ['(select 1)', 1, 'select'],
    ['create rule r as on insert to t do also (delete from a; delete from b); select 1', 2, 'create'],
    ['create function f() returns int begin atomic select case when a then 1 end; select 2; end; commit', 2, 'create'],
    ['begin; select 1; end', 3, 'begin'],
    ['"select" 1', 1, ''],
  ])('%j holds %i statements', (sql, statements, keyword) => {
    const result = read(sql);
    expect(result.statements).toBe(statements);
    expect(firstKeyword(Buffer.from(sql), result)).toBe(sql === '"select" 1' ? '' : keyword);
  });

  it.each([
    ['/* c */ select 1', true, '/'],
    [' -- c\nselect 1', true, ' '],
    ['select /* c */ 1', false, 's'],
    ['select 1', false, 's'],
  ])('%j: leading comment %s, first byte %j', (sql, leading, first) => {
    const result = read(sql);
    expect(result.leadingComment).toBe(leading);
    expect(String.fromCharCode(result.firstByte)).toBe(first);
  });

  it('has no first byte for an empty text', () => {
    expect(read('').firstByte).toBe(-1);
  });

  it('counts nesting of parentheses and brackets', () => {
    expect(read('select ((a)[(b)])').nesting).toBe(3);
    expect(read(')))(a)').nesting).toBe(1);
  });

  it('counts block comments, nested ones and those in lists too', () => {
    expect(read('/* /* */ */ select /**/ a in (1 /**/, 2)').blockComments).toBe(4);
  });

  it('counts every sign of a run that PostgreSQL takes apart', () => {
    expect(read(`select ${'+'.repeat(100)}1`).tokens).toBe(102);
    expect(read('select a ->> b').tokens).toBe(4);
  });

  it('says which texts have no end', () => {
    for (const sql of ["'", '"', '/*', '$$', "E'\\'", "b'", "in ('a", 'values (1), (2 /*']) {
      expect(read(sql).unterminated, sql).toBe(true);
    }
    for (const sql of ["''", '""', '/**/', '$$$$', "E'\\''", "b''", '$', '$a', "values ('x'), ('y'"]) {
      expect(read(sql).unterminated, sql).toBe(false);
    }
  });

  it('sees names that are not ASCII', () => {
    expect(read('select é').nonAsciiName).toBe(true);
    expect(read("select 'é' /* é */").nonAsciiName).toBe(false);
  });

  it('reads its own range only', () => {
    const text = Buffer.from("'select 1 from t'");
    const result = emptyFingerprint();
    fingerprinter.read(text, 1, text.length - 1, true, result);
    expect(`${result.high}/${result.low}`).toBe(key('select 1 from t'));
  });

  it('takes bytes that are not UTF-8', () => {
    expect(read(Buffer.from([0x73, 0xff, 0x20, 0xc3, 0x27, 0x80, 0x27, 0x00])).tokens).toBe(4);
  });

  it('takes a text longer than any before', () => {
    expect(read(`select ${'a, '.repeat(100_000)} b`).tokens).toBe(200_002);
    expect(key('select 1')).toBe(key('select 2'));
  });
});

describe('the key', () => {
  it('depends on the seed', () => {
    const result = emptyFingerprint();
    const text = Buffer.from('select 1');
    new Fingerprinter(1, 2).read(text, 0, text.length, true, result);
    expect(`${result.high}/${result.low}`).not.toBe(key('select 1'));
  });

  it('does not collide in either half beyond chance over 200,000 statements', () => {
    const high = new Set<number>();
    const low = new Set<number>();
    const both = new Set<string>();
    const count = 200_000;
    for (let i = 0; i < count; i++) {
      const result = read(`select a${i} from t${i % 7} where b = 1`);
      high.add(result.high);
      low.add(result.low);
      both.add(`${result.high}/${result.low}`);
    }
    expect(both.size).toBe(count);
    // By chance some five pairs among 2^32 values.
    expect(count - high.size).toBeLessThan(25);
    expect(count - low.size).toBeLessThan(25);
  });

  it('spreads in every bit', () => {
    const ones = new Array<number>(64).fill(0);
    const count = 4_000;
    for (let i = 0; i < count; i++) {
      const { high, low } = read(`select c${i}`);
      for (let bit = 0; bit < 32; bit++) {
        ones[bit]! += (high >>> bit) & 1;
        ones[32 + bit]! += (low >>> bit) & 1;
      }
    }
    for (const n of ones) expect(Math.abs(n / count - 0.5)).toBeLessThan(0.05);
  });
});
