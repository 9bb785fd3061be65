'use client';

import { useTranslations } from 'next-intl';
import type { ReactNode } from 'react';
import { type Column, DataTable } from './data-table.tsx';
import type { StatusKind } from './status.ts';
import { StatusWord } from './status-word.tsx';
import { useFormat } from './use-format.ts';
import { useNow } from './use-now.ts';

export interface EventRow {
  readonly id: string;
  readonly atMs: number;
  /** Empty where an event says nothing about a state. */
  readonly kind: StatusKind | null;
  readonly text: string;
  /** The proxy that saw it or the person who did it. */
  readonly who: string;
}

interface EventTableProps {
  readonly events: readonly EventRow[];
  /** A few of today: no head, clock times only. */
  readonly compact?: boolean;
  readonly height?: string;
  readonly empty?: ReactNode;
  readonly onOpen?: (event: EventRow) => void;
}

/** When, what it means, what happened, who. One status per row. */
export function EventTable({ events, compact = false, height, empty, onOpen }: EventTableProps) {
  const t = useTranslations('ui.events');
  const format = useFormat();
  const now = useNow();
  const columns: readonly Column<EventRow>[] = [
    {
      id: 'time',
      head: t('time'),
      width: compact ? '84px' : '128px',
      cell: ({ atMs }) => (
        <time
          className="font-normal text-ink-2"
          dateTime={new Date(atMs).toISOString()}
          title={format.fullInstant(atMs)}
        >
          {compact || now === null ? format.clock(atMs) : format.instant(atMs, now)}
        </time>
      ),
      card: 'head',
    },
    {
      id: 'state',
      head: t('state'),
      width: compact ? '136px' : '152px',
      cell: ({ kind }) => kind !== null && <StatusWord kind={kind} />,
      card: 'status',
    },
    { id: 'text', head: t('text'), cell: ({ text }) => text, wrap: true },
    {
      id: 'who',
      head: t('who'),
      width: compact ? '88px' : '128px',
      cell: ({ who }) => <span className="muted">{who}</span>,
    },
  ];
  return (
    <DataTable
      label={t('label')}
      columns={columns}
      rows={events}
      rowKey={({ id }) => id}
      dense
      headless={compact}
      {...(height === undefined ? {} : { height })}
      {...(empty === undefined ? {} : { empty })}
      {...(onOpen === undefined ? {} : { onOpen })}
    />
  );
}
