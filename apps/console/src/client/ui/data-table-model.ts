/** What a table does without a browser: order rows, and find the row that a key leads to. */
export interface Order {
  readonly column: string;
  readonly descending: boolean;
}

export type SortValue = string | number | bigint | boolean | null | undefined;

/** Numbers by size, texts by the reader's language; what is empty stays last in both directions. */
export function compareValues(a: SortValue, b: SortValue, collator: Intl.Collator): number {
  if (typeof a === 'string' && typeof b === 'string') return collator.compare(a, b);
  const [x, y] = [Number(a), Number(b)];
  return x === y ? 0 : x < y ? -1 : 1;
}

const isEmpty = (value: SortValue): boolean =>
  value === null || value === undefined || value === '' || (typeof value === 'number' && Number.isNaN(value));

/** A new array in order; equal rows keep their places. */
export function sortRows<Row>(
  rows: readonly Row[],
  sortBy: (row: Row) => SortValue,
  descending: boolean,
  collator: Intl.Collator,
): readonly Row[] {
  const keyed = rows.map((row, place) => ({ row, place, value: sortBy(row) }));
  keyed.sort((a, b) => {
    const emptyA = isEmpty(a.value);
    const emptyB = isEmpty(b.value);
    if (emptyA || emptyB) return emptyA === emptyB ? a.place - b.place : emptyA ? 1 : -1;
    const compared = compareValues(a.value, b.value, collator);
    return compared === 0 ? a.place - b.place : descending ? -compared : compared;
  });
  return keyed.map(({ row }) => row);
}

/** First press ascending, then descending, then as it came. */
export function nextOrder(order: Order | null, column: string): Order | null {
  if (order?.column !== column) return { column, descending: false };
  return order.descending ? null : { column, descending: true };
}

const PAGE = 10;

/** The row that a key leads to from `at` (-1: none yet), or null when the key is not one of a table. */
export function rowForKey(key: string, at: number, count: number): number | null {
  if (count === 0) return null;
  const clamp = (row: number) => Math.min(count - 1, Math.max(0, row));
  switch (key) {
    case 'ArrowDown':
      return clamp(at + 1);
    case 'ArrowUp':
      return clamp(at - 1);
    case 'PageDown':
      return clamp(at + PAGE);
    case 'PageUp':
      return clamp(at - PAGE);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
