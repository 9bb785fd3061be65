'use client';

import { useTranslations } from 'next-intl';
import type { EventView } from '../../../shared/live/topics.ts';
import { eventKind } from '../../herd/words.ts';
import { StatusWord } from '../../ui/status-word.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';

/** Written out, because a phone's CSS turns rows into cards, and display changes what a table is to a reader. */
const ROLE = {
  rowgroup: { role: 'rowgroup' },
  row: { role: 'row' },
  columnheader: { role: 'columnheader' },
  cell: { role: 'cell' },
} as const;

/** Ten rows need no sorting, choosing or scrolling: a plain table in the dress of the others, and a smaller first visit. */
export function LastEvents({ events }: { readonly events: readonly EventView[] }) {
  const t = useTranslations('ui.events');
  const format = useFormat();
  const now = useNow();
  return (
    <table className="data-table data-table-cards">
      <colgroup>
        <col style={{ width: '128px' }} />
        <col style={{ width: '152px' }} />
        <col />
        <col style={{ width: '128px' }} />
      </colgroup>
      <thead {...ROLE.rowgroup}>
        <tr {...ROLE.row}>
          {(['time', 'state', 'text', 'who'] as const).map((column) => (
            <th key={column} scope="col" {...ROLE.columnheader}>
              {t(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody {...ROLE.rowgroup}>
        {events.map((event) => {
          const atMs = Date.parse(event.at);
          const kind = eventKind(event);
          return (
            <tr key={event.key} className="data-row" {...ROLE.row}>
              <td {...ROLE.cell} className="cell-first" data-card="head">
                <time className="font-normal text-ink-2" dateTime={event.at} title={format.fullInstant(atMs)}>
                  {format.instant(atMs, now ?? atMs)}
                </time>
              </td>
              <td {...ROLE.cell} data-card="status">
                {kind !== null && <StatusWord kind={kind} />}
              </td>
              <td {...ROLE.cell} className="cell-wrap" data-label={t('text')}>
                {event.message}
              </td>
              <td {...ROLE.cell} data-label={t('who')}>
                <span className="muted">{event.proxy}</span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
