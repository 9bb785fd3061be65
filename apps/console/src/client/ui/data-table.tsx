'use client';

import { useLocale, useTranslations } from 'next-intl';
import { type KeyboardEvent, memo, type ReactNode, useMemo, useRef, useState } from 'react';
import { cx } from './cx.ts';
import { nextOrder, type Order, rowForKey, type SortValue, sortRows } from './data-table-model.ts';
import { Icon } from './icon.tsx';
import { type RowWindow, useAllRows } from './row-window.ts';

export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** Makes the column sortable. Numbers, LSNs as bigint, texts. */
  readonly sortBy?: (row: Row) => SortValue;
  /** Numbers stand right, texts left. */
  readonly numeric?: boolean;
  /** CSS width, such as "120px". Virtual tables need one for each column but one. */
  readonly width?: string;
  readonly wrap?: boolean;
  /** On a phone a row is a card: `head` leads it, `status` stands at its right, `hidden` is left out. */
  readonly card?: 'head' | 'status' | 'hidden';
}

export interface Selection {
  readonly keys: ReadonlySet<string>;
  readonly onChange: (keys: ReadonlySet<string>) => void;
}

export interface DataTableProps<Row> {
  /** What the table lists, for screen readers: "Nodes". */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** How a row is called where only one word fits: for its checkbox. */
  readonly rowName?: (row: Row) => string;
  /** The order, where the page keeps it (in the URL); else the table keeps it itself. */
  readonly order?: Order | null;
  readonly onOrder?: (order: Order | null) => void;
  /** The row whose details are shown. */
  readonly chosen?: string | null;
  /** Click or Enter on a row. */
  readonly onOpen?: (row: Row) => void;
  /** Checkboxes, for acts on many. */
  readonly selection?: Selection;
  readonly dense?: boolean;
  /** The head is for screen readers only. */
  readonly headless?: boolean;
  /** Height of the scrolling part, in CSS. Needed for the sticky head and for many rows. */
  readonly height?: string;
  /** Shown in place of rows. */
  readonly empty?: ReactNode;
  /** Which rows are drawn: all. BigTable draws those in sight. The same in every render. */
  readonly useRows?: RowWindow;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, chosen, onOpen, selection, dense = false, height, empty } = props;
  const t = useTranslations('ui.table');
  const locale = useLocale();
  const collator = useMemo(() => new Intl.Collator(locale, { numeric: true }), [locale]);
  const [ownOrder, setOwnOrder] = useState<Order | null>(null);
  const order = props.order === undefined ? ownOrder : props.order;
  const setOrder = props.onOrder ?? setOwnOrder;
  const sorted = useMemo(() => {
    const sortBy = columns.find((column) => column.id === order?.column)?.sortBy;
    return sortBy === undefined ? rows : sortRows(rows, sortBy, order?.descending === true, collator);
  }, [rows, columns, order, collator]);

  const scroller = useRef<HTMLDivElement>(null);
  const useRows = props.useRows ?? useAllRows;
  const virtual = useRows({ count: sorted.length, dense, scroller });
  const isVirtual = virtual.rows !== null;
  const live = onOpen !== undefined || selection !== undefined;

  // One row is in the tab order; arrow keys move it.
  const [cursor, setCursor] = useState<string | null>(null);
  const cursorKey = cursor ?? chosen ?? null;
  const cursorAt =
    cursorKey === null
      ? 0
      : Math.max(
          0,
          sorted.findIndex((row) => rowKey(row) === cursorKey),
        );
  const focusRow = (at: number): void => {
    const row = sorted[at];
    if (row === undefined) return;
    setCursor(rowKey(row));
    virtual.reveal(at);
    // After a jump in a virtual table the row is drawn in the next frame.
    const reach = (tries: number): void => {
      const element = scroller.current?.querySelector<HTMLElement>(`tr[data-row="${at}"]`);
      if (element !== null && element !== undefined) element.focus({ preventScroll: isVirtual });
      else if (tries > 0) requestAnimationFrame(() => reach(tries - 1));
    };
    reach(5);
  };
  const toggle = (key: string): void => {
    if (selection === undefined) return;
    const keys = new Set(selection.keys);
    if (!keys.delete(key)) keys.add(key);
    selection.onChange(keys);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTableSectionElement>): void => {
    const row = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('tr[data-row]') : null;
    if (row === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = Number(row.dataset['row']);
    const next = rowForKey(event.key, at, sorted.length);
    const onRow = event.target === row;
    const here = sorted[at];
    if (next !== null) focusRow(next);
    else if (event.key === 'Enter' && onRow && onOpen !== undefined && here !== undefined) onOpen(here);
    else if (event.key === ' ' && onRow && selection !== undefined && here !== undefined) toggle(rowKey(here));
    else return;
    event.preventDefault();
  };

  const drawn = virtual.rows ?? sorted.map((_, index) => index);
  const width = columns.length + (selection === undefined ? 0 : 1);
  const gap = (px: number, name: string): ReactNode =>
    px > 0 && (
      // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a spacer takes no focus
      <tr key={name} className="data-table-gap" aria-hidden="true">
        <td colSpan={width} style={{ height: px }} />
      </tr>
    );
  const roles = live ? GRID_ROLES : TABLE_ROLES;
  const scrolls = height !== undefined || isVirtual;

  return (
    // A part that scrolls must be reachable by keyboard; in a live table the rows are.
    <div
      ref={scroller}
      className="data-table-scroll"
      style={scrolls ? { maxHeight: height ?? '70vh' } : undefined}
      {...(live ? {} : { tabIndex: 0, role: 'region', 'aria-label': label })}
    >
      <table
        className={cx('data-table', 'data-table-cards', dense && 'data-table-dense', isVirtual && 'data-table-fixed')}
        role={roles.table}
        aria-label={label}
        aria-rowcount={sorted.length + 1}
        {...(selection === undefined ? {} : { 'aria-multiselectable': true })}
      >
        <colgroup>
          {selection !== undefined && <col style={{ width: '44px' }} />}
          {columns.map((column) => (
            <col key={column.id} style={column.width === undefined ? undefined : { width: column.width }} />
          ))}
        </colgroup>
        <thead role={roles.group} className={props.headless === true ? 'data-table-headless' : undefined}>
          <tr role={roles.row} aria-rowindex={1}>
            {selection !== undefined && (
              <th scope="col" role={roles.head}>
                <ChooseAll rows={sorted} rowKey={rowKey} selection={selection} label={t('chooseAll')} />
              </th>
            )}
            {columns.map((column) => {
              const sort = order?.column === column.id ? (order.descending ? 'descending' : 'ascending') : undefined;
              return (
                <th
                  key={column.id}
                  scope="col"
                  role={roles.head}
                  className={column.numeric === true ? 'cell-number' : undefined}
                  aria-sort={sort}
                >
                  {column.sortBy === undefined ? (
                    column.head
                  ) : (
                    <button
                      type="button"
                      className="sort-button"
                      title={t('sortBy', { column: column.head })}
                      onClick={() => setOrder(nextOrder(order, column.id))}
                    >
                      {column.head}
                      {sort !== undefined && <Icon name={sort} />}
                    </button>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        {/* The rows answer to keys; the table itself is a grid when they do. */}
        <tbody role={roles.group} onKeyDown={live ? onKeyDown : undefined}>
          {gap(virtual.before, 'before')}
          {drawn.map((index) => {
            const row = sorted[index];
            if (row === undefined) return null;
            const key = rowKey(row);
            const isChosen = key === chosen || selection?.keys.has(key) === true;
            return (
              <tr
                key={key}
                ref={virtual.measure}
                data-index={index}
                data-row={index}
                className="data-row"
                role={roles.row}
                aria-rowindex={index + 2}
                aria-selected={live ? isChosen : undefined}
                data-chosen={isChosen || undefined}
                data-live={live || undefined}
                tabIndex={live ? (index === cursorAt ? 0 : -1) : undefined}
                onFocus={live ? () => setCursor(key) : undefined}
                onClick={
                  onOpen === undefined
                    ? undefined
                    : (event) => {
                        // A control in the row acts for itself.
                        const target = event.target as HTMLElement;
                        if (target.closest('a, button, input, label') === null) onOpen(row);
                      }
                }
              >
                {selection !== undefined && (
                  <td role={roles.cell}>
                    <label className="choice" style={{ padding: 0, minHeight: 24 }}>
                      <input
                        type="checkbox"
                        tabIndex={-1}
                        checked={selection.keys.has(key)}
                        onChange={() => toggle(key)}
                        aria-label={t('chooseRow', { row: props.rowName?.(row) ?? key })}
                      />
                    </label>
                  </td>
                )}
                <Cells row={row} columns={columns} cellRole={roles.cell} />
              </tr>
            );
          })}
          {gap(virtual.after, 'after')}
        </tbody>
      </table>
      {sorted.length === 0 && empty}
    </div>
  );
}

/** Written out, because a phone's CSS turns rows into cards, and display changes what a table is to a reader. */
const TABLE_ROLES = { table: 'table', group: 'rowgroup', row: 'row', head: 'columnheader', cell: 'cell' } as const;
const GRID_ROLES = { ...TABLE_ROLES, table: 'grid', cell: 'gridcell' } as const;

interface ChooseAllProps<Row> {
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly selection: Selection;
  readonly label: string;
}

function ChooseAll<Row>({ rows, rowKey, selection, label }: ChooseAllProps<Row>) {
  const chosen = rows.filter((row) => selection.keys.has(rowKey(row))).length;
  const all = rows.length > 0 && chosen === rows.length;
  return (
    <label className="choice" style={{ padding: 0 }}>
      <input
        type="checkbox"
        checked={all}
        ref={(element) => {
          if (element !== null) element.indeterminate = chosen > 0 && !all;
        }}
        onChange={() => selection.onChange(new Set(all ? [] : rows.map(rowKey)))}
        aria-label={label}
      />
    </label>
  );
}

interface CellsProps<Row> {
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
  readonly cellRole: string | undefined;
}

function AllCells<Row>({ row, columns, cellRole }: CellsProps<Row>): ReactNode {
  return columns.map((column, at) => (
    <td
      key={column.id}
      role={cellRole}
      className={cx(
        column.numeric === true && 'cell-number',
        at === 0 && 'cell-first',
        column.wrap === true && 'cell-wrap',
        column.card === 'hidden' && 'phone:hidden!',
      )}
      data-card={column.card}
      data-label={column.card === undefined ? column.head : undefined}
    >
      {column.cell(row)}
    </td>
  ));
}

/** Drawn anew when the row or the columns are other ones: scrolling through many rows draws those that come into sight. */
const Cells = memo(AllCells) as typeof AllCells;
