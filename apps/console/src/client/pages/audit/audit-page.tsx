'use client';
/** Who did what to what, from where, and how it ended; refused attempts too. The filter lives in the address. */
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { useMay } from '../../frame/me.tsx';
import { api, failureOf } from '../../live/api.ts';
import { useAsk } from '../../live/use-ask.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { FilterPill } from '../../ui/filter-pill.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { VerifyChain } from '../settings/about.tsx';
import { type AuditFilter, detailsOf, filterOf, RESULTS } from './audit-model.ts';
import { DayField, TextFilter } from './filter-fields.tsx';

type Entry = Awaited<ReturnType<typeof api.audit.list.query>>[number];

const PAGE = 100;
const EVERY_MS = 10_000;
const RESULT_KIND = { refused: 'degraded', failed: 'down' } as const;

export function AuditPage({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('audit');
  const may = useMay();
  const needed = 'audit.read';
  return (
    <>
      <div>
        <h1 className="page-title">{t('title')}</h1>
        <p className="muted">{t('about')}</p>
      </div>
      {may(needed, cluster) || may(needed, null) ? (
        <Log cluster={cluster} />
      ) : (
        <Panel label={t('title')}>
          <EmptyState title={t('forbidden')}>{t('forbiddenText', { permission: needed })}</EmptyState>
        </Panel>
      )}
    </>
  );
}

function Log({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('audit');
  const router = useRouter();
  const pathname = usePathname();
  const query = useSearchParams();
  const filter = filterOf(new URLSearchParams(query), cluster);
  const key = JSON.stringify(filter);
  const { data, at, failure, reload } = useAsk(`audit ${key}`, () => api.audit.list.query({ ...filter, limit: PAGE }), {
    everyMs: EVERY_MS,
  });
  const { older, more, busy, readOlder } = useOlder(filter, key, data);
  const set = (name: string, value: string): void => {
    const next = new URLSearchParams(query);
    if (value === '') next.delete(name);
    else next.set(name, value);
    router.replace(`${pathname}${next.size === 0 ? '' : `?${next}`}`, { scroll: false });
  };
  const rows = data === null ? null : [...data, ...older];
  const chosen = query.get('entry');
  const entry = rows?.find(({ seq }) => String(seq) === chosen);
  const filtered = [...query.keys()].some((name) => name !== 'entry');
  if (data === null && failure !== null) return <ErrorPanel what={t('what')} raw={failure.message} onRetry={reload} />;
  return (
    <>
      <Panel title={t('newer')} count={rows?.length} end={<Age atMs={at} lateMs={EVERY_MS * 3} />}>
        <div className="panel-part flex flex-wrap items-center gap-2">
          <SearchField label={t('search')} value={query.get('q') ?? ''} onChange={(value) => set('q', value)} />
          <TextFilter label={t('who')} value={query.get('who') ?? ''} onChange={(value) => set('who', value)} />
          <TextFilter label={t('action')} value={query.get('act') ?? ''} onChange={(value) => set('act', value)} />
          <DayField label={t('from')} value={query.get('from') ?? ''} onChange={(value) => set('from', value)} />
          <DayField label={t('to')} value={query.get('to') ?? ''} onChange={(value) => set('to', value)} />
        </div>
        <div className="panel-part flex flex-wrap items-center gap-2" style={{ borderTop: 0, paddingTop: 0 }}>
          {RESULTS.map((one) => (
            <FilterPill
              key={one}
              pressed={(query.get('result') ?? 'all') === one}
              onPress={() => set('result', one === 'all' ? '' : one)}
            >
              {t(`result.${one}`)}
            </FilterPill>
          ))}
          <span className="flex-1" />
          {(['cluster', 'all'] as const).map((one) => (
            <FilterPill
              key={one}
              pressed={(query.get('scope') ?? 'cluster') === one}
              onPress={() => set('scope', one === 'all' ? 'all' : '')}
            >
              {t(`scope.${one}`)}
            </FilterPill>
          ))}
        </div>
        {rows === null ? (
          <Skeleton what={t('what')} rows={10} />
        ) : (
          <Entries
            rows={rows}
            chosen={chosen}
            onOpen={({ seq }) => set('entry', String(seq) === chosen ? '' : String(seq))}
            empty={
              filtered ? (
                <EmptyState
                  title={t('noneForFilter')}
                  act={<Button onClick={() => router.replace(pathname)}>{t('showAll')}</Button>}
                >
                  {t('noneForFilterText')}
                </EmptyState>
              ) : (
                <EmptyState title={t('none')}>{t('noneText')}</EmptyState>
              )
            }
          />
        )}
        <div className="panel-part flex flex-wrap items-center gap-3">
          {more && (
            <Button busy={busy} onClick={readOlder}>
              {t('older')}
            </Button>
          )}
          <span className="flex-1" />
          <Export filter={filter} />
          <VerifyChain />
        </div>
      </Panel>
      {entry !== undefined && <Details entry={entry} onClose={() => set('entry', '')} />}
    </>
  );
}

/** Older pages, asked for one by one; another filter forgets them. */
function useOlder(filter: AuditFilter, key: string, newest: readonly Entry[] | null) {
  const [older, setOlder] = useState<readonly Entry[]>([]);
  const [ended, setEnded] = useState(false);
  const [busy, setBusy] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the filter
  useEffect(() => {
    setOlder([]);
    setEnded(false);
  }, [key]);
  const last = older.at(-1) ?? newest?.at(-1);
  const readOlder = async (): Promise<void> => {
    if (last === undefined) return;
    setBusy(true);
    const found = await api.audit.list.query({ ...filter, before: last.seq, limit: PAGE }).catch(() => null);
    setBusy(false);
    if (found === null) return;
    setOlder((before) => [...before, ...found]);
    setEnded(found.length < PAGE);
  };
  // New entries push old ones out of the newest page: none is shown twice, and the gap is closed by asking anew.
  const oldest = newest?.at(-1)?.seq ?? 0;
  return {
    older: older.filter(({ seq }) => seq < oldest),
    more: !ended && (older.length > 0 || (newest?.length ?? 0) >= PAGE),
    busy,
    readOlder: () => void readOlder(),
  };
}

interface EntriesProps {
  readonly rows: readonly Entry[];
  readonly chosen: string | null;
  readonly onOpen: (entry: Entry) => void;
  readonly empty: React.ReactNode;
}

function Entries({ rows, chosen, onOpen, empty }: EntriesProps) {
  const t = useTranslations('audit');
  const format = useFormat();
  const now = useNow();
  const columns: readonly Column<Entry>[] = [
    {
      id: 'time',
      head: t('columns.time'),
      width: '136px',
      cell: ({ at }) => {
        const ms = Date.parse(at);
        return (
          <time className="font-normal" dateTime={at} title={format.fullInstant(ms)}>
            {format.instant(ms, now ?? ms)}
          </time>
        );
      },
    },
    {
      id: 'what',
      head: t('columns.what'),
      width: '184px',
      cell: ({ action }) => <code className="font-semibold">{action}</code>,
      card: 'head',
    },
    {
      id: 'result',
      head: t('columns.result'),
      width: '112px',
      cell: ({ result }) =>
        result === 'refused' || result === 'failed' ? (
          <StatusWord kind={RESULT_KIND[result]}>{t(`result.${result}`)}</StatusWord>
        ) : (
          <span className="muted">{t('result.done')}</span>
        ),
      card: 'status',
    },
    { id: 'who', head: t('columns.who'), width: '128px', cell: ({ actor }) => actor },
    { id: 'target', head: t('columns.target'), width: '112px', cell: ({ target }) => target },
    {
      id: 'details',
      head: t('columns.details'),
      wrap: true,
      cell: ({ details }) => (
        <span className="small line-clamp-2 break-words">
          {detailsOf(details).map(([name, value]) => (
            <span key={`${name} ${value}`} className="mr-3">
              {name !== '' && <span className="quiet">{name} </span>}
              {value}
            </span>
          ))}
        </span>
      ),
    },
    {
      id: 'from',
      head: t('columns.from'),
      width: '168px',
      cell: ({ address, via }) => (
        <span className="muted">
          <span className="mono">{address}</span> {viaOf(via, t)}
        </span>
      ),
    },
  ];
  return (
    <DataTable
      label={t('title')}
      dense
      rowKey={({ seq }) => String(seq)}
      {...{ columns, rows, chosen, onOpen, empty }}
    />
  );
}

function viaOf(via: string, t: ReturnType<typeof useTranslations<'audit'>>): string {
  return via === 'session' || via === 'token' || via === 'system' || via === 'nobody' ? t(`via.${via}`) : via;
}

function Details({ entry, onClose }: { readonly entry: Entry; readonly onClose: () => void }) {
  const t = useTranslations('audit');
  const format = useFormat();
  const facts: readonly (readonly [string, string])[] = [
    [t('columns.time'), format.fullInstant(Date.parse(entry.at))],
    [t('columns.who'), entry.actor],
    [t('columns.from'), `${entry.address} ${viaOf(entry.via, t)}`],
    [t('columns.what'), entry.action],
    [t('columns.target'), entry.target],
    ...detailsOf(entry.details),
    [t('hash'), entry.hash],
  ];
  return (
    <Panel
      title={t('entry', { seq: entry.seq })}
      end={
        <>
          <CopyButton small text={JSON.stringify(entry, null, 2)} label={t('copyEntry')} />
          <Button small icon="close" label={t('close')} onClick={onClose}>
            {null}
          </Button>
        </>
      }
    >
      <PanelPart>
        <dl className="fact-list">
          {facts.flatMap(([label, value]) => [
            <dt key={`${label} ${value} t`}>{label}</dt>,
            <dd key={`${label} ${value} d`} className="break-all">
              {value}
            </dd>,
          ])}
        </dl>
      </PanelPart>
    </Panel>
  );
}

function Export({ filter }: { readonly filter: AuditFilter }) {
  const t = useTranslations('audit');
  const ui = useTranslations('ui.button');
  const format = useFormat();
  const may = useMay();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const needed = 'audit.export';
  const reason = may(needed, null) ? undefined : ui('missingPermission', { permission: needed });
  const save = async (kind: 'csv' | 'json'): Promise<void> => {
    setBusy(true);
    setSaid('');
    try {
      const { name, type, text, entries, more } = await api.audit.export.query({ ...filter, format: kind });
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], { type }));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
      if (more) setSaid(t('exportedMore', { count: format.number(entries) }));
    } catch (error) {
      setSaid(failureOf(error).message);
    }
    setBusy(false);
  };
  return (
    <>
      <span className="small muted" role="status">
        {said}
      </span>
      {(['csv', 'json'] as const).map((kind) => (
        <Button key={kind} small busy={busy} reason={reason} onClick={() => void save(kind)}>
          {t('export', { format: kind.toUpperCase() })}
        </Button>
      ))}
    </>
  );
}
