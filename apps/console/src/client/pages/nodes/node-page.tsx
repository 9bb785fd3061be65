'use client';

import { useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import type { ClusterStatus, NodeView } from '../../../shared/live/topics.ts';
import { HerdPage } from '../../herd/herd-page.tsx';
import { bringBack } from '../../herd/node-acts.ts';
import { ExpertActs, NodeButtons } from '../../herd/node-buttons.tsx';
import { type Herd, useHerd } from '../../herd/use-herd.ts';
import { believedRole, roleOf } from '../../herd/words.ts';
import { Age } from '../../ui/age.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { RoleBadge } from '../../ui/role-badge.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { Verdict } from '../../ui/verdict.tsx';
import { Checks } from './checks.tsx';
import { Facts } from './facts.tsx';
import { NodeEvents } from './node-events.tsx';
import { NodeSessions } from './node-sessions.tsx';
import { Replication } from './replication.tsx';
import { Statements } from './statements.tsx';

const TABS = ['facts', 'checks', 'replication', 'statements', 'sessions', 'events'] as const;
type TabId = (typeof TABS)[number];

export function NodePage({ cluster, id }: { readonly cluster: string; readonly id: string }) {
  const t = useTranslations('nodes');
  const herd = useHerd(cluster);
  const { status } = herd;
  const node = status?.nodes.find((one) => String(one.id) === id);
  if (herd.refused !== null || status === null || node === undefined) {
    return (
      <HerdPage herd={herd} title={t('nodeTitle', { node: id })}>
        <Panel label={t('nodeTitle', { node: id })}>
          {status === null ? (
            <SkeletonBlock what={t('nodeTitle', { node: id })} height={220} />
          ) : (
            <EmptyState
              title={t('missing', { node: id })}
              act={<LinkButton href={`${herd.base}/nodes`}>{t('allNodes')}</LinkButton>}
            >
              {t('missingText')}
            </EmptyState>
          )}
        </Panel>
      </HerdPage>
    );
  }
  return <Node herd={herd} status={status} node={node} />;
}

interface NodeProps {
  readonly herd: Herd;
  readonly status: ClusterStatus;
  readonly node: NodeView;
}

function Node({ herd, status, node }: NodeProps) {
  const t = useTranslations('nodes');
  const asked = useSearchParams().get('tab');
  const tab: TabId = TABS.find((one) => one === asked) ?? 'facts';
  const here = `${herd.base}/nodes/${node.id}`;
  return (
    <div className={herd.stale ? 'stack stale-page' : 'stack'}>
      <Head herd={herd} status={status} node={node} />
      <Tabs
        label={t('tabs.label')}
        tabs={TABS.map((one) => ({
          href: one === 'facts' ? here : `${here}?tab=${one}`,
          label: t(`tabs.${one}`),
          here: one === tab,
        }))}
      />
      {tab === 'facts' && (
        <>
          <Facts node={node} sourceAt={herd.sourceAt} />
          <ExpertActs herd={herd} node={node} status={status} />
        </>
      )}
      {tab === 'checks' && <Checks node={node} base={herd.base} sourceAt={herd.sourceAt} />}
      {tab === 'replication' && <Replication node={node} status={status} sourceAt={herd.sourceAt} base={herd.base} />}
      {tab === 'statements' && <Statements node={node} cluster={herd.slug} sourceAt={herd.sourceAt} />}
      {tab === 'sessions' && <NodeSessions node={node.id} cluster={herd.slug} base={herd.base} />}
      {tab === 'events' && <NodeEvents node={node.id} cluster={herd.slug} base={herd.base} />}
    </div>
  );
}

function Head({ herd, status, node }: NodeProps) {
  const t = useTranslations('nodes');
  const h = useTranslations('herd');
  const format = useFormat();
  const now = useNow();
  const believed = believedRole(node);
  const since = Date.parse(node.lastStatusChange);
  return (
    <Panel label={t('nodeTitle', { node: node.id })}>
      <Verdict
        kind={herd.locked ? 'unknown' : node.health}
        title={
          <>
            {t('nodeTitle', { node: node.id })}{' '}
            <RoleBadge measured={roleOf(node)} {...(believed === undefined ? {} : { believed })} />
          </>
        }
        since={
          herd.locked
            ? h('lastKnown')
            : now === null
              ? ''
              : t('forTime', { duration: format.roughDuration(Math.max(0, now - since)) })
        }
        acts={<NodeButtons herd={herd} node={node} status={status} />}
      >
        {node.hostname}:{node.port} · {node.why === '' ? t('well') : node.why}
      </Verdict>
      <BringBackGuide status={status} node={node} sourceAt={herd.sourceAt} />
    </Panel>
  );
}

/** "PostgreSQL answers but is marked down": which of the two ways leads back, and why. */
function BringBackGuide({ status, node, sourceAt }: Omit<NodeProps, 'herd'> & { readonly sourceAt: number | null }) {
  const t = useTranslations('herd.back');
  const format = useFormat();
  const now = useNow();
  const back = bringBack(node, status);
  if (back === null) return null;
  const primary = status.nodes.find(({ id }) => id === status.primary);
  const time = (at: string): string => format.instant(Date.parse(at), now ?? Date.parse(at));
  return (
    <PanelPart className="border-line border-t">
      <h2 className="panel-title">{t('title', { node: node.id })}</h2>
      <p>
        <b>{t(back.choice)}</b>:{' '}
        {t(`because.${back.because}`, {
          primary: status.primary ?? '',
          timeline: node.timeline ?? '',
          primaryTimeline: primary?.timeline ?? '',
        })}
      </p>
      <p className="small quiet mt-1">
        {t('since', { time: time(node.lastStatusChange), by: node.decidedBy })}{' '}
        {node.healthCheck.lastSuccess !== null && t('lastGood', { time: time(node.healthCheck.lastSuccess) })}{' '}
        <Age atMs={sourceAt} />
      </p>
    </PanelPart>
  );
}
