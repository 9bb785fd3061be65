/** What a name in a text is, a WITH query or a table, against PostgreSQL itself. */
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Parser } from '../parse/parser.ts';
import { classify } from './classify.ts';

const parser = new Parser({ deadlineMs: 20_000 });
let cluster: Cluster;

beforeAll(async () => {
  cluster = await ephemeralCluster({ nodes: 1, pgBin: 'embedded' });
});

afterAll(async () => {
  parser.close();
  await cluster?.destroy();
});

const STATEMENTS: ReadonlyArray<readonly [sql: string, tables: string]> = [
  ['with a as (select * from t) select * from a', 't'],
  ['with a as (select 1) select (select 1 from a) from a x join a y on true', ''],
  ['with a as (select 1) select * from (select * from (select * from a) x) y', ''],
  ['with a as (select 1) select * from (with b as (select * from a) select * from b) x', ''],
  ['select * from (with a as (select 1) select * from a) x, a', 'a'],
  ['with a as (select * from a) select * from a', 'a'],
  ['with a as (select * from b), b as (select 1) select * from a, b', 'b'],
  ['with a as (select 1), b as (select * from a) select * from b', ''],
  ['with recursive a as (select 1 union select * from a) select * from a', ''],
  ['with recursive a as (select * from b), b as (select 1) select * from a', ''],
  ['with a as (select 1 x, 2 y) select * from a union select * from a union table b', 'b'],
  ['(with a as (select 1 x, 2 y) select * from a) union select * from a', 'a'],
  ['with a as (select 1) insert into a select * from a', 'a'],
  ['with a as (select 1) update a set x = 1', 'a'],
  ['with a as (select 1) update t set x = 1 from a', 't'],
  ['with a as (select 1) delete from a using a b', 'a'],
  ['with a as (select 1) merge into t using a on true when matched then delete', 't'],
  ['with a as (select 1) delete from t returning (select 1 from a)', 't'],
  ['with a as (select 1) select * from t, lateral (select * from a) x', 't'],
  ['with a as (select 1 x) insert into t with b as (select * from a) select * from b', 't'],
  ['with a as (select 1 x) insert into t values ((select x from a))', 't'],
  ['with recursive a as (select 1 x), b as (delete from t using a returning 1) select * from b', 't'],
  ['with a as (select 1 x) select * from t order by (select 1 from a) limit (select 1 from a)', 't'],
  ['with a as (select 1 x) insert into t values (1) on conflict do nothing returning (select x from a)', 't'],
  ['with a as (select 1) select * from a x, public.a', 'a'],
];

describe('relations', () => {
  it.each(STATEMENTS)('are all that PostgreSQL needs, and no more: %s', async (sql, tables) => {
    const query = (text: string) => cluster.primary.query(text);
    const outcome = await parser.parse(sql);
    if (outcome.kind !== 'parsed') throw new Error(outcome.kind);
    const found = classify(outcome.statements[0]!.tree).relations.map(({ name }) => name);
    expect(found.join(' ')).toBe(tables);
    await query('DROP SCHEMA public CASCADE');
    await query('CREATE SCHEMA public');
    for (const name of found) await query(`CREATE TABLE public.${name} (x int, y int)`);
    await query(`EXPLAIN ${sql}`);
    for (const name of found) {
      await query(`DROP TABLE public.${name}`);
      await expect(query(`EXPLAIN ${sql}`)).rejects.toThrow(/^relation .* (does not exist|cannot be the target)/);
    }
  });
});
