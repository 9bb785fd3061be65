'use client';

import dynamic from 'next/dynamic';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useMemo, useState } from 'react';
import { useMay } from '../../../frame/me.tsx';
import { api, failureOf } from '../../../live/api.ts';
import { useAsk } from '../../../live/use-ask.ts';
import { Button } from '../../../ui/button.tsx';
import { ChangeList } from '../../../ui/change-list.tsx';
import { CopyCurl, curlOf } from '../../../ui/copy-curl.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { LinkButton } from '../../../ui/link-button.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { useFormat } from '../../../ui/use-format.ts';
import { useNow } from '../../../ui/use-now.ts';
import { useChangeRows } from '../change-rows.tsx';
import { download } from '../download.ts';
import { RememberedDiff } from '../remembered-diff.tsx';
import { useRoom } from '../room.tsx';
import { spansOf } from './spans.ts';
import { Outcomes, useSourceWord } from './words.tsx';

const ConfirmDialog = dynamic(() => import('../../../ui/confirm-dialog.tsx').then((module) => module.ConfirmDialog), {
  ssr: false,
});

/** One version: what it changed, its files, export, and the way back to it. */
export function VersionPage({ number }: { readonly number: number }) {
  const t = useTranslations('config.version');
  const history = useTranslations('config.history');
  const ui = useTranslations('ui.button');
  const router = useRouter();
  const format = useFormat();
  const now = useNow();
  const may = useMay();
  const source = useSourceWord();
  const { cluster, base, stamp, wanted } = useRoom();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const whole = useAsk(`version ${cluster} ${number}`, () => api.config.versions.get.query({ cluster, number }));
  const versions = useAsk(`versions ${cluster}`, () => api.config.versions.list.query({ cluster }), { stamp });
  const version = versions.data?.find((one) => one.number === number) ?? null;
  const parent = version?.parent ?? null;
  const compared = useAsk(
    `compare ${cluster} ${parent} ${number}`,
    () => api.config.versions.compare.query({ cluster, from: parent ?? number, to: number }),
    { enabled: parent !== null },
  );
  const rows = useChangeRows(compared.data?.changes ?? [], null);
  const spans = useMemo(() => spansOf(versions.data ?? []), [versions.data]);
  const failure = whole.failure ?? versions.failure;
  if (whole.data === null || version === null) {
    return failure === null ? (
      <Panel>
        <Skeleton what={t('what', { number: String(number) })} rows={8} rowHeight={48} />
      </Panel>
    ) : (
      <ErrorPanel what={t('what', { number: String(number) })} raw={failure.message} onRetry={whole.reload} />
    );
  }
  const { files } = whole.data;
  const made = Date.parse(version.createdAt);
  const span = spans.get(number);
  const current = wanted.data?.number ?? null;
  const name = `${cluster}-version-${number}`;
  const rollback = async (reason: string): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { draft } = await api.config.versions.rollback.mutate({ cluster, number, reason });
      router.push(`${base}/config/drafts/${draft}`);
    } catch (failed) {
      setError(failureOf(failed).message);
      setBusy(false);
    }
  };
  return (
    <>
      <div className="page-head">
        <div className="min-w-0 flex-1 phone:basis-full">
          <h1 className="page-title">
            {version.reason === ''
              ? t('title', { number: String(number) })
              : t('titleFor', { number: String(number), reason: version.reason })}
          </h1>
          <p className="muted">
            {t('about', { author: version.author, time: format.instant(made, now ?? made), source: source(version) })}
          </p>
        </div>
        <LinkButton href={`${base}/config/history`}>{t('toHistory')}</LinkButton>
        {current !== null && current !== number && (
          <LinkButton href={`${base}/config/history/compare?from=${current}&to=${number}`}>
            {t('compareWanted', { number: String(current) })}
          </LinkButton>
        )}
        <Button
          kind="primary"
          reason={
            version.wanted
              ? t('isWanted')
              : may('config.rollback', cluster)
                ? undefined
                : ui('missingPermission', { permission: 'config.rollback' })
          }
          onClick={() => setAsking(true)}
        >
          {t('rollbackAsk')}
        </Button>
      </div>
      <Panel label={t('facts')}>
        <dl className="version-facts">
          <div>
            <dt>{history('outcome')}</dt>
            <dd>
              <Outcomes outcome={version.outcome} />
              {Object.keys(version.outcome).length === 0 && <span className="muted">{t('neverApplied')}</span>}
            </dd>
          </div>
          <div>
            <dt>{history('live')}</dt>
            <dd>
              {span === undefined
                ? t('neverLive')
                : span.toMs === null
                  ? t('liveSince', { time: format.instant(span.fromMs, now ?? span.fromMs) })
                  : format.roughDuration(span.toMs - span.fromMs)}
            </dd>
          </div>
          <div>
            <dt>{t('hash')}</dt>
            <dd className="mono" title={version.hash}>
              {version.hash.slice(0, 12)}
            </dd>
          </div>
          <div>
            <dt>{t('export')}</dt>
            <dd className="flex flex-wrap gap-2">
              {Object.entries(files).map(([file, text]) => (
                <Button key={file} small onClick={() => download(file, text, 'text/plain')}>
                  {file}
                </Button>
              ))}
              <Button
                small
                onClick={() =>
                  download(`${name}.json`, JSON.stringify({ ...version, files }, null, 2), 'application/json')
                }
              >
                {t('json')}
              </Button>
              <CopyCurl small call={{ method: 'GET', path: `/clusters/${cluster}/versions/${number}` }} />
            </dd>
          </div>
        </dl>
      </Panel>
      {parent === null ? (
        <Panel title="pgpool.conf">
          <pre className="file-text">{files['pgpool.conf']}</pre>
        </Panel>
      ) : (
        <>
          <Panel title={t('against', { number: String(parent) })}>
            {compared.data === null ? (
              compared.failure === null ? (
                <Skeleton what={t('changes')} rows={4} rowHeight={48} />
              ) : (
                <EmptyState title={compared.failure.message} />
              )
            ) : rows.length === 0 ? (
              <EmptyState title={t('noChange')} />
            ) : (
              <ChangeList changes={rows} />
            )}
          </Panel>
          {compared.data !== null && (
            <RememberedDiff
              title="pgpool.conf"
              before={compared.data.from['pgpool.conf']}
              after={compared.data.to['pgpool.conf']}
            />
          )}
          {compared.data?.hbaChanged === true && (
            <RememberedDiff
              title="pool_hba.conf"
              before={compared.data.from['pool_hba.conf'] ?? ''}
              after={compared.data.to['pool_hba.conf'] ?? ''}
            />
          )}
        </>
      )}
      {asking && (
        <ConfirmDialog
          tier={2}
          act={t('rollback', { number: String(number) })}
          about={t('rollbackAbout')}
          changes={[
            {
              what: t('configuration'),
              before: t('versionWord', { number: String(current ?? 0) }),
              after: t('versionWord', { number: String(number) }),
            },
          ]}
          whoIsHit={t('rollbackHits')}
          production={false}
          objectName={cluster}
          reasonNeeded
          curl={(reason) =>
            curlOf({ method: 'POST', path: `/clusters/${cluster}/versions/${number}/rollback`, body: { reason } })
          }
          busy={busy}
          error={error}
          onConfirm={(reason) => void rollback(reason)}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
