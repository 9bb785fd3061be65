import { afterAll, describe, expect, it } from 'vitest';
import { Parser } from '../parse/parser.ts';
import { HOSTILE_SHAPES } from '../testing/hostile-statements.ts';
import { classify } from './classify.ts';
import type { StatementClass, StatementDetail, StatementKind } from './statement-class.ts';

const parser = new Parser({ deadlineMs: 20_000 });
afterAll(() => parser.close());

async function classOf(sql: string): Promise<StatementClass> {
  const outcome = await parser.parse(sql);
  if (outcome.kind !== 'parsed') throw new Error(`${sql}: ${JSON.stringify(outcome)}`);
  expect(outcome.statements).toHaveLength(1);
  return classify(outcome.statements[0]!.tree);
}

/** The marks of a class in one word each. */
function marks(found: StatementClass): string {
  const { isRead, createsTemp, locks, dataChangingWith, literalMatters } = found;
  const all = { read: isRead, temp: createsTemp, locks, with: dataChangingWith, literal: literalMatters };
  return Object.entries(all)
    .filter(([, set]) => set)
    .map(([name]) => name)
    .join(' ');
}

describe('kind and marks', () => {
  it.each<[string, StatementKind, string]>([
    ['select 1', 'select', 'read'],
    ['(select 1 union select 2) order by 1', 'select', 'read'],
    ['values (1), (2)', 'select', 'read'],
    ['table t', 'select', 'read'],
    ['with a as (select 1) select * from a', 'select', 'read'],
    ['select * from t for update', 'select', 'locks'],
    ['select * from t for key share', 'select', 'locks'],
    ['select * from (select * from t for share) x', 'select', 'locks'],
    ['with a as (delete from t returning *) select * from a', 'select', 'with'],
    [
      'with a as (merge into t using u on true when matched then do nothing returning 1) select * from a',
      'select',
      'with',
    ],
    ['select 1 into x', 'select', ''],
    ['select 1 into temp x', 'select', 'temp'],
    ['select * from pg_temp.x', 'select', 'read'],
    ["select set_config('a', 'b', false)", 'select', 'read literal'],
    ['select pg_catalog.pg_terminate_backend(1)', 'select', 'read literal'],
    ['insert into t values (1)', 'insert', ''],
    ['insert into t select * from u for update', 'insert', 'locks'],
    ['update t set a = 1', 'update', ''],
    ['delete from t', 'delete', ''],
    ['with a as (insert into u values (1) returning 1) delete from t', 'delete', 'with'],
    ['merge into a using b on true when matched then delete', 'merge', ''],
    ['create table t (a int)', 'ddl', ''],
    ['create temp table t (a int)', 'ddl', 'temp'],
    ['create table pg_temp.t (a int)', 'ddl', 'temp'],
    ['create temp table t as select 1', 'ddl', 'temp'],
    ['create temp view v as select 1', 'ddl', 'temp'],
    ['create temp sequence s', 'ddl', 'temp'],
    ["create function pg_temp.f() returns int language sql as 'select 1'", 'ddl', 'temp'],
    ['create type pg_temp.x as (a int)', 'ddl', 'temp'],
    ["create type pg_temp.x as enum ('a')", 'ddl', 'temp'],
    ['create domain pg_temp.x as int', 'ddl', 'temp'],
    ['drop table pg_temp.t', 'ddl', ''],
    ['alter table pg_temp.t add b int', 'ddl', ''],
    ['create materialized view m as select 1', 'ddl', ''],
    ['refresh materialized view m', 'ddl', ''],
    ['create index on t (a)', 'ddl', ''],
    ['truncate t', 'ddl', ''],
    ['grant select on t to u', 'ddl', ''],
    ["comment on table t is 'x'", 'ddl', ''],
    ['reindex table t', 'ddl', ''],
    ['begin', 'transaction', ''],
    ["prepare transaction 'x'", 'transaction', 'literal'],
    ["set a = 'b'", 'set', 'literal'],
    ['reset a', 'set', ''],
    ['show a', 'show', 'read'],
    ['prepare p as select 1', 'prepare', ''],
    ['prepare p as select * from t for update', 'prepare', 'locks'],
    ['execute p', 'execute', ''],
    ['deallocate p', 'deallocate', ''],
    ['discard temp', 'discard', ''],
    ['copy t to stdout', 'copy', 'read'],
    ['copy (select 1) to stdout', 'copy', 'read'],
    ['copy (insert into t values (1) returning 1) to stdout', 'copy', ''],
    ["copy t to '/tmp/x'", 'copy', ''],
    ["copy t to program 'x'", 'copy', ''],
    ['copy t from stdin', 'copy', ''],
    ['declare c cursor for select 1', 'cursor', ''],
    ['listen a', 'listen', ''],
    ['notify a', 'notify', ''],
    ['explain select 1', 'explain', 'read'],
    ['explain delete from t', 'explain', 'read'],
    ['explain analyze select 1', 'explain', 'read'],
    ['explain analyze delete from t', 'explain', ''],
    ['explain (analyze) delete from t', 'explain', ''],
    ['explain (analyze off) delete from t', 'explain', 'read literal'],
    ['explain (analyze 0) delete from t', 'explain', 'read literal'],
    ['explain (analyze 1) delete from t', 'explain', 'literal'],
    ['explain analyze create temp table t as select 1', 'explain', 'temp'],
    ['explain create temp table t as select 1', 'explain', 'read'],
    ['call f(1)', 'call', ''],
    ['do $$ begin end $$', 'do', ''],
    ['vacuum t', 'vacuum', ''],
    ['analyze', 'vacuum', ''],
    ['lock table t', 'lock', 'locks'],
    ['checkpoint', 'checkpoint', ''],
    ["load 'x'", 'load', 'literal'],
    ['set constraints all deferred', 'set-constraints', ''],
  ])('%s: %s, %s', async (sql, kind, expected) => {
    const found = await classOf(sql);
    expect(found.kind).toBe(kind);
    expect(found.detail.kind).toBe(kind);
    expect(marks(found)).toBe(expected);
  });
});

describe('details', () => {
  it.each<[string, Partial<Record<string, unknown>>]>([
    ['begin', { verb: 'begin', modes: { readOnly: null, isolation: null } }],
    ['start transaction read only', { verb: 'begin', modes: { readOnly: true, isolation: null } }],
    ['begin isolation level serializable, read write', { modes: { readOnly: false, isolation: 'serializable' } }],
    ['end and chain', { verb: 'commit', chain: true }],
    ['abort', { verb: 'rollback', chain: false }],
    ['savepoint s', { verb: 'savepoint', name: 's' }],
    ['release s', { verb: 'release', name: 's' }],
    ['rollback to s', { verb: 'rollback-to', name: 's' }],
    ["prepare transaction 'g'", { verb: 'prepare-transaction', name: 'g' }],
    ["commit prepared 'g'", { verb: 'commit-prepared', name: 'g' }],
    ["rollback prepared 'g'", { verb: 'rollback-prepared', name: 'g' }],
    ['set a.b to c, 1, 2.5, true', { verb: 'set', name: 'a.b', isLocal: false, values: ['c', '1', '2.5', 'true'] }],
    ["set local search_path = 'x'", { verb: 'set', name: 'search_path', isLocal: true, values: ['x'] }],
    ["set time zone interval '1' hour", { verb: 'set', name: 'timezone', values: null }],
    ['set x to default', { verb: 'set-default', name: 'x' }],
    ['set role r', { verb: 'set', name: 'role', values: ['r'] }],
    ['reset session authorization', { verb: 'reset', name: 'session_authorization' }],
    ['reset all', { verb: 'reset-all', name: '' }],
    ['set transaction read only', { verb: 'transaction', modes: { readOnly: true, isolation: null } }],
    [
      'set session characteristics as transaction isolation level repeatable read, read write',
      { verb: 'session-characteristics', modes: { readOnly: false, isolation: 'repeatable read' } },
    ],
    ['show all', { name: 'all' }],
    ['execute p(1)', { name: 'p' }],
    ['deallocate all', { name: null }],
    ['deallocate p', { name: 'p' }],
    ['discard all', { target: 'all' }],
    ['discard plans', { target: 'plans' }],
    ['discard sequences', { target: 'sequences' }],
    ['copy t from stdin', { direction: 'from', end: 'client' }],
    ["copy t to '/x'", { direction: 'to', end: 'file' }],
    ["copy t from program 'x'", { direction: 'from', end: 'program' }],
    ['declare c cursor with hold for select 1', { verb: 'declare', name: 'c', hold: true }],
    ['declare c cursor for select 1', { verb: 'declare', name: 'c', hold: false }],
    ['fetch all from c', { verb: 'fetch', name: 'c' }],
    ['move c', { verb: 'move', name: 'c' }],
    ['close c', { verb: 'close', name: 'c' }],
    ['close all', { verb: 'close', name: null }],
    ['listen a', { verb: 'listen', channel: 'a' }],
    ['unlisten a', { verb: 'unlisten', channel: 'a' }],
    ['unlisten *', { verb: 'unlisten', channel: null }],
    ["notify a, 'b'", { channel: 'a' }],
    ['create database "A"', { database: { verb: 'create', name: 'A', newName: null } }],
    ['drop database if exists a with (force)', { database: { verb: 'drop', name: 'a', newName: null } }],
    ['alter database a rename to b', { database: { verb: 'alter', name: 'a', newName: 'b' } }],
    ['alter database a set x = 1', { database: { verb: 'alter', name: 'a', newName: null } }],
    ['alter database a owner to b', { database: { verb: 'alter', name: 'a', newName: null } }],
    ['alter database a connection limit 3', { database: { verb: 'alter', name: 'a', newName: null } }],
    ['alter database a refresh collation version', { database: { verb: 'alter', name: 'a', newName: null } }],
    ['alter table a rename to b', { database: null }],
    ['alter table a owner to b', { database: null }],
  ])('%s', async (sql, expected) => {
    expect((await classOf(sql)).detail).toMatchObject(expected as Partial<StatementDetail>);
  });

  it('hold the class of the statement inside', async () => {
    const prepared = (await classOf('prepare p as select * from t')).detail;
    expect(prepared).toMatchObject({ name: 'p', of: { kind: 'select', isRead: true } });
    const explained = (await classOf('explain (analyze true) delete from t')).detail;
    expect(explained).toMatchObject({ analyze: true, of: { kind: 'delete', isRead: false } });
  });
});

describe('names', () => {
  it.each([
    ['select * from a, b.c join d on true', 'a b.c d', ''],
    ['select * from a where x in (select y from s.b) and z = f(g.h(1))', 'a s.b', 'f g.h'],
    ['select a from t union select b from u', 't u', ''],
    ['insert into t select nextval($1) from u', 't u', 'nextval'],
    ['with w as (update t set a = f() returning a) select * from w', 't', 'f'],
    ['call s.p(f())', '', 's.p f'],
    ['select count(*) over (order by f(x)) from "T" t1, lateral g(t1.x)', 'T', 'count f g'],
    ['copy s.t to stdout', 's.t', ''],
  ])('%s', async (sql, relations, functions) => {
    const found = await classOf(sql);
    const joined = (names: StatementClass['relations']): string =>
      names
        .map(({ schema, name }) => (schema === '' ? name : `${schema}.${name}`))
        .sort()
        .join(' ');
    expect(joined(found.relations)).toBe(relations.split(' ').sort().join(' '));
    expect(joined(found.functions)).toBe(functions.split(' ').sort().join(' '));
  });
});

describe('classify', () => {
  it('takes trees thousands of levels deep', async () => {
    for (const shape of ['sum', 'not', 'casts', 'unions', 'joins'] as const) {
      expect((await classOf(HOSTILE_SHAPES[shape]!(1_600))).isRead).toBe(true);
    }
  });

  it('is careful about what is no tree', () => {
    for (const tree of [null, undefined, {}, [], 1, { NewStmt: {} }]) {
      expect(classify(tree)).toMatchObject({ kind: 'other', isRead: false });
    }
  });
});
