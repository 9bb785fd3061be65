'use client';
/** What runs, what was done. The filter lives in the address. */
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { neededFor } from '../../../shared/acts.ts';
import { STALE_AFTER_MS } from '../../../shared/live/topics.ts';
import { useMay } from '../../frame/me.tsx';
import { useTransport } from '../../live/live.tsx';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { FilterPill } from '../../ui/filter-pill.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { type Entry, FILTERS, filterOf, fits, tookMs } from './ops-model.ts';
import { RunningCard } from './running-card.tsx';
import { useEntries } from './use-entries.ts';

const STATE_KIND = { running: 'changing', done: 'ok', failed: 'down' } as const;
const STARTS = ['switchover', 'failover', 'recover', 'add-node'] as const;

export function OpsPage({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('ops');
  const router = useRouter();
  const pathname = usePathname();
  const query = useSearchParams();
  const { entries, atMs, failure, reload } = useEntries(cluster);
  const { open } = useTransport();
  const now = useNow();
  const filter = filterOf(query.get('kind'));
  const text = query.get('q') ?? '';
  const set = (name: string, value: string): void => {
    const next = new URLSearchParams(query);
    if (value === '' || value === 'all') next.delete(name);
    else next.set(name, value);
    router.replace(`${pathname}${next.size === 0 ? '' : `?${next}`}`, { scroll: false });
  };
  const running = entries?.filter(({ operation }) => operation.state === 'running') ?? [];
  const past = entries?.filter(({ operation }) => operation.state !== 'running') ?? [];
  const shown = past.filter((entry) => fits(entry, filter, text));
  const base = `/c/${encodeURIComponent(cluster)}/ops`;
  const stale = !open && atMs !== null && now !== null && now - atMs > STALE_AFTER_MS;
  return (
    <>
      <div className="page-head">
        <div className="min-w-0 flex-1">
          <h1 className="page-title">{t('title')}</h1>
          <p className="muted">{t('about')}</p>
        </div>
        {STARTS.map((kind) => (
          <Start key={kind} {...{ kind, cluster, base }} busy={running.length > 0} />
        ))}
      </div>
      {running.map((entry) => (
        <RunningCard key={entry.operation.id} entry={entry} base={base} />
      ))}
      {failure !== null && entries === null ? (
        <ErrorPanel what={t('what')} raw={failure} onRetry={reload} />
      ) : (
        <Panel
          title={t('past')}
          count={entries === null ? undefined : shown.length}
          end={<Age atMs={atMs} lateMs={open ? Number.POSITIVE_INFINITY : STALE_AFTER_MS} />}
        >
          <div className="panel-part flex flex-wrap items-center gap-2">
            <SearchField label={t('search')} value={text} onChange={(value) => set('q', value)} />
            {FILTERS.map((one) => (
              <FilterPill key={one} pressed={one === filter} onPress={() => set('kind', one)}>
                {t(`filter.${one}`)}
              </FilterPill>
            ))}
          </div>
          {entries === null ? (
            <Skeleton what={t('what')} rows={6} />
          ) : (
            <div className={stale ? 'stale' : undefined}>
              <Past
                rows={shown}
                onOpen={({ operation }) => router.push(`${base}/${encodeURIComponent(operation.id)}`)}
                empty={
                  past.length === 0 ? (
                    <EmptyState title={t('none')}>{t('noneText')}</EmptyState>
                  ) : (
                    <EmptyState
                      title={t('noneForFilter')}
                      act={<Button onClick={() => router.replace(pathname)}>{t('showAll')}</Button>}
                    >
                      {t('noneForFilterText', { count: past.length })}
                    </EmptyState>
                  )
                }
              />
            </div>
          )}
        </Panel>
      )}
    </>
  );
}

interface StartProps {
  readonly kind: (typeof STARTS)[number];
  readonly cluster: string;
  readonly base: string;
  readonly busy: boolean;
}

function Start({ kind, cluster, base, busy }: StartProps) {
  const t = useTranslations('ops');
  const ui = useTranslations('ui.button');
  const may = useMay();
  const needed = kind === 'add-node' ? 'config.apply' : neededFor[kind];
  const reason = !may(needed, cluster)
    ? ui('missingPermission', { permission: needed })
    : busy && kind !== 'failover'
      ? t('check.out.busy')
      : undefined;
  if (reason !== undefined) return <Button reason={reason}>{t(`start.${kind}`)}</Button>;
  return (
    <LinkButton href={`${base}/new/${kind}`} kind={kind === 'switchover' ? 'primary' : 'plain'}>
      {t(`start.${kind}`)}
    </LinkButton>
  );
}

interface PastProps {
  readonly rows: readonly Entry[];
  readonly empty: React.ReactNode;
  readonly onOpen: (entry: Entry) => void;
}

function Past({ rows, empty, onOpen }: PastProps) {
  const t = useTranslations('ops');
  const format = useFormat();
  const now = useNow();
  const nameOf = ({ operation: { act, node } }: Entry): string => t(`name.${act}`, { node: node ?? '?' });
  const columns: readonly Column<Entry>[] = [
    { id: 'act', head: t('columns.act'), cell: nameOf, sortBy: nameOf, card: 'head' },
    {
      id: 'state',
      head: t('columns.state'),
      cell: ({ operation: { state } }) => <StatusWord kind={STATE_KIND[state]}>{t(`state.${state}`)}</StatusWord>,
      sortBy: ({ operation }) => operation.state,
      card: 'status',
    },
    {
      id: 'started',
      head: t('columns.started'),
      cell: ({ operation: { startedAt } }) => {
        const at = Date.parse(startedAt);
        return (
          <time dateTime={startedAt} title={format.fullInstant(at)}>
            {format.instant(at, now ?? at)}
          </time>
        );
      },
      sortBy: ({ operation }) => operation.startedAt,
    },
    {
      id: 'took',
      head: t('columns.took'),
      numeric: true,
      cell: ({ operation }) => {
        const took = tookMs(operation);
        return took === null ? '' : format.duration(took);
      },
      sortBy: ({ operation }) => tookMs(operation),
    },
    { id: 'by', head: t('columns.by'), cell: ({ by }) => by, sortBy: ({ by }) => by },
    {
      id: 'reason',
      head: t('columns.reason'),
      wrap: true,
      cell: ({ reason, operation: { error } }) => (
        <>
          {reason}
          {error !== null && <span className="small muted block">{error}</span>}
        </>
      ),
    },
    {
      id: 'proxy',
      head: t('columns.proxy'),
      cell: ({ proxy }) => <span className="muted">{proxy}</span>,
      card: 'hidden',
    },
  ];
  return <DataTable label={t('past')} rowKey={({ operation }) => operation.id} {...{ columns, rows, empty, onOpen }} />;
}
