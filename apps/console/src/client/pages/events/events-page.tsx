'use client';

import { useTranslations } from 'next-intl';
import { type CSSProperties, Fragment, useMemo } from 'react';
import type { EventView } from '../../../shared/live/topics.ts';
import { HerdPage } from '../../herd/herd-page.tsx';
import { type Herd, useHerd } from '../../herd/use-herd.ts';
import { eventKind } from '../../herd/words.ts';
import { useTopic } from '../../live/live.tsx';
import { useQueryParam } from '../../live/use-query-param.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { EventTable } from '../../ui/event-table.tsx';
import { FilterPill } from '../../ui/filter-pill.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton, SkeletonBlock } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { EventBand } from './event-band.tsx';
import { filterEvents, LANES, SEVERITIES } from './event-lanes.ts';

const RANGES = { m15: 15 * 60_000, h1: 3_600_000, h24: 86_400_000, all: null } as const;
type RangeId = keyof typeof RANGES;
const RANGE_IDS = Object.keys(RANGES) as readonly RangeId[];

export function EventsPage({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('events');
  const words = useTranslations('words');
  const format = useFormat();
  const herd = useHerd(cluster);
  const topic = useTopic(cluster, 'events');
  const [q, setQ] = useQueryParam('q');
  const [severity, setSeverity] = useQueryParam('severity');
  const [lane, setLane] = useQueryParam('kind');
  const [node, setNode] = useQueryParam('node');
  const [asked, setRange] = useQueryParam('range');
  const [open, setOpen] = useQueryParam('event');
  const range = RANGE_IDS.find((one) => one === asked) ?? 'all';
  // By the minute: a band that moves each second cannot be read.
  const now = useNow();
  const toMs = now === null ? null : Math.ceil(now / 60_000) * 60_000;
  const length = RANGES[range];
  const fromMs = length === null || toMs === null ? null : toMs - length;
  const all = topic.data;
  const shown = useMemo(
    () => filterEvents(all ?? [], { q, severity, lane, node, fromMs }),
    [all, q, severity, lane, node, fromMs],
  );
  const clear = (): void => {
    for (const set of [setQ, setSeverity, setLane, setNode]) set('');
  };
  const filtered = q !== '' || severity !== '' || lane !== '' || node !== '';
  const chosen = all?.find(({ key }) => key === open);
  const first = all?.[0];
  const bandFrom = fromMs ?? (first === undefined ? null : Date.parse(first.at));
  const any = (label: string) => ({ value: '', label: `${label}: ${t('any')}` });
  return (
    <HerdPage herd={{ ...herd, refused: herd.refused ?? topic.refused }} title={t('title')}>
      <div className="flex flex-wrap items-center gap-2">
        <SearchField label={t('search')} value={q} onChange={setQ} />
        <Select
          label={t('severity')}
          value={severity}
          options={[
            any(t('severity')),
            ...SEVERITIES.map((one) => ({ value: one, label: `${t('severity')}: ${t(`severities.${one}`)}` })),
          ]}
          onChange={setSeverity}
        />
        <Select
          label={t('lane')}
          value={lane}
          options={[
            any(t('lane')),
            ...LANES.map((one) => ({ value: one, label: `${t('lane')}: ${t(`lanes.${one}`)}` })),
          ]}
          onChange={setLane}
        />
        <Select
          label={t('node')}
          value={node}
          options={[
            any(t('node')),
            ...(herd.status?.nodes ?? []).map(({ id }) => ({
              value: String(id),
              label: words('nodeName', { id: String(id) }),
            })),
          ]}
          onChange={setNode}
        />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
        <div role="group" aria-label={t('range')} className="flex flex-wrap gap-2">
          {RANGE_IDS.map((one) => (
            <FilterPill key={one} pressed={one === range} onPress={() => setRange(one === 'all' ? '' : one)}>
              {t(`ranges.${one}`)}
            </FilterPill>
          ))}
        </div>
      </div>
      {all === null || toMs === null ? (
        <Panel label={t('band')}>
          <SkeletonBlock what={t('band')} height={140} />
        </Panel>
      ) : (
        bandFrom !== null &&
        shown.length > 0 && (
          <EventBand
            events={shown}
            fromMs={bandFrom}
            toMs={Math.max(toMs, bandFrom + 60_000)}
            chosen={open}
            onOpen={setOpen}
          />
        )
      )}
      <div
        className="columns"
        style={
          {
            '--columns': chosen === undefined ? 'minmax(0, 1fr)' : 'minmax(0, 1fr) 336px',
            alignItems: 'start',
          } as CSSProperties
        }
      >
        <Panel
          title={t('title')}
          count={
            all === null
              ? undefined
              : t('count', { shown: format.number(shown.length), all: format.number(all.length) })
          }
        >
          {all === null ? (
            <Skeleton what={t('title')} rows={8} />
          ) : (
            <EventTable
              events={shown.map((event) => ({
                ...{ id: event.key, atMs: Date.parse(event.at), kind: eventKind(event), text: event.message },
                who: whoOf(event),
              }))}
              onOpen={({ id }) => setOpen(id)}
              empty={
                all.length === 0 ? (
                  <EmptyState title={t('none')}>{t('noneText')}</EmptyState>
                ) : filtered ? (
                  <EmptyState title={t('noMatch')} act={<Button onClick={clear}>{t('clear')}</Button>} />
                ) : (
                  <EmptyState
                    title={t('noMatchRange')}
                    act={<Button onClick={() => setRange('')}>{t('wider')}</Button>}
                  />
                )
              }
            />
          )}
        </Panel>
        {chosen !== undefined && <EventPanel herd={herd} event={chosen} onClose={() => setOpen('')} />}
      </div>
    </HerdPage>
  );
}

const whoOf = ({ by, proxy }: EventView): string => (by.user === '' ? proxy : by.user);

interface EventPanelProps {
  readonly herd: Herd;
  readonly event: EventView;
  readonly onClose: () => void;
}

function EventPanel({ herd, event, onClose }: EventPanelProps) {
  const t = useTranslations('events');
  const words = useTranslations('words');
  const format = useFormat();
  const kind = eventKind(event);
  const rows: readonly (readonly [string, string])[] = [
    [t('detail.at'), format.fullInstant(Date.parse(event.at))],
    [t('detail.severity'), t(`severities.${event.severity}`)],
    [t('detail.node'), event.node === null ? '' : words('nodeName', { id: String(event.node) })],
    [t('detail.by'), event.by.address === '' ? event.by.user : `${event.by.user} (${event.by.address})`],
    [t('detail.door'), event.by.door],
    [t('detail.proxy'), event.proxy],
    [t('detail.epoch'), String(event.epoch)],
    // Names of figures are the engine's own.
    ...Object.entries(event.details).map(([name, value]): readonly [string, string] => [name, String(value ?? '')]),
  ];
  return (
    <Panel
      as="aside"
      title={event.kind}
      end={
        <Button kind="quiet" className="button-icon" icon="close" label={t('detail.close')} onClick={onClose}>
          {null}
        </Button>
      }
    >
      <PanelPart>
        {kind !== null && <StatusWord kind={kind} />}
        <p>{event.message}</p>
      </PanelPart>
      <PanelPart>
        <dl className="fact-list">
          {rows
            .filter(([, value]) => value !== '')
            .map(([label, value]) => (
              <Fragment key={label}>
                <dt>{label}</dt>
                <dd className="break-words">{value}</dd>
              </Fragment>
            ))}
        </dl>
      </PanelPart>
      {event.node !== null && (
        <PanelPart>
          <LinkButton href={`${herd.base}/nodes/${event.node}`}>
            {t('detail.openNode', { node: event.node })}
          </LinkButton>
        </PanelPart>
      )}
    </Panel>
  );
}
