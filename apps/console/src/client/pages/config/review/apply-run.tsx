'use client';

import { useTranslations } from 'next-intl';
import type { ApplyRunView } from '../../../../shared/live/topics.ts';
import { useMay } from '../../../frame/me.tsx';
import { api, failureOf } from '../../../live/api.ts';
import { useTopic } from '../../../live/live.tsx';
import { useAsk } from '../../../live/use-ask.ts';
import { ConfirmPopover } from '../../../ui/confirm-popover.tsx';
import { curlOf } from '../../../ui/copy-curl.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { LinkButton } from '../../../ui/link-button.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { RunSteps } from '../../../ui/run-steps.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import type { StatusKind } from '../../../ui/status.ts';
import { StatusWord } from '../../../ui/status-word.tsx';
import { useToast } from '../../../ui/toast.tsx';
import { useFormat } from '../../../ui/use-format.ts';
import { useNow } from '../../../ui/use-now.ts';
import { Verdict } from '../../../ui/verdict.tsx';
import { useRoom } from '../room.tsx';

type Outcome = ApplyRunView['outcome'][string];
const OUTCOME_KIND: Readonly<Record<Outcome, StatusKind>> = {
  inStep: 'instep',
  restartPending: 'pending',
  rejected: 'failed',
  unreachable: 'failed',
  waiting: 'unknown',
};

/** One version on its way to the proxies, step by step. What is shown comes from the server, so a reload loses nothing. */
export function ApplyRun({ id }: { readonly id: string }) {
  const t = useTranslations('config.run');
  const { cluster, base, stamp } = useRoom();
  const { data: news } = useTopic(cluster, 'config');
  const asked = useAsk(`run ${cluster} ${id}`, () => api.config.runs.get.query({ cluster, id }), { stamp });
  const live = news?.run?.id === id ? news.run : null;
  // Whoever is further on is right: steps are only ever added to.
  const run = live !== null && (asked.data === null || asked.data.state === 'running') ? live : asked.data;
  if (asked.failure?.code === 'NO_RUN') {
    return (
      <Panel>
        <EmptyState title={t('gone')} act={<LinkButton href={`${base}/config/history`}>{t('toHistory')}</LinkButton>} />
      </Panel>
    );
  }
  if (run === null) {
    if (asked.failure !== null)
      return <ErrorPanel what={t('run')} raw={asked.failure.message} onRetry={asked.reload} />;
    return (
      <Panel>
        <Skeleton what={t('run')} rows={6} rowHeight={48} />
      </Panel>
    );
  }
  return <RunOf run={run} />;
}

function RunOf({ run }: { readonly run: ApplyRunView }) {
  const t = useTranslations('config.run');
  const ui = useTranslations('ui.button');
  const format = useFormat();
  const now = useNow();
  const may = useMay();
  const toast = useToast();
  const { cluster, base } = useRoom();
  const outcomes = Object.values(run.outcome);
  const restart = outcomes.includes('restartPending');
  const kind: StatusKind =
    run.state === 'running'
      ? 'changing'
      : run.state === 'failed'
        ? 'failed'
        : run.state === 'stopped'
          ? 'drifted'
          : restart
            ? 'pending'
            : 'instep';
  const number = String(run.version);
  const title = run.state === 'done' && restart ? t('title.restart', { number }) : t(`title.${run.state}`, { number });
  const started = Date.parse(run.startedAt);
  const took = (run.endedAt === null ? (now ?? started) : Date.parse(run.endedAt)) - started;
  const taken = outcomes.filter((one) => one === 'inStep' || one === 'restartPending').length;
  const stop = async (): Promise<void> => {
    try {
      await api.config.runs.stop.mutate({ cluster, id: run.id });
    } catch (error) {
      toast({ kind: 'down', text: failureOf(error).message });
    }
  };
  const acts =
    run.state === 'running' ? (
      <ConfirmPopover
        opener={t('stopAsk')}
        act={t('stop')}
        effect={t('stopEffect')}
        curl={curlOf({ method: 'POST', path: `/clusters/${cluster}/runs/${run.id}/stop` })}
        onConfirm={() => void stop()}
        {...(may('config.apply', cluster) ? {} : { reason: ui('missingPermission', { permission: 'config.apply' }) })}
      />
    ) : (
      <>
        {run.state !== 'done' && <LinkButton href={`${base}/config/drift`}>{t('toDrift')}</LinkButton>}
        <LinkButton href={`${base}/config/history/${run.version}`} kind="primary">
          {t('toVersion', { number })}
        </LinkButton>
      </>
    );
  return (
    <>
      <Panel className="verdict-panel overflow-hidden" label={title}>
        <Verdict kind={kind} title={title} since={format.duration(Math.max(0, took))} acts={acts}>
          {t('progress', { taken: String(taken), total: String(outcomes.length) })}{' '}
          {t(`strategy.${run.strategy as 'all'}`)}{' '}
          {t('by', { name: run.by, time: format.instant(started, now ?? started) })}
        </Verdict>
      </Panel>
      <div className="run-proxies">
        {Object.entries(run.outcome).map(([proxy, outcome]) => (
          <Panel
            key={proxy}
            title={proxy}
            end={
              <StatusWord kind={outcome === 'waiting' && run.state === 'running' ? 'changing' : OUTCOME_KIND[outcome]}>
                {outcome === 'waiting'
                  ? run.state === 'running'
                    ? t('outcome.underWay')
                    : t('outcome.notBegun')
                  : t(`outcome.${outcome}`)}
              </StatusWord>
            }
          >
            <RunSteps
              steps={run.steps
                .filter((step) => step.proxy === proxy)
                .map(({ name, state, startedAt, endedAt, detail }) => ({
                  id: name,
                  title: t(`steps.${name}`),
                  state: state === 'waiting' ? 'ahead' : state,
                  ...(detail === ''
                    ? {}
                    : {
                        detail:
                          name === 'verify' && state === 'done' ? (
                            t('waits', { names: detail })
                          ) : (
                            <span lang="en">{detail}</span>
                          ),
                      }),
                  ...(startedAt === null ? {} : { startedAtMs: Date.parse(startedAt) }),
                  ...(startedAt === null || endedAt === null
                    ? {}
                    : { tookMs: Date.parse(endedAt) - Date.parse(startedAt) }),
                }))}
            />
          </Panel>
        ))}
      </div>
    </>
  );
}
