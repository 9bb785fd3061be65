'use client';
/** Clients at the proxies: filtered and grouped by the address, paused at will, cancelled and ended one by one or many at once. */
import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { type CSSProperties, useEffect, useMemo, useState } from 'react';
import { LOCK_AFTER_MS, type SessionView } from '../../../shared/live/topics.ts';
import { useMay } from '../../frame/me.tsx';
import { HerdPage } from '../../herd/herd-page.tsx';
import { useActLock, useHerd } from '../../herd/use-herd.ts';
import { useTopic, useTopicStore } from '../../live/live.tsx';
import { useQueryParam } from '../../live/use-query-param.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterPill } from '../../ui/filter-pill.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { PoolBar } from '../../ui/pool-bar.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { GroupTable } from './group-table.tsx';
import { filterSessions, GROUPS, type GroupBy, groupSessions, NO_NAME, STATES } from './session-list.ts';
import { SessionPanel } from './session-panel.tsx';
import { SessionTable } from './session-table.tsx';
import { useSessionActs } from './use-session-acts.ts';

const EndDialog = dynamic(() => import('./end-dialog.tsx').then((module) => module.EndDialog), { ssr: false });
const KillGuard = dynamic(() => import('./kill-guard.tsx').then((module) => module.KillGuard), { ssr: false });

const NONE: ReadonlySet<string> = new Set();

export function SessionsPage({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('sessions');
  const words = useTranslations('words');
  const format = useFormat();
  const herd = useHerd(cluster);
  const topic = useTopic(cluster, 'sessions');
  const pause = usePause(cluster);
  const sql = useMay()('view.sql', cluster);
  const filters = useFilters();
  const [group, setGroup] = useQueryParam('group');
  const [open, setOpen] = useQueryParam('session');
  const [chosen, setChosen] = useState(NONE);
  const [ending, setEnding] = useState<readonly SessionView[] | null>(null);
  const all = topic.data;
  const { filter } = filters;
  const shown = useMemo(() => filterSessions(all ?? [], filter), [all, filter]);
  const by = GROUPS.find((one) => one === group) ?? null;
  const groups = useMemo(() => (by === null ? null : groupSessions(shown, by)), [shown, by]);
  const picked = useMemo(() => (all ?? []).filter(({ key }) => chosen.has(key)), [all, chosen]);
  const now = useNow();
  // Without news nothing changed: the rows are as old as what the proxies said last. Paused, they stand still.
  const rowsAt = pause.since ?? herd.sourceAt;
  const old = rowsAt === null || (now !== null && now - rowsAt > LOCK_AFTER_MS);
  const lock = useActLock({ slug: cluster, locked: herd.locked || (old && pause.since === null) });
  const why = (permission: 'session.cancel' | 'session.kill'): string | undefined =>
    lock(permission) ?? (old ? t('old') : undefined);
  const acts = (sessions: readonly SessionView[]) => (
    <SessionActs
      {...{ cluster, sessions }}
      whyCancel={why('session.cancel')}
      whyEnd={why('session.kill')}
      onEnd={() => setEnding(sessions)}
    />
  );
  const detail = open === '' || all === null ? undefined : (all.find(({ key }) => key === open) ?? null);
  const several = (herd.status?.proxies.length ?? 1) > 1;

  return (
    <HerdPage
      herd={{ ...herd, refused: herd.refused ?? topic.refused }}
      title={t('title')}
      acts={
        <>
          {pause.since !== null && <span className="age">{t('held', { count: pause.held })}</span>}
          <Button icon={pause.since === null ? 'pause' : 'play'} onClick={pause.toggle}>
            {t(pause.since === null ? 'pause' : 'resume')}
          </Button>
        </>
      }
    >
      {herd.status !== null && (
        <Panel label={t('title')}>
          <PanelPart className="grid gap-x-8 gap-y-3 desk:grid-cols-3">
            {herd.status.proxies.map(({ id, name, clients, clientsMax }) => (
              <div key={id}>
                <b>{name}</b>{' '}
                <span className="muted">
                  {t('count', { shown: format.number(clients), all: format.number(clientsMax) })}
                </span>
                <PoolBar label={name} used={clients} spare={Math.max(0, clientsMax - clients)} max={clientsMax} />
              </div>
            ))}
            <div className="desk:col-span-2">
              <KillGuard cluster={cluster} />
            </div>
          </PanelPart>
        </Panel>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <SearchField label={t('search')} value={filter.q} onChange={filters.setQ} />
        <FilterSelect label={t('filter.state')} value={filter.state} values={STATES} onChange={filters.setState} />
        <FilterSelect
          label={t('filter.node')}
          value={filter.node}
          values={(herd.status?.nodes ?? []).map(({ id }) => String(id))}
          word={(id) => words('nodeName', { id })}
          onChange={filters.setNode}
        />
        {several && (
          <FilterSelect
            label={t('filter.proxy')}
            value={filter.proxy}
            values={(herd.status?.proxies ?? []).map(({ name }) => name)}
            onChange={filters.setProxy}
          />
        )}
        <Select
          label={t('filter.group')}
          value={by ?? ''}
          options={[
            { value: '', label: t('filter.noGroup') },
            ...GROUPS.map((one) => ({ value: one, label: `${t('filter.group')}: ${t(`group.${one}`)}` })),
          ]}
          onChange={setGroup}
        />
        {filters.exact.map(({ name, value, clear }) => {
          const pill = { column: t(`group.${name}`), value: value === NO_NAME ? t('group.empty') : value };
          return (
            <FilterPill key={name} pressed onPress={clear}>
              <span className="sr-only">{t('filter.remove', pill)}</span>
              <span aria-hidden="true">{t('filter.only', pill)} ×</span>
            </FilterPill>
          );
        })}
      </div>
      <div
        className="columns"
        style={
          {
            '--columns': detail === undefined ? 'minmax(0, 1fr)' : 'minmax(0, 1fr) 360px',
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
          end={<Age atMs={rowsAt} />}
        >
          {picked.length > 0 && (
            <div className="panel-part flex flex-wrap items-center gap-2 border-line border-b">
              <b>{t('chosen', { count: picked.length })}</b>
              {acts(picked)}
              <Button small kind="quiet" onClick={() => setChosen(NONE)}>
                {t('chooseNone')}
              </Button>
            </div>
          )}
          {all === null ? (
            <Skeleton what={t('title')} rows={10} rowHeight={31} />
          ) : groups !== null && by !== null ? (
            <GroupTable
              by={by}
              groups={groups}
              onOpen={(value) => {
                filters.setExact(by, value);
                setGroup('');
              }}
            />
          ) : (
            <SessionTable
              sessions={shown}
              sql={sql}
              several={several}
              chosen={open === '' ? null : open}
              onOpen={({ key }) => setOpen(key)}
              selection={{ keys: chosen, onChange: setChosen }}
              empty={
                all.length === 0 ? (
                  <EmptyState title={t('none')}>{t('noneText')}</EmptyState>
                ) : (
                  <EmptyState title={t('noMatch')} act={<Button onClick={filters.clear}>{t('clearFilters')}</Button>} />
                )
              }
            />
          )}
        </Panel>
        {detail !== undefined && (
          <SessionPanel
            cluster={cluster}
            session={detail}
            acts={detail === null ? null : acts([detail])}
            onClose={() => setOpen('')}
          />
        )}
      </div>
      {ending !== null && (
        <EndDialog
          cluster={cluster}
          chosen={ending}
          production={herd.status?.environment === 'production'}
          locked={herd.locked || old}
          onClose={() => setEnding(null)}
          onDone={() => {
            setEnding(null);
            setChosen(NONE);
          }}
        />
      )}
    </HerdPage>
  );
}

interface SessionActsProps {
  readonly cluster: string;
  readonly sessions: readonly SessionView[];
  readonly whyCancel: string | undefined;
  readonly whyEnd: string | undefined;
  readonly onEnd: () => void;
}

function SessionActs({ cluster, sessions, whyCancel, whyEnd, onEnd }: SessionActsProps) {
  const t = useTranslations('sessions');
  const { act, curl } = useSessionActs(cluster);
  const count = sessions.length;
  return (
    <>
      <ConfirmPopover
        small
        opener={t('cancelOpen', { count })}
        act={t('cancel', { count })}
        effect={t('cancelEffect')}
        curl={curl('cancel', sessions, '')}
        onConfirm={() => void act('cancel', sessions, '')}
        {...(whyCancel === undefined ? {} : { reason: whyCancel })}
      />
      <Button small kind="danger" reason={whyEnd} reasonAt="left" aria-haspopup="dialog" onClick={onEnd}>
        {t('endOpen', { count })}
      </Button>
    </>
  );
}

interface FilterSelectProps {
  readonly label: string;
  readonly value: string;
  readonly values: readonly string[];
  readonly word?: (value: string) => string;
  readonly onChange: (value: string) => void;
}

function FilterSelect({ label, value, values, word = (text) => text, onChange }: FilterSelectProps) {
  const t = useTranslations('sessions.filter');
  return (
    <Select
      label={label}
      value={value}
      options={[
        { value: '', label: `${label}: ${t('any')}` },
        ...values.map((one) => ({ value: one, label: `${label}: ${word(one)}` })),
      ]}
      onChange={onChange}
    />
  );
}

function useFilters() {
  const [q, setQ] = useQueryParam('q');
  const [state, setState] = useQueryParam('state');
  const [node, setNode] = useQueryParam('node');
  const [proxy, setProxy] = useQueryParam('proxy');
  const [user, setUser] = useQueryParam('user');
  const [database, setDatabase] = useQueryParam('db');
  const [application, setApplication] = useQueryParam('app');
  const filter = useMemo(
    () => ({ q, state, node, proxy, user, database, application }),
    [q, state, node, proxy, user, database, application],
  );
  const setters = { state: setState, node: setNode, user: setUser, database: setDatabase, application: setApplication };
  const exact = (['user', 'database', 'application'] as const)
    .filter((name) => filter[name] !== '')
    .map((name) => ({ name, value: filter[name], clear: () => setters[name]('') }));
  return {
    ...{ filter, exact, setQ, setState, setNode, setProxy },
    setExact: (by: GroupBy, value: string) => setters[by](value),
    clear: () => {
      for (const set of [setQ, setProxy, ...Object.values(setters)]) set('');
    },
  };
}

/** Holds the list still while it is read; leaving the page lets it go on. */
function usePause(cluster: string) {
  const store = useTopicStore(cluster, 'sessions');
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => () => store.pause(false), [store]);
  return {
    since,
    held: store.held,
    toggle: () => {
      store.pause(since === null);
      setSince(since === null ? Date.now() : null);
    },
  };
}
