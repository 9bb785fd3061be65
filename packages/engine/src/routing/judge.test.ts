import type { Settings } from '@pgherd/config';
import { afterAll, describe, expect, it } from 'vitest';
import { judge, needsNames } from './judge.ts';
import { FactsMaker, rulesOf } from './testing/routing-facts.ts';
import type { Reason, StatementRoute } from './types.ts';

const maker = new FactsMaker();
afterAll(() => maker.close());

async function routeOf(sql: string, settings: Partial<Settings> = {}): Promise<StatementRoute> {
  return judge(await maker.of(sql), rulesOf(settings));
}

/** Destination, with the marks `write` (the flag of sql-surface 6) and `wal`. */
function shown({ destination, isWrite, mayWrite }: StatementRoute): string {
  return [destination, ...(isWrite ? ['write'] : []), ...(mayWrite ? ['wal'] : [])].join(' ');
}

describe('where a statement may go', () => {
  it.each([
    // SELECT and what looks like it
    ['select 1', 'either'],
    ['SELECT * from t', 'either'],
    ['table t', 'either'],
    ['with a as (select 1) select * from a join t on true', 'either'],
    ['WITH a AS MATERIALIZED (select * from t) select * from a', 'either'],
    ['(select 1) union (select 2)', 'either'],
    ['values (1)', 'primary write'],
    ['select * into x from t', 'primary write wal'],
    ['select * from t for update', 'primary write wal'],
    ['select * from t for no key update', 'primary write wal'],
    ['select * from t for share', 'primary write wal'],
    ['select * from t for key share', 'primary write wal'],
    ['select * from (select * from t for update) x', 'primary write wal'],
    ['with a as (insert into t values (1) returning *) select * from a', 'primary write wal'],
    ['with a as (update t set x = 1 returning *) select * from a', 'primary write wal'],
    ['with a as (delete from t returning *) select * from a', 'primary write wal'],
    // writes
    ['insert into t values (1)', 'primary write wal'],
    ['update t set x = 1', 'primary write wal'],
    ['delete from t', 'primary write wal'],
    ['merge into t using u on true when matched then delete', 'primary write wal'],
    ['truncate t', 'primary write wal'],
    ['create table x (a int)', 'primary write wal'],
    ['drop table t', 'primary write wal'],
    ['alter table t add b int', 'primary write wal'],
    ['grant select on t to u', 'primary write wal'],
    ['revoke select on t from u', 'primary write wal'],
    ['vacuum', 'primary write wal'],
    ['analyze t', 'primary write wal'],
    ['cluster t', 'primary write wal'],
    ['reindex table t', 'primary write wal'],
    ['checkpoint', 'primary write wal'],
    ['refresh materialized view m', 'primary write wal'],
    ["comment on table t is 'x'", 'primary write wal'],
    // COPY
    ['copy t from stdin', 'primary write wal'],
    ['copy (insert into t values (1) returning a) to stdout', 'primary write wal'],
    ['copy (delete from t returning a) to stdout', 'primary write wal'],
    ['copy t to stdout', 'either'],
    ['copy (select * from t) to stdout', 'either'],
    ['copy (select f_write()) to stdout', 'primary write wal'],
    ['copy (select * from t for update) to stdout', 'primary write wal'],
    ["copy t to '/tmp/x'", 'primary write wal'],
    ["copy t to program 'cat'", 'primary write wal'],
    // EXPLAIN
    ['explain select 1', 'primary'],
    ['explain delete from t', 'primary'],
    ['explain analyze select * from t', 'primary'],
    ['explain analyze select f_write()', 'primary write wal'],
    ['explain analyze delete from t', 'primary write wal'],
    // SHOW
    ['show work_mem', 'either'],
    ['show search_path', 'either'],
    ['show in_hot_standby', 'primary'],
    ['show transaction_read_only', 'primary'],
    ['show data_directory', 'primary'],
    ['show all', 'primary'],
    // code, messages, cursors, locks
    ['call p()', 'primary write wal'],
    ['do $$ begin end $$', 'primary write wal'],
    ['listen a', 'primary write'],
    ['unlisten a', 'primary write'],
    ["notify a, 'b'", 'primary write wal'],
    ['declare c cursor for select 1', 'primary write wal'],
    ['fetch c', 'primary write wal'],
    ['move c', 'primary write wal'],
    ['close c', 'primary write wal'],
    ['lock t', 'primary write wal'],
    ['lock t in row exclusive mode', 'primary write wal'],
    ['lock t in share mode', 'primary write wal'],
    ['lock t in access share mode', 'both write wal'],
    ['lock t in row share mode', 'both write wal'],
    // transactions
    ['begin', 'both'],
    ['start transaction read only', 'both'],
    ['begin read write', 'both'],
    ['begin isolation level serializable', 'both'],
    ['commit', 'both'],
    ['end', 'both'],
    ['rollback', 'both'],
    ['abort', 'both'],
    ['savepoint s', 'both write'],
    ['release s', 'both write'],
    ['rollback to s', 'both write'],
    ["prepare transaction 'x'", 'primary wal'],
    ["commit prepared 'x'", 'primary wal'],
    ["rollback prepared 'x'", 'primary wal'],
    // settings
    ['set work_mem = 1', 'both write'],
    ['set local work_mem = 1', 'both write'],
    ['reset work_mem', 'both write'],
    ['reset all', 'both write'],
    ['set role r', 'both write'],
    ['set transaction_read_only = off', 'primary write'],
    ['set transaction_read_only = f', 'primary write'],
    ['set transaction_read_only = false', 'primary write'],
    ['set transaction_read_only = 0', 'primary write'],
    ['set transaction_read_only = on', 'both'],
    ['set transaction read write', 'primary write'],
    ['set session characteristics as transaction read write', 'primary write'],
    ['set transaction read only', 'both'],
    ['set transaction isolation level repeatable read', 'both write'],
    ['set transaction isolation level repeatable read, read only', 'both'],
    ['set transaction isolation level serializable', 'primary'],
    ['set session characteristics as transaction isolation level serializable', 'primary'],
    ["set transaction_isolation = 'serializable'", 'primary'],
    ["set default_transaction_isolation = 'SERIALIZABLE'", 'primary'],
    ["set default_transaction_isolation = 'read committed'", 'both write'],
    ["set transaction snapshot '00000003-1'", 'primary write'],
    ['discard all', 'both write'],
    ['discard temp', 'both write'],
    // prepared statements
    ['prepare p as select * from t', 'either'],
    ['prepare p as values (1)', 'either'],
    ['prepare p as select f_write()', 'primary write'],
    ['prepare p as insert into t values (1)', 'primary write'],
    ['execute p', 'prepared write wal'],
    ['deallocate p', 'prepared write'],
    ['deallocate all', 'both write'],
    // the rest
    ['set constraints all deferred', 'primary write wal'],
    ["load 'x'", 'primary write wal'],
    ['', 'either'],
    [';', 'either'],
    ['selekt 1', 'primary write wal'],
  ])('%s: %s', async (sql, expected) => {
    expect(shown(await routeOf(sql))).toBe(expected);
  });

  it('of several statements is a standby only for reads alone', async () => {
    expect(shown(await routeOf('select 1; select * from t'))).toBe('either');
    expect(shown(await routeOf('select 1; show work_mem;'))).toBe('either');
    expect(shown(await routeOf('select 1; select f_write()'))).toBe('primary write wal');
    expect(shown(await routeOf('select 1; insert into t values (1)'))).toBe('primary write wal');
    expect(shown(await routeOf('begin; select 1'))).toBe('primary');
    expect(shown(await routeOf('select 1; commit'))).toBe('primary');
    expect(shown(await routeOf('set work_mem = 1; select 1'))).toBe('primary write');
    expect(shown(await routeOf('prepare p as select 1; select 1'))).toBe('primary');
    expect(shown(await routeOf('select 1; values (1)'))).toBe('either');
  });

  it('of EXECUTE is what its PREPARE said', async () => {
    const read = await routeOf('prepare p as select * from t');
    expect(shown(read.execution!)).toBe('either');
    expect(read.execution).toMatchObject({ preparedAs: 'p', countedAs: 'select', objects: ['t'] });
    const write = await routeOf('prepare p as insert into t values (1)');
    expect(shown(write.execution!)).toBe('primary write wal');
    expect(write.mayWrite).toBe(false);
    expect((await routeOf('select 1')).execution).toBeNull();
  });
});

describe('what makes a read stay on the primary', () => {
  it.each<[string, Partial<Settings>, string, string]>([
    // 1
    ['select 1', { load_balance_mode: false }, 'primary', 'load_balance_mode'],
    ['select 1', { backend_clustering_mode: 'raw' }, 'primary', 'load_balance_mode'],
    ['select 1', { backend_clustering_mode: 'logical_replication' }, 'either', 'statement'],
    // 3
    [' select 1', {}, 'either', 'statement'],
    [' select 1', { ignore_leading_white_space: false }, 'primary write', 'read'],
    ['/* x */ select 1', {}, 'primary write', 'read'],
    [' /* x */ select 1', {}, 'primary write', 'read'],
    ['-- x\nselect 1', {}, 'primary write', 'read'],
    ['/* x */ select 1', { allow_sql_comments: true }, 'either', 'statement'],
    ['select /* x */ 1', {}, 'either', 'statement'],
    ['values (1)', { allow_sql_comments: true }, 'either', 'statement'],
    ['/* x */ copy t to stdout', {}, 'primary', 'read'],
    ['/* x */ prepare p as select 1', {}, 'primary write', 'read'],
    ['/* x */ show work_mem', {}, 'primary', 'read'],
    // 6
    ['select * from pg_class', {}, 'primary', 'system catalog'],
    // 7
    ['select * from temporary', {}, 'primary', 'check_temp_table'],
    ['select * from temporary', { check_temp_table: 'trace' }, 'primary', 'check_temp_table'],
    ['select * from temporary', { check_temp_table: 'none' }, 'either', 'statement'],
    ['select * from pg_temp.x', {}, 'primary wal', 'check_temp_table'],
    // 8
    ['select * from unlogged', {}, 'primary', 'check_unlogged_table'],
    ['select * from unlogged', { check_unlogged_table: false }, 'either', 'statement'],
    // 9
    [
      'select * from t',
      { primary_routing_query_pattern_list: ['SELECT \\* FROM T'] },
      'primary',
      'primary_routing_query_pattern_list',
    ],
    [
      'select *\nfrom t;',
      { primary_routing_query_pattern_list: ['select.*from t'] },
      'primary',
      'primary_routing_query_pattern_list',
    ],
    ['select * from t where a', { primary_routing_query_pattern_list: ['select \\* from t'] }, 'either', 'statement'],
    [
      'select 1',
      { primary_routing_query_pattern_list: ['x', '.*1.*'] },
      'primary',
      'primary_routing_query_pattern_list',
    ],
    // 10, by volatility
    ['select f_read(), count(*) from t', {}, 'either', 'statement'],
    ['select f_write()', {}, 'primary write wal', 'volatility'],
    ["select nextval('s')", {}, 'primary write wal', 'volatility'],
    ['select f_nobody_knows()', {}, 'primary write wal', 'volatility'],
    // 10, by list
    ['select f_write()', { read_only_function_list: ['f_.*'] }, 'either', 'statement'],
    ['select f_read()', { read_only_function_list: ['count'] }, 'primary write wal', 'read_only_function_list'],
    ['select public.f_read()', { read_only_function_list: ['f_read'] }, 'primary write wal', 'read_only_function_list'],
    ['select public.f_read()', { read_only_function_list: ['public\\.f_read'] }, 'either', 'statement'],
    [
      'select f_read()',
      { read_only_function_list: ['public\\.f_read'] },
      'primary write wal',
      'read_only_function_list',
    ],
    ['select extract(day from now())', { read_only_function_list: ['extract', 'now'] }, 'either', 'statement'],
    ['select f_write()', { write_function_list: ['nextval'] }, 'either', 'statement'],
    ['select NextVal(1)', { write_function_list: ['nextval'] }, 'primary write wal', 'write_function_list'],
    ['select nextvals()', { write_function_list: ['nextval'] }, 'either', 'statement'],
    ['select public.f_write()', { write_function_list: ['f_write'] }, 'primary write wal', 'write_function_list'],
    [
      'select f_write()',
      { read_only_function_list: ['f_write'], write_function_list: ['f_write'] },
      'either',
      'statement',
    ],
    // closed gaps
    ['select * from nobody_knows', {}, 'primary wal', 'relation'],
    ['select last_value from sequence', {}, 'primary', 'relation'],
    ['select * from foreign_table', {}, 'primary', 'relation'],
    ['select * from partitioned, materialized', {}, 'either', 'statement'],
    ['select * from v_plain', {}, 'either', 'statement'],
    ['select * from v_writes', {}, 'primary wal', 'volatility'],
    ['select * from v_server', {}, 'primary', 'server function'],
    ['select * from v_locks', {}, 'primary wal', 'view'],
    ['select pg_backend_pid()', {}, 'primary', 'server function'],
    ['select pg_backend_pid()', { write_function_list: ['nextval'] }, 'primary', 'server function'],
    ['select pg_backend_pid()', { read_only_function_list: ['pg_backend_pid'] }, 'either', 'statement'],
    ['select pg_export_snapshot()', {}, 'primary write wal', 'volatility'],
    ["select current_setting('in_hot_standby')", {}, 'primary', 'server setting'],
    ["select current_setting('work_mem')", {}, 'either', 'statement'],
    ['select a @@@@ b from t', {}, 'primary wal', 'operator'],
    ['select a && b from t', {}, 'either', 'statement'],
  ])('%s with %o: %s by %s', async (sql, settings, expected, rule) => {
    const route = await routeOf(sql, settings);
    expect(shown(route)).toBe(expected);
    expect(route.because.rule).toBe(rule);
  });

  it('sees 64 kB of a text for a pattern', async () => {
    const settings = { primary_routing_query_pattern_list: ['.*needle.*'] };
    expect((await routeOf(`select '${' '.repeat(65_000)}needle'`, settings)).destination).toBe('primary');
    expect((await routeOf(`select '${' '.repeat(65_600)}needle'`, settings)).destination).toBe('either');
  });

  it('takes operators whose functions somebody looked up', async () => {
    const facts = await maker.of('select a @@@@ b from t');
    const name = { schema: 'public', name: 'f' };
    const known = (volatility: 'i' | 'v') =>
      judge({ ...facts, operators: [{ name, volatility, belongsToServer: false }] }, rulesOf());
    expect(shown(known('i'))).toBe('either');
    expect(shown(known('v'))).toBe('primary write wal');
  });
});

describe('a text that a standby has refused because it writes', () => {
  it.each(['select f_read()', 'prepare p as select f_read()', 'select 1; select f_read()'])(
    'is a write, whatever its functions claim: %s',
    async (sql) => {
      const facts = await maker.of(sql);
      expect(shown(judge(facts, rulesOf()))).toBe('either');
      const trace: Reason[] = [];
      const route = judge({ ...facts, refused: true }, rulesOf(), trace);
      expect(shown(route.execution ?? route)).toBe('primary write wal');
      expect(trace.at(-1)).toMatchObject({ rule: 'refused', decided: true });
    },
  );
});

describe('names', () => {
  it.each<[string, boolean]>([
    ['select * from t', true],
    ['select f_read()', true],
    ['copy t to stdout', true],
    ['prepare p as select * from t', true],
    ['select * from t; select 1', true],
    ['explain analyze select count(*) from t', true],
    ['select 1', false],
    ['', false],
    ['show work_mem', false],
    ['explain select * from t', false],
    ['insert into t select * from u', false],
    ['select * from t for update', false],
    ['select * from t; insert into t values (1)', false],
    ['begin; select * from t', false],
    ['/* x */ select * from t', false],
    ['selekt * from t', false],
  ])('%s: needed: %s', async (sql, needed) => {
    expect(needsNames(await maker.of(sql, false), rulesOf())).toBe(needed);
    expect(needsNames(await maker.of(sql), rulesOf())).toBe(false);
  });

  it('are not asked for when nothing leaves the primary', async () => {
    expect(needsNames(await maker.of('select * from t', false), rulesOf({ load_balance_mode: false }))).toBe(false);
  });

  it('that nobody asked for keep a read on the primary', async () => {
    const route = judge(await maker.of('select f_read() from t', false), rulesOf());
    expect(shown(route)).toBe('primary write wal');
    expect(route.because.rule).toBe('names');
  });

  it('are kept for dml_adaptive in lower case without schema', async () => {
    const route = await routeOf('select f_read(), public.f_read() from "T", s.u');
    expect(route.objects).toEqual(['t', 'u', 'f_read()']);
  });
});

describe('what a statement counts as', () => {
  it.each([
    ['select 1', 'select'],
    ['select 1 into x', 'select'],
    ['insert into t values (1)', 'insert'],
    ['update t set a = 1', 'update'],
    ['delete from t', 'delete'],
    ['merge into t using u on true when matched then delete', 'ddl'],
    ['copy t to stdout', 'ddl'],
    ['call p()', 'ddl'],
    ['do $$ begin end $$', 'ddl'],
    ['declare c cursor for select 1', 'ddl'],
    ['fetch c', 'ddl'],
    ['create table x ()', 'ddl'],
    ['truncate t', 'ddl'],
    ['set constraints all deferred', 'ddl'],
    ['checkpoint', 'other'],
    ['deallocate p', 'other'],
    ['discard all', 'other'],
    ['execute p', 'other'],
    ['explain select 1', 'other'],
    ['listen a', 'other'],
    ["load 'x'", 'other'],
    ['lock t', 'other'],
    ['notify a', 'other'],
    ['prepare p as select 1', 'other'],
    ['begin', 'other'],
    ['vacuum', 'other'],
    ['set a = 1', 'other'],
    ['show a', 'other'],
    ['selekt', 'other'],
  ])('%s: %s', async (sql, expected) => {
    expect((await routeOf(sql)).countedAs).toBe(expected);
  });
});

describe('what ties a session to its primary', () => {
  it.each<[string, readonly string[]]>([
    ['create temp table x (a int)', ['temporary-object']],
    ['select 1 into temp x', ['temporary-object']],
    ['prepare p as select 1', []],
    ['explain create temp table x as select 1', []],
    ['explain analyze create temp table x as select 1', ['temporary-object']],
    ["load 'x'", ['library']],
    ["select set_config('work_mem', '1', false)", []],
    ["select set_config('work_mem', a, false) from t", ['settings']],
    ["update pg_settings set setting = '1'", ['settings']],
    ['set work_mem = 1', []],
    ['selekt', ['opaque']],
    ["create temp table x (a int); load 'x'", ['temporary-object', 'library']],
  ])('%s: %o', async (sql, expected) => {
    expect((await routeOf(sql)).pins).toEqual(expected);
  });
});

describe('the ladder of a text', () => {
  it('names every rule that was asked, and the one that decided last', async () => {
    const trace: Reason[] = [];
    judge(await maker.of('select f_read(), f_write() from t'), rulesOf(), trace);
    expect(trace).toEqual([
      { rule: 'load_balance_mode', found: 'on', decided: false },
      { rule: 'read', found: 'select is a read', decided: false },
      { rule: 'system catalog', found: 't is none', decided: false },
      { rule: 'check_temp_table', found: 't is not temporary', decided: false },
      { rule: 'check_unlogged_table', found: 't is logged', decided: false },
      { rule: 'volatility', found: 'f_read() does not write', decided: false },
      { rule: 'volatility', found: 'f_write() is volatile', decided: true },
    ]);
  });

  it('is the same judgement as without', async () => {
    for (const sql of [
      'select 1',
      'select f_write()',
      'select 1; select * from pg_class',
      'begin',
      'prepare p as select 1',
    ]) {
      const facts = await maker.of(sql);
      const trace: Reason[] = [];
      const { because, ...route } = judge(facts, rulesOf(), trace);
      const { because: plain, ...same } = judge(facts, rulesOf());
      expect({ ...route, execution: null }).toEqual({ ...same, execution: null });
      expect(because.rule).toBe(plain.rule);
      expect(trace.filter(({ decided }) => decided).length).toBe(route.destination === 'either' ? 0 : 1);
    }
  });
});
