'use client';

import { useTranslations } from 'next-intl';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { type GroupBy, NO_NAME, type SessionGroup } from './session-list.ts';

interface GroupTableProps {
  readonly by: GroupBy;
  readonly groups: readonly SessionGroup[];
  readonly onOpen: (value: string) => void;
}

/** Sums of the sessions that fit the filters; opening a group makes a filter of it. */
export function GroupTable({ by, groups, onOpen }: GroupTableProps) {
  const t = useTranslations('sessions');
  const words = useTranslations('words');
  const format = useFormat();
  const now = useNow();
  const nameOf = (value: string): string =>
    value === NO_NAME ? t('group.empty') : by === 'node' ? words('nodeName', { id: value }) : value;
  const columns: readonly Column<SessionGroup>[] = [
    {
      ...{ id: 'value', head: t(`group.${by}`), card: 'head' },
      sortBy: ({ value }) => value,
      cell: ({ value }) => nameOf(value),
    },
    {
      ...{ id: 'sessions', head: t('group.sessions'), numeric: true, card: 'status' },
      sortBy: ({ sessions }) => sessions,
      cell: ({ sessions }) => format.number(sessions),
    },
    {
      ...{ id: 'active', head: t('group.active'), numeric: true },
      sortBy: ({ active }) => active,
      cell: ({ active }) => format.number(active),
    },
    {
      ...{ id: 'transaction', head: t('group.transaction'), numeric: true },
      sortBy: ({ inTransaction }) => inTransaction,
      cell: ({ inTransaction }) => format.number(inTransaction),
    },
    {
      ...{ id: 'oldest', head: t('group.oldest'), numeric: true },
      sortBy: ({ oldest }) => -Date.parse(oldest),
      cell: ({ oldest }) => (now === null ? '' : format.roughDuration(Math.max(0, now - Date.parse(oldest)))),
    },
  ];
  return (
    <DataTable
      label={t('title')}
      columns={columns}
      rows={groups}
      rowKey={({ value }) => value}
      onOpen={({ value }) => onOpen(value)}
      empty={<EmptyState title={t('noMatch')} />}
    />
  );
}
