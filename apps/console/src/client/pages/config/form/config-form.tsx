'use client';

import { ConfDocument } from '@pgherd/config/document';
import { useTranslations } from 'next-intl';
import { useCallback, useEffect, useMemo } from 'react';
import { api } from '../../../live/api.ts';
import { useAsk } from '../../../live/use-ask.ts';
import { useQueryParam } from '../../../live/use-query-param.ts';
import { ConfigHead } from '../../../ui/config-row.tsx';
import { cx } from '../../../ui/cx.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { FilterPill } from '../../../ui/filter-pill.tsx';
import { Glyph } from '../../../ui/glyph.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { SearchField } from '../../../ui/search-field.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { useToast } from '../../../ui/toast.tsx';
import { usePhone } from '../../../ui/use-phone.ts';
import { ConfigFrame } from '../config-frame.tsx';
import { useGroupName } from '../group-name.ts';
import { useDraftChanges, useEditLock, useRoom, useValues } from '../room.tsx';
import { withUnit } from '../values.ts';
import { type Entry, entriesOf, filters, isFilter, matches, runningByProxy, sortedOut } from './entries.ts';
import { NumberedTable } from './numbered-table.tsx';
import { ParameterRow, type RowRunning } from './parameter-row.tsx';

/** All parameters in the groups of the server: what runs, what is wanted, and what a change costs. */
export function ConfigForm() {
  const t = useTranslations('config.form');
  const ui = useTranslations('ui.button');
  const { cluster, table, running, byName, desk, stale } = useRoom();
  const { values, before } = useValues();
  const { changes } = useDraftChanges();
  const lock = useEditLock();
  const groupName = useGroupName();
  const phone = usePhone();
  const toast = useToast();
  const [query, setQuery] = useQueryParam('q');
  const [shown, setShown] = useQueryParam('show');
  const [group, setGroup] = useQueryParam('group');
  const filter = isFilter(shown) ? shown : 'all';

  const entries = useMemo(() => (table.data === null ? [] : entriesOf(table.data)), [table.data]);
  const byProxy = useMemo(() => runningByProxy(running.data ?? []), [running.data]);
  const changed = useMemo(() => new Set(changes.map(({ name }) => name)), [changes]);
  const pending = useMemo(() => new Set((running.data ?? []).flatMap((one) => one.pending)), [running.data]);
  const drift = useAsk(`drift ${cluster}`, () => api.config.drift.query({ cluster }), { stamp: running.at ?? 0 });
  const drifted = useMemo(
    () => new Set((drift.data?.proxies ?? []).flatMap(({ lines }) => lines.map(({ name }) => name))),
    [drift.data],
  );
  const sets = useMemo(
    () => sortedOut(entries, { byName, values, changed, pending, drifted }),
    [entries, byName, values, changed, pending, drifted],
  );
  const runningOf = useMemo(() => {
    const rows = new Map<string, readonly RowRunning[]>();
    for (const { facts } of entries) {
      const one = (running.data ?? []).map(({ proxy, error }) => {
        const runs = byProxy.get(proxy)?.get(facts.name);
        const value = error === null ? withUnit(facts, runs?.value ?? '') : t('unknown');
        return { proxy, value, afterRestart: runs?.afterRestart ?? null };
      });
      rows.set(facts.name, one);
    }
    return rows;
  }, [entries, running.data, byProxy, t]);
  const onEdit = useCallback(
    (edits: readonly { readonly name: string; readonly value: string | null }[]) => {
      const text = desk.state.files?.['pgpool.conf'];
      if (text === undefined) return;
      try {
        const document = ConfDocument.parse(text);
        for (const { name, value } of edits) {
          if (value === null) document.remove(name);
          else document.set(name, value);
        }
        desk.edit({ 'pgpool.conf': document.toString() });
      } catch (error) {
        toast({ kind: 'degraded', text: (error as Error).message });
      }
    },
    [desk, toast],
  );
  const onEditOne = useCallback((name: string, value: string | null) => onEdit([{ name, value }]), [onEdit]);

  const groups = table.data?.groups ?? [];
  const searching = query.trim() !== '' || filter !== 'all';
  const found = entries.filter((entry) => sets[filter].has(entry.facts.name) && matches(entry, query));
  const current = groups.includes(group) ? group : (groups[0] ?? '');
  const inSight = searching ? groups.filter((one) => found.some(({ facts }) => facts.group === one)) : [current];
  const proxies = running.data ?? [];
  const disabled = lock !== null || phone;
  const reason =
    lock === null
      ? phone
        ? t('phone')
        : undefined
      : lock.why === 'permission'
        ? ui('missingPermission', { permission: 'config.draft' })
        : t(`locked.${lock.why}`);

  // A link to one parameter leads to its row.
  const exact = byName.has(query) ? query : null;
  const ready = exact !== null && table.data !== null;
  useEffect(() => {
    if (ready) document.getElementById(`parameter-${exact}`)?.scrollIntoView({ block: 'center' });
  }, [ready, exact]);

  return (
    <ConfigFrame edits>
      <div className="config-tools">
        <SearchField label={t('search', { count: entries.length })} value={query} onChange={setQuery} />
        <div className="flex flex-wrap gap-2">
          {filters.map((one) => (
            <FilterPill key={one} pressed={one === filter} onPress={() => setShown(one === 'all' ? '' : one)}>
              {t(`filters.${one}`, { count: String(sets[one].size) })}
            </FilterPill>
          ))}
        </div>
      </div>
      {phone && <p className="muted">{t('phone')}</p>}
      {running.failure !== null && (
        <ErrorPanel what={t('running')} raw={running.failure.message} onRetry={running.reload} />
      )}
      {proxies
        .filter(({ error }) => error !== null)
        .map(({ proxy, error }) => (
          <p key={proxy} className="flex items-center gap-2">
            <Glyph kind="unknown" />
            <span>{t('noAnswer', { proxy, why: error ?? '' })}</span>
          </p>
        ))}
      <div className="config-layout">
        <nav className="side-list only-desk" aria-label={t('groups')}>
          {groups.map((one) => {
            const members = found.filter(({ facts }) => facts.group === one);
            const mine = members.filter(({ facts }) => sets.changed.has(facts.name)).length;
            return (
              <button
                key={one}
                type="button"
                aria-current={!searching && one === current ? 'true' : undefined}
                data-changed={mine > 0 || undefined}
                onClick={() => {
                  setQuery('');
                  setShown('');
                  setGroup(one);
                }}
              >
                <span>{groupName(one)}</span>
                <em>
                  {mine > 0
                    ? t('someChanged', { changed: String(mine), count: String(members.length) })
                    : members.length}
                </em>
              </button>
            );
          })}
        </nav>
        <div className="only-phone">
          <select
            className="textarea"
            aria-label={t('groups')}
            value={current}
            onChange={(event) => {
              setQuery('');
              setShown('');
              setGroup(event.target.value);
            }}
          >
            {groups.map((one) => (
              <option key={one} value={one}>
                {groupName(one)}
              </option>
            ))}
          </select>
        </div>
        <div className={cx('stack', stale && 'stale')}>
          {table.failure !== null && table.data === null && (
            <ErrorPanel what={t('table')} raw={table.failure.message} onRetry={table.reload} />
          )}
          {table.data === null && table.failure === null && (
            <Panel>
              <Skeleton what={t('table')} rows={8} rowHeight={64} />
            </Panel>
          )}
          {table.data !== null && searching && inSight.length === 0 && (
            <Panel>
              <EmptyState title={query.trim() === '' ? t(`none.${filter}`) : t('nothingFound', { query })} />
            </Panel>
          )}
          {inSight.map((one) => {
            const members = found.filter(({ facts }) => facts.group === one);
            const plain = members.filter(({ facts }) => facts.indexed === null || facts.indexed.free);
            const numbered = members.filter(({ facts }) => facts.indexed !== null && !facts.indexed.free);
            const overrides = members.filter(({ facts }) => facts.indexed?.free === true);
            const mine = members.filter(({ facts }) => sets.changed.has(facts.name)).length;
            const row = (entry: Entry) => {
              const { name } = entry.facts;
              return (
                <ParameterRow
                  key={name}
                  entry={entry}
                  value={values.get(name) ?? null}
                  before={before.get(name) ?? null}
                  running={runningOf.get(name) ?? []}
                  disabled={disabled}
                  onEdit={onEditOne}
                />
              );
            };
            const tables = { values, before, running: byProxy, disabled, reason, onEdit };
            return (
              <div key={one} className="stack">
                {plain.length > 0 && (
                  <Panel title={groupName(one)} count={t('count', { count: members.length, changed: mine })}>
                    <ConfigHead proxies={proxies.map(({ proxy }) => proxy)} />
                    {plain.map(row)}
                  </Panel>
                )}
                {numbered.length > 0 && <NumberedTable title={groupName(one)} entries={numbered} {...tables} />}
                {overrides.length > 0 && (
                  <NumberedTable title={t('overrides', { group: groupName(one) })} entries={overrides} {...tables} />
                )}
              </div>
            );
          })}
        </div>
      </div>
    </ConfigFrame>
  );
}
