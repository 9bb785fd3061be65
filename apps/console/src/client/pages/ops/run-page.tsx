'use client';
/** One operation: as it runs, then as its report. Everything comes from the proxy or from what was kept: a reload loses nothing. */
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { neededFor } from '../../../shared/acts.ts';
import { useMay } from '../../frame/me.tsx';
import { api, failureOf } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmPopover } from '../../ui/confirm-popover.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { curlOf } from '../../ui/copy-curl.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { type RunStep, RunSteps } from '../../ui/run-steps.tsx';
import { RunningTimer } from '../../ui/running-timer.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { ActionBar } from '../../ui/wizard.tsx';
import { type Entry, estimatesOf, lastPauses, stepOf, stepsAhead, tookMs, writePause } from './ops-model.ts';
import { ClientsPanel, LagPanel, RolesPanel } from './run-facts.tsx';
import { useEntries } from './use-entries.ts';
import { useReport } from './use-report.ts';

interface Props {
  readonly cluster: string;
  readonly id: string;
}

export function RunPage({ cluster, id }: Props) {
  const t = useTranslations('ops');
  const { entries, failure, reload } = useEntries(cluster);
  const entry = entries?.find(({ operation }) => operation.id === id);
  const back = <LinkButton href={`/c/${encodeURIComponent(cluster)}/ops`}>{t('run.back')}</LinkButton>;
  if (entry !== undefined) return <Run {...{ cluster, entry }} entries={entries ?? []} />;
  if (failure !== null) return <ErrorPanel what={t('run.what')} raw={failure} onRetry={reload} />;
  return (
    <>
      <h1 className="sr-only">{t('title')}</h1>
      <Panel label={t('run.what')}>
        {entries === null ? (
          <SkeletonBlock what={t('run.what')} height={320} />
        ) : (
          <EmptyState title={t('run.unknown')} act={back}>
            {t('run.unknownText')}
          </EmptyState>
        )}
      </Panel>
    </>
  );
}

interface RunProps {
  readonly cluster: string;
  readonly entry: Entry;
  readonly entries: readonly Entry[];
}

function Run({ cluster, entry, entries }: RunProps) {
  const t = useTranslations('ops');
  const { operation } = entry;
  const steps = useSteps(entry, entries);
  const done = steps.filter(({ state }) => state === 'done').length;
  return (
    <>
      <Head {...{ entry, entries }} at={operation.steps.length} total={steps.length} />
      {operation.state === 'failed' && operation.error !== null && <ErrorLine text={operation.error} />}
      <div className="columns" style={{ '--columns': 'minmax(0, 3fr) minmax(0, 2fr)' } as never}>
        <div className="stack">
          <Panel title={t('run.steps')} count={`${done} / ${steps.length}`} className="self-stretch">
            <RunSteps steps={steps} />
          </Panel>
          {operation.progress !== null && <Progress entry={entry} />}
          <Output cluster={cluster} entry={entry} />
        </div>
        <div className="stack">
          <ClientsPanel {...{ cluster, operation }} />
          <RolesPanel cluster={cluster} />
          <LagPanel {...{ cluster, operation }} />
        </div>
      </div>
      <Foot {...{ cluster, entry }} />
    </>
  );
}

/** Those that are told, then those that are to come by the kind of the act. */
function useSteps({ operation }: Entry, entries: readonly Entry[]): readonly RunStep[] {
  const t = useTranslations('ops');
  const estimates = estimatesOf(entries, operation.act);
  const told = operation.steps.map((step, at): RunStep => {
    const known = stepOf(step.name);
    const took = tookMs(step);
    return {
      ...{ id: `${at} ${step.name}`, state: step.state },
      title: known === null ? step.name : t(`steps.${known.key}`, { node: known.node }),
      ...(step.detail === null ? {} : { detail: step.detail }),
      ...(took === null ? {} : { tookMs: took }),
      ...(step.state === 'running' ? { startedAtMs: Date.parse(step.startedAt) } : {}),
    };
  });
  const { act, node } = operation;
  if (operation.state !== 'running' || node === null) return told;
  if (act !== 'switchover' && act !== 'failover' && act !== 'recover') return told;
  // A copy in place of a rewind, another way in: then only what is told is known.
  const keys = operation.steps.map(({ name }) => stepOf(name)?.key);
  const old = operation.steps.map(({ name }) => stepOf(name)).find((step) => step?.key === 'stopNode')?.node;
  const ahead = stepsAhead(act, node, old === undefined || old === '' ? null : Number(old));
  const last = ahead.findLastIndex(({ key }) => keys.includes(key));
  if (operation.steps.length > 0 && last < 0) return told;
  return [
    ...told,
    ...ahead.slice(last + 1).map(({ key, node: about }): RunStep => {
      const took = estimates.get(key);
      const title = t(`steps.${key}`, { node: about });
      return { id: `ahead ${key}`, title, state: 'ahead', ...(took === undefined ? {} : { tookMs: took }) };
    }),
  ];
}

interface HeadProps {
  readonly entry: Entry;
  readonly entries: readonly Entry[];
  readonly at: number;
  readonly total: number;
}

const KIND = { running: 'changing', done: 'ok', failed: 'down' } as const;

/** The echo edge: what happens, and the time that clients feel. */
function Head({ entry, entries, at, total }: HeadProps) {
  const t = useTranslations('ops');
  const format = useFormat();
  const { operation, by, reason } = entry;
  const { act, node, state, startedAt } = operation;
  const kind = KIND[state];
  const values = { node: node ?? '?' };
  const title =
    state === 'running'
      ? t(`now.${act}`, values)
      : state === 'done'
        ? t(`ended.${act}`, values)
        : t(`failed.${act}`, values);
  const pause = writePause(operation);
  const took = tookMs(operation);
  const [expected] = lastPauses(entries, act, 1);
  const since = state === 'running' && total > 0 ? t('run.stepOf', { at, total }) : undefined;
  return (
    <Panel label={title}>
      <div className={`echo echo-${kind}`}>
        <div className="verdict">
          <div className="min-w-0 flex-1">
            <StatusWord kind={kind} size="large" {...(since === undefined ? {} : { since })}>
              {t(`state.${state}`)}
            </StatusWord>
            <h1 className="verdict-title">{title}</h1>
            <p className="verdict-text">
              {t('run.startedBy', { time: format.fullInstant(Date.parse(startedAt)), who: by })}
              {reason !== '' && ` ${t('run.reason', { reason })}`}
              {state === 'running' && ` ${t('run.close')}`}
            </p>
          </div>
          <div className="verdict-timer desk:text-right">
            <div className="small quiet">
              {pause !== null ? t('run.paused') : state === 'running' ? t('run.runningFor') : t('run.took')}
            </div>
            <div className="running-timer">
              {pause !== null && pause.toMs !== null ? (
                format.duration(pause.toMs - pause.fromMs)
              ) : state === 'running' ? (
                <RunningTimer startedAtMs={pause?.fromMs ?? Date.parse(startedAt)} />
              ) : took === null ? (
                ''
              ) : (
                format.duration(took)
              )}
            </div>
            {state === 'running' && expected !== undefined && pause !== null && (
              <div className="small muted">{t('run.expected', { duration: format.duration(expected) })}</div>
            )}
            {state !== 'running' && pause !== null && took !== null && (
              <div className="small muted">{t('run.tookAll', { duration: format.duration(took) })}</div>
            )}
          </div>
        </div>
      </div>
    </Panel>
  );
}

function ErrorLine({ text }: { readonly text: string }) {
  const t = useTranslations('ops.report');
  return (
    <Panel label={t('error')}>
      <p className="panel-part" role="alert">
        {text}
      </p>
    </Panel>
  );
}

function Progress({ entry: { operation } }: { readonly entry: Entry }) {
  const t = useTranslations('ops.run');
  const format = useFormat();
  const { progress } = operation;
  if (progress === null) return null;
  const { doneBytes, totalBytes } = progress;
  const value =
    totalBytes === null
      ? format.bytes(doneBytes)
      : t('copiedOf', { done: format.bytes(doneBytes), total: format.bytes(totalBytes) });
  const share = totalBytes === null || totalBytes === 0 ? null : Math.min(1, doneBytes / totalBytes);
  return (
    <Panel title={t('copied')} count={value} end={share !== null && <span>{format.percent(share)}</span>}>
      {share !== null && (
        <div className="panel-part">
          <div
            className="pool-bar"
            role="progressbar"
            aria-label={t('copied')}
            aria-valuenow={Math.round(share * 100)}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuetext={value}
          >
            <span className="pool-used" style={{ width: `${share * 100}%` }} />
          </div>
        </div>
      )}
    </Panel>
  );
}

function Output({ cluster, entry: { operation } }: { readonly cluster: string; readonly entry: Entry }) {
  const t = useTranslations('ops.run');
  const ui = useTranslations('ui');
  const may = useMay();
  const { output, state } = operation;
  if (output.length === 0) {
    return (
      <Panel title={t('log')}>
        <p className="panel-part quiet">
          {!may('view.logs', cluster)
            ? ui('button.missingPermission', { permission: 'view.logs' })
            : state === 'running'
              ? t('noLog')
              : t('noLogEver')}
        </p>
      </Panel>
    );
  }
  return (
    <Panel title={t('log')} count={output.length}>
      <div
        className="log-view log-wrap"
        style={{ maxHeight: 320 }}
        role="log"
        aria-live="off"
        aria-label={t('log')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
      >
        {output.map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are only added, and two may be the same
          <div key={at} className="log-line">
            {line}
          </div>
        ))}
      </div>
    </Panel>
  );
}

function Foot({ cluster, entry }: { readonly cluster: string; readonly entry: Entry }) {
  const t = useTranslations('ops');
  const ui = useTranslations('ui');
  const may = useMay();
  const report = useReport(cluster, entry);
  const [trouble, setTrouble] = useState('');
  const { operation, proxy } = entry;
  const { act, state, id } = operation;
  const base = `/c/${encodeURIComponent(cluster)}`;
  const call = {
    method: 'POST',
    path: `/clusters/${encodeURIComponent(cluster)}/operations/${id}/cancel`,
    body: { proxy },
  } as const;
  const stop = async (): Promise<void> => {
    setTrouble('');
    try {
      await api.act.cancel.mutate({ cluster, id, proxy });
    } catch (error) {
      setTrouble(failureOf(error).message);
    }
  };
  const needed = neededFor[act];
  const note =
    trouble !== ''
      ? trouble
      : state !== 'running'
        ? ''
        : act === 'recover'
          ? t('run.stopRecover')
          : act === 'switchover'
            ? t('run.stopSwitchover')
            : act === 'failover'
              ? t('run.stopFailover')
              : '';
  const start =
    state !== 'running' ? (
      <LinkButton href={`${base}/ops`} kind="quiet">
        {t('run.back')}
      </LinkButton>
    ) : act === 'recover' ? (
      <ConfirmPopover
        opener={t('run.stopAsk')}
        act={t('run.stop')}
        effect={t('run.stopEffect')}
        curl={curlOf(call)}
        onConfirm={() => void stop()}
        {...(may(needed, cluster) ? {} : { reason: ui('button.missingPermission', { permission: needed }) })}
      />
    ) : (
      <Button reason={t('run.stopNo')} reasonAt="above">
        {t('run.stopOther')}
      </Button>
    );
  return (
    <ActionBar
      start={
        <>
          {start}
          <span className="small muted" role="status">
            {note}
          </span>
        </>
      }
    >
      {state === 'failed' && (act === 'recover' || act === 'switchover') && (
        <LinkButton href={`${base}/ops/new/${act}`}>{t('run.again')}</LinkButton>
      )}
      {act === 'failover' && state === 'done' && <RecoverOld cluster={cluster} />}
      {state !== 'running' && (
        <>
          <CopyButton text={report.json} label={t('run.copyJson')} />
          <CopyButton text={report.markdown} label={t('run.copyMarkdown')} />
        </>
      )}
      <CopyButton text={globalThis.location?.href ?? ''} label={ui('button.copyLink')} />
    </ActionBar>
  );
}

/** After a failover the old primary waits to be made a standby. */
function RecoverOld({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('ops.run');
  const { data } = useTopic(cluster, 'status');
  const old = data?.nodes.find(({ replaced }) => replaced);
  if (old === undefined) return null;
  return (
    <LinkButton href={`/c/${encodeURIComponent(cluster)}/ops/new/recover?node=${old.id}`} kind="primary">
      {t('toRecover', { node: old.id })}
    </LinkButton>
  );
}
