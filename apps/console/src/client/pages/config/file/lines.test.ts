import { describe, expect, it } from 'vitest';
import { lineOf, nameAt } from './lines.ts';

const TEXT = '# port = 1\nport = 9999\n\nbackend_weight1 = 1 # here\nport = 9998\nnum_init_children = 8\n';

describe('lines of a file', () => {
  it('leads to the last line of a name, which is the one that counts', () => {
    expect(lineOf(TEXT, 'port')).toBe(5);
    expect(lineOf(TEXT, 'backend_weight1')).toBe(4);
    expect(lineOf(TEXT, 'max_pool')).toBeNull();
  });

  it('knows what a line sets, and that a comment sets nothing', () => {
    expect(nameAt(TEXT, 4)).toBe('backend_weight1');
    expect(nameAt(TEXT, 1)).toBeNull();
    expect(nameAt(TEXT, 3)).toBeNull();
  });
});
