import { describe, expect, it } from 'vitest';
import { destinationOf, statementsIn } from './verdict-model.ts';

const passes = (rule: string, value: string, node: number | null = null) => ({
  rule,
  verdict: 'passes' as const,
  value,
  node,
});

describe('the verdict of a ladder', () => {
  it('is the last row, with the probabilities where the draw stands', () => {
    expect(
      destinationOf([
        passes('read node of the session', 'probability 0.25', 1),
        passes('read node of the session', 'probability 0.75, and was drawn', 2),
        { rule: 'read-node', verdict: 'decides', value: 'a read', node: 2 },
      ]),
    ).toEqual({
      node: 2,
      rule: 'read-node',
      value: 'a read',
      shares: [
        { node: 2, probability: 0.75 },
        { node: 1, probability: 0.25 },
      ],
    });
  });

  it('is the one node where a later rule overrules the draw', () => {
    const found = destinationOf([
      passes('read node of the session', 'probability 0.25', 1),
      passes('read node of the session', 'probability 0.75, and was drawn', 2),
      { rule: 'delay_threshold', verdict: 'decides', value: '2000 ms', node: 0 },
    ]);
    expect(found?.shares).toEqual([{ node: 0, probability: 1 }]);
  });
});

describe('a batch', () => {
  it('is parted at semicolons that end a line and at empty lines', () => {
    expect(statementsIn("SELECT 1;\nSELECT ';' ;\n\nSELECT\n 2\n")).toEqual(['SELECT 1', "SELECT ';'", 'SELECT\n 2']);
  });
});
