'use client';

import { DataTable, type DataTableProps } from './data-table.tsx';
import { useVirtualRows } from './use-virtual-rows.ts';

/** A table of any length: 5,000 rows scroll as 30 do. Apart from DataTable, so that pages with short tables stay small. */
export function BigTable<Row>(props: Omit<DataTableProps<Row>, 'useRows'>) {
  return <DataTable {...props} useRows={useVirtualRows} />;
}
