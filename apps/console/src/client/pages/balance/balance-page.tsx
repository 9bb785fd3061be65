'use client';

import { useTranslations } from 'next-intl';
import { Fragment, useMemo } from 'react';
import { HerdPage } from '../../herd/herd-page.tsx';
import { isOn, valuesOf } from '../../herd/running-values.ts';
import { useHerd } from '../../herd/use-herd.ts';
import { api } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { useAsk } from '../../live/use-ask.ts';
import { useQueryParam } from '../../live/use-query-param.ts';
import { Age } from '../../ui/age.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { FilterPill } from '../../ui/filter-pill.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { RoutingTabs } from '../routing/routing-tabs.tsx';
import { quantity, type Share, sharesOf } from './shares.ts';

/** Minutes; the console keeps fifteen. */
const WINDOWS = [1, 5, 15] as const;
const NAMES = [
  'load_balance_mode',
  'statement_level_load_balance',
  'disable_load_balance_on_write',
  'delay_threshold_by_time',
  'delay_threshold',
] as const;

export function BalancePage({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('balance');
  const routing = useTranslations('routing');
  const herd = useHerd(cluster);
  const metrics = useTopic(cluster, 'metrics').data;
  const stamp = useTopic(cluster, 'config').data?.stamp;
  const running = useAsk(
    `running ${cluster}`,
    () => api.config.running.query({ cluster }),
    stamp === undefined ? {} : { stamp },
  );
  const [asked, setWindow] = useQueryParam('minutes');
  const minutes = WINDOWS.find((one) => String(one) === asked) ?? 5;
  const values = useMemo(
    () => new Map(NAMES.map((name) => [name, [...valuesOf(running.data ?? [], name).values()]] as const)),
    [running.data],
  );
  const valueFor = (name: (typeof NAMES)[number]): string | undefined => values.get(name)?.[0];
  const limits = {
    lagMs: quantity(valueFor('delay_threshold_by_time'), 'ms'),
    lagBytes: quantity(valueFor('delay_threshold'), 'bytes'),
  };
  const { status } = herd;
  const points = metrics ?? [];
  const fromMs = (points.at(-1)?.at ?? 0) - minutes * 60_000;
  const shares = status === null ? [] : sharesOf(status.nodes, points, fromMs, status.primary, limits);
  return (
    <HerdPage herd={herd} title={routing('title')}>
      <RoutingTabs cluster={cluster} here="balance" />
      <div className="flex flex-wrap items-center gap-2">
        <span className="muted" id="balance-window">
          {t('window')}
        </span>
        {WINDOWS.map((one) => (
          <FilterPill key={one} pressed={one === minutes} onPress={() => setWindow(one === 5 ? '' : String(one))}>
            {t('minutes', { count: one })}
          </FilterPill>
        ))}
      </div>
      <Panel
        title={t('shares')}
        count={<span className="small only-desk">{t('about')}</span>}
        end={<Age atMs={herd.sourceAt} />}
      >
        {status === null || metrics === null ? (
          <Skeleton what={t('shares')} rows={3} />
        ) : (
          <>
            {shares.every(({ measured }) => measured === null) && (
              <EmptyState title={t('nothing')}>{t('nothingText')}</EmptyState>
            )}
            <ShareTable shares={shares} limits={limits} />
            <PanelPart className="border-line border-t">
              <p className="small quiet">{t('writes')}</p>
            </PanelPart>
          </>
        )}
      </Panel>
      {running.failure !== null && (
        <ErrorPanel what={t('mode')} raw={running.failure.message} onRetry={running.reload} />
      )}
      <Mode
        values={values}
        valueFor={valueFor}
        limits={limits}
        first={running.data?.[0]?.proxy ?? ''}
        base={herd.base}
        loaded={running.data !== null}
      />
    </HerdPage>
  );
}

interface ShareTableProps {
  readonly shares: readonly Share[];
  readonly limits: { readonly lagMs: number; readonly lagBytes: number };
}

function ShareTable({ shares, limits }: ShareTableProps) {
  const t = useTranslations('balance');
  const words = useTranslations('words');
  const format = useFormat();
  const nameOf = (id: number): string => words('nodeName', { id: String(id) });
  const whyOf = ({ node, now }: Share): string => {
    if (now === 'out') return t('out', { why: node.why === '' ? (node.reason ?? '') : node.why });
    if (now === 'lagMs')
      return t('lagMs', { lag: format.duration(node.lagMs ?? 0), limit: format.duration(limits.lagMs) });
    if (now === 'lagBytes')
      return t('lagBytes', { lag: format.bytes(node.lagBytes ?? 0), limit: format.bytes(limits.lagBytes) });
    return t(now);
  };
  const columns: readonly Column<Share>[] = [
    {
      ...{ id: 'node', head: t('column.node'), card: 'head' },
      sortBy: ({ node }) => node.id,
      cell: ({ node }) => nameOf(node.id),
    },
    {
      ...{ id: 'health', head: t('column.health'), card: 'status' },
      cell: ({ node }) => <StatusWord kind={node.health} />,
    },
    {
      ...{ id: 'weight', head: t('column.weight'), numeric: true },
      sortBy: ({ wanted }) => wanted,
      cell: ({ wanted }) => format.percent(wanted),
    },
    {
      ...{ id: 'measured', head: t('column.measured'), numeric: true },
      sortBy: ({ measured }) => measured,
      cell: ({ measured }) => (measured === null ? '' : format.percent(measured)),
    },
    {
      ...{ id: 'bar', head: '', width: '30%', card: 'hidden' },
      cell: ({ node, wanted, measured }) => (
        <span
          className="share-bar"
          role="img"
          aria-label={t('bar', {
            node: nameOf(node.id),
            wanted: format.percent(wanted),
            measured: measured === null ? '' : format.percent(measured),
          })}
        >
          <span className="share-measured" style={{ width: `${100 * (measured ?? 0)}%` }} />
          <span className="share-wanted" style={{ left: `${100 * wanted}%` }} />
        </span>
      ),
    },
    {
      ...{ id: 'difference', head: t('column.difference'), numeric: true },
      sortBy: ({ wanted, measured }) => (measured === null ? null : measured - wanted),
      cell: ({ wanted, measured }) =>
        measured === null ? '' : t('points', { value: signed(Math.round(100 * (measured - wanted)), format.number) }),
    },
    {
      ...{ id: 'selects', head: t('column.selects'), numeric: true },
      sortBy: ({ node }) => node.counts.selects,
      cell: ({ node }) => format.number(node.counts.selects),
    },
    { ...{ id: 'now', head: t('column.now'), wrap: true }, cell: whyOf },
  ];
  return <DataTable label={t('shares')} columns={columns} rows={shares} rowKey={({ node }) => String(node.id)} />;
}

const signed = (value: number, format: (value: number) => string): string =>
  value > 0 ? `+${format(value)}` : value < 0 ? `−${format(-value)}` : format(0);

interface ModeProps {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly valueFor: (name: (typeof NAMES)[number]) => string | undefined;
  readonly limits: { readonly lagMs: number; readonly lagBytes: number };
  readonly first: string;
  readonly base: string;
  readonly loaded: boolean;
}

function Mode({ values, valueFor, limits, first, base, loaded }: ModeProps) {
  const t = useTranslations('balance');
  const format = useFormat();
  if (!loaded) return null;
  const onOff = (value: string | undefined): string => t(isOn(value) ? 'facts.yes' : 'facts.no');
  const rows: readonly (readonly [string, string])[] = [
    [t('facts.on'), onOff(valueFor('load_balance_mode'))],
    [t('facts.level'), t(isOn(valueFor('statement_level_load_balance')) ? 'facts.statement' : 'facts.session')],
    [t('facts.onWrite'), valueFor('disable_load_balance_on_write') ?? ''],
    [t('facts.limitTime'), limits.lagMs === 0 ? t('facts.noLimit') : format.duration(limits.lagMs)],
    [t('facts.limitBytes'), limits.lagBytes === 0 ? t('facts.noLimit') : format.bytes(limits.lagBytes)],
  ];
  const differ = [...values.values()].some((all) => new Set(all).size > 1);
  return (
    <Panel title={t('mode')} count={differ ? t('facts.differ', { proxy: first }) : undefined}>
      <PanelPart>
        <dl className="fact-list max-w-[560px]">
          {rows.map(([label, value]) => (
            <Fragment key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </Fragment>
          ))}
        </dl>
      </PanelPart>
      <PanelPart className="flex flex-wrap items-center gap-3">
        <LinkButton href={`${base}/config?q=backend_weight`}>{t('change')}</LinkButton>
        <span className="small quiet">{t('changeText')}</span>
      </PanelPart>
    </Panel>
  );
}
