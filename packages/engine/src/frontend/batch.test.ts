import { encodeBind, encodeClose, encodeExecute, encodeParse, encodeSync } from '@pgherd/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../routing/judge.ts';
import { FactsMaker, rulesOf } from '../routing/testing/routing-facts.ts';
import type { StatementRoute } from '../routing/types.ts';
import { Batch } from './batch.ts';
import { ExchangeQueue } from './exchange.ts';
import { PreparedStatements, type TextRoutes } from './prepared.ts';

const facts = new FactsMaker();
afterAll(() => facts.close());
const routes = new Map<string, StatementRoute>();
const unknown = { classes: null, pins: ['opaque'] } as unknown as StatementRoute;
beforeAll(async () => {
  for (const sql of ['INSERT INTO t VALUES (1)', 'SAVEPOINT s', 'SELECT * FROM t']) {
    routes.set(sql, judge(await facts.of(sql), rulesOf()));
  }
});

function makeBatch() {
  const statements = new PreparedStatements();
  const exchanges = new ExchangeQueue();
  const asked: string[] = [];
  const texts = {
    generation: 0,
    scopeKey: '',
    unknown,
    routeLasts: true as boolean,
    routeOf: (buffer, start, end) => {
      asked.push(buffer.toString('utf8', start, end));
      return routes.get(buffer.toString('utf8', start, end)) ?? unknown;
    },
    beingMade: (name) => exchanges.parseOf(name),
    textOf: () => null,
  } satisfies TextRoutes;
  const batch = new Batch(statements, texts);
  const exchange = exchanges.push({ parsesDone: 0, closesDone: 0 } as Parameters<ExchangeQueue['push']>[0]);
  const read = (...messages: Buffer[]): void => {
    for (const message of messages) {
      batch.read(message, 0, message.length);
      if (batch.forgets) exchanges.forgetNames();
      batch.handOver(exchange);
    }
  };
  return { statements, exchanges, batch, exchange, read, texts, asked };
}

const INSERT = 'INSERT INTO t VALUES (1)';
const parse = (sql: string, statement = ''): Buffer => encodeParse({ statement, sql, parameterTypes: [] });
const bind = (statement = ''): Buffer =>
  encodeBind({ portal: '', statement, parameterFormats: [], values: [], resultFormats: [] });
const execute = encodeExecute({ portal: '', rowsMax: 0 });

describe('a batch without end', () => {
  it('of one statement executed again and again is noted once, and counted each time', () => {
    const { batch, exchange, read } = makeBatch();
    read(parse(INSERT));
    for (let i = 0; i < 50_000; i++) read(bind(), execute);
    expect(batch.executed.length + batch.repeated.length).toBe(50_000);
    expect(exchange.routes.length).toBeLessThan(1_000);
    expect(new Set(exchange.routes)).toEqual(new Set([routes.get(INSERT)]));
    expect(batch.stays).not.toBeNull();
    batch.reset();
    expect(batch.repeated).toEqual([]);
  });

  it('of what changes the session: nobody knows any more', () => {
    const { exchange, read } = makeBatch();
    read(parse('SAVEPOINT s'));
    for (let i = 0; i < 5_000; i++) read(bind(), execute);
    expect(exchange.routes.length).toBeLessThan(1_000);
    expect(exchange.routes.at(-1)).toBe(unknown);
  });

  it('that makes statements: all of them are forgotten, also those on their way', () => {
    const { statements, exchanges, batch, exchange, read } = makeBatch();
    const route = routes.get(INSERT) as StatementRoute;
    statements.add({ name: 'old', message: parse(INSERT, 'old'), bySql: false, route, generation: 0, scope: '' });
    for (let i = 0; i < 1_001; i++) read(parse(INSERT, `s${i}`));
    expect(exchanges.parseOf('s7')).not.toBeNull();
    for (let i = 0; i < 100_000; i++) read(parse(INSERT, `t${i}`));
    expect(exchange.parses).toEqual([]);
    expect(exchange.forgets).toBe(true);
    expect(exchanges.parseOf('s7')).toBeNull();
    expect(statements.get('old')).toBeUndefined();
    read(bind('t1'), execute);
    expect(batch.executed.at(-1)).toBe(unknown);
  });

  it('of large statements', () => {
    const { batch, exchange, read } = makeBatch();
    for (let i = 0; i < 40; i++) read(parse(`SELECT '${'x'.repeat(60_000)}'`, `s${i}`));
    expect(batch.forgets).toBe(true);
    expect(exchange.parses).toEqual([]);
  });

  it('that closes statements', () => {
    const { batch, exchange, read } = makeBatch();
    for (let i = 0; i < 5_000; i++) read(encodeClose({ kind: 'statement', name: `s${i}` }));
    expect(batch.forgets).toBe(true);
    expect(exchange.closes.length).toBeLessThan(1_010);
  });
});

it('the next batch begins anew, and the newest Parse of a name counts', () => {
  const { batch, exchanges, exchange, read } = makeBatch();
  for (let i = 0; i < 2_000; i++) read(parse(INSERT, 's'));
  read(encodeSync());
  batch.reset();
  expect(batch.forgets).toBe(false);
  read(parse(INSERT, 's'), parse('SELECT * FROM t', 's'), bind('s'), execute);
  expect(batch.executed).toEqual([routes.get('SELECT * FROM t')]);
  exchanges.giveBack(exchange);
  expect(exchanges.parseOf('s')).toBeNull();
});

describe('an unnamed statement that is parsed again', () => {
  const SELECT = 'SELECT * FROM t';

  function play({ batch, read }: ReturnType<typeof makeBatch>, ...texts: string[]): boolean {
    batch.reset();
    for (const sql of texts) read(parse(sql), bind(), execute);
    read(encodeSync());
    batch.sent();
    return batch.repeatsUnnamed;
  }

  it('has the route that it had, until what is known of texts changes', () => {
    const made = makeBatch();
    const { batch, texts, asked } = made;
    expect([play(made, SELECT), play(made, SELECT), play(made, SELECT)]).toEqual([false, true, true]);
    expect(asked).toEqual([SELECT]);
    expect(batch.executed).toEqual([routes.get(SELECT)]);
    expect(batch.unnamedParse.equals(parse(SELECT))).toBe(true);
    texts.generation++;
    expect([play(made, SELECT), play(made, SELECT)]).toEqual([false, true]);
    texts.scopeKey = 'another';
    expect([play(made, SELECT), play(made, SELECT)]).toEqual([false, true]);
    expect(asked).toHaveLength(3);
  });

  it('is looked at again when its route was only the best that could be said', () => {
    const made = makeBatch();
    made.texts.routeLasts = false;
    expect([play(made, SELECT), play(made, SELECT)]).toEqual([false, false]);
    expect(made.asked).toHaveLength(2);
  });

  it('is another one when a byte differs, when there was a query, and behind another in its batch', () => {
    const made = makeBatch();
    const { batch, asked } = made;
    play(made, SELECT);
    expect(play(made, SELECT.replace('t', 'u'))).toBe(false);
    expect(play(made, SELECT)).toBe(false);
    batch.forgetUnnamed();
    expect(play(made, SELECT)).toBe(false);
    expect(asked).toHaveLength(4);
    expect(play(made, SELECT, INSERT)).toBe(false);
    expect(batch.executed).toEqual([routes.get(SELECT), routes.get(INSERT)]);
    expect(batch.unnamedParse.equals(parse(INSERT))).toBe(true);
    expect(play(made, SELECT, SELECT)).toBe(false);
    expect(batch.unnamedParse.equals(parse(SELECT))).toBe(true);
  });

  it('that came back with an error is not taken for the last one seen', () => {
    const made = makeBatch();
    const { batch, read, exchange } = made;
    play(made, SELECT);
    batch.reset();
    read(bind('missing'), parse(INSERT), encodeSync());
    batch.sent();
    batch.handOver(exchange);
    batch.unnamedNotMade(exchange, 0);
    expect(batch.unnamedParse.equals(parse(SELECT))).toBe(true);
    expect(play(made, SELECT)).toBe(false);
  });
});
