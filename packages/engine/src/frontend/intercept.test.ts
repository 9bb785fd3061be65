import { encodeParse, encodeQuery } from '@pgherd/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intercept, interceptParse } from './intercept.ts';

/** As the session calls it: a whole Query message. */
function query(sql: string) {
  const bytes = encodeQuery(sql);
  return intercept(bytes, 5, bytes.length - 1);
}

function parse(sql: string, statement = '', parameterTypes: number[] = []) {
  const bytes = encodeParse({ statement, sql, parameterTypes });
  return interceptParse(bytes, 5, bytes.length);
}

describe('SHOW of the proxy', () => {
  it.each([
    ['SHOW pool_nodes', 'pool_nodes'],
    ['show POOL_VERSION;', 'pool_version'],
    ['  \n\tShow   pool_cache  ;  ', 'pool_cache'],
    ['show /* all of it */ pool_status', 'pool_status'],
    ['SHOW pool_pools -- at last', 'pool_pools'],
    ['/* a /* nested */ comment */ -- and one more\n show pool_backend_stats;', 'pool_backend_stats'],
  ])('%j', (sql, name) => {
    expect(query(sql)).toEqual({ kind: 'show', name });
  });

  it.each([
    'SHOW search_path',
    'SHOW ALL',
    "SELECT 'show pool_nodes'",
    'SHOW pool_nodes; SELECT 1',
    'SELECT 1; SHOW pool_nodes',
    'SHOW "pool_nodes"',
    'show',
    '',
    'SHOW pool_',
    'SHOW pool_x',
    '/* SHOW pool_nodes */',
    '/* SHOW pool_nodes',
    '-- SHOW pool_nodes',
    '/',
    '--',
    '/*',
  ])('%j goes to the server', (sql) => {
    expect(query(sql)).toBeNull();
  });
});

describe('PGPOOL commands', () => {
  it.each([
    ['PGPOOL SHOW ALL', { kind: 'pgpool-show', name: 'all' }],
    ['/* c */ PGPOOL SHOW "port" -- x', { kind: 'pgpool-show', name: 'port' }],
    ['pgpool show backend_hostname0;', { kind: 'pgpool-show', name: 'backend_hostname0' }],
    ['pgpool set client_idle_limit to 3', { kind: 'pgpool-set', name: 'client_idle_limit', value: '3' }],
    ["PGPOOL SET Client_Idle_Limit = '2 min';", { kind: 'pgpool-set', name: 'client_idle_limit', value: '2 min' }],
    ['PGPOOL SET log_statement=on', { kind: 'pgpool-set', name: 'log_statement', value: 'on' }],
    ["PGPOOL SET x TO 'it''s -- this' -- that", { kind: 'pgpool-set', name: 'x', value: "it's -- this" }],
    ['PGPOOL SET "X" TO -1', { kind: 'pgpool-set', name: 'X', value: '-1' }],
    ['PGPOOL SET log_statement TO DEFAULT', { kind: 'pgpool-set', name: 'log_statement', value: null }],
    ["PGPOOL SET log_statement TO 'default'", { kind: 'pgpool-set', name: 'log_statement', value: 'default' }],
    ['PGPOOL RESET log_statement', { kind: 'pgpool-set', name: 'log_statement', value: null }],
    ['PGPOOL RESET ALL', { kind: 'pgpool-reset-all' }],
    ["PGPOOL SET CACHE DELETE 'SELECT ''a;b''; --'", { kind: 'pgpool-delete-cache', query: "SELECT 'a;b'; --" }],
    ['PGPOOL EXPLAIN ROUTE /* c */ SELECT 1; SELECT 2', { kind: 'pgpool-explain', sql: '/* c */ SELECT 1; SELECT 2' }],
    [
      `pgpool explain route SELECT ${'1 + '.repeat(3000)}1`,
      { kind: 'pgpool-explain', sql: `SELECT ${'1 + '.repeat(3000)}1` },
    ],
  ])('%j', (sql, expected) => {
    expect(query(sql)).toEqual(expected);
  });

  it.each([
    'pgpool',
    'pgpool show',
    'pgpool show a b',
    'pgpool shower',
    'pgpool_show all',
    'pgpool show a; drop table b',
    'pgpool set a',
    'pgpool set a to',
    'pgpool set a to 1, 2',
    'pgpool set a to $1',
    "pgpool set a to 'b'; drop table c",
    'pgpool reset',
    'pgpool set cache delete',
    'pgpool explain route',
    'pgpool explain select 1',
  ])('%j is none', (sql) => {
    expect(query(sql)).toBeNull();
  });
});

describe('statements that idle connections would block', () => {
  const cases: [string, string][] = [
    ['DROP DATABASE app', 'app'],
    ['drop database if exists App', 'app'],
    ['drop database if exists "App"', 'App'],
    ['DROP DATABASE "say ""hi"" now" WITH (FORCE)', 'say "hi" now'],
    ['drop database app;', 'app'],
    ['drop /* really */ database\n-- yes\napp', 'app'],
    ['CREATE DATABASE copy TEMPLATE app', 'app'],
    ['create database copy with owner x template = "App"', 'App'],
    ['ALTER DATABASE app RENAME TO other', 'app'],
    ['alter database app set tablespace fast', 'app'],
  ];

  it.each(cases)('%j is about %j', (sql, database) => {
    expect(query(sql)).toEqual({ kind: 'guard', database });
    expect(parse(sql)).toEqual({ kind: 'guard', database });
    expect(parse(sql, 'a statement', [23, 25])).toEqual({ kind: 'guard', database });
  });

  it.each([
    'DROP TABLE database',
    'CREATE DATABASE fresh',
    "ALTER DATABASE app SET work_mem TO '1MB'",
    'ALTER DATABASE app OWNER TO x',
    'dropdatabase app',
  ])('%j is not one', (sql) => {
    expect(query(sql)).toBeNull();
    expect(parse(sql)).toBeNull();
  });

  it('a Parse says the same as a Query', () => {
    expect(parse('SHOW pool_nodes', 's')).toEqual({ kind: 'show', name: 'pool_nodes' });
    expect(parse('PGPOOL SHOW ALL', '', [25])).toEqual({ kind: 'pgpool-show', name: 'all' });
  });
});

describe('whatever comes', () => {
  it('no text throws, takes long, or is read beyond its end', () => {
    const words = ['show ', 'pgpool ', 'drop ', 'create ', 'alter ', 'database ', 'pool_', '"', '""', '/*', '*/', '--'];
    const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'grapheme' })), { maxLength: 40 });
    fc.assert(
      fc.property(text, (parts) => {
        const bytes = Buffer.from(parts.join(''));
        const framed = Buffer.concat([Buffer.from('drop'), bytes, Buffer.from(' database after_the_end')]);
        const found = intercept(framed, 4, 4 + bytes.length);
        expect(JSON.stringify(found) ?? '').not.toContain('after_the_end');
        interceptParse(bytes, 0, bytes.length);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    `create database a template${' '.repeat(4000)}`,
    `create database ${'template '.repeat(450)}`,
    `drop database if exists ${' '.repeat(4000)}`,
    `drop ${'/*'.repeat(2000)}`,
    `show ${'-- '.repeat(1300)}`,
    `drop database ${'"'.repeat(4000)}`,
    `show pool_${'a'.repeat(4000)} !`,
    `pgpool show ${' '.repeat(3990)}x;;`,
    `pgpool set ${' '.repeat(3990)}`,
    `pgpool set x to ${"'".repeat(4000)}`,
    `pgpool set cache delete ${"'".repeat(3999)}`,
    `pgpool explain route${' '.repeat(4000)}`,
  ])('a text made to be slow is decided in a few milliseconds (%#)', (sql) => {
    const bytes = encodeQuery(sql.slice(0, 4090));
    const startedMs = performance.now();
    for (let i = 0; i < 10; i++) intercept(bytes, 5, bytes.length - 1);
    expect((performance.now() - startedMs) / 10).toBeLessThan(20);
  });
});
