import { expect, test } from 'vitest';
import { formatTable } from './table.ts';

test('rows are printed as psql prints them', () => {
  const table = formatTable(
    ['id', 'name'],
    [
      ['1', 'a\nb'],
      ['23', null],
    ],
  );
  expect(table.split('\n')).toEqual([' id | name', '----+------', ' 1  | a   +', '    | b', ' 23 |', '(2 rows)']);
});

test('a table without rows has its head, and one row is one row', () => {
  expect(formatTable(['a'], [])).toBe(' a\n---\n(0 rows)');
  expect(formatTable(['a'], [['x']])).toBe(' a\n---\n x\n(1 row)');
});

test('width is counted in characters, not in units of UTF-16', () => {
  expect(formatTable(['a', 'b'], [['🐘', 'x']])).toBe(' a | b\n---+---\n 🐘 | x\n(1 row)');
});
