'use client';
/** The cluster as a picture, as a table, and what is selected in a panel at its side. */
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type CSSProperties, useMemo } from 'react';
import type { ClusterStatus, NodeView, SessionView } from '../../../shared/live/topics.ts';
import { HerdPage } from '../../herd/herd-page.tsx';
import { useDeadAct } from '../../herd/node-buttons.tsx';
import { topologyFacts, upstreamOf } from '../../herd/topology-facts.ts';
import { type Herd, useHerd } from '../../herd/use-herd.ts';
import { believedRole, configurationKind, roleOf } from '../../herd/words.ts';
import { useTopic } from '../../live/live.tsx';
import { useQueryParam } from '../../live/use-query-param.ts';
import { Age } from '../../ui/age.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Panel } from '../../ui/panel.tsx';
import { RoleBadge } from '../../ui/role-badge.tsx';
import { SkeletonBlock } from '../../ui/skeleton.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Topology, TopologyLegend } from '../../ui/topology.tsx';
import { foldClients } from '../../ui/topology-model.ts';
import { useFormat } from '../../ui/use-format.ts';
import { useStatusWord } from '../../ui/use-status-word.ts';
import { AddNode } from '../nodes/nodes-page.tsx';
import { NodePanel, ProxyPanel } from './side-panel.tsx';

/** Applications that have a card of their own. */
const CLIENTS_SHOWN = 5;

export function TopologyPage({ cluster }: { readonly cluster: string }) {
  const t = useTranslations('topology');
  const herd = useHerd(cluster);
  return (
    <HerdPage herd={herd} title={t('title')} acts={<AddNode herd={herd} />}>
      {herd.status === null ? (
        <Panel label={t('picture')}>
          <SkeletonBlock what={t('picture')} height={520} />
        </Panel>
      ) : (
        <Whole herd={herd} status={herd.status} />
      )}
    </HerdPage>
  );
}

function Whole({ herd, status }: { readonly herd: Herd; readonly status: ClusterStatus }) {
  const t = useTranslations('topology');
  const sessions = useTopic(herd.slug, 'sessions').data;
  const [selected, select] = useQueryParam('select');
  const router = useRouter();
  const facts = useFacts(status, sessions);
  const node = status.nodes.find(({ id }) => String(id) === selected);
  const proxy = status.proxies.find(({ id }) => id === selected);
  const open = useSwitchover(herd, status, node ?? null);
  const close = (): void => select('');
  return (
    <div
      className="columns"
      style={
        {
          '--columns': node === undefined && proxy === undefined ? 'minmax(0, 1fr)' : 'minmax(0, 1fr) 336px',
          alignItems: 'start',
        } as CSSProperties
      }
    >
      <div className="stack">
        <Panel label={t('picture')}>
          <div className="panel-head">
            <TopologyLegend />
            <span className="panel-end">
              <Age atMs={herd.sourceAt} />
            </span>
          </div>
          <Topology
            facts={facts}
            selected={selected}
            onSelect={select}
            onOpen={(id) => id === selected && open !== null && router.push(open)}
          />
        </Panel>
        <Panel title={t('table')} count={<span className="small only-desk">{t('tableNote')}</span>}>
          <NodeTwin
            status={status}
            sessions={sessions}
            selected={selected}
            onOpen={({ id }) => (String(id) === selected && open !== null ? router.push(open) : select(String(id)))}
          />
        </Panel>
      </div>
      {node !== undefined && <NodePanel herd={herd} status={status} node={node} onClose={close} />}
      {proxy !== undefined && <ProxyPanel herd={herd} proxy={proxy} onClose={close} />}
    </div>
  );
}

/** Where Enter on the selected node leads: the wizard, where a switchover is possible. */
function useSwitchover(herd: Herd, status: ClusterStatus, node: NodeView | null): string | null {
  const any = node ?? status.nodes[0];
  const why = useDeadAct(herd, any ?? ({} as NodeView), status);
  if (node === null || why('switchover') !== undefined) return null;
  return `${herd.base}/ops/new/switchover?to=${node.id}`;
}

/** Sessions with a connection to a node. */
const sessionsAt = (sessions: readonly SessionView[] | null, node: number): number | null =>
  sessions === null ? null : sessions.filter(({ links }) => links.some((link) => link.node === node)).length;

function useFacts(status: ClusterStatus, sessions: readonly SessionView[] | null) {
  const t = useTranslations('topology');
  const words = useTranslations('words');
  const statusWord = useStatusWord();
  const format = useFormat();
  return useMemo(() => {
    const facts = topologyFacts(status, sessions, {
      clients: t('noName'),
      node: (id) => words('nodeName', { id: String(id) }),
      lag: ({ lagMs, lagBytes }) =>
        [lagMs === null ? '' : format.duration(lagMs), lagBytes === null ? '' : format.bytes(lagBytes)]
          .filter(Boolean)
          .join(', '),
      nodeFacts: (node) => {
        const count = sessionsAt(sessions, node.id);
        return [
          [t('fact.weight'), format.percent(node.weight)],
          [t('fact.reads'), node.share === null ? '' : format.percent(node.share)],
          [t('fact.sessions'), count === null ? '' : format.number(count)],
          ...(node.id === status.primary
            ? []
            : [[t('fact.lag'), node.lagMs === null ? '' : format.duration(node.lagMs)] as const]),
        ];
      },
      proxyFacts: (proxy) => [
        [t('fact.place'), proxy.place],
        ...(proxy.configuration.state === null
          ? []
          : [[t('fact.config'), statusWord(configurationKind(proxy.configuration.state))] as const]),
        [
          t('fact.sessions'),
          t('proxy.of', { used: format.number(proxy.clients), max: format.number(proxy.clientsMax) }),
        ],
      ],
    });
    return { ...facts, clients: foldClients(facts.clients, CLIENTS_SHOWN, t('others')) };
  }, [status, sessions, t, words, statusWord, format]);
}

interface NodeTwinProps {
  readonly status: ClusterStatus;
  readonly sessions: readonly SessionView[] | null;
  readonly selected: string;
  readonly onOpen: (node: NodeView) => void;
}

function NodeTwin({ status, sessions, selected, onOpen }: NodeTwinProps) {
  const t = useTranslations('topology');
  const n = useTranslations('nodes.column');
  const words = useTranslations('words');
  const format = useFormat();
  const nameOf = (id: string | number): string => words('nodeName', { id: String(id) });
  const columns: readonly Column<NodeView>[] = [
    {
      ...{ id: 'node', head: n('node'), card: 'head' },
      sortBy: ({ id }) => id,
      cell: ({ id, hostname, port }) => (
        <>
          {nameOf(id)}{' '}
          <span className="muted font-normal">
            {hostname}:{port}
          </span>
        </>
      ),
    },
    { ...{ id: 'health', head: n('health'), card: 'status' }, cell: ({ health }) => <StatusWord kind={health} /> },
    {
      ...{ id: 'role', head: n('role') },
      cell: (node) => {
        const believed = believedRole(node);
        return <RoleBadge measured={roleOf(node)} {...(believed === undefined ? {} : { believed })} />;
      },
    },
    {
      ...{ id: 'upstream', head: t('column.upstream') },
      cell: (node) => {
        const upstream = upstreamOf(node, status);
        return upstream === null ? '' : nameOf(upstream);
      },
    },
    {
      ...{ id: 'weight', head: n('weight'), numeric: true },
      sortBy: ({ weight }) => weight,
      cell: ({ weight }) => format.percent(weight),
    },
    {
      ...{ id: 'share', head: n('share'), numeric: true },
      sortBy: ({ share }) => share,
      cell: ({ share }) => (share === null ? '' : format.percent(share)),
    },
    {
      ...{ id: 'sessions', head: t('column.sessions'), numeric: true },
      cell: ({ id }) => {
        const count = sessionsAt(sessions, id);
        return count === null ? '' : format.number(count);
      },
    },
    {
      ...{ id: 'lag', head: n('lag'), numeric: true },
      sortBy: ({ lagMs }) => lagMs,
      cell: ({ id, lagMs }) => (id === status.primary || lagMs === null ? '' : format.duration(lagMs)),
    },
    {
      ...{ id: 'behind', head: n('behind'), numeric: true },
      sortBy: ({ lagBytes }) => lagBytes,
      cell: ({ id, lagBytes }) => (id === status.primary || lagBytes === null ? '' : format.bytes(lagBytes)),
    },
  ];
  return (
    <DataTable
      label={t('nodes')}
      columns={columns}
      rows={status.nodes}
      rowKey={({ id }) => String(id)}
      chosen={selected}
      onOpen={onOpen}
    />
  );
}
