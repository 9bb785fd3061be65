'use client';

import dynamic from 'next/dynamic';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useMay } from '../../../frame/me.tsx';
import { type Api, api, failureOf } from '../../../live/api.ts';
import { useTopic } from '../../../live/live.tsx';
import { useAsk } from '../../../live/use-ask.ts';
import { Age } from '../../../ui/age.tsx';
import { Button } from '../../../ui/button.tsx';
import { curlOf } from '../../../ui/copy-curl.tsx';
import { type Column, DataTable } from '../../../ui/data-table.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { Glyph } from '../../../ui/glyph.tsx';
import { LinkButton } from '../../../ui/link-button.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { StatusWord } from '../../../ui/status-word.tsx';
import { useToast } from '../../../ui/toast.tsx';
import { ConfigFrame } from '../config-frame.tsx';
import { useRoom } from '../room.tsx';
import { shownValue } from '../values.ts';

const ConfirmDialog = dynamic(() => import('../../../ui/confirm-dialog.tsx').then((module) => module.ConfirmDialog), {
  ssr: false,
});

type Found = Awaited<ReturnType<Api['config']['drift']['query']>>;
type ProxyDrift = Found['proxies'][number];
type Line = ProxyDrift['lines'][number];

/** A file edited by hand is seen by its proxy within a second; the comparison itself is asked for this often, ms. */
const EVERY_MS = 10_000;

/** What is wanted, what lies in each proxy's file, and what it runs. */
export function Drift() {
  const t = useTranslations('config.drift');
  const { cluster, base, stamp } = useRoom();
  const { data: status } = useTopic(cluster, 'status');
  const seen = status?.proxies.map(({ configuration }) => `${configuration.state}${configuration.currentHash}`).join();
  const drift = useAsk(`drift ${cluster}`, () => api.config.drift.query({ cluster }), {
    everyMs: EVERY_MS,
    stamp: `${stamp} ${seen}`,
  });
  return (
    <ConfigFrame>
      <div className="config-tools">
        <p className="muted min-w-0 flex-1">{t('text')}</p>
        <Age atMs={drift.at} lateMs={3 * EVERY_MS} />
      </div>
      {drift.failure !== null && <ErrorPanel what={t('drift')} raw={drift.failure.message} onRetry={drift.reload} />}
      {drift.data === null && drift.failure === null && (
        <Panel>
          <Skeleton what={t('drift')} rows={5} />
        </Panel>
      )}
      {drift.data !== null && drift.data.wanted === null && (
        <Panel>
          <EmptyState
            title={t('notImported')}
            act={<LinkButton href={`${base}/config/import`}>{t('import')}</LinkButton>}
          >
            {t('notImportedText')}
          </EmptyState>
        </Panel>
      )}
      {drift.data?.wanted != null &&
        drift.data.proxies.map((one) => (
          <OfProxy key={one.proxy} found={one} wanted={drift.data?.wanted ?? 0} onDone={drift.reload} />
        ))}
    </ConfigFrame>
  );
}

interface OfProxyProps {
  readonly found: ProxyDrift;
  readonly wanted: number;
  readonly onDone: () => void;
}

function OfProxy({ found, wanted, onDone }: OfProxyProps) {
  const t = useTranslations('config.drift');
  const ui = useTranslations('ui.button');
  const router = useRouter();
  const may = useMay();
  const toast = useToast();
  const { cluster, base, byName, production, stale } = useRoom();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const { proxy, lines } = found;
  const differs = lines.length > 0 || found.hbaDiffers;
  const names = lines.map(({ name }) => name).filter((name) => chosen.has(name));
  const value = (text: string | null, line: Line) =>
    text === null ? (
      <span className="quiet">{t('absent')}</span>
    ) : (
      <span className="mono">{shownValue(line.name, text, byName)}</span>
    );
  const columns: readonly Column<Line>[] = [
    { id: 'name', head: t('parameter'), cell: ({ name }) => <span className="mono">{name}</span>, card: 'head' },
    { id: 'wanted', head: t('wanted', { number: String(wanted) }), cell: (line) => value(line.wanted, line) },
    { id: 'file', head: t('file'), cell: (line) => value(line.file, line) },
    { id: 'running', head: t('running'), cell: (line) => value(line.running, line) },
  ];
  const adopt = async (): Promise<void> => {
    setBusy(true);
    try {
      const { draft } = await api.config.adopt.mutate({ cluster, proxy, names });
      router.push(`${base}/config/drafts/${draft}`);
    } catch (failed) {
      toast({ kind: 'down', text: failureOf(failed).message });
      setBusy(false);
    }
  };
  const pushBack = async (reason: string): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { run } = await api.config.pushBack.mutate({
        ...{ cluster, proxy, reason },
        ...(production ? { confirm: cluster } : {}),
      });
      onDone();
      router.push(`${base}/config/apply/${run}`);
    } catch (failed) {
      setError(failureOf(failed).message);
      setBusy(false);
    }
  };
  const modified = found.fileModifiedAt === null ? null : Date.parse(found.fileModifiedAt);
  return (
    <Panel
      title={proxy}
      count={
        found.error !== null ? undefined : differs ? (
          <StatusWord kind="drifted">{t('differs', { count: lines.length + (found.hbaDiffers ? 1 : 0) })}</StatusWord>
        ) : (
          <StatusWord kind={found.pending.length > 0 ? 'pending' : 'instep'} />
        )
      }
      end={
        differs ? (
          <>
            <Button
              small
              busy={busy && !asking}
              reason={
                !may('config.draft', cluster)
                  ? ui('missingPermission', { permission: 'config.draft' })
                  : names.length === 0
                    ? t('chooseLines')
                    : undefined
              }
              onClick={() => void adopt()}
            >
              {t('adopt', { count: names.length })}
            </Button>
            <Button
              small
              reason={
                !may('config.apply', cluster)
                  ? ui('missingPermission', { permission: 'config.apply' })
                  : found.externallyManaged
                    ? t('external')
                    : stale
                      ? t('stale')
                      : undefined
              }
              onClick={() => setAsking(true)}
            >
              {t('pushBackAsk', { number: String(wanted) })}
            </Button>
          </>
        ) : undefined
      }
    >
      {found.error !== null && (
        <p className="panel-part flex gap-2">
          <Glyph kind="unknown" />
          <span>{t('noAnswer', { proxy, why: found.error })}</span>
        </p>
      )}
      {found.error === null && (
        <div className="panel-part muted">
          {modified !== null && (
            <p>
              {t('modified')} <Age atMs={modified} lateMs={Number.POSITIVE_INFINITY} />
            </p>
          )}
          <p>{found.unloaded ? t('unloaded') : t('loaded')}</p>
          {found.externallyManaged && <p>{t('external')}</p>}
          {found.pending.length > 0 && <p>{t('pending', { names: found.pending.join(', ') })}</p>}
        </div>
      )}
      {found.hbaDiffers && (
        <p className="panel-part flex gap-2">
          <Glyph kind="drifted" />
          <span>{t('hbaDiffers')}</span>
        </p>
      )}
      {lines.length > 0 && (
        <DataTable
          label={t('linesOf', { proxy })}
          columns={columns}
          rows={lines}
          rowKey={({ name }) => name}
          rowName={({ name }) => name}
          selection={{ keys: chosen, onChange: setChosen }}
        />
      )}
      {lines.length > 0 && <p className="panel-part small muted">{t('hint')}</p>}
      {asking && (
        <ConfirmDialog
          tier={2}
          act={t('pushBack', { number: String(wanted), proxy })}
          changes={[
            {
              what: proxy,
              before: t('differs', { count: lines.length + (found.hbaDiffers ? 1 : 0) }),
              after: t('version', { number: String(wanted) }),
            },
          ]}
          whoIsHit={t('pushBackHits', { proxy })}
          production={production}
          objectName={cluster}
          reasonNeeded
          nameNeeded={production}
          factsLocked={stale}
          curl={(reason) =>
            curlOf({
              ...{ method: 'POST', path: `/clusters/${cluster}/proxies/${encodeURIComponent(proxy)}/push-back` },
              body: { reason, ...(production ? { confirm: cluster } : {}) },
            })
          }
          busy={busy}
          error={error}
          onConfirm={(reason) => void pushBack(reason)}
          onClose={() => setAsking(false)}
        />
      )}
    </Panel>
  );
}
