import { classify, Parser } from '@pgherd/sql';
import { afterAll, describe, expect, it } from 'vitest';
import { SessionTies, tiesOf } from './ties.ts';
import type { FunctionFact, StatementFacts, StatementRoute } from './types.ts';

const parser = new Parser({ deadlineMs: 5_000 });
afterAll(() => parser.close());

const asked = (name: string, volatility: FunctionFact['volatility']): FunctionFact => ({
  name: { schema: '', name },
  volatility,
  belongsToServer: false,
});

async function read(sql: string, functions: readonly FunctionFact[] | null = null): Promise<StatementRoute> {
  const outcome = await parser.parse(sql);
  if (outcome.kind !== 'parsed') throw new Error(`${sql}: ${outcome.kind}`);
  const classes = outcome.statements.map(({ tree }) => classify(tree));
  const facts = { classes, relations: null, functions } as unknown as StatementFacts;
  return { classes, ties: tiesOf(classes, facts) } as unknown as StatementRoute;
}

const kinds = async (sql: string, functions: readonly FunctionFact[] | null = null): Promise<string[]> =>
  (await read(sql, functions)).ties.map(({ kind }) => kind);

describe('what a statement leaves in its session', () => {
  it.each([
    "INSERT INTO t (a, b) VALUES (lower($1), now()) RETURNING coalesce(b, 'x')",
    "UPDATE t SET a = nextval('s'), b = gen_random_uuid() WHERE a = ANY($1)",
    'SELECT count(*), max(a) FILTER (WHERE a > 1) FROM t GROUP BY GROUPING SETS ((a), ())',
    "SELECT pg_advisory_xact_lock(1), set_config('work_mem', '9MB', false)",
    'BEGIN ISOLATION LEVEL SERIALIZABLE',
    "SET TimeZone = 'UTC'",
    'RESET ROLE',
    'CREATE TABLE t (a int DEFAULT random())',
    "NOTIFY c, 'x'",
    'UNLISTEN *',
    'PREPARE p AS SELECT pg_advisory_lock(1)',
    'EXPLAIN SELECT pg_advisory_lock(1)',
    'DECLARE c CURSOR FOR SELECT 1',
    'COPY t FROM STDIN',
    'VACUUM t',
    'LOCK TABLE t',
  ])('nothing: %s', async (sql) => {
    expect(await kinds(sql)).toEqual([]);
  });

  it.each([
    ['LISTEN c', 'listen'],
    ['SELECT pg_advisory_lock(1)', 'advisory-lock'],
    ['INSERT INTO t SELECT 1 WHERE pg_try_advisory_lock(1)', 'advisory-lock'],
    ['SET ROLE other', 'role'],
    ["SELECT set_config('role', 'other', false)", 'authorization'],
    ['SET SESSION AUTHORIZATION other', 'authorization'],
    ["LOAD 'auto_explain'", 'library'],
    ['DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'cursor'],
    ['DO $$BEGIN END$$', 'code'],
    ['CALL p()', 'code'],
    ['EXECUTE p', 'code'],
    ['SELECT my_own(1)', 'function'],
    ['SELECT public.lower(1)', 'function'],
    ['SELECT lastval()', 'function'],
    ['SELECT setseed(0.5)', 'function'],
    ['EXPLAIN ANALYZE SELECT my_own()', 'function'],
    ['SELECT 1; LISTEN c', 'listen'],
  ])('%s: %s', async (sql, kind) => {
    expect((await kinds(sql))[0]).toBe(kind);
  });

  it('goes by what the server says of other functions', async () => {
    expect(await kinds('SELECT my_own(1)', [asked('my_own', 's')])).toEqual([]);
    expect(await kinds('SELECT my_own(1)', [asked('my_own', 'v')])).toEqual(['function']);
    expect(await kinds('SELECT my_own(1)', [asked('my_own', null)])).toEqual(['function']);
  });
});

describe('a session', () => {
  it('is tied by what it ran, failed or not, and says why', async () => {
    const ties = new SessionTies();
    expect(ties.reason).toBeNull();
    ties.made(await read('SELECT pg_advisory_lock(1)'), false);
    expect(ties.reason).toBe('holds an advisory lock');
  });

  it.each([
    ['LISTEN c', 'UNLISTEN *'],
    ['SET ROLE other', 'RESET ROLE'],
    ['DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'CLOSE ALL'],
    ['SELECT pg_advisory_lock(1)', 'SELECT pg_advisory_unlock_all()'],
    ['SELECT my_own()', 'DISCARD ALL'],
  ])('%s is undone by %s', async (made, undone) => {
    const ties = new SessionTies();
    ties.made(await read(made), true);
    ties.undone(await read('SELECT 1'));
    expect(ties.reason).not.toBeNull();
    ties.undone(await read(undone));
    expect(ties.reason).toBeNull();
  });

  it('keeps its library whatever it discards', async () => {
    const ties = new SessionTies();
    ties.made(await read("LOAD 'x'"), true);
    ties.undone(await read('DISCARD ALL'));
    expect(ties.reason).toBe('loaded a library');
  });
});
