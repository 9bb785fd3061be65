import { afterAll, describe, expect, it } from 'vitest';
import { Parser } from '../parse/parser.ts';
import { classify } from './classify.ts';
import type { QualifiedName, StatementClass } from './statement-class.ts';
import { weightOf } from './weight.ts';

const parser = new Parser({ deadlineMs: 20_000 });
afterAll(() => parser.close());

async function classesOf(sql: string): Promise<StatementClass[]> {
  const outcome = await parser.parse(sql);
  if (outcome.kind !== 'parsed') throw new Error(`${sql}: ${JSON.stringify(outcome)}`);
  return outcome.statements.map(({ tree }) => classify(tree));
}

async function classOf(sql: string): Promise<StatementClass> {
  const [found, ...more] = await classesOf(sql);
  expect(more).toEqual([]);
  return found!;
}

const joined = (names: readonly QualifiedName[]): string =>
  names
    .map(({ schema, name }) => (schema === '' ? name : `${schema}.${name}`))
    .sort()
    .join(' ');

describe('relations', () => {
  it.each([
    ['a WITH query is none', 'with a as (select * from t) select * from a', 't'],
    [
      'nor where it is named twice, joined, or in a sub-select',
      'with a as (select 1) select (select 1 from a) from a x join a y on true',
      '',
    ],
    ['nor one of a level above', 'with a as (select 1) select * from (select * from (select * from a) x) y', ''],
    [
      'nor one of the outer statement, in a WITH query',
      'with a as (select 1) select * from (with b as (select * from a) select * from b) x',
      '',
    ],
    ['outside its scope the name is a table', 'select * from (with a as (select 1) select * from a) x, a', 'a'],
    ['one with a schema is a table', 'with a as (select 1) select * from a, s.a', 's.a'],
    ['its own name inside it is a table', 'with a as (select * from a) select * from a', 'a'],
    ['a later one is a table', 'with a as (select * from b), b as (select 1) select * from a, b', 'b'],
    ['an earlier one is none', 'with a as (select 1), b as (select * from a) select * from b', ''],
    ['RECURSIVE shows itself', 'with recursive a as (select 1 union select * from a) select * from a', ''],
    ['RECURSIVE shows later ones', 'with recursive a as (select * from b), b as (select 1) select * from a', ''],
    [
      'a set operation sees it on both sides',
      'with a as (select 1) select * from a union select * from a union table b',
      'b',
    ],
    ['one side’s own is not the other’s', '(with a as (select 1) select * from a) union select * from a', 'a'],
    ['the target of INSERT is a table', 'with a as (select 1) insert into a select * from a', 'a'],
    ['the target of UPDATE is a table', 'with a as (select 1) update a set x = 1', 'a'],
    ['what UPDATE takes from may be a WITH query', 'with a as (select 1) update t set x = 1 from a', 't'],
    ['the target of DELETE is a table', 'with a as (select 1) delete from a using a b', 'a'],
    ['so it is with MERGE', 'with a as (select 1) merge into t using a on true when matched then delete', 't'],
    ['RETURNING sees it', 'with a as (select 1) delete from t returning (select 1 from a)', 't'],
    ['a sampled table is one', 'select * from t tablesample system (1)', 't'],
    ['LATERAL sees it', 'with a as (select 1) select * from t, lateral (select * from a) x', 't'],
    ['FOR UPDATE OF names no table', 'select * from t x for update of x', 't'],
    ['in a view', 'create view v as with a as (select * from t) select * from a', 't v'],
    ['in COPY', 'copy (with a as (select * from t) select * from a) to stdout', 't'],
    ['only read by a write', 'insert into t select * from u where x in (select y from s.w)', 's.w t u'],
    ['DROP', 'drop table a, s.b', 'a s.b'],
    ['DROP of a part', 'drop trigger x on s.t', 's.t'],
    ['COMMENT', "comment on column s.t.c is 'x'", 's.t'],
    ['names of constraints are none', 'set constraints a, s.b deferred', ''],
    ['a foreign key’s table', 'create table a (b int references c)', 'a c'],
    ['TRUNCATE, LOCK', 'truncate a, s.b', 'a s.b'],
    ['with a database in front', 'select * from d.s.t', 's.t'],
    ['EXPLAIN', 'explain with a as (select 1) select * from a, t', 't'],
    ['PREPARE', 'prepare p as with a as (select 1) select * from a, t', 't'],
  ])('%s: %s', async (_, sql, expected) => {
    expect(joined((await classOf(sql)).relations)).toBe(expected);
  });
});

describe('functions', () => {
  it.each([
    ['select extract(year from a), a at time zone $1', 'pg_catalog.extract* pg_catalog.timezone*'],
    ['select coalesce(1, f()), nullif(a, g()), greatest(h(), 1)', 'f g h'],
    ['select current_user, user, current_role', 'pg_catalog.current_user*'],
    [
      'select session_user, current_catalog, current_schema',
      'pg_catalog.current_database* pg_catalog.current_schema* pg_catalog.session_user*',
    ],
    ['select current_date, current_timestamp(2), localtime', 'pg_catalog.now*'],
    [
      'select system_user, substring(a from 1), overlay(a placing b from 1), position(a in b)',
      'pg_catalog.overlay* pg_catalog.position* pg_catalog.substring* pg_catalog.system_user*',
    ],
    ['select pg_catalog.timezone(a, b), a at time zone b', 'pg_catalog.timezone'],
    ['select * from t tablesample s.rows(10)', 's.rows*'],
    ['select * from t tablesample system_rows(f())', 'f system_rows*'],
    ['select * from t tablesample bernoulli (10) repeatable (f())', 'f'],
    ["select * from xmltable('/a' passing f() columns c int default g())", 'f g'],
    ["select * from json_table(f(), '$' columns (a int default g() on error))", 'f g'],
    ["select json_value(f(), '$'), json_arrayagg(g() order by h()), json_object('a': i())", 'f g h i'],
    ['select grouping(a), f(a) from t group by rollup (a, f(a))', 'f'],
    ['select a[f(1):g(2)], array[h()], row(i())', 'f g h i'],
    ['select sum(a) filter (where f()) over (partition by g() order by h() rows i() preceding)', 'f g h i sum'],
    ['select percentile_cont(0.5) within group (order by f())', 'f percentile_cont'],
    ['select a from t window w as (order by f()) limit g() offset h()', 'f g h'],
    ['select * from rows from (f(), s.g()) with ordinality', 'f s.g'],
    ['select case f() when g() then h() else i() end', 'f g h i'],
    ['select f(variadic g()), h(x => i())', 'f g h i'],
    ['select * from a join b on f() where exists (select g()) having h()', 'f g h'],
    ['select distinct on (f()) 1 order by g() using <', 'f g'],
    ['values (f()), (g())', 'f g'],
    ['execute p(f())', 'f'],
    ['select xmlelement(name a, xmlattributes(f() as b), g()), xmlserialize(content h() as text)', 'f g h'],
    ['with recursive a as (select f()) search depth first by x set y select * from a', 'f'],
  ])('%s', async (sql, expected) => {
    const { functions, isRead } = await classOf(sql);
    expect(isRead).toBe(!sql.startsWith('execute'));
    const found = functions.map(({ schema, name, bySyntax }) => ({ schema, name: bySyntax ? `${name}*` : name }));
    expect(joined(found)).toBe(expected);
  });
});

describe('operators, types and attributes', () => {
  it.each([
    ['select a + b, -a, a <= b, a != b, a @> b, a ->> b, a ~~* b', ''],
    ['select a operator(pg_catalog.+) b', ''],
    ['select a operator(s.+) b', 's.+'],
    ['select a @@@@ b, <<>> a', '<<>> @@@@'],
    ['select a between 1 and 2, a not between symmetric 1 and 2, a in (1), a not in (2), a is distinct from b', ''],
    ['select a like b, a not ilike b, a similar to b, nullif(a, b), (a, b) = (c, d), a = any (b)', ''],
    ['select a operator(s.=) any (select 1), a <#> all (b)', '<#> s.='],
    ['select a from t order by a using operator(s.<)', 's.<'],
    ['select array_agg(a order by a using <<<) from t', '<<<'],
  ])('%s: operators %s', async (sql, expected) => {
    expect(joined((await classOf(sql)).operators)).toBe(expected);
  });

  it.each([
    ["select a::int, cast(a as text), '1'::numeric(5, 2), interval '1' day, a::float(3), $1::uuid[]", ''],
    ["select a::regclass, a::pg_catalog.foo, date '2020-01-01', a::timestamp with time zone", ''],
    ['select a::mood, a::s.mood[], cast(a as citext)', 'citext mood s.mood'],
    ["select mood 'sad', s.mood 'sad'", 'mood s.mood'],
    ['select * from f() as x(a s.mood)', 's.mood'],
    ["select * from json_table(a, '$' columns (b mood))", 'mood'],
    ["select * from xmltable('/a' passing b columns c mood)", 'mood'],
    ["select json_value(a, '$' returning mood)", 'mood'],
    ['prepare p(mood, int) as select $1', 'mood'],
  ])('%s: types %s', async (sql, expected) => {
    expect(joined((await classOf(sql)).types)).toBe(expected);
  });

  it.each([
    ['select a, t.b, s.t.c, t.*, (x).d, (f(1)).e[1].g, $1.h from t', ['b', 'c', 'd', 'e', 'g', 'h']],
    ['select count(*) from t', []],
  ])('%s: attributes %j', async (sql, expected) => {
    expect([...(await classOf(sql)).attributes].sort()).toEqual(expected);
  });
});

describe('settings', () => {
  it.each<[string, unknown]>([
    ["select set_config('a.b', 'c', false)", [{ name: 'a.b', value: 'c', isLocal: false }]],
    ["select pg_catalog.set_config('a', 'c', true) as x", [{ name: 'a', value: 'c', isLocal: true }]],
    ["select set_config('a'::text, 'c'::varchar, 'on')", [{ name: 'a', value: 'c', isLocal: true }]],
    ["select set_config('a', null, false)", [{ name: 'a', value: null, isLocal: false }]],
    [
      "select set_config('a', 'b', true), set_config('c', 'd', true)",
      [
        { name: 'a', value: 'b', isLocal: true },
        { name: 'c', value: 'd', isLocal: true },
      ],
    ],
    ['select set_config($1, $2, false)', null],
    ["select set_config('a', 'b', $1)", null],
    ["select set_config('a', 'b' || 'c', false)", null],
    ["select set_config('a', 'b'::varchar(1), false)", null],
    ["select set_config('a', 'b', false) from t", null],
    ["select set_config('a', 'b', false) where false", null],
    ["select set_config('a', 'b', false) limit 0", null],
    ["select set_config('a', 'b', false) union select '1'", null],
    ["select set_config('a', 'b', false), 1", null],
    ["select length(set_config('a', 'b', false))", null],
    ["with x as (select 1) select set_config('a', 'b', false)", null],
    ["select set_config(setting_name => 'a', new_value => 'b', is_local => false)", null],
    ["insert into t values (set_config('a', 'b', false))", null],
    ["values (set_config('a', 'b', false))", null],
    ["update pg_settings set setting = 'x' where name = 'y'", null],
    ["select s.set_config('a', 'b', false)", []],
    ['select 1', []],
    ["prepare p as select set_config('a', 'b', false)", []],
    ["explain select set_config('a', 'b', false)", []],
    ["explain analyze select set_config('a', 'b', false)", null],
    ["declare c cursor for select set_config('a', 'b', false)", null],
  ])('%s sets %j', async (sql, expected) => {
    expect((await classOf(sql)).settingsSet).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ["select current_setting('Work_Mem'), pg_catalog.current_setting('b', true)", ['work_mem', 'b']],
    ['select current_setting($1)', null],
    ["select current_setting('a'), current_setting(name) from t", null],
    ["select s.current_setting('a')", []],
    ['show Search_Path', ['search_path']],
    ['show all', ['all']],
    ['show transaction isolation level', ['transaction_isolation']],
    ['select 1', []],
  ])('%s reads %j', async (sql, expected) => {
    const found = await classOf(sql);
    expect(found.settingsRead).toEqual(expected);
    expect(found.literalMatters).toBe(/current_setting/.test(sql));
  });

  it.each<[string, Record<string, unknown>]>([
    ['set session authorization joe', { verb: 'set', name: 'session_authorization', values: ['joe'], isLocal: false }],
    ["set local session authorization 'joe'", { verb: 'set', name: 'session_authorization', isLocal: true }],
    ['set session authorization default', { verb: 'set-default', name: 'session_authorization' }],
    ['set role none', { verb: 'set', name: 'role', values: ['none'] }],
    ['reset role', { verb: 'reset', name: 'role' }],
    ["set time zone 'UTC'", { verb: 'set', name: 'timezone', values: ['UTC'] }],
    ['set time zone -7', { verb: 'set', name: 'timezone', values: ['-7'] }],
    ['set local time zone local', { verb: 'set-default', name: 'timezone', isLocal: true }],
    ["set names 'latin1'", { verb: 'set', name: 'client_encoding', values: ['latin1'] }],
    ["set schema 'a'", { verb: 'set', name: 'search_path', values: ['a'] }],
    ['set seed to 0.5', { verb: 'set', name: 'seed', values: ['0.5'] }],
    ['set xml option document', { verb: 'set', name: 'xmloption', values: ['DOCUMENT'] }],
    ['set search_path to a, "B", pg_temp', { verb: 'set', values: ['a', 'B', 'pg_temp'] }],
    ["set transaction snapshot '0-1'", { verb: 'transaction-snapshot', name: '', values: ['0-1'] }],
    [
      'set local transaction_read_only to on',
      { verb: 'set', name: 'transaction_read_only', isLocal: true, values: ['on'] },
    ],
    [
      'set transaction isolation level serializable, read only, not deferrable',
      { verb: 'transaction', modes: { readOnly: true, isolation: 'serializable', deferrable: false } },
    ],
    [
      'set session characteristics as transaction read only',
      { verb: 'session-characteristics', modes: { readOnly: true } },
    ],
    ['reset transaction isolation level', { verb: 'reset', name: 'transaction_isolation' }],
    [
      'begin isolation level repeatable read deferrable',
      { verb: 'begin', modes: { isolation: 'repeatable read', deferrable: true } },
    ],
    ['commit and no chain', { verb: 'commit', chain: false }],
    ['rollback and chain', { verb: 'rollback', chain: true }],
  ])('%s', async (sql, expected) => {
    expect((await classOf(sql)).detail).toMatchObject(expected);
  });

  it('in a path with the temporary schema are marked', async () => {
    for (const sql of [
      'set search_path to pg_temp, public',
      'set search_path = \'public, "pg_temp"\'',
      'set search_path to pg_temp_3',
    ]) {
      expect((await classOf(sql)).namesTemp, sql).toBe(true);
    }
    expect((await classOf('set search_path to public')).namesTemp).toBe(false);
  });
});

describe('details', () => {
  it.each<[string, Record<string, unknown>]>([
    ['lock t', { mode: 'ACCESS EXCLUSIVE', nowait: false }],
    ['lock table a, b in access share mode nowait', { mode: 'ACCESS SHARE', nowait: true }],
    ['lock t in row share mode', { mode: 'ROW SHARE' }],
    ['lock t in row exclusive mode', { mode: 'ROW EXCLUSIVE' }],
    ['lock t in share update exclusive mode', { mode: 'SHARE UPDATE EXCLUSIVE' }],
    ['lock t in share mode', { mode: 'SHARE' }],
    ['lock t in share row exclusive mode', { mode: 'SHARE ROW EXCLUSIVE' }],
    ['lock t in exclusive mode', { mode: 'EXCLUSIVE' }],
    ['lock t in access exclusive mode', { mode: 'ACCESS EXCLUSIVE' }],
    ['select 1 into s.t', { kind: 'select', into: { schema: 's', name: 't' } }],
    ['select 1 into temp t union select 2', { kind: 'select', into: { schema: '', name: 't' } }],
    ['select 1', { kind: 'select', into: null }],
    ['copy t to stdout', { direction: 'to', end: 'client', query: null }],
    ['copy (select 1) to stdout', { query: 'select' }],
    ['copy (values (1)) to stdout', { query: 'select' }],
    ['copy (insert into t values (1) returning 1) to stdout', { query: 'insert' }],
    ['copy (update t set a = 1 returning 1) to stdout', { query: 'update' }],
    ['copy (delete from t returning 1) to stdout', { query: 'delete' }],
    ['copy (merge into t using u on true when matched then delete returning 1) to stdout', { query: 'merge' }],
    ["copy (select 1) to program 'x'", { end: 'program', query: 'select' }],
    ["load 'x'", { kind: 'load', library: 'x' }],
    ['create table s.a (b int)', { verb: 'create', targets: [{ schema: 's', name: 'a' }] }],
    ['create table a as execute p(1)', { verb: 'create', targets: [{ schema: '', name: 'a' }], executes: 'p' }],
    ['create table a as select 1', { verb: 'create', executes: null }],
    ['create materialized view m as select 1', { verb: 'create', targets: [{ schema: '', name: 'm' }] }],
    ['create view v as select * from t', { verb: 'create', targets: [{ schema: '', name: 'v' }] }],
    ['create foreign table f (a int) server s', { verb: 'create', targets: [{ schema: '', name: 'f' }] }],
    ['create sequence q', { verb: 'create', targets: [{ schema: '', name: 'q' }] }],
    ['create role r', { verb: 'create', targets: [] }],
    [
      'drop table if exists a, s.b cascade',
      {
        verb: 'drop',
        targets: [
          { schema: '', name: 'a' },
          { schema: 's', name: 'b' },
        ],
      },
    ],
    ['drop function f(int)', { verb: 'drop', targets: [] }],
    ['drop trigger x on t', { verb: 'drop', targets: [] }],
    ['alter table a rename to b', { verb: 'alter', targets: [{ schema: '', name: 'a' }], renamedTo: 'b' }],
    ['alter table a rename column b to c', { verb: 'alter', renamedTo: null }],
    ['alter table a add b int', { verb: 'alter', targets: [{ schema: '', name: 'a' }] }],
    [
      'truncate a, s.b',
      {
        verb: 'truncate',
        targets: [
          { schema: '', name: 'a' },
          { schema: 's', name: 'b' },
        ],
      },
    ],
    ['refresh materialized view concurrently m', { verb: 'other', targets: [{ schema: '', name: 'm' }] }],
    ['explain (analyze, verbose) execute p', { kind: 'explain', analyze: true, of: { kind: 'execute' } }],
    ['explain (analyze false, analyze) select 1', { analyze: true }],
    ["explain (analyze 'OFF') select 1", { analyze: false }],
    ['explain verbose select 1', { analyze: false }],
    ['explain analyse select 1', { analyze: true }],
    ['explain declare c cursor for select 1', { analyze: false, of: { kind: 'cursor' } }],
    ['declare c binary insensitive no scroll cursor without hold for select 1', { verb: 'declare', hold: false }],
    ['fetch backward all in c', { verb: 'fetch', name: 'c' }],
  ])('%s', async (sql, expected) => {
    expect((await classOf(sql)).detail).toMatchObject(expected);
  });
});

/** read, into, locks, clause (a locking one), temp (makes it), names (it). */
function marks(found: StatementClass): string {
  const all: Record<string, boolean> = {
    read: found.isRead,
    into: found.detail.kind === 'select' && found.detail.into !== null,
    locks: found.locks,
    clause: found.lockingClause,
    with: found.dataChangingWith,
    temp: found.createsTemp,
    names: found.namesTemp,
  };
  return Object.keys(all)
    .filter((key) => all[key])
    .join(' ');
}

describe('marks', () => {
  it.each([
    ['select 1 into t', 'into'],
    ['select 1 into temp t', 'into temp names'],
    ['select 1 into pg_temp.t', 'into temp names'],
    ['select * from t for no key update skip locked', 'locks clause'],
    ['select (select 1 from t for share)', 'locks clause'],
    ['with a as (select * from t for update) select * from a', 'locks clause'],
    ['copy (select * from t for update) to stdout', 'locks clause'],
    ['copy (with a as (delete from t returning 1) select * from a) to stdout', 'with'],
    ['copy (select * from pg_temp.t) to stdout', 'read names'],
    ['lock t in access share mode', 'locks'],
    ['declare c cursor for select * from t for update', 'locks clause'],
    ['prepare p as select * from t for update', 'locks clause'],
    ['explain execute p', ''],
    ['explain analyze execute p', ''],
    ['explain analyze select 1', 'read'],
    ['execute p', ''],
    ['call p()', ''],
    ["do 'x'", ''],
    ['discard temp', ''],
    ["load 'x'", ''],
    ['create temp table t (a int)', 'temp names'],
    ['create table pg_temp.t (a int)', 'temp names'],
    ['create table pg_temp_12.t (a int)', 'temp names'],
    ['create table pg_temperature.t (a int)', ''],
    ['create temp table t as execute p', 'temp names'],
    ['create or replace temp view v as select 1', 'temp names'],
    ['create recursive view pg_temp.v (a) as select 1', 'temp names'],
    ['create view v as select * from pg_temp.t', 'temp names'],
    ['create local temporary sequence s', 'temp names'],
    ['create function pg_temp.f() returns int return 1', 'temp names'],
    ['create aggregate pg_temp.a (int) (sfunc = f, stype = int)', 'temp names'],
    ['create operator pg_temp.+ (procedure = f, rightarg = int)', 'temp names'],
    ['create type pg_temp.x as range (subtype = int)', 'temp names'],
    ['create statistics pg_temp.x on a, b from t', 'temp names'],
    ['create schema s create temp table t (a int)', 'temp names'],
    ['drop table pg_temp.t', 'names'],
    ['alter table pg_temp.t add b int', 'names'],
    ['truncate pg_temp.t', 'names'],
    ['comment on table pg_temp.t is null', 'names'],
    ['select pg_temp.f()', 'read names'],
    ["select 'a'::pg_temp.x", 'read names'],
    ['select a operator(pg_temp.+) b', 'read names'],
    ['insert into pg_temp.t values (1)', 'names'],
    ['explain analyze create temp table t as select 1', 'temp names'],
    ['explain create temp table t as select 1', 'read names'],
  ])('%s: %s', async (sql, expected) => {
    expect(marks(await classOf(sql))).toBe(expected);
  });
});

describe('what PostgreSQL 18 has of late', () => {
  it.each([
    ['create table t (a int, b int generated always as (f(a)) virtual)', 'ddl', 't', 'f'],
    ['create table t (a int, p daterange, primary key (a, p without overlaps))', 'ddl', 't', ''],
    ['create table t (a int, p daterange, foreign key (a, period p) references u (a, period p))', 'ddl', 't u', ''],
    ['create table t (a int check (f(a)) not enforced)', 'ddl', 't', 'f'],
    ['alter table t alter constraint c not enforced', 'ddl', 't', ''],
    ['alter table t add constraint c not null a not valid', 'ddl', 't', ''],
    ['update t set a = 1 returning old.a, new.a, f(old)', 'update', 't', 'f'],
    [
      'insert into t values (1) on conflict (a) do update set b = 1 returning with (old as o, new as n) o.a, n.a',
      'insert',
      't',
      '',
    ],
    [
      'merge into t using u on t.a = u.a when not matched by source then delete returning merge_action(), old.a',
      'merge',
      't u',
      '',
    ],
    ["copy t from stdin (on_error ignore, reject_limit 3, log_verbosity 'silent')", 'copy', 't', ''],
    ['vacuum (only_database_stats) ', 'vacuum', '', ''],
    ['vacuum only t', 'vacuum', 't', ''],
    ['analyze only t', 'vacuum', 't', ''],
    ["select json_scalar(f()), json_serialize(g()), json('1' with unique keys), a is json object", 'select', '', 'f g'],
    [
      "select json_query(a, '$' passing f() as x returning text with wrapper keep quotes empty on empty error on error)",
      'select',
      '',
      'f',
    ],
    [
      'select any_value(a), f(a) over (order by b groups between 1 preceding and 2 following exclude ties) from t',
      'select',
      't',
      'any_value f',
    ],
    ['select 0x1F, 1_000, 0b11', 'select', '', ''],
    ['select a from t order by a fetch first 3 rows with ties', 'select', 't', ''],
    ['create publication p for tables in schema s, table t where (f(a))', 'ddl', 't', 'f'],
    ['create table t (like u including all, a int storage main compression lz4)', 'ddl', 't u', ''],
    ['alter table t merge partitions (a, b) into c', 'syntax error', '', ''],
  ])('%s', async (sql, kind, relations, functions) => {
    if (kind === 'syntax error') return expect(parser.parse(sql)).resolves.toMatchObject({ kind: 'syntax-error' });
    const found = await classOf(sql);
    expect(found.kind).toBe(kind);
    expect(found.isRead).toBe(kind === 'select');
    expect(joined(found.relations)).toBe(relations);
    expect(joined(found.functions)).toBe(functions);
    return undefined;
  });
});

describe('classify', () => {
  it('gives each statement of a text its own class', async () => {
    const classes = await classesOf(
      'begin; with a as (select 1) select * from a; select * from a for update;; set x = 1; commit',
    );
    expect(classes.map(({ kind, isRead, relations }) => [kind, isRead, joined(relations)])).toEqual([
      ['transaction', false, ''],
      ['select', true, ''],
      ['select', false, 'a'],
      ['set', false, ''],
      ['transaction', false, ''],
    ]);
  });

  it('calls nothing a read that holds a node it does not know', () => {
    const select = (val: unknown) => ({
      SelectStmt: { targetList: [{ ResTarget: { val } }], limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' },
    });
    expect(classify(select({ A_Const: { ival: { ival: 1 } } })).isRead).toBe(true);
    expect(classify(select({ NewExpr: { arg: 1 } })).isRead).toBe(false);
    expect(classify(select({ CoalesceExpr: { args: [{ NewExpr: {} }] } })).isRead).toBe(false);
    expect(classify({ SelectStmt: { fromClause: [{ DeleteStmt: {} }] } }).isRead).toBe(false);
    expect(classify({ NewStmt: {} })).toMatchObject({ kind: 'other', isRead: false, settingsSet: [] });
  });

  it('says what a class weighs', async () => {
    const small = weightOf(await classOf('select 1'));
    const names = Array.from({ length: 100 }, (_, i) => `t${i}.a${i}`).join(', ');
    const large = weightOf(await classOf(`select ${names} from ${names}`));
    expect(small).toBeGreaterThan(500);
    expect(large).toBeGreaterThan(small + 100 * 100);
    expect(weightOf(await classOf('explain select 1'))).toBeGreaterThan(small);
    expect(weightOf(await classOf(`select set_config('a', '${'x'.repeat(1_000)}', false)`))).toBeGreaterThan(2_000);
    expect(weightOf(await classOf(`set a = '${'x'.repeat(1_000)}'`))).toBeGreaterThan(2_000);
    expect(weightOf(await classOf(`select current_setting('${'x'.repeat(1_000)}')`))).toBeGreaterThan(2_000);
  });

  it('takes its time in proportion, whatever refers to what', async () => {
    const queries = Array.from({ length: 350 }, (_, i) => `a${i} as (select 1)`).join(', ');
    const text = `with ${queries} select 1 from ${Array.from({ length: 1_000 }, () => 'a0').join(', ')}`;
    const outcome = await parser.parse(text);
    if (outcome.kind !== 'parsed') throw new Error(outcome.kind);
    const before = process.threadCpuUsage();
    expect(classify(outcome.statements[0]!.tree).relations).toEqual([]);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(40);
  });
});
