'use client';

import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useMay } from '../../frame/me.tsx';
import { type Api, api, failureOf } from '../../live/api.ts';
import { useAsk } from '../../live/use-ask.ts';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { curlOf } from '../../ui/copy-curl.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useToast } from '../../ui/toast.tsx';

type Case = Awaited<ReturnType<Api['config']['cases']['list']['query']>>[number];

/** The statements that every draft is looked at by. */
export function Cases({ cluster, base }: { readonly cluster: string; readonly base: string }) {
  const t = useTranslations('routing.cases');
  const ui = useTranslations('ui.button');
  const may = useMay();
  const toast = useToast();
  const cases = useAsk(`cases ${cluster}`, () => api.config.cases.list.query({ cluster }));
  const forget = async (id: string): Promise<void> => {
    try {
      await api.config.cases.delete.mutate({ cluster, id });
      cases.reload();
    } catch (error) {
      toast({ kind: 'down', text: failureOf(error).message });
    }
  };
  const columns: readonly Column<Case>[] = [
    { id: 'name', head: t('name'), cell: ({ name }) => name, sortBy: ({ name }) => name, card: 'head' },
    {
      id: 'sql',
      head: t('statement'),
      wrap: true,
      cell: ({ question }) => (
        <Link className="link mono" href={`${base}?sql=${encodeURIComponent(question.sql)}`} prefetch={false}>
          {question.sql}
        </Link>
      ),
    },
    {
      id: 'context',
      head: t('context'),
      wrap: true,
      cell: ({ question }) =>
        [
          `${question.user}@${question.database}`,
          ...(question.application === '' ? [] : [question.application]),
          ...(question.inTransaction ? [t('inTransaction')] : []),
          ...(question.afterWrite ? [t('afterWrite')] : []),
        ].join(', '),
    },
    { id: 'expected', head: t('expected'), cell: ({ expected }) => t('nodes', { nodes: expected.join(', ') }) },
    { id: 'by', head: t('by'), cell: ({ by }) => by },
    {
      id: 'act',
      head: t('acts'),
      width: '132px',
      cell: ({ id, name }) => (
        <ConfirmPopover
          small
          opener={t('forgetAsk')}
          act={t('forget', { name })}
          effect={t('forgetEffect')}
          curl={curlOf({ method: 'DELETE', path: `/clusters/${cluster}/routing-cases/${id}` })}
          onConfirm={() => void forget(id)}
          {...(may('config.draft', cluster) ? {} : { reason: ui('missingPermission', { permission: 'config.draft' }) })}
        />
      ),
    },
  ];
  if (cases.failure !== null && cases.data === null)
    return <ErrorPanel what={t('title')} raw={cases.failure.message} onRetry={cases.reload} />;
  return (
    <Panel title={t('title')} count={cases.data?.length}>
      {cases.data === null ? (
        <Skeleton what={t('title')} rows={4} />
      ) : (
        <DataTable
          label={t('title')}
          columns={columns}
          rows={cases.data}
          rowKey={({ id }) => id}
          empty={
            <EmptyState title={t('none')} act={<LinkButton href={base}>{t('toExplain')}</LinkButton>}>
              {t('noneText')}
            </EmptyState>
          }
        />
      )}
    </Panel>
  );
}
