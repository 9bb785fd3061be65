import { describe, expect, it } from 'vitest';
import { DISCARD_ALL, RESET_ALL, SettingsLog } from './settings-log.ts';

/** A script of SETs and transactions. */
function after(...words: string[]): SettingsLog {
  const log = new SettingsLog();
  for (const word of words) {
    const [what = '', name = ''] = word.split(' ');
    if (what === 'commit') log.commit();
    else if (what === 'rollback') log.rollback();
    else if (what === 'savepoint') log.savepoint(name);
    else if (what === 'back') log.rollbackTo(name);
    else if (what === 'release') log.release(name);
    else if (what === 'local') log.add(name, word, true);
    else log.add(what.split(','), word, false);
  }
  return log;
}

describe('what is in force outside a transaction', () => {
  it.each([
    [['a 1', 'commit', 'a 2', 'commit'], ['a 2']],
    [
      ['a 1', 'b 1', 'a 2', 'commit'],
      ['b 1', 'a 2'],
    ],
    [['a 1', 'rollback'], []],
    [['a 1', 'local a', 'commit'], ['a 1']],
    [['a 1', 'commit', 'local a', 'commit'], ['a 1']],
    [['savepoint s', 'a 1', 'back s', 'b 1', 'commit'], ['b 1']],
    [['a 1', 'savepoint s', 'a 2', 'savepoint s', 'a 3', 'back s', 'commit'], ['a 2']],
    [['a 1', 'savepoint s', 'a 2', 'release s', 'back s', 'commit'], ['a 2']],
    [
      ['role r', 'a 1', `${RESET_ALL} x`, 'commit'],
      ['role r', `${RESET_ALL} x`],
    ],
    [['role r', 'a 1', `${DISCARD_ALL} x`, 'commit'], [`${DISCARD_ALL} x`]],
    [
      ['session_authorization u', `${DISCARD_ALL} x`, `${RESET_ALL} x`, 'commit'],
      [`${DISCARD_ALL} x`, `${RESET_ALL} x`],
    ],
    [['role r', 'session_authorization u', 'commit'], ['session_authorization u']],
    [
      ['a,role 1', 'a,b 1', `${RESET_ALL} x`, 'commit'],
      ['a,role 1', `${RESET_ALL} x`],
    ],
    [['a,b 1', 'commit', 'b,a 2', 'commit'], ['b,a 2']],
    [
      ['a 1', 'b 1', 'c 1', 'commit', 'a,b 2', 'commit'],
      ['c 1', 'a,b 2'],
    ],
    [
      ['a,b 1', 'commit', 'a 2', 'commit'],
      ['a,b 1', 'a 2'],
    ],
  ])('%j leaves %j', (script, kept) => {
    expect(after(...script).since(0)).toEqual(kept);
  });
});

describe('a long transaction', () => {
  it('keeps the newest of what it sets again and again', () => {
    const log = after('app.a 1', 'savepoint s');
    for (let i = 0; i < 100_000; i++) {
      log.add('app.a', `a ${i}`, true);
      log.add(['app.b', 'app.c'], `bc ${i}`, false);
    }
    expect(log.sinceInTransaction(0)).toEqual(['app.a 1', 'a 99999', 'bc 99999']);
    log.rollbackTo('s');
    expect(log.sinceInTransaction(0)).toEqual(['app.a 1']);
    log.add('app.a', 'a x', false);
    log.commit();
    expect(log.since(0)).toEqual(['a x']);
    expect(log.known).toBe(true);
  });

  it('of a text that sets something for the transaction too, nothing else is replaced', () => {
    const log = after('a,b 1', 'commit');
    log.add(['a'], 'a=2, local b', false, ['b']);
    log.commit();
    expect(log.since(0)).toEqual(['a,b 1', 'a=2, local b']);
    log.add(['a'], 'a=3', false, ['search_path']);
    expect(log.text).toBe('a=3');
  });

  it('that makes savepoints without end is given up', () => {
    const log = after('a 1');
    for (let i = 0; i < 6_000; i++) log.savepoint('s');
    expect(log.known).toBe(false);
  });
});

describe('a connection that has got some of it', () => {
  it('is told the rest', () => {
    const log = after('a 1', 'b 1', 'commit');
    const applied = log.newest;
    log.add('c', 'c 1', false);
    log.commit();
    expect(log.since(applied)).toEqual(['c 1']);
    expect(log.since(log.newest)).toEqual([]);
  });

  it('is told a transaction in its order, with what is local to it', () => {
    const log = after('a 1', 'commit', 'a 2', 'local b');
    expect(log.sinceInTransaction(0)).toEqual(['a 2', 'local b']);
    expect(log.newest).toBeGreaterThan(log.newestKept);
    log.commit();
    expect(log.newest).toBe(log.newestKept);
  });

  it('hears that something was undone', () => {
    const log = after('savepoint s', 'a 1');
    const { undone, changes } = log;
    log.rollbackTo('s');
    expect(log.undone).toBe(undone + 1);
    expect(log.changes).toBeGreaterThan(changes);
    log.rollbackTo('s');
    expect(log.undone).toBe(undone + 1);
  });
});

describe('what cannot be copied', () => {
  it('too much of it', () => {
    const log = new SettingsLog();
    log.add('a', 'x'.repeat(100_000), false);
    log.commit();
    expect(log.known).toBe(false);
    log.add('search_path', 'b', false);
    log.commit();
    expect(log.known).toBe(false);
    expect(log.text).not.toBe(new SettingsLog().text);
    log.add(DISCARD_ALL, 'DISCARD ALL', false);
    log.commit();
    expect(log.known).toBe(true);
    expect(log.since(0)).toEqual(['DISCARD ALL']);
  });

  it('too many of them', () => {
    const log = new SettingsLog();
    for (let i = 0; i < 300; i++) log.add(`app.s${i}`, 'x', true);
    expect(log.full).toBe(true);
    expect(log.sinceInTransaction(0)).toEqual([]);
  });

  it('what a transaction lost track of, until it ends', () => {
    const log = after('a 1');
    log.lost = true;
    expect(log.known).toBe(false);
    log.rollback();
    expect(log.known).toBe(true);
  });
});

it('only what decides on the meaning of names is part of the scope', () => {
  const log = after('app.user 1', 'search_path x', 'timezone y', 'commit', 'set_config:search_path z', 'role r');
  expect(log.text).toBe('search_path x\nset_config:search_path z\nrole r');
});
