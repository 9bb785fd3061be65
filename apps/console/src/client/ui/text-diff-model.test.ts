import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines, foldRows, pairLines } from './text-diff-model.ts';

describe('diffLines', () => {
  it('names both line numbers of what changed', () => {
    expect(diffLines('a\nb\nc', 'a\nB\nc')).toEqual([
      { kind: 'same', oldNumber: 1, newNumber: 1, text: 'a' },
      { kind: 'removed', oldNumber: 2, newNumber: null, text: 'b' },
      { kind: 'added', oldNumber: null, newNumber: 2, text: 'B' },
      { kind: 'same', oldNumber: 3, newNumber: 3, text: 'c' },
    ]);
  });

  it('gives back both texts for any two', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const side = (kind: 'removed' | 'added') =>
          lines
            .filter((line) => line.kind === 'same' || line.kind === kind)
            .map((line) => line.text)
            .join('\n');
        expect(side('removed')).toBe(before);
        expect(side('added')).toBe(after);
        expect(lines.filter(({ oldNumber }) => oldNumber !== null).map(({ oldNumber }) => oldNumber)).toEqual(
          before.split('\n').map((_, at) => at + 1),
        );
      }),
    );
  });

  it('stays quick when every line of a large file changed', () => {
    const text = (mark: string) => Array.from({ length: 3000 }, (_, at) => `${mark} ${at}`).join('\n');
    expect(diffLines(text('a'), text('b'))).toHaveLength(6000);
  });
});

it('puts removed and added lines of one place beside each other', () => {
  const pairs = pairLines(diffLines('x\na\nb', 'x\nA'));
  expect(pairs.map(({ before, after }) => [before?.text ?? null, after?.text ?? null])).toEqual([
    ['x', 'x'],
    ['a', 'A'],
    ['b', null],
  ]);
});

it('folds what is far from a change', () => {
  const rows = Array.from({ length: 20 }, (_, at) => at);
  const parts = foldRows(rows, (row) => row !== 10, 2);
  expect(parts).toEqual([{ skipped: 8 }, { rows: [8, 9, 10, 11, 12] }, { skipped: 7 }]);
});
