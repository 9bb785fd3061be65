/** The picture's facts from what is live. Pure. */
import type { ClusterStatus, NodeView, SessionView } from '../../shared/live/topics.ts';
import type { TopologyFacts } from '../ui/topology-model.ts';
import { believedRole, roleOf } from './words.ts';

export interface TopologyWords {
  readonly clients: string;
  node(id: number): string;
  lag(node: NodeView): string;
  nodeFacts(node: NodeView): readonly (readonly [string, string])[];
  proxyFacts(proxy: ClusterStatus['proxies'][number]): readonly (readonly [string, string])[];
}

/** @param sessions null: clients are one box, with the sum */
export function topologyFacts(
  status: ClusterStatus,
  sessions: readonly SessionView[] | null,
  words: TopologyWords,
): TopologyFacts {
  const reads = readShares(status.nodes, status.primary);
  return {
    clients: clientsOf(status, sessions, words.clients),
    proxies: status.proxies.map((proxy) => ({
      id: proxy.id,
      name: proxy.name,
      health: proxy.connection === 'up' ? (proxy.ready ? ('ok' as const) : ('down' as const)) : ('unknown' as const),
      role: status.proxies.length > 1 ? ('member' as const) : null,
      sessions: proxy.clients,
      facts: words.proxyFacts(proxy),
      links: status.nodes.map((node) => ({
        nodeId: String(node.id),
        reads: (reads.get(node.id) ?? 0) / Math.max(1, status.proxies.length),
        writes: node.id === status.primary,
        excluded: !node.attached || node.status === 'down' || node.status === 'quarantine',
      })),
    })),
    nodes: status.nodes.map((node) => {
      const believed = believedRole(node);
      const upstream = upstreamOf(node, status);
      return {
        id: String(node.id),
        name: words.node(node.id),
        host: `${node.hostname}:${node.port}`,
        health: node.health,
        role: roleOf(node),
        ...(believed === undefined ? {} : { believed }),
        reads: node.share,
        facts: words.nodeFacts(node),
        upstream,
        replication:
          upstream === null
            ? null
            : { health: node.health === 'degraded' ? ('degraded' as const) : ('ok' as const), label: words.lag(node) },
      };
    }),
  };
}

/** What was measured; without statements in the last minute, what the weights ask for. */
function readShares(nodes: readonly NodeView[], primary: number | null): Map<number, number> {
  const measured = nodes.filter(({ share }) => share !== null);
  if (measured.length > 0) return new Map(nodes.map(({ id, share }) => [id, share ?? 0]));
  const serving = nodes.filter(({ attached, health }) => attached && health !== 'down');
  const sum = serving.reduce((total, { weight }) => total + weight, 0);
  if (sum === 0) return new Map(primary === null ? [] : [[primary, 1]]);
  return new Map(serving.map(({ id, weight }) => [id, weight / sum]));
}

/** The id of the node that it receives from, by its WAL receiver; null: from nobody in the herd. */
export function upstreamOf(node: NodeView, { nodes, primary }: ClusterStatus): string | null {
  const { upstream } = node;
  if (upstream === null)
    return node.id !== primary && node.replicationState !== '' && primary !== null ? String(primary) : null;
  const found =
    nodes.find(({ hostname, port }) => port === upstream.port && hostname === upstream.host) ??
    nodes.find(({ port }) => port === upstream.port);
  return found === undefined || found.id === node.id ? null : String(found.id);
}

function clientsOf(
  status: ClusterStatus,
  sessions: readonly SessionView[] | null,
  all: string,
): TopologyFacts['clients'] {
  if (sessions === null) {
    return [
      { id: 'all', name: all, sessions: Object.fromEntries(status.proxies.map(({ id, clients }) => [id, clients])) },
    ];
  }
  const proxyIds = new Map(status.proxies.map(({ id, name }) => [name, id]));
  const counts = new Map<string, Record<string, number>>();
  for (const { application, proxy } of sessions) {
    const of = counts.get(application) ?? {};
    const id = proxyIds.get(proxy) ?? proxy;
    of[id] = (of[id] ?? 0) + 1;
    counts.set(application, of);
  }
  return [...counts].map(([name, of]) => ({
    id: name === '' ? '(none)' : name,
    name: name === '' ? all : name,
    sessions: of,
  }));
}
