import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Row } from '../frontend/engine-query.ts';
import type { TextScope } from '../frontend/router-host.ts';
import { rulesOf } from '../routing/testing/routing-facts.ts';
import type { StatementRoute } from '../routing/types.ts';
import { Statements } from './statements.ts';

let statements: Statements;
let asked: string[];
beforeEach(() => {
  statements = new Statements(rulesOf({ load_balance_mode: true }));
  asked = [];
});
afterEach(() => statements.close());

/** Everything is an ordinary table. */
const ask = (sql: string): Promise<Answer> => {
  asked.push(sql);
  const rows: Row[] = [];
  for (const [, place] of sql.matchAll(/\((\d+), E'[^']*', E'[^']*'::pg_catalog\.name\)/g)) {
    rows.push(['r', place as string, 'r', 'p', 'false', null, null]);
  }
  return Promise.resolve({ rows, error: null, failedAt: null });
};
const scopeOf = (encoding: string, key = 'a'): TextScope => ({
  key,
  rules: { standardConformingStrings: true, encoding },
  routing: null,
});
const UTF8 = scopeOf('UTF8');
const LATIN1 = scopeOf('LATIN1');
const find = async (text: Buffer, scope = UTF8): Promise<StatementRoute> =>
  (await statements.findRoute(scope, text, ask)).route;

describe('names that are not ASCII', () => {
  it('are asked about in UTF-8 only', async () => {
    expect((await find(Buffer.from('SELECT * FROM größe'))).destination).toBe('either');
    expect(asked).toHaveLength(1);
    const route = await find(Buffer.from('SELECT * FROM größe', 'latin1'), LATIN1);
    expect(route.destination).toBe('primary');
    expect(route.opaque).toBe(false);
    await statements.findFacts(LATIN1, Buffer.from('SELECT * FROM größe', 'latin1'), ask);
    expect(asked).toHaveLength(1);
  });

  it('a literal is no name', async () => {
    expect((await find(Buffer.from("SELECT * FROM t WHERE a = 'größe'", 'latin1'), LATIN1)).destination).toBe('either');
  });

  it('savepoints that cannot be told apart are not told apart', async () => {
    await find(Buffer.from('SELECT 1'));
    const text = Buffer.from('SAVEPOINT "ä"', 'latin1');
    expect((await find(text, LATIN1)).opaque).toBe(true);
    expect((await find(Buffer.from('SAVEPOINT "ä"'))).opaque).toBe(false);
  });
});

it('a text that a standby refused counts as a write; others keep their routes', async () => {
  const first = Buffer.from('SELECT * FROM t');
  const second = Buffer.from('SELECT * FROM u');
  const one = await find(first);
  const other = await find(second);
  const { generation } = statements;
  statements.refused(one);
  expect(statements.generation).toBeGreaterThan(generation);
  expect(statements.routeOf(UTF8, second, 0, second.length)).toBe(other);
  const now = statements.routeOf(UTF8, first, 0, first.length);
  expect(now?.destination).toBe('primary');
  expect(statements.routeOf(UTF8, first, 0, first.length)).toBe(now);
});
