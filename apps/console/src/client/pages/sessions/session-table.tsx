'use client';

import { useTranslations } from 'next-intl';
import { memo, type ReactNode, useMemo } from 'react';
import type { SessionView } from '../../../shared/live/topics.ts';
import { BigTable } from '../../ui/big-table.tsx';
import type { Column, Selection } from '../../ui/data-table.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';

interface SessionTableProps {
  readonly sessions: readonly SessionView[];
  /** May see statements. */
  readonly sql: boolean;
  readonly several: boolean;
  readonly chosen: string | null;
  readonly onOpen: (session: SessionView) => void;
  readonly selection: Selection;
  readonly empty: ReactNode;
}

/** How long something lasts: a cell of its own, so that the second that passes draws the cells in sight and not the table. */
const Lasting = memo(function Lasting({ since }: { readonly since: string }) {
  const format = useFormat();
  const now = useNow();
  return <time dateTime={since}>{now === null ? '' : format.wholeDuration(Math.max(0, now - Date.parse(since)))}</time>;
});

export function SessionTable(props: SessionTableProps) {
  const { sessions, sql, several, chosen, onOpen, selection, empty } = props;
  const t = useTranslations('sessions');
  const words = useTranslations('words');
  const format = useFormat();
  const columns = useMemo((): readonly Column<SessionView>[] => {
    const name = ({ user, database }: SessionView): string => `${user}@${database}`;
    const uses = ({ links }: SessionView): number => Math.max(0, ...links.map((link) => link.uses));
    return [
      { ...{ id: 'client', head: t('column.client'), width: '140px', card: 'head' }, sortBy: name, cell: name },
      {
        ...{ id: 'application', head: t('column.application'), width: '120px' },
        sortBy: ({ application }) => application,
        cell: ({ application }) => application,
      },
      {
        ...{ id: 'state', head: t('column.state'), width: '144px', card: 'status' },
        sortBy: ({ state }) => state,
        cell: ({ state }) => (state === 'idle' ? <span className="muted">{state}</span> : state),
      },
      {
        ...{ id: 'for', head: t('column.for'), width: '84px', numeric: true },
        sortBy: ({ stateChangedAt }) => -Date.parse(stateChangedAt),
        cell: ({ stateChangedAt }) => <Lasting since={stateChangedAt} />,
      },
      {
        ...{ id: 'transaction', head: t('column.transaction'), width: '96px', numeric: true },
        sortBy: ({ transactionStartedAt }) =>
          transactionStartedAt === null ? null : -Date.parse(transactionStartedAt),
        cell: ({ transactionStartedAt }) =>
          transactionStartedAt === null ? '' : <Lasting since={transactionStartedAt} />,
      },
      {
        ...{ id: 'age', head: t('column.age'), width: '84px', numeric: true },
        sortBy: ({ connectedAt }) => -Date.parse(connectedAt),
        cell: ({ connectedAt }) => <Lasting since={connectedAt} />,
      },
      {
        ...{ id: 'node', head: t('column.node'), width: '76px' },
        sortBy: ({ readNode }) => readNode,
        cell: ({ readNode }) => words('nodeName', { id: String(readNode) }),
      },
      {
        ...{ id: 'pids', head: t('column.pids'), width: '116px' },
        cell: ({ links }) => links.map(({ pid }) => pid).join(', '),
      },
      {
        ...{ id: 'uses', head: t('column.uses'), width: '64px', numeric: true },
        sortBy: uses,
        cell: (session) => (session.links.length === 0 ? '' : format.number(uses(session))),
      },
      {
        ...{ id: 'address', head: t('column.address'), width: '136px' },
        sortBy: ({ host, port }) => `${host}:${port}`,
        cell: ({ host, port }) => `${host}:${port}`,
      },
      ...(several
        ? [
            {
              ...{ id: 'proxy', head: t('column.proxy'), width: '100px' },
              sortBy: ({ proxy }: SessionView) => proxy,
              cell: ({ proxy }: SessionView) => proxy,
            },
          ]
        : []),
      ...(sql
        ? [
            {
              ...{ id: 'statement', head: t('column.statement'), width: '180px' },
              cell: ({ statement }: SessionView) => (
                <span className="mono muted small" title={statement}>
                  {statement.length > 120 ? `${statement.slice(0, 120)}…` : statement}
                </span>
              ),
            },
          ]
        : []),
    ];
  }, [t, words, format, sql, several]);
  return (
    <BigTable
      label={t('title')}
      columns={columns}
      rows={sessions}
      rowKey={({ key }) => key}
      rowName={({ user, database, links }) => `${user}@${database} ${links.map(({ pid }) => pid).join(' ')}`}
      chosen={chosen}
      onOpen={onOpen}
      selection={selection}
      dense
      height="max(320px, calc(100vh - 330px))"
      empty={empty}
    />
  );
}
