'use client';

import dynamic from 'next/dynamic';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { useEffect, useMemo, useState } from 'react';
import { useMay } from '../../../frame/me.tsx';
import { api, failureOf } from '../../../live/api.ts';
import { useTopic } from '../../../live/live.tsx';
import { useAsk } from '../../../live/use-ask.ts';
import { Button } from '../../../ui/button.tsx';
import { ChangeList } from '../../../ui/change-list.tsx';
import { Checkbox, RadioGroup } from '../../../ui/choice.tsx';
import { ConfirmPopover } from '../../../ui/confirm-popover.tsx';
import { curlOf, type RestCall } from '../../../ui/copy-curl.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { Field } from '../../../ui/field.tsx';
import { LinkButton } from '../../../ui/link-button.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { Textarea } from '../../../ui/textarea.tsx';
import { Timeline } from '../../../ui/timeline.tsx';
import { useToast } from '../../../ui/toast.tsx';
import { useFormat } from '../../../ui/use-format.ts';
import { useNow } from '../../../ui/use-now.ts';
import type { DraftInFull } from '../answers.ts';
import { useChangeRows } from '../change-rows.tsx';
import { RememberedDiff } from '../remembered-diff.tsx';
import { useRoom } from '../room.tsx';
import { Conflict } from './conflict.tsx';
import { Findings } from './findings.tsx';

const ConfirmDialog = dynamic(() => import('../../../ui/confirm-dialog.tsx').then((module) => module.ConfirmDialog), {
  ssr: false,
});

/** A draft before it is applied: what it changes and costs, what the proxies say of it, and how it is to go out. */
export function Review({ id }: { readonly id: string }) {
  const t = useTranslations('config.review');
  const { cluster, base, stamp } = useRoom();
  const draft = useAsk(`draft ${cluster} ${id}`, () => api.config.drafts.get.query({ cluster, id }), { stamp });
  if (draft.failure?.code === 'NO_DRAFT') {
    return (
      <Panel>
        <EmptyState title={t('gone')} act={<LinkButton href={`${base}/config/history`}>{t('toHistory')}</LinkButton>}>
          {t('goneText')}
        </EmptyState>
      </Panel>
    );
  }
  if (draft.data === null) {
    if (draft.failure !== null)
      return <ErrorPanel what={t('draft')} raw={draft.failure.message} onRetry={draft.reload} />;
    return (
      <Panel>
        <Skeleton what={t('draft')} rows={8} rowHeight={56} />
      </Panel>
    );
  }
  return <ReviewOf draft={draft.data} />;
}

function ReviewOf({ draft }: { readonly draft: DraftInFull }) {
  const t = useTranslations('config.review');
  const ui = useTranslations('ui.button');
  const router = useRouter();
  const format = useFormat();
  const now = useNow();
  const may = useMay();
  const toast = useToast();
  const { cluster, base, desk, wanted, check, runCheck, production, stale } = useRoom();
  const { data: status } = useTopic(cluster, 'status');
  const [strategy, setStrategy] = useState<'all' | 'oneByOne'>('all');
  // Whoever adopts drift knows of it: what was not adopted is what is to go.
  const [overwriteDrift, setOverwriteDrift] = useState(draft.source === 'drift');
  const [why, setWhy] = useState(draft.title);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const { revision } = draft;
  // The same object for the same revision, however often it is loaded: the check is of it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a revision's files do not change
  const files = useMemo(() => draft.files, [draft.id, revision]);

  // Each revision is checked once by itself.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the files are those of the revision
  useEffect(() => runCheck(files), [draft.id, revision, runCheck]);

  const changes = useChangeRows(draft.differences, check.of === files ? check.result : null);
  const restarts = changes.filter(({ effect }) => effect === 'restart').length;
  const proxies = status?.proxies ?? [];
  const drifted = proxies.filter(({ configuration }) => configuration.state === 'drifted').map(({ name }) => name);
  const count = draft.differences.length + (draft.hbaChanged ? 1 : 0);
  const title = draft.title === '' ? t('untitled') : t('titled', { title: draft.title });
  const passed = check.of === files && check.result !== null && check.result.ok;
  const refused = check.of === files && check.result !== null && !check.result.ok;
  const casesOnly = refused && check.result?.proxies.every((one) => one.check?.ok === true) === true;

  const reason = !may('config.apply', cluster)
    ? ui('missingPermission', { permission: 'config.apply' })
    : stale
      ? t('dead.stale')
      : draft.conflict !== null
        ? t('dead.conflict')
        : count === 0 && draft.base !== null
          ? t('dead.nothing')
          : refused && !casesOnly
            ? t('dead.refused')
            : drifted.length > 0 && !overwriteDrift
              ? t('dead.drift')
              : undefined;

  const call = (given: string): RestCall => ({
    method: 'POST',
    path: `/clusters/${cluster}/drafts/${draft.id}/apply`,
    body: { revision, reason: given, strategy, overwriteDrift, ...(production ? { confirm: cluster } : {}) },
  });
  const apply = async (given: string): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { run } = await api.config.applyDraft.mutate({
        ...{ cluster, id: draft.id, revision, reason: given, strategy, overwriteDrift },
        ...(production ? { confirm: cluster } : {}),
      });
      desk.forget(wanted.data?.files ?? null);
      router.push(`${base}/config/apply/${run}`);
    } catch (failed) {
      setError(failureOf(failed).message);
      setBusy(false);
    }
  };
  const discard = async (): Promise<void> => {
    try {
      await api.config.drafts.discard.mutate({ cluster, id: draft.id });
      desk.forget(wanted.data?.files ?? null);
      router.push(`${base}/config`);
    } catch (failed) {
      toast({ kind: 'down', text: failureOf(failed).message });
    }
  };

  const savedAt = Date.parse(draft.updatedAt);
  const names = proxies.map(({ name }) => name);
  return (
    <>
      <div className="page-head">
        <div className="min-w-0 flex-1 phone:basis-full">
          <h1 className="page-title">{title}</h1>
          <p className="muted">
            {draft.base === null
              ? t('aboutFirst', { count, author: draft.author })
              : t('about', { count, base: String(draft.base), author: draft.author })}{' '}
            {restarts > 0 && t('restarts', { count: restarts })}
          </p>
        </div>
        <ConfirmPopover
          opener={t('discardAsk')}
          act={t('discard')}
          effect={t('discardEffect')}
          curl={curlOf({ method: 'DELETE', path: `/clusters/${cluster}/drafts/${draft.id}` })}
          onConfirm={() => void discard()}
          {...(may('config.draft', cluster) ? {} : { reason: ui('missingPermission', { permission: 'config.draft' }) })}
        />
        <LinkButton href={`${base}/config?draft=${encodeURIComponent(draft.id)}`}>{t('openInEditor')}</LinkButton>
      </div>
      <Timeline
        label={t('progress')}
        points={[
          {
            label: t('points.draft'),
            note: `${draft.author}, ${format.instant(savedAt, now ?? savedAt)}`,
            state: 'done',
          },
          {
            label: passed ? t('points.passed') : refused ? t('points.refused') : t('points.check'),
            note: check.busy ? t('points.checking') : null,
            state: passed ? 'done' : 'now',
          },
          { label: t('points.applied'), note: null, state: passed ? 'now' : 'ahead' },
        ]}
      />
      <div className="review">
        <div className="stack">
          {draft.conflict !== null && <Conflict draft={draft} conflict={draft.conflict} />}
          <Panel label={t('changes')}>
            {count === 0 ? (
              <EmptyState title={t('noChange')}>{t('noChangeText')}</EmptyState>
            ) : (
              <ChangeList
                changes={changes}
                costs={{ restart: t('costs.restart'), reload: t('costs.reload'), sessions: t('costs.sessions') }}
              />
            )}
            {draft.hbaChanged && (
              <div className="diff-row">
                <div>
                  <div className="diff-line">pool_hba.conf</div>
                  <p className="muted mt-1">{t('hbaChanged')}</p>
                </div>
              </div>
            )}
          </Panel>
          {count > 0 && (
            <RememberedDiff title="pgpool.conf" before={draft.baseFiles['pgpool.conf']} after={files['pgpool.conf']} />
          )}
          {draft.hbaChanged && (
            <RememberedDiff
              title="pool_hba.conf"
              before={draft.baseFiles['pool_hba.conf'] ?? ''}
              after={files['pool_hba.conf'] ?? ''}
            />
          )}
        </div>
        <div className="stack">
          <Panel className="echo" as="aside" label={t('decision')}>
            <div className="panel-part pl-0">
              <h2>{t('decision')}</h2>
              <p className="muted mt-1 mb-3">{restarts > 0 ? t('decisionRestart') : t('decisionReload')}</p>
              <Field label={t('reason')} hint={t('reasonHint')}>
                {(field) => <Textarea field={field} value={why} onChange={setWhy} maxLength={500} />}
              </Field>
              <div className="mt-3" />
              <Button
                kind="primary"
                reason={reason}
                onClick={() => {
                  setError(null);
                  setAsking(true);
                }}
              >
                {t('apply', { count: Math.max(names.length, 1) })}
              </Button>
            </div>
          </Panel>
          <Findings check={check} onAgain={() => runCheck(files)} />
          <Panel title={t('how')}>
            <div className="panel-part">
              <RadioGroup
                label={t('how')}
                value={strategy}
                onChange={setStrategy}
                options={[
                  { value: 'all', label: t('all'), hint: t('allHint') },
                  { value: 'oneByOne', label: t('oneByOne'), hint: t('oneByOneHint', { proxies: names.join(' → ') }) },
                ]}
              />
              {drifted.length > 0 && (
                <Checkbox
                  checked={overwriteDrift}
                  onChange={setOverwriteDrift}
                  hint={t('overwriteHint', { proxies: drifted.join(', ') })}
                >
                  {t('overwrite')}
                </Checkbox>
              )}
            </div>
          </Panel>
        </div>
      </div>
      {asking && (
        <ConfirmDialog
          tier={restarts > 0 ? 3 : 2}
          act={t('apply', { count: Math.max(names.length, 1) })}
          changes={[
            {
              what: t('configuration'),
              before: draft.base === null ? t('none') : t('version', { number: String(draft.base) }),
              after: t('withChanges', { count }),
            },
          ]}
          whoIsHit={
            restarts > 0 ? t('hitRestart', { proxies: names.join(', ') }) : t('hit', { proxies: names.join(', ') })
          }
          production={production}
          objectName={cluster}
          reasonNeeded
          nameNeeded={production}
          reasonAtFirst={why}
          factsLocked={stale}
          curl={(given) => curlOf(call(given))}
          busy={busy}
          error={error}
          onConfirm={(given) => void apply(given)}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
