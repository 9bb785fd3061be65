'use client';

import { useTranslations } from 'next-intl';
import { HerdPage } from '../../herd/herd-page.tsx';
import { isOn, valuesOf } from '../../herd/running-values.ts';
import { useActLock, useHerd } from '../../herd/use-herd.ts';
import { api, failureOf } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { useAsk } from '../../live/use-ask.ts';
import { Age } from '../../ui/age.tsx';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { curlOf } from '../../ui/copy-curl.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { useToast } from '../../ui/toast.tsx';

const FIGURES_EVERY_MS = 5_000;

type Figure = readonly [name: string, value: string];

export function CachePage({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('cache');
  const herd = useHerd(cluster);
  const stamp = useTopic(cluster, 'config').data?.stamp;
  const running = useAsk(
    `running ${cluster}`,
    () => api.config.running.query({ cluster }),
    stamp === undefined ? {} : { stamp },
  );
  const enabled = valuesOf(running.data ?? [], 'memory_cache_enabled');
  const on = [...enabled].filter(([, value]) => isOn(value)).map(([proxy]) => proxy);
  const figures = useAsk(`cache ${cluster}`, () => api.herd.cacheFigures.query({ cluster }), {
    everyMs: FIGURES_EVERY_MS,
    enabled: on.length > 0,
  });
  const failure = running.failure ?? figures.failure;
  const told = (figures.data ?? []).filter(({ proxy, figures: told }) => told !== null && on.includes(proxy));
  const settings = <LinkButton href={`${herd.base}/config?q=memory_cache`}>{t('settings')}</LinkButton>;
  return (
    <HerdPage herd={herd} title={t('title')}>
      {failure !== null && (
        <ErrorPanel
          what={t('title')}
          raw={failure.message}
          onRetry={() => {
            running.reload();
            figures.reload();
          }}
        />
      )}
      {running.data === null ? (
        failure === null && (
          <Panel label={t('title')}>
            <SkeletonBlock what={t('title')} height={160} />
          </Panel>
        )
      ) : on.length === 0 ? (
        <Panel label={t('title')}>
          {enabled.size === 0 ? (
            <EmptyState title={t('none')} />
          ) : (
            <EmptyState title={t('off')} act={settings}>
              {t('offText', { proxies: [...enabled.keys()].join(', ') })}
            </EmptyState>
          )}
        </Panel>
      ) : figures.data !== null && told.length === 0 ? (
        <Panel label={t('title')}>
          <EmptyState title={t('notTold')} act={settings}>
            {t('notToldText')}
          </EmptyState>
        </Panel>
      ) : (
        told.map(({ proxy, figures: values }) => (
          <ProxyCache key={proxy} {...{ herd, proxy, at: figures.at }} figures={Object.entries(values ?? {})} />
        ))
      )}
    </HerdPage>
  );
}

interface ProxyCacheProps {
  readonly herd: ReturnType<typeof useHerd>;
  readonly proxy: string;
  readonly figures: readonly Figure[];
  readonly at: number | null;
}

function ProxyCache({ herd, proxy, figures, at }: ProxyCacheProps) {
  const t = useTranslations('cache');
  const toast = useToast();
  const reason = useActLock(herd)('proxy.reload');
  const columns: readonly Column<Figure>[] = [
    // Names of SHOW pool_cache, as everywhere.
    { ...{ id: 'figure', head: t('figure'), card: 'head' }, cell: ([name]) => <span className="mono">{name}</span> },
    { ...{ id: 'value', head: t('value'), numeric: true, card: 'status' }, cell: ([, value]) => value },
  ];
  const clear = async (): Promise<void> => {
    try {
      await api.act.clearCache.mutate({ cluster: herd.slug, proxy });
      toast({ kind: 'ok', text: t('cleared', { proxy }) });
    } catch (error) {
      toast({ kind: 'down', text: failureOf(error).message });
    }
  };
  return (
    <Panel
      title={proxy}
      end={
        <>
          <ConfirmPopover
            small
            opener={t('clearOpen', { proxy })}
            act={t('clear', { proxy })}
            effect={t('clearEffect')}
            curl={curlOf({
              method: 'POST',
              path: `/clusters/${encodeURIComponent(herd.slug)}/proxies/${encodeURIComponent(proxy)}/clear-cache`,
              body: {},
            })}
            onConfirm={() => void clear()}
            {...(reason === undefined ? {} : { reason })}
          />
          <Age atMs={at} lateMs={FIGURES_EVERY_MS * 3} />
        </>
      }
    >
      {figures.every(([, value]) => Number(value) === 0) ? (
        <EmptyState title={t('nothing')}>{t('nothingText', { proxy })}</EmptyState>
      ) : (
        <DataTable label={proxy} columns={columns} rows={figures} rowKey={([name]) => name} dense />
      )}
    </Panel>
  );
}
