'use client';

import { useTranslations } from 'next-intl';
import { useFormat } from '../../ui/use-format.ts';
import { type Entry, reportMarkdown, stepOf, tookMs, writePause } from './ops-model.ts';

/** The report of an operation, in the reader's language for people, as it came for programs. */
export function useReport(cluster: string, entry: Entry): { readonly markdown: string; readonly json: string } {
  const t = useTranslations('ops');
  const format = useFormat();
  const { operation, proxy, by, reason } = entry;
  const { act, node, state, startedAt, endedAt, error, steps, output } = operation;
  const at = (iso: string | null): string => (iso === null ? '' : format.fullInstant(Date.parse(iso)));
  const pause = writePause(operation);
  const lasted = (ms: number | null): string => (ms === null ? '' : format.duration(ms));
  const facts: readonly (readonly [string, string])[] = [
    [t('report.cluster'), cluster],
    [t('report.started'), at(startedAt)],
    [t('report.ended'), at(endedAt)],
    [t('report.duration'), lasted(tookMs(operation))],
    [t('report.pause'), pause === null || pause.toMs === null ? '' : lasted(pause.toMs - pause.fromMs)],
    [t('report.by'), by],
    [t('report.reason'), reason],
    [t('report.proxy'), proxy],
    [t('report.error'), error ?? ''],
  ];
  const markdown = reportMarkdown({
    title: t('report.title', { name: t(`name.${act}`, { node: node ?? '?' }), state: t(`state.${state}`) }),
    facts: facts.filter(([, value]) => value !== ''),
    ...{ stepsTitle: t('report.steps'), outputTitle: t('report.output'), output },
    steps: steps.map((step) => {
      const known = stepOf(step.name);
      const title = known === null ? step.name : t(`steps.${known.key}`, { node: known.node });
      const text = step.detail === null ? title : `${title}: ${step.detail}`;
      return { state: step.state, text, took: lasted(tookMs(step)) };
    }),
  });
  return { markdown, json: `${JSON.stringify({ cluster, proxy, by, reason, operation }, null, 2)}\n` };
}
