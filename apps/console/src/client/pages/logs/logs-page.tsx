'use client';

import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { useMemo, useRef, useState } from 'react';
import type { LogLine, ProxyView } from '../../../shared/live/topics.ts';
import { HerdPage } from '../../herd/herd-page.tsx';
import { useActLock, useHerd } from '../../herd/use-herd.ts';
import { api, failureOf } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { useQueryParam } from '../../live/use-query-param.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { curlOf } from '../../ui/copy-curl.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterPill } from '../../ui/filter-pill.tsx';
import { LogView, type LogLine as ShownLine } from '../../ui/log-view.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { filterLines, isBadPattern, LEVELS, nodeIn, shownLevel } from './log-filter.ts';

export function LogsPage({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('logs');
  const format = useFormat();
  const herd = useHerd(cluster);
  const topic = useTopic(cluster, 'logs');
  const [q, setQ] = useQueryParam('q');
  const [level, setLevel] = useQueryParam('level');
  const [process, setProcess] = useQueryParam('process');
  const [proxy, setProxy] = useQueryParam('proxy');
  const [wrap, setWrap] = useState(false);
  const number = useNumbers();
  const all = topic.data?.lines ?? null;
  const several = (herd.status?.proxies.length ?? 1) > 1;
  const shown = useMemo(
    () =>
      filterLines(all ?? [], { q, level, process, proxy }).map(
        (line): ShownLine => ({
          ...{ seq: number(line), atMs: Date.parse(line.at), level: shownLevel(line.level) },
          levelWord: line.level.toUpperCase(),
          source: `${several ? `${line.proxy} ` : ''}${line.process}[${line.pid}]`,
          text: line.text,
        }),
      ),
    [all, q, level, process, proxy, several, number],
  );
  const processes = useMemo(() => [...new Set((all ?? []).map((line) => line.process))].sort(), [all]);
  const clear = (): void => {
    for (const set of [setQ, setLevel, setProcess, setProxy]) set('');
  };
  const any = (label: string) => ({ value: '', label: `${label}: ${t('any')}` });
  return (
    <HerdPage
      herd={{ ...herd, refused: herd.refused ?? topic.refused }}
      title={t('title')}
      acts={herd.status?.proxies.map((one) => <Rotate key={one.id} herd={herd} proxy={one} several={several} />)}
    >
      <div className="flex flex-wrap items-center gap-2">
        <SearchField label={t('search')} value={q} onChange={setQ} />
        <Select
          label={t('level')}
          value={level}
          options={[
            { value: '', label: t('allLevels') },
            ...LEVELS.map((one) => ({ value: one, label: `${t('level')}: ${one.toUpperCase()}` })),
          ]}
          onChange={setLevel}
        />
        <Select
          label={t('process')}
          value={process}
          options={[any(t('process')), ...processes.map((one) => ({ value: one, label: one }))]}
          onChange={setProcess}
        />
        {several && (
          <Select
            label={t('proxy')}
            value={proxy}
            options={[
              any(t('proxy')),
              ...(herd.status?.proxies ?? []).map(({ name }) => ({ value: name, label: name })),
            ]}
            onChange={setProxy}
          />
        )}
        <FilterPill pressed={wrap} onPress={() => setWrap(!wrap)}>
          {t('wrap')}
        </FilterPill>
        {isBadPattern(q) && (
          <span className="small muted" role="status">
            {t('badPattern')}
          </span>
        )}
      </div>
      <Panel
        title={t('lines')}
        count={
          all === null ? undefined : t('count', { shown: format.number(shown.length), all: format.number(all.length) })
        }
      >
        {all === null ? (
          <Skeleton what={t('title')} rows={12} rowHeight={20} />
        ) : all.length === 0 ? (
          <EmptyState title={t('none')}>{t('noneText')}</EmptyState>
        ) : shown.length === 0 ? (
          <EmptyState title={t('noMatch')} act={<Button onClick={clear}>{t('clear')}</Button>} />
        ) : (
          <LogView
            label={t('lines')}
            lines={shown}
            height="max(320px, calc(100vh - 260px))"
            wrap={wrap}
            dropped={topic.data?.dropped ?? 0}
            lineAct={({ text }) => {
              const node = nodeIn(text);
              return node !== null && herd.status?.nodes.some(({ id }) => id === node) === true ? (
                <Link className="underline" href={`${herd.base}/nodes/${node}`} prefetch={false}>
                  {t('openNode', { node })}
                </Link>
              ) : null;
            }}
          />
        )}
      </Panel>
    </HerdPage>
  );
}

/** A number for each line, in the order in which lines came here: those of several proxies have none in common. */
function useNumbers(): (line: LogLine) => number {
  const known = useRef(new WeakMap<LogLine, number>());
  const last = useRef(0);
  const [number] = useState(() => (line: LogLine): number => {
    const before = known.current.get(line);
    if (before !== undefined) return before;
    known.current.set(line, ++last.current);
    return last.current;
  });
  return number;
}

interface RotateProps {
  readonly herd: ReturnType<typeof useHerd>;
  readonly proxy: ProxyView;
  readonly several: boolean;
}

function Rotate({ herd, proxy: { name }, several }: RotateProps) {
  const t = useTranslations('logs');
  const toast = useToast();
  const reason = useActLock(herd)('proxy.reload');
  const rotate = async (): Promise<void> => {
    try {
      await api.act.rotateLog.mutate({ cluster: herd.slug, proxy: name });
      toast({ kind: 'ok', text: t('rotated', { proxy: name }) });
    } catch (error) {
      toast({ kind: 'down', text: failureOf(error).message });
    }
  };
  return (
    <ConfirmPopover
      opener={several ? t('rotateOpenOf', { proxy: name }) : t('rotateOpen')}
      act={t('rotate', { proxy: name })}
      effect={t('rotateEffect')}
      curl={curlOf({
        method: 'POST',
        path: `/clusters/${encodeURIComponent(herd.slug)}/proxies/${encodeURIComponent(name)}/rotate-log`,
        body: {},
      })}
      onConfirm={() => void rotate()}
      {...(reason === undefined ? {} : { reason })}
    />
  );
}
