'use client';

import { useTranslations } from 'next-intl';
import { Fragment } from 'react';
import type { NodeView } from '../../../shared/live/topics.ts';
import { passedShare } from '../../herd/sync.ts';
import { Age } from '../../ui/age.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { Strip } from '../../ui/strip.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';

interface ChecksProps {
  readonly node: NodeView;
  readonly base: string;
  readonly sourceAt: number | null;
}

export function Checks({ node, base, sourceAt }: ChecksProps) {
  const t = useTranslations('nodes.checks');
  const tabs = useTranslations('nodes.tabs');
  const format = useFormat();
  const now = useNow();
  const { healthCheck: checks } = node;
  const share = passedShare(node);
  const at = (instant: string | null): string =>
    instant === null ? t('never') : format.instant(Date.parse(instant), now ?? Date.parse(instant));
  if (checks.total === 0) {
    return (
      <Panel title={tabs('checks')}>
        <EmptyState
          title={t('none')}
          act={<LinkButton href={`${base}/config?q=health_check_period`}>{t('configure')}</LinkButton>}
        >
          {t('noneText')}
        </EmptyState>
      </Panel>
    );
  }
  const rows: readonly (readonly [string, string])[] = [
    [t('total'), format.number(checks.total)],
    [t('success'), format.number(checks.success)],
    [t('fail'), format.number(checks.fail)],
    [t('skip'), format.number(checks.skip)],
    [t('shortest'), format.duration(checks.durationMinMs)],
    [t('average'), format.duration(checks.durationAverageMs)],
    [t('longest'), format.duration(checks.durationMaxMs)],
    [t('last'), at(checks.last)],
    [t('lastSuccess'), at(checks.lastSuccess)],
    [t('lastFail'), at(checks.lastFail)],
    [t('lastSkip'), at(checks.lastSkip)],
  ];
  return (
    <Panel title={tabs('checks')} end={<Age atMs={sourceAt} />}>
      <Strip
        cells={[
          {
            label: t('passed'),
            value: share === null ? '' : format.percent(share, 1),
            note: t('of', { success: format.number(checks.success), total: format.number(checks.total) }),
          },
          { label: t('average'), value: format.duration(checks.durationAverageMs) },
          { label: t('longest'), value: format.duration(checks.durationMaxMs) },
          {
            label: t('retries'),
            value: format.number(checks.retries),
            note: t('retriesNote', { max: format.number(checks.retriesMax) }),
          },
          { label: t('lastFail'), value: at(checks.lastFail) },
        ]}
      />
      <PanelPart className="border-line border-t">
        <dl className="fact-list max-w-[560px]">
          {rows.map(([label, value]) => (
            <Fragment key={label}>
              <dt>{label}</dt>
              <dd className="text-right">{value}</dd>
            </Fragment>
          ))}
        </dl>
      </PanelPart>
    </Panel>
  );
}
