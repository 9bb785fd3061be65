'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { type DrawnRows, type RowWindowOptions, useAllRows } from './row-window.ts';
import { usePhone } from './use-phone.ts';

/** From here on only the rows in sight are drawn. */
const VIRTUAL_FROM = 120;

/** Heights of rows in px; those of cards on a phone differ from row to row, so they are measured. */
const ROW = 37;
const DENSE_ROW = 31;
const CARD = 150;

export function useVirtualRows(options: RowWindowOptions): DrawnRows {
  const { count, dense, scroller } = options;
  const enabled = count >= VIRTUAL_FROM;
  const phone = usePhone();
  const virtualizer = useVirtualizer({
    count: enabled ? count : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => (phone ? CARD : dense ? DENSE_ROW : ROW),
    overscan: 12,
    enabled,
    // Before the scroller is measured (and on the server) a screenful.
    initialRect: { width: 1000, height: 800 },
  });
  const all = useAllRows(options);
  if (!enabled) return all;
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  return {
    rows: items.map((item) => item.index),
    before: first?.start ?? 0,
    after: last === undefined ? 0 : virtualizer.getTotalSize() - last.end,
    reveal: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }),
    measure: phone ? (row) => virtualizer.measureElement(row) : undefined,
  };
}
