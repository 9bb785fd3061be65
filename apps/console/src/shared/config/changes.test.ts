import { describe, expect, it } from 'vitest';
import { changesBetween, sameMeaning, withChanges } from './changes.ts';

describe('values', () => {
  it('mean the same in any unit and spelling, and only then', () => {
    expect(sameMeaning('connect_timeout', '1000', '1s')).toBe(true);
    expect(sameMeaning('child_life_time', '120', '2min')).toBe(true);
    expect(sameMeaning('load_balance_mode', 'yes', 'on')).toBe(true);
    expect(sameMeaning('connect_timeout', '1000', '2s')).toBe(false);
    expect(sameMeaning('no_such_name', '1', '01')).toBe(false);
  });
});

describe('changes between two texts', () => {
  it('are put on another text, comments and order kept', () => {
    const changes = changesBetween('port = 1024\nmax_pool = 4\n', 'port = 1025\n');
    expect(changes).toEqual([
      { name: 'port', from: '1024', to: '1025' },
      { name: 'max_pool', from: '4', to: null },
    ]);
    expect(withChanges('# mine\nmax_pool = 4 # four\nport = 1024\n', changes)).toBe('# mine\n # four\nport = 1025\n');
  });
});
