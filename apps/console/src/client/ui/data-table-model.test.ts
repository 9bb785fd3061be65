import { describe, expect, it } from 'vitest';
import { nextOrder, rowForKey, sortRows } from './data-table-model.ts';

const collator = new Intl.Collator('en', { numeric: true });

describe('sortRows', () => {
  it('orders names with numbers as people count', () => {
    expect(sortRows(['node 10', 'node 2'], (name) => name, false, collator)).toEqual(['node 2', 'node 10']);
  });

  it('keeps what is empty last in both directions', () => {
    const rows = [3, null, 1];
    expect(sortRows(rows, (row) => row, false, collator)).toEqual([1, 3, null]);
    expect(sortRows(rows, (row) => row, true, collator)).toEqual([3, 1, null]);
  });

  it('keeps the places of equal rows', () => {
    const rows = [
      { id: 'a', n: 1 },
      { id: 'b', n: 1 },
    ];
    expect(sortRows(rows, ({ n }) => n, true, collator)).toEqual(rows);
  });

  it('compares LSNs as numbers', () => {
    expect(sortRows([0x9_0000_0000n, 0x10_0000_0000n], (lsn) => lsn, false, collator)).toEqual([
      0x9_0000_0000n,
      0x10_0000_0000n,
    ]);
  });
});

it('goes from ascending to descending to as it came', () => {
  const first = nextOrder(null, 'lag');
  expect(first).toEqual({ column: 'lag', descending: false });
  expect(nextOrder(first, 'lag')).toEqual({ column: 'lag', descending: true });
  expect(nextOrder({ column: 'lag', descending: true }, 'lag')).toBeNull();
  expect(nextOrder(first, 'name')).toEqual({ column: 'name', descending: false });
});

it.each([
  ['ArrowDown', 0, 1],
  ['ArrowDown', 4, 4],
  ['ArrowUp', 0, 0],
  ['End', 0, 4],
  ['Home', 3, 0],
  ['PageDown', 0, 4],
  ['a', 0, null],
])('%s leads from row %d to %s of 5', (key, at, to) => expect(rowForKey(key, at, 5)).toBe(to));

it('leads nowhere in an empty table', () => expect(rowForKey('End', -1, 0)).toBeNull());
