import { classify, Parser, type StatementClass } from '@pgherd/sql';
import { afterAll, describe, expect, it } from 'vitest';
import type { Answer, Row } from '../frontend/engine-query.ts';
import { RelationCache } from './relation-cache.ts';

const parser = new Parser({ deadlineMs: 20_000 });
afterAll(() => parser.close());

async function classesOf(sql: string): Promise<StatementClass[]> {
  const outcome = await parser.parse(sql);
  if (outcome.kind !== 'parsed') throw new Error(outcome.kind);
  return outcome.statements.map(({ tree }) => classify(tree));
}

/** Answers the question for names: every function is immutable, a relation is a view where `definition` says so. */
function catalog(definition: (name: string) => string | null): {
  asked: string[];
  ask: (sql: string) => Promise<Answer>;
} {
  const asked: string[] = [];
  const ask = (sql: string): Promise<Answer> => {
    const rows: Row[] = [];
    for (const part of sql.split('\nUNION ALL\n')) {
      const what = part.charAt(8);
      for (const [, place, name] of part.matchAll(/\((\d+), E'[^']*', E'([^']*)'::pg_catalog\.name\)/g)) {
        if (what !== 'r') rows.push([what, place as string, '0', null, null, null, null]);
        else {
          asked.push(name as string);
          const view = definition(name as string);
          rows.push(['r', place as string, view === null ? 'r' : 'v', 'p', 'false', view, null]);
        }
      }
    }
    return Promise.resolve({ rows, error: null, failedAt: null } as unknown as Answer);
  };
  return { asked, ask };
}

const factOf = (cache: RelationCache, classes: readonly StatementClass[]) =>
  cache.known('a', classes)?.relations[0]?.found;

describe('views on views', () => {
  it('looks at each of them once, however many ways lead there', async () => {
    const below = (level: number): string => Array.from({ length: 12 }, (_, i) => `v${level}_${i} x${i}`).join(', ');
    const { ask, asked } = catalog((name) => {
      const level = Number(/^v(\d)/.exec(name)?.[1] ?? 9);
      if (level === 9) return null;
      return level === 7 ? 'SELECT abs(a), lower(b) FROM t' : `SELECT abs(1) FROM ${below(level + 1)}`;
    });
    const cache = new RelationCache(parser);
    const classes = await classesOf('SELECT * FROM v0_0');
    expect(await cache.learn('a', classes, ask)).toBeNull();
    const found = factOf(cache, classes);
    expect(found?.opaque).toBe(false);
    expect(found?.functions.map(({ name }) => name.name).sort()).toEqual(['abs', 'lower']);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('holds one that reads itself for opaque', async () => {
    const { ask } = catalog((name) => (name === 'a' ? 'SELECT * FROM b' : name === 'b' ? 'SELECT * FROM a' : null));
    const cache = new RelationCache(parser);
    const classes = await classesOf('SELECT * FROM a, b, t');
    await cache.learn('a', classes, ask);
    expect(cache.known('a', classes)?.relations.map(({ found }) => found?.opaque)).toEqual([true, true, false]);
  });

  it('stops at so many names: the view that has them is opaque, and is not asked for again', async () => {
    const many = Array.from({ length: 1_100 }, (_, i) => `t${i}`).join(', ');
    const { ask, asked } = catalog((name) => (name === 'wide' ? `SELECT 1 FROM ${many}` : null));
    const cache = new RelationCache(parser);
    const classes = await classesOf('SELECT * FROM wide');
    await cache.learn('a', classes, ask);
    expect(factOf(cache, classes)?.opaque).toBe(true);
    expect(asked).toEqual(['wide']);
  });
});

it('gives up the oldest scope only', async () => {
  const { ask } = catalog(() => null);
  const cache = new RelationCache(parser);
  const classes = await classesOf('SELECT * FROM t');
  for (let i = 0; i <= 200; i++) await cache.learn(`scope ${i}`, classes, ask);
  expect(cache.known('scope 0', classes)).toBeNull();
  expect(cache.known('scope 1', classes)).not.toBeNull();
  expect(cache.known('scope 200', classes)).not.toBeNull();
});
