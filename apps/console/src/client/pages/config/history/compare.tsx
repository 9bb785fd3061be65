'use client';

import { useTranslations } from 'next-intl';
import { api } from '../../../live/api.ts';
import { useAsk } from '../../../live/use-ask.ts';
import { useQueryParam } from '../../../live/use-query-param.ts';
import { ChangeList } from '../../../ui/change-list.tsx';
import { CopyCurl } from '../../../ui/copy-curl.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { Field } from '../../../ui/field.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Select } from '../../../ui/select.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { useChangeRows } from '../change-rows.tsx';
import { ConfigFrame } from '../config-frame.tsx';
import { RememberedDiff } from '../remembered-diff.tsx';
import { useRoom } from '../room.tsx';

/** Any two versions beside each other. */
export function Compare() {
  const t = useTranslations('config.compare');
  const { cluster, stamp } = useRoom();
  const [fromText, setFrom] = useQueryParam('from');
  const [toText, setTo] = useQueryParam('to');
  const versions = useAsk(`versions ${cluster}`, () => api.config.versions.list.query({ cluster }), { stamp });
  const numbers = (versions.data ?? []).map(({ number }) => number);
  const to = Number(toText) || (numbers[0] ?? 0);
  const from = Number(fromText) || (numbers[1] ?? to);
  const found = useAsk(
    `compare ${cluster} ${from} ${to}`,
    () => api.config.versions.compare.query({ cluster, from, to }),
    { enabled: from > 0 && to > 0 },
  );
  const rows = useChangeRows(found.data?.changes ?? [], null);
  const options = (versions.data ?? []).map(({ number, reason }) => ({
    value: String(number),
    label:
      reason === '' ? t('version', { number: String(number) }) : t('versionFor', { number: String(number), reason }),
  }));
  return (
    <ConfigFrame>
      <div className="compare-pick">
        <Field label={t('from')}>
          {(field) => <Select field={field} value={String(from)} options={options} onChange={setFrom} />}
        </Field>
        <Field label={t('to')}>
          {(field) => <Select field={field} value={String(to)} options={options} onChange={setTo} />}
        </Field>
        <CopyCurl call={{ method: 'GET', path: `/clusters/${cluster}/versions/${from}/compare/${to}` }} />
      </div>
      {found.failure !== null && (
        <ErrorPanel what={t('comparison')} raw={found.failure.message} onRetry={found.reload} />
      )}
      {found.data === null && found.failure === null && (
        <Panel>
          <Skeleton what={t('comparison')} rows={6} rowHeight={48} />
        </Panel>
      )}
      {found.data !== null && (
        <>
          <Panel title={t('title', { from: String(from), to: String(to) })}>
            {rows.length === 0 ? (
              <EmptyState title={t('same')}>{found.data.hbaChanged ? t('hbaOnly') : undefined}</EmptyState>
            ) : (
              <ChangeList changes={rows} />
            )}
          </Panel>
          <RememberedDiff
            title="pgpool.conf"
            before={found.data.from['pgpool.conf']}
            after={found.data.to['pgpool.conf']}
          />
          {found.data.hbaChanged && (
            <RememberedDiff
              title="pool_hba.conf"
              before={found.data.from['pool_hba.conf'] ?? ''}
              after={found.data.to['pool_hba.conf'] ?? ''}
            />
          )}
        </>
      )}
    </ConfigFrame>
  );
}
