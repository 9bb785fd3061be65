'use client';

import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import type { ClusterStatus, ProblemView } from '../../../shared/live/topics.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { type Problem, ProblemList } from '../../ui/problem-list.tsx';
import type { StatusKind } from '../../ui/status.ts';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';

const Acknowledge = dynamic(() => import('./acknowledge.tsx').then((module) => module.Acknowledge), { ssr: false });

interface ProblemsProps {
  readonly status: ClusterStatus;
  readonly base: string;
  readonly sourceAt: number | null;
}

export function Problems({ status, base, sourceAt }: ProblemsProps) {
  const t = useTranslations('overview');
  const format = useFormat();
  const now = useNow();
  const [asked, setAsked] = useState<ProblemView | null>(null);
  const problems = status.problems.map((problem): Problem => {
    const since = Date.parse(problem.since);
    const seen = problem.acknowledged;
    return {
      id: problem.id,
      kind: kindOf(problem),
      title: problem.title,
      cause: problem.cause === '' ? problem.remedy : problem.cause,
      why: (
        <>
          {problem.cause === '' ? '' : `${problem.remedy} · `}
          {t('since', { time: format.instant(since, now ?? since) })}
          {seen !== null && <> · {t('seen', { name: seen.by, note: seen.note })}</>}
        </>
      ),
      act: (
        <span className="flex flex-wrap gap-2">
          {seen === null && (
            <Button small onClick={() => setAsked(problem)} label={t('acknowledgeThis', { title: problem.title })}>
              {t('acknowledge')}
            </Button>
          )}
          {problem.page !== null && (
            <LinkButton
              small
              href={problem.page.startsWith('settings') ? `/${problem.page}` : `${base}/${problem.page}`}
            >
              {t(pageWord(problem))}
            </LinkButton>
          )}
        </span>
      ),
    };
  });
  return (
    <Panel
      id="problems"
      title={t('problems')}
      count={problems.length === 0 ? undefined : problems.length}
      end={<Age atMs={sourceAt} />}
    >
      {problems.length === 0 ? (
        <EmptyState title={t('noProblems')}>{t('noProblemsText')}</EmptyState>
      ) : (
        <ProblemList problems={problems} />
      )}
      {asked !== null && <Acknowledge cluster={status.slug} problem={asked} onClose={() => setAsked(null)} />}
    </Panel>
  );
}

function kindOf({ axis, severity, code }: ProblemView): StatusKind {
  if (axis === 'configuration') return code === 'drift' ? 'drifted' : code === 'apply-failed' ? 'failed' : 'pending';
  return severity === 'error' ? 'down' : 'degraded';
}

function pageWord({ page }: ProblemView): 'showNode' | 'showDrift' | 'showConfiguration' | 'showProxies' {
  if (page?.startsWith('nodes/') === true) return 'showNode';
  if (page === 'config/drift') return 'showDrift';
  return page?.startsWith('settings') === true ? 'showProxies' : 'showConfiguration';
}
