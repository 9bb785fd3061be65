'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import type { RefObject } from 'react';
import { usePhone } from './use-phone.ts';

interface VirtualRows {
  /** Indexes to draw, or null: all. */
  readonly rows: readonly number[] | null;
  /** Height of what is not drawn, in px. */
  readonly before: number;
  readonly after: number;
  readonly reveal: (index: number) => void;
  readonly measure: ((row: HTMLTableRowElement | null) => void) | undefined;
}

interface Options {
  readonly count: number;
  readonly enabled: boolean;
  readonly dense: boolean;
  readonly scroller: RefObject<HTMLDivElement | null>;
}

/** Heights of rows in px; those of cards on a phone differ from row to row, so they are measured. */
const ROW = 37;
const DENSE_ROW = 31;
const CARD = 150;

export function useVirtualRows({ count, enabled, dense, scroller }: Options): VirtualRows {
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
  if (!enabled) return { rows: null, before: 0, after: 0, reveal: () => undefined, measure: undefined };
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
