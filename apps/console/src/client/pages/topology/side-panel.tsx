'use client';

import dynamic from 'next/dynamic';
import { useTranslations } from 'next-intl';
import { Fragment, type ReactNode } from 'react';
import type { ClusterStatus, NodeView, ProxyView } from '../../../shared/live/topics.ts';
import { NodeButtons } from '../../herd/node-buttons.tsx';
import type { Herd } from '../../herd/use-herd.ts';
import { configurationKind } from '../../herd/words.ts';
import { useTopic } from '../../live/live.tsx';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { Panel, PanelPart } from '../../ui/panel.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useNow } from '../../ui/use-now.ts';
import { NodeFactList } from '../nodes/facts.tsx';

const HerdChart = dynamic(() => import('../../herd/herd-chart.tsx').then((module) => module.HerdChart), { ssr: false });

interface NodePanelProps {
  readonly herd: Herd;
  readonly status: ClusterStatus;
  readonly node: NodeView;
  readonly onClose: () => void;
}

export function NodePanel({ herd, status, node, onClose }: NodePanelProps) {
  const t = useTranslations('topology');
  const n = useTranslations('nodes');
  const format = useFormat();
  const now = useNow();
  const metrics = useTopic(herd.slug, 'metrics').data;
  const health = herd.locked ? 'unknown' : node.health;
  const since = now === null ? 0 : Math.max(0, now - Date.parse(node.lastStatusChange));
  const measured = metrics?.some(({ lagMs }) => (lagMs[node.id] ?? null) !== null) === true;
  const title = n('nodeTitle', { node: node.id });
  return (
    <Panel as="aside" label={title}>
      <div className={`echo echo-${health} side-head`}>
        <div className="flex items-start gap-2">
          <h2 className="verdict-title flex-1">{title}</h2>
          <Close onClose={onClose} />
        </div>
        <p className="verdict-text">
          {node.hostname}:{node.port}
        </p>
        <StatusWord
          kind={health}
          size="large"
          since={herd.locked ? '' : n('forTime', { duration: format.roughDuration(since) })}
        />
        <p className="verdict-text">{node.why === '' ? n('well') : node.why}</p>
      </div>
      {measured && node.id !== status.primary && metrics !== null && (
        <PanelPart className="border-line border-t">
          <HerdChart
            bare
            title={t('lagChart')}
            value={node.lagMs === null ? '' : format.duration(node.lagMs)}
            format={format.duration}
            points={metrics}
            minutes={5}
            height={72}
            end={56}
            lines={[{ id: 'lag', name: '', pick: ({ lagMs }) => lagMs[node.id] ?? null, line: 2 }]}
          />
        </PanelPart>
      )}
      <PanelPart className="border-line border-t">
        <NodeFactList node={node} />
      </PanelPart>
      <PanelPart className="flex flex-wrap gap-2">
        <NodeButtons herd={herd} status={status} node={node} />
        <LinkButton href={`${herd.base}/nodes/${node.id}`}>{t('open', { node: node.id })}</LinkButton>
      </PanelPart>
    </Panel>
  );
}

interface ProxyPanelProps {
  readonly herd: Herd;
  readonly proxy: ProxyView;
  readonly onClose: () => void;
}

export function ProxyPanel({ proxy, onClose }: ProxyPanelProps) {
  const t = useTranslations('topology');
  const format = useFormat();
  const health = proxy.connection === 'up' ? (proxy.ready ? 'ok' : 'down') : 'unknown';
  const { configuration, links } = proxy;
  const rows: readonly (readonly [string, ReactNode])[] = [
    [t('proxy.place'), proxy.place],
    [t('proxy.version'), proxy.version ?? ''],
    [t('proxy.started'), proxy.startedAt === null ? '' : format.fullInstant(Date.parse(proxy.startedAt))],
    [t('proxy.ready'), proxy.ready ? t('proxy.yes') : proxy.notReady.join(' ')],
    [t('proxy.sessions'), t('proxy.of', { used: format.number(proxy.clients), max: format.number(proxy.clientsMax) })],
    [t('proxy.waiting'), format.number(proxy.clientsWaiting)],
    [t('proxy.links'), t('proxy.linksOf', { total: format.number(links.total), idle: format.number(links.idle) })],
    [t('proxy.workers'), format.number(proxy.workers)],
    [
      t('proxy.configuration'),
      configuration.state === null ? (
        t('proxy.notImported')
      ) : (
        <StatusWord key="state" kind={configurationKind(configuration.state)} />
      ),
    ],
    [t('proxy.heard'), <Age key="heard" atMs={proxy.heardAt === null ? null : Date.parse(proxy.heardAt)} />],
    [t('proxy.error'), proxy.error ?? configuration.message ?? ''],
  ];
  return (
    <Panel as="aside" label={proxy.name}>
      <div className={`echo echo-${health} side-head`}>
        <div className="flex items-start gap-2">
          <h2 className="verdict-title flex-1">{proxy.name}</h2>
          <Close onClose={onClose} />
        </div>
        <StatusWord kind={health} size="large" since={t(`connection.${proxy.connection}`)} />
      </div>
      <PanelPart className="border-line border-t">
        <dl className="fact-list">
          {rows
            .filter(([, value]) => value !== '')
            .map(([label, value]) => (
              <Fragment key={label}>
                <dt>{label}</dt>
                <dd className="break-words">{value}</dd>
              </Fragment>
            ))}
        </dl>
      </PanelPart>
      <PanelPart>
        <LinkButton href="/settings/clusters">{t('proxy.settings')}</LinkButton>
      </PanelPart>
    </Panel>
  );
}

function Close({ onClose }: { readonly onClose: () => void }) {
  const t = useTranslations('topology');
  return (
    <Button kind="quiet" className="button-icon" icon="close" label={t('close')} onClick={onClose}>
      {null}
    </Button>
  );
}
