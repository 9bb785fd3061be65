'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useMemo } from 'react';
import { api } from '../../../live/api.ts';
import { useAsk } from '../../../live/use-ask.ts';
import { useQueryParam } from '../../../live/use-query-param.ts';
import { Age } from '../../../ui/age.tsx';
import { Button } from '../../../ui/button.tsx';
import { type Column, DataTable } from '../../../ui/data-table.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { LinkButton } from '../../../ui/link-button.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { useFormat } from '../../../ui/use-format.ts';
import { useNow } from '../../../ui/use-now.ts';
import type { Version } from '../answers.ts';
import { ConfigFrame } from '../config-frame.tsx';
import { useRoom } from '../room.tsx';
import { spansOf } from './spans.ts';
import { Outcomes, useSourceWord } from './words.tsx';

/** Every version: who, when, why, from where, how it ended on each proxy, and how long it was live. */
export function History() {
  const t = useTranslations('config.history');
  const { cluster, base, stamp } = useRoom();
  const router = useRouter();
  const format = useFormat();
  const now = useNow();
  const source = useSourceWord();
  const [chosenText, setChosen] = useQueryParam('compare');
  const chosen = useMemo(() => new Set(chosenText.split(',').filter(Boolean)), [chosenText]);
  const versions = useAsk(`versions ${cluster}`, () => api.config.versions.list.query({ cluster }), { stamp });
  const drafts = useAsk(`drafts ${cluster}`, () => api.config.drafts.list.query({ cluster }), { stamp });
  const rows = versions.data ?? [];
  const spans = useMemo(() => spansOf(versions.data ?? []), [versions.data]);
  const instant = (iso: string) => {
    const ms = Date.parse(iso);
    return (
      <time dateTime={iso} title={format.fullInstant(ms)}>
        {format.instant(ms, now ?? ms)}
      </time>
    );
  };
  const columns: readonly Column<Version>[] = [
    {
      id: 'version',
      head: t('version'),
      width: '132px',
      cell: ({ number, wanted }) => (
        <span className="flex items-center gap-2">
          <Link className="link" href={`${base}/config/history/${number}`} prefetch={false}>
            {t('number', { number: String(number) })}
          </Link>
          {wanted && <span className="chip">{t('wanted')}</span>}
        </span>
      ),
      sortBy: ({ number }) => number,
      card: 'head',
    },
    { id: 'when', head: t('when'), width: '128px', cell: ({ createdAt }) => instant(createdAt) },
    { id: 'who', head: t('who'), width: '112px', cell: ({ author }) => author, sortBy: ({ author }) => author },
    { id: 'why', head: t('why'), cell: ({ reason }) => reason, wrap: true },
    { id: 'source', head: t('from'), width: '144px', cell: (version) => source(version) },
    {
      id: 'outcome',
      head: t('outcome'),
      width: '216px',
      cell: ({ outcome }) => <Outcomes outcome={outcome} />,
      wrap: true,
    },
    {
      id: 'live',
      head: t('live'),
      width: '116px',
      cell: ({ number }) => {
        const span = spans.get(number);
        if (span === undefined) return null;
        return format.roughDuration(Math.max(0, (span.toMs ?? now ?? span.fromMs) - span.fromMs));
      },
    },
  ];
  const pair = [...chosen].map(Number).sort((a, b) => a - b);
  return (
    <ConfigFrame>
      <div className="config-tools">
        <p className="muted min-w-0 flex-1">{t('text')}</p>
        <Button
          reason={pair.length === 2 ? undefined : t('chooseTwo')}
          onClick={() => router.push(`${base}/config/history/compare?from=${pair[0]}&to=${pair[1]}`)}
        >
          {pair.length === 2 ? t('compare', { from: String(pair[0]), to: String(pair[1]) }) : t('compareTwo')}
        </Button>
        <LinkButton href={`${base}/config/import`}>{t('import')}</LinkButton>
      </div>
      {versions.failure !== null && (
        <ErrorPanel what={t('versions')} raw={versions.failure.message} onRetry={versions.reload} />
      )}
      {drafts.data !== null && drafts.data.length > 0 && (
        <Panel title={t('drafts')} count={drafts.data.length}>
          {drafts.data.map((draft) => (
            <div key={draft.id} className="panel-part flex flex-wrap items-center gap-3">
              <Link className="link font-semibold" href={`${base}/config/drafts/${draft.id}`} prefetch={false}>
                {draft.title === '' ? t('untitled') : draft.title}
              </Link>
              <span className="muted">
                {t('draft', { count: draft.changes, author: draft.author, base: String(draft.base ?? 0) })}
              </span>
              <span className="ml-auto">
                <Age atMs={Date.parse(draft.updatedAt)} lateMs={Number.POSITIVE_INFINITY} />
              </span>
            </div>
          ))}
        </Panel>
      )}
      <Panel
        title={t('versions')}
        count={versions.data?.length}
        end={<Age atMs={versions.at} lateMs={Number.POSITIVE_INFINITY} />}
      >
        {versions.data === null && versions.failure === null ? (
          <Skeleton what={t('versions')} rows={6} />
        ) : (
          <DataTable
            label={t('versions')}
            columns={columns}
            rows={rows}
            rowKey={({ number }) => String(number)}
            rowName={({ number }) => t('number', { number: String(number) })}
            onOpen={({ number }) => router.push(`${base}/config/history/${number}`)}
            selection={{
              keys: chosen,
              onChange: (keys) => setChosen([...keys].slice(-2).join(',')),
            }}
            empty={
              <EmptyState
                title={t('empty')}
                act={<LinkButton href={`${base}/config/import`}>{t('import')}</LinkButton>}
              >
                {t('emptyText')}
              </EmptyState>
            }
          />
        )}
      </Panel>
    </ConfigFrame>
  );
}
