import type { Settings } from '@pgherd/config';
import { afterAll, describe, expect, it } from 'vitest';
import { judge } from './judge.ts';
import type { RoutingRules } from './rules.ts';
import { type SessionStart, SessionState } from './session-state.ts';
import { FactsMaker, rulesOf } from './testing/routing-facts.ts';
import type { StatementRoute } from './types.ts';

const maker = new FactsMaker();
afterAll(() => maker.close());

const byte = (status: string): number => status.charCodeAt(0);

/** A session that is told what a server would say. */
class Script {
  readonly state: SessionState;
  readonly #rules: RoutingRules;
  #status = 'I';

  constructor(settings: Partial<Settings> = {}, start?: SessionStart) {
    this.#rules = rulesOf(settings);
    this.state = new SessionState(this.#rules, start);
  }

  /** Each entry is a text and the state that it leads to, `!` before the state when it failed: `begin > T`. */
  async run(...steps: string[]): Promise<this> {
    for (const step of steps) {
      const [sql, end] = step.split(' > ') as [string, string | undefined];
      await this.batch([sql], end ?? this.#status);
    }
    return this;
  }

  /** Several statements and one ReadyForQuery. */
  async batch(texts: readonly string[], end: string, node = 0): Promise<this> {
    const routes = await this.routes(texts);
    for (const route of routes) this.state.sent(route, node);
    const after = end.at(-1)!;
    this.state.finished(routes, !end.startsWith('!'), byte(this.#status), byte(after));
    this.#status = after;
    return this;
  }

  routes(texts: readonly string[]): Promise<StatementRoute[]> {
    return Promise.all(texts.map(async (sql) => judge(await maker.of(sql), this.#rules)));
  }
}

const WRITE = 'insert into t values (1)';
const READ = 'select * from t';

describe('disable_load_balance_on_write', () => {
  it.each<[Settings['disable_load_balance_on_write'], string[], boolean]>([
    // transaction
    ['transaction', ['begin > T', WRITE], true],
    ['transaction', ['begin > T', READ], false],
    ['transaction', ['begin > T', 'select f_write()'], true],
    ['transaction', ['begin > T', 'set work_mem = 1'], true],
    ['transaction', ['begin > T', 'savepoint s'], true],
    ['transaction', ['begin > T', 'lock t in share mode'], true],
    ['transaction', ['begin > T', 'declare c cursor for select 1'], true],
    ['transaction', ['begin > T', 'listen a'], true],
    ['transaction', ['begin > T', '/* x */ select 1'], true],
    ['transaction', ['begin > T', 'show work_mem'], false],
    ['transaction', ['begin > T', 'explain delete from t'], false],
    ['transaction', ['begin > T', 'copy t to stdout'], false],
    ['transaction', ['begin > T', 'set transaction read only'], false],
    ['transaction', ['begin > T', 'set transaction isolation level serializable'], false],
    ['transaction', [WRITE], false],
    ['transaction', ['begin > T', WRITE, 'commit > I'], false],
    ['transaction', ['begin > T', WRITE, 'rollback > I'], false],
    ['transaction', ['begin > T', WRITE, 'commit > I', 'begin > T'], false],
    ['transaction', ['begin > T', WRITE, 'commit > !I'], false],
    ['transaction', ['begin > T', WRITE, 'commit and chain > T'], false],
    ['transaction', ['begin > T', 'savepoint s', WRITE, 'rollback to s'], true],
    ['transaction', ['begin > T', `${WRITE} > !E`, 'rollback > I'], false],
    ['transaction', ['begin > T', 'savepoint s', `${WRITE} > !E`, 'rollback to s > T'], true],
    ['transaction', ['begin > T', WRITE, 'selekt > !E'], true],
    // trans_transaction
    ['trans_transaction', ['begin > T', WRITE, 'commit > I', 'begin > T'], true],
    ['trans_transaction', [WRITE, 'begin > T'], false],
    // always
    ['always', [WRITE], true],
    ['always', ['set work_mem = 1'], true],
    ['always', [READ], false],
    ['always', [`${WRITE} > !I`], false],
    ['always', ['begin > T', WRITE, 'commit > I', 'discard all', 'begin > T'], true],
    ['always', ['begin > T', 'commit > I'], false],
    // off, dml_adaptive
    ['off', ['begin > T', WRITE], false],
    ['dml_adaptive', ['begin > T', WRITE], false],
  ])('%s: %o: wrote: %s', async (mode, steps, expected) => {
    const { state } = await new Script({ disable_load_balance_on_write: mode }).run(...steps);
    expect(state.wrote).toBe(expected);
  });

  it('counts what a failed batch may have done before its error', async () => {
    const script = await new Script().run('begin > T');
    await script.batch([WRITE, 'savepoint s', 'select 1'], '!E');
    expect(script.state.wrote).toBe(true);
  });
});

describe('dml_adaptive', () => {
  const mode: Partial<Settings> = { disable_load_balance_on_write: 'dml_adaptive' };
  const list = 't:u, t:v, f_read():audit, x:y, y:z';

  it.each<[string, string[], string[]]>([
    ['', ['begin > T', WRITE], ['t']],
    ['', ['begin > T', 'insert into public."T" select * from s.u'], ['t', 'u']],
    ['', ['begin > T', READ], []],
    ['', [WRITE], []],
    ['', ['begin > T', WRITE, 'commit > I'], []],
    ['', ['begin > T', WRITE, 'rollback > I'], []],
    ['', ['begin > T', WRITE, 'savepoint s', 'rollback to s'], ['t']],
    ['', ['begin > T', `${WRITE} > !E`], []],
    // every pair of a name counts, one level deep
    [list, ['begin > T', WRITE], ['t', 'u', 'v']],
    [list, ['begin > T', 'insert into x values (1)'], ['x', 'y']],
    [list, ['begin > T', 'select f_read()'], ['audit']],
    [list, ['begin > T', 'select * from x'], []],
    [list, ['select f_read()'], []],
  ])('with "%s" %o has written %o', async (relationships, steps, expected) => {
    const { state } = await new Script({ ...mode, dml_adaptive_object_relationship_list: relationships }).run(...steps);
    expect([...(state.written ?? [])]).toEqual(expected);
  });

  it('of an opaque transaction knows nothing', async () => {
    const { state } = await new Script(mode).run('begin > T', 'selekt');
    expect(state.primaryOnly).toContain('not analysed');
  });
});

describe('SERIALIZABLE', () => {
  it.each<[string[], boolean]>([
    [['begin > T'], false],
    [['begin isolation level serializable > T'], true],
    [['begin isolation level serializable > T', 'commit > I'], false],
    [['begin isolation level serializable > T', 'commit and chain > T'], true],
    [['begin > T', 'set transaction isolation level serializable'], true],
    [['begin > T', "set transaction_isolation = 'serializable'"], true],
    [['begin > T', 'set transaction isolation level serializable > !E'], false],
    [['set transaction isolation level serializable'], false],
    [['set session characteristics as transaction isolation level serializable'], true],
    [["set default_transaction_isolation = 'SERIALIZABLE'"], true],
    [["set default_transaction_isolation = 'serializable'", 'begin isolation level read committed > T'], false],
    [
      ["set default_transaction_isolation = 'serializable'", 'begin isolation level read committed > T', 'commit > I'],
      true,
    ],
    [
      ["set default_transaction_isolation = 'serializable'", "set default_transaction_isolation = 'read committed'"],
      false,
    ],
    [["set default_transaction_isolation = 'serializable'", 'reset default_transaction_isolation'], false],
    [["set default_transaction_isolation = 'serializable'", 'reset all'], false],
    [["set default_transaction_isolation = 'serializable'", 'discard all'], false],
    [['begin > T', "set default_transaction_isolation = 'serializable'", 'rollback > I'], false],
    [['begin > T', "set default_transaction_isolation = 'serializable'", 'commit > I'], true],
    [["set default_transaction_isolation = 'serializable'", 'begin > T', 'reset all', 'rollback > I'], true],
    [["set default_transaction_isolation = 'serializable'", 'begin > T', 'reset all', 'rollback to s'], true],
  ])('%o: %s', async (steps, expected) => {
    expect((await new Script().run(...steps)).state.serializable).toBe(expected);
  });

  it('may be where a session begins', async () => {
    const script = new Script({}, { isolation: 'serializable' });
    expect(script.state.serializable).toBe(true);
    await script.run("set default_transaction_isolation = 'read committed'");
    expect(script.state.serializable).toBe(false);
    await script.run('reset all');
    expect(script.state.serializable).toBe(true);
  });
});

describe('REPEATABLE READ', () => {
  const begin = 'begin isolation level repeatable read > T';

  it('reads one snapshot: the node of the first statement that reads', async () => {
    const script = await new Script().run(begin);
    expect(script.state.snapshotNode).toBeNull();
    expect(script.state.oneSnapshot).toBe(true);
    await script.batch([READ], 'T', 2);
    await script.batch([WRITE], 'T', 0);
    expect(script.state.snapshotNode).toBe(2);
    await script.run('commit > I');
    expect(script.state.snapshotNode).toBeNull();
  });

  it('that began on the primary stays there', async () => {
    const script = await new Script().run(begin);
    await script.batch([WRITE], 'T', 0);
    expect(script.state.snapshotNode).toBe(0);
  });

  it('takes no snapshot for settings and savepoints', async () => {
    const { state } = await new Script().run(begin, 'set work_mem = 1', 'savepoint s');
    expect(state.snapshotNode).toBeNull();
  });

  it('begins in the middle of a batch', async () => {
    const script = new Script();
    await script.batch(['begin isolation level repeatable read', READ], 'T', 0);
    expect(script.state.snapshotNode).toBe(0);
  });

  it('stays on the primary when nobody said where it read', async () => {
    const script = await new Script().run(begin);
    const [route] = await script.routes([READ]);
    script.state.sent(route!);
    script.state.finished([route!], true, byte('T'), byte('T'));
    expect(script.state.primaryOnly).not.toBeNull();
  });

  it('is no matter of other levels', async () => {
    const script = await new Script().run('begin > T');
    await script.batch([READ], 'T', 0);
    expect(script.state.snapshotNode).toBeNull();
  });

  it.each<[string[], string]>([
    [['begin > T'], 'BEGIN'],
    [['begin read only > T'], 'BEGIN READ ONLY'],
    [['begin read write > T'], 'BEGIN'],
    [['begin isolation level repeatable read, read only > T'], 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'],
    [['begin > T', 'set transaction isolation level repeatable read'], 'BEGIN ISOLATION LEVEL REPEATABLE READ'],
    [['begin > T', 'set transaction read only'], 'BEGIN READ ONLY'],
    [['set session characteristics as transaction read only', 'begin > T'], 'BEGIN READ ONLY'],
    [["set default_transaction_isolation = 'repeatable read'", 'begin > T'], 'BEGIN ISOLATION LEVEL REPEATABLE READ'],
    [['begin read only > T', 'commit > I', 'begin > T'], 'BEGIN'],
    [['begin read only > T', 'commit and chain > T'], 'BEGIN READ ONLY'],
  ])('on a read node after %o: %s', async (steps, expected) => {
    expect((await new Script().run(...steps)).state.beginStatement).toBe(expected);
  });
});

describe('a transaction that nobody knows', () => {
  it.each<[string[], boolean]>([
    [['begin > T'], false],
    [['begin; select 1 > T'], true],
    [['begin; select 1 > T', 'commit > I'], false],
    [['begin > T', 'select 1; insert into t values (1)'], true],
    [['begin > T', 'select 1; select * from t'], false],
    [['begin > T', 'selekt'], true],
    [['begin > T', 'selekt', 'commit > I'], false],
    [['begin > T', 'selekt > !E', 'rollback > I'], false],
    [['select 1; insert into t values (1)'], false],
  ])('%o: stays on the primary: %s', async (steps, expected) => {
    const { state } = await new Script().run(...steps);
    expect(state.primaryOnly !== null).toBe(expected);
  });

  it('is one that began where another ended, in one batch', async () => {
    const script = await new Script({ read_after_write: 'session' }).run('begin > T', WRITE);
    await script.batch(['commit', 'begin'], 'T');
    expect(script.state.primaryOnly).not.toBeNull();
    await script.run('commit > I');
    expect(script.state.primaryOnly).toBeNull();
    expect(script.state.token).toBe('unknown');
  });

  it('is also one whose last statement has not ended', async () => {
    const script = new Script();
    const [begin, read] = await script.routes(['begin', READ]);
    script.state.sent(read!, 1);
    expect(script.state.primaryOnly).toBeNull();
    script.state.sent(begin!, 0);
    expect(script.state.primaryOnly).not.toBeNull();
    script.state.finished([read!], true, byte('I'), byte('I'));
    expect(script.state.primaryOnly).not.toBeNull();
    script.state.finished([begin!], true, byte('I'), byte('T'));
    expect(script.state.primaryOnly).toBeNull();
    script.state.sent(begin!, 0);
    script.state.unsent(begin!);
    expect(script.state.primaryOnly).toBeNull();
  });
});

describe('a session is tied to its primary', () => {
  it.each<[string[], boolean]>([
    [['create temp table x (a int)'], true],
    [['create temp table x (a int) > !I'], false],
    [['create temp table x (a int)', 'discard temp'], false],
    [['create temp table x (a int)', 'discard all'], false],
    [['create temp table x (a int)', 'discard all > !I'], true],
    [['create temp table x (a int)', 'discard plans'], true],
    [["load 'x'", 'discard all'], true],
    [["select set_config('work_mem', a, false) from t"], true],
    [["select set_config('work_mem', a, false) from t", 'discard temp'], true],
    [["select set_config('work_mem', a, false) from t", 'discard all'], false],
    [["select set_config('work_mem', '1', false)"], false],
    [['selekt'], true],
    [['selekt', 'discard all'], false],
    [['selekt > !I'], false],
    [['selekt; selekt > !I'], true],
    [['begin > T', 'selekt', 'commit > I'], true],
    [['prepare p as select 1'], false],
    [['create temp table x (a int); select 1/0 > !I'], true],
  ])('%o: %s', async (steps, expected) => {
    const { state } = await new Script().run(...steps);
    expect(state.pinned !== null).toBe(expected);
  });

  it('when it is told so, until DISCARD ALL', async () => {
    const script = new Script();
    script.state.pin('a setting could not be copied');
    expect(script.state.pinned).toBe('a setting could not be copied');
    await script.run('discard all');
    expect(script.state.pinned).toBeNull();
  });
});

describe('read_after_write', () => {
  const on: Partial<Settings> = { read_after_write: 'session' };

  it.each<[Partial<Settings>, string[], 'unknown' | null]>([
    [{}, [WRITE], null],
    [on, [READ], null],
    [on, [WRITE], 'unknown'],
    [on, ['select f_write()'], 'unknown'],
    [on, ['call p()'], 'unknown'],
    [on, ['set work_mem = 1'], null],
    [on, ['begin > T', 'commit > I'], null],
    [on, ['begin > T', WRITE], null],
    [on, ['begin > T', WRITE, 'commit > I'], 'unknown'],
    [on, ['begin > T', WRITE, 'rollback > I'], null],
    [on, ['begin > T', WRITE, 'rollback > I', 'begin > T', 'commit > I'], null],
    [on, ['begin > T', WRITE, 'selekt > !E', 'commit > I'], null],
    [on, ['begin > T', WRITE, 'commit and chain > T'], 'unknown'],
    [on, ['begin > T', WRITE, "prepare transaction 'x' > I"], 'unknown'],
    [on, ["commit prepared 'x'"], 'unknown'],
    // A procedure may have committed before it failed.
    [on, ['call p() > !I'], 'unknown'],
    [on, ['begin; insert into t values (1); commit'], 'unknown'],
    [on, ['prepare p as insert into t values (1)'], null],
    [on, ['execute p'], 'unknown'],
  ])('%o %o: %s', async (settings, steps, expected) => {
    expect((await new Script(settings).run(...steps)).state.token).toBe(expected);
  });

  it('takes a position for the writes that it was asked for', async () => {
    const script = await new Script(on).run(WRITE);
    const { state } = script;
    state.setToken(5n);
    expect(state.token).toBe(5n);
    await script.run(WRITE);
    expect(state.token).toBe('unknown');
    const asOf = state.writes;
    await script.run(WRITE);
    state.setToken(6n, asOf);
    expect(state.token).toBe('unknown');
    state.setToken(7n, state.writes);
    expect(state.token).toBe(7n);
  });
});
