import { afterAll, describe, expect, it } from 'vitest';
import { HOSTILE_SHAPES } from '../testing/hostile-statements.ts';
import { ParserInstance } from './instance.ts';
import { PARSE_LIMITS, type ParseLimits } from './limits.ts';
import type { ParseOutcome } from './outcome.ts';
import { Parser } from './parser.ts';
import { ParserThread } from './parser-thread.ts';
import { shortenLists } from './shorten-lists.ts';

const deep = HOSTILE_SHAPES['sum']!(20_000);
const PATIENT = { deadlineMs: 20_000 };
const NO_LIMIT = { textBytesMax: 1e8, tokensMax: 1e8, nestingMax: 1e8, blockCommentsMax: 1e8 };
const ALL_HERE: ParseLimits = { ...NO_LIMIT, here: NO_LIMIT };
const ALL_IN_THREAD: ParseLimits = {
  ...NO_LIMIT,
  here: { textBytesMax: 0, tokensMax: 0, nestingMax: 0, blockCommentsMax: 0 },
};

function count(outcome: ParseOutcome | null): number | string {
  return outcome?.kind === 'parsed' ? outcome.statements.length : (outcome?.kind ?? 'null');
}

describe('Parser', () => {
  const parser = new Parser(PATIENT);
  afterAll(() => parser.close());

  it('loads nothing before the first parse', async () => {
    const fresh = new Parser();
    expect(fresh.parseNow('select 1')).toBeNull();
    expect(fresh.instances).toBe(0);
    expect(count(await fresh.parse('select 1'))).toBe(1);
    expect(fresh.instances).toBe(1);
    expect(fresh.threads).toBe(0);
    expect(count(fresh.parseNow('select 1'))).toBe(1);
    fresh.close();
  });

  it.each([
    ['', 0],
    ['  \n', 0],
    ['-- nothing', 0],
    ['/* nothing */', 0],
    [';;', 0],
    ['select 1', 1],
    ['select 1; ; select 2;', 2],
    ['/* open', 'syntax-error'],
  ])('%j has %s statements', async (sql, expected) => {
    expect(count(await parser.parse(sql))).toBe(expected);
  });

  it('gives each statement its tree and its range in UTF-8 bytes', async () => {
    const outcome = await parser.parse("select 'é'; delete from t");
    if (outcome.kind !== 'parsed') throw new Error(outcome.kind);
    expect(outcome.statements.map(({ startByte, endByte }) => [startByte, endByte])).toEqual([
      [0, 11],
      [13, 26],
    ]);
    expect(outcome.statements.map(({ tree }) => Object.keys(tree))).toEqual([['SelectStmt'], ['DeleteStmt']]);
  });

  it('says what is wrong and where, in characters', async () => {
    expect(await parser.parse("select 'é' selec 1")).toEqual({
      kind: 'syntax-error',
      message: 'syntax error at or near "1"',
      cursor: 17,
    });
  });

  it('does not overlook what follows a zero byte', async () => {
    expect(await parser.parse('select 1\0; drop table t')).toMatchObject({ kind: 'syntax-error', cursor: 8 });
  });

  it.each([
    ['text-bytes', `select '${'x'.repeat(PARSE_LIMITS.textBytesMax)}'`],
    ['text-bytes', `select '${'é'.repeat(PARSE_LIMITS.textBytesMax / 2)}'`],
    ['tokens', deep],
    ['tokens', `select ${'+'.repeat(20_000)}1`],
    ['nesting', HOSTILE_SHAPES['parentheses']!(501)],
    ['block-comments', HOSTILE_SHAPES['comments']!(501)],
  ])('refuses a text over the cap on %s', async (cap, sql) => {
    expect(await parser.parse(sql)).toEqual({ kind: 'over-cap', cap });
    expect(parser.parseNow(sql)).toEqual({ kind: 'over-cap', cap });
  });

  it('leaves long, wide and deep texts to the thread', async () => {
    await parser.load();
    for (const sql of [`select '${'x'.repeat(9_000)}'`, HOSTILE_SHAPES['sum']!(1_500), HOSTILE_SHAPES['calls']!(300)]) {
      expect(parser.parseNow(sql)).toBeNull();
      expect(count(await parser.parse(sql))).toBe(1);
    }
    expect(parser.threads).toBe(1);
  });

  it('parses an INSERT of many literals, and says that its lists were shortened', async () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => `(${i}, 'name ${i}', $1)`).join(',');
    const outcome = await parser.parse(`insert into t values ${rows}`);
    if (outcome.kind !== 'parsed') throw new Error(outcome.kind);
    expect(outcome.listsShortened).toBe(true);
    expect(JSON.stringify(outcome).length).toBeLessThan(2_000);
  });

  it('answers in the order of asking within a thread, and all of many at once', async () => {
    const long = (i: number): string => `select '${'x'.repeat(9_000)}', ${'a, '.repeat(i)} a`;
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => parser.parse(long(i))));
    expect(outcomes.map(count)).toEqual(Array(20).fill(1));
  });

  it('answers at once when it is closed', async () => {
    const closed = new Parser();
    const waiting = closed.parse(`select '${'x'.repeat(9_000)}'`);
    closed.close();
    expect(await waiting).toEqual({ kind: 'timeout' });
    expect(await closed.parse('select 1')).toEqual({ kind: 'timeout' });
  });
});

describe('after the parser broke', () => {
  it('a broken instance is of no more use, and a fresh one is whole', async () => {
    const instance = await ParserInstance.create();
    const fresh = await ParserInstance.create();
    const whole = fresh.parse('select 1');
    expect(instance.parse(deep).kind).toBe('broken');
    expect(instance.spent).toBe(true);
    expect(instance.parse('select 1').kind).toBe('broken');
    expect(fresh.parse('select 1')).toEqual(whole);
    expect(fresh.spent).toBe(false);
  });

  it('each break costs one instance, and every answer after it is right', { timeout: 60_000 }, async () => {
    const parser = new Parser({ limits: ALL_HERE });
    const expected = await parser.parse('select a from t');
    for (let i = 0; i < 60; i++) {
      expect(await parser.parse(deep)).toEqual({ kind: 'parser-lost' });
      expect(parser.parseNow('select a from t')).toBeNull();
      expect(await parser.parse('select a from t')).toEqual(expected);
    }
    expect(parser.instances).toBe(61);
    parser.close();
  });

  it('a break in the thread costs that thread', { timeout: 60_000 }, async () => {
    const parser = new Parser({ limits: ALL_IN_THREAD, ...PATIENT });
    const expected = await parser.parse('select a from t');
    expect(await parser.parse(HOSTILE_SHAPES['sum']!(120_000))).toEqual({ kind: 'parser-lost' });
    expect(await parser.parse('select a from t')).toEqual(expected);
    expect(parser.threads).toBe(2);
    parser.close();
  });
});

describe('ParserThread', () => {
  it('ends a thread that works longer than the deadline, and the next text gets a fresh one', async () => {
    const slow = `select ${Array(2_000_000).fill('a').join(',')}`;
    const thread = new ParserThread(400);
    // Its start may take longer than the deadline on a busy machine; what is tested is a text that does.
    for (let i = 0; i < 50 && (await thread.parse('select 1')).kind !== 'tree'; i++);
    const started = thread.started;
    const begin = performance.now();
    expect(await thread.parse(slow)).toEqual({ kind: 'timeout' });
    expect(performance.now() - begin).toBeLessThan(5_000);
    const patient = new ParserThread(20_000);
    expect((await patient.parse('select 1')).kind).toBe('tree');
    // The thread that was slow is gone after its own deadline; texts given later are answered by another.
    let outcome = await thread.parse('select 1');
    for (let i = 0; i < 50 && outcome.kind !== 'tree'; i++) outcome = await thread.parse('select 1');
    expect(outcome.kind).toBe('tree');
    expect(thread.started).toBeGreaterThan(started);
    thread.close();
    patient.close();
  });

  it('refuses to let too many wait', async () => {
    const thread = new ParserThread(20_000);
    const outcomes = Array.from({ length: 80 }, () => thread.parse('select 1'));
    expect((await Promise.all(outcomes.slice(-5))).map(({ kind }) => kind)).toEqual(Array(5).fill('timeout'));
    thread.close();
    await Promise.all(outcomes);
  });
});

describe('shortenLists', () => {
  const constant = { A_Const: { ival: { ival: 1 } } };
  const row = { List: { items: [constant, { ParamRef: { number: 1 } }, { SetToDefault: {} }] } };

  it('leaves the values of SET as they are', () => {
    const tree = { stmt: { VariableSetStmt: { args: Array(20).fill(constant) } } };
    expect(shortenLists(tree)).toBe(false);
    expect(tree.stmt.VariableSetStmt.args).toHaveLength(20);
  });

  it.each([
    ['literals', Array(9).fill(constant), 1],
    ['rows of literals', Array(9).fill(row), 1],
    ['a few literals', Array(8).fill(constant), 8],
    ['literals and a column', [...Array(9).fill(constant), { ColumnRef: {} }], 10],
    ['names', Array(9).fill({ String: { sval: 'a' } }), 9],
  ])('a list of %s', (_, items, left) => {
    const tree = { a: [{ b: items }] };
    expect(shortenLists(tree)).toBe(left === 1);
    expect(tree.a[0]!.b).toHaveLength(left);
  });
});
