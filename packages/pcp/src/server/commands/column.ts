import type { Shown } from '@pgherd/operations';

/** A cell of a SHOW row by the column's name; empty where there is none. */
export function column({ columns }: Shown, row: readonly string[], name: string): string {
  return row[columns.indexOf(name)] ?? '';
}
