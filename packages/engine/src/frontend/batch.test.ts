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
  const texts: TextRoutes = {
    generation: 0,
    scopeKey: '',
    unknown,
    routeOf: (buffer, start, end) => routes.get(buffer.toString('utf8', start, end)) ?? unknown,
    beingMade: (name) => exchanges.parseOf(name),
    textOf: () => null,
  };
  const batch = new Batch(statements, texts);
  const exchange = exchanges.push({ parsesDone: 0, closesDone: 0 } as Parameters<ExchangeQueue['push']>[0]);
  const read = (...messages: Buffer[]): void => {
    for (const message of messages) {
      batch.read(message, 0, message.length);
      if (batch.forgets) exchanges.forgetNames();
      batch.handOver(exchange);
    }
  };
  return { statements, exchanges, batch, exchange, read };
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
