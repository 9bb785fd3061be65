import { describe, expect, test } from 'vitest';
import type { RouteRow } from './explain.ts';
import { differs, verdictOf } from './verdict.ts';

const row = (rule: string, value: string, node: number | null, verdict: RouteRow['verdict'] = 'passes'): RouteRow => ({
  rule,
  value,
  node,
  verdict,
});
const SPREAD = [row('weighted_random', 'probability 0.25', 1), row('weighted_random', 'probability 0.75', 2)];

describe('a verdict', () => {
  test('of a rule is one node', () => {
    expect(verdictOf([...SPREAD, row('statement', 'it writes', 0, 'decides')])).toEqual({
      rule: 'statement',
      value: 'it writes',
      shares: [{ node: 0, probability: 1 }],
      error: null,
    });
  });

  test('of a draw is all that took part in it', () => {
    const { shares } = verdictOf([...SPREAD, row('draw', '0.5', 2), row('read', 'node 2', 2, 'decides')]);
    expect(shares).toEqual([
      { node: 1, probability: 0.25 },
      { node: 2, probability: 0.75 },
    ]);
  });

  test('of a draw whose node another rule replaced is that one alone', () => {
    const { shares } = verdictOf([
      ...SPREAD,
      row('draw', '0.1', 1),
      row('delay_threshold', 'node 1 is late', 2, 'decides'),
    ]);
    expect(shares).toEqual([{ node: 2, probability: 1 }]);
  });

  test('of nobody, and of nothing, says so', () => {
    expect(verdictOf([row('primary', 'none is known', null, 'decides')])).toMatchObject({ shares: [], error: null });
    expect(verdictOf({ error: 'relation "x" does not exist' })).toMatchObject({ error: 'relation "x" does not exist' });
  });

  test('differs where the places or their mixture do, not for another rule', () => {
    const at = (...shares: [number, number][]) => ({
      rule: 'a',
      value: '',
      shares: shares.map(([node, probability]) => ({ node, probability })),
      error: null,
    });
    expect(differs(at([0, 1]), { ...at([0, 1]), rule: 'b' })).toBe(false);
    expect(differs(at([0, 1]), at([1, 1]))).toBe(true);
    expect(differs(at([0, 0.5], [1, 0.5]), at([0, 0.4], [1, 0.6]))).toBe(true);
    expect(differs(at([0, 1]), { ...at(), error: 'x' })).toBe(true);
  });
});
