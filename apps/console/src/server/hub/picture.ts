/** One picture of a cluster from what its proxies say. Pure. */
import type { NodeStatus } from '@pgherd/operations';
import { healthOf, roleSplit, worst } from '../../shared/health.ts';
import {
  type ClusterStatus,
  type ConfigurationState,
  type Health,
  LOCK_AFTER_MS,
  type NodeView,
  type OperationView,
  type ProblemView,
  type ProxyView,
} from '../../shared/live/topics.ts';
import type { ClusterRef } from '../engines/cluster-ref.ts';
import type { EngineLink } from '../engines/engine-link.ts';

/** What the hub knows beside the links. */
export interface Beside {
  readonly nowMs: number;
  /** `<key id>:<hash>` of the wanted version, by proxy id. */
  readonly wanted: { readonly number: number; readonly hashes: ReadonlyMap<string, string> } | null;
  readonly lastChange: { readonly number: number; readonly by: string; readonly at: string } | null;
  readonly draft: ClusterStatus['configuration']['draft'];
  /** Proxy id → why its last apply was rejected. */
  readonly rejected: ReadonlyMap<string, string>;
  readonly acknowledged: ReadonlyMap<string, { readonly by: string; readonly note: string; readonly at: string }>;
  /** Problem id → first seen here. */
  readonly since: (id: string, nowMs: number) => string;
  readonly shares: ReadonlyMap<number, number>;
  readonly running: readonly OperationView[];
  readonly lagLimit: { readonly ms: number | null; readonly bytes: number | null };
  readonly replication: boolean;
}

export function picture(cluster: ClusterRef, links: readonly EngineLink[], beside: Beside): ClusterStatus {
  const proxies = links.map((link) => proxyView(link, beside));
  const fresh = links.filter(
    (link) => link.connection === 'up' && (link.ageMs(beside.nowMs) ?? Infinity) < LOCK_AFTER_MS,
  );
  // The first proxy that answers is believed; where others differ it is said.
  const voice = fresh[0] ?? links.find(({ nodes }) => nodes.size > 0);
  const nodes = voice === undefined ? [] : nodeViews(voice, links, fresh.length > 0, beside);
  const primary = voice?.herd?.primary ?? null;
  const problems = problemsOf(proxies, links, beside);
  const health = healthOfHerd(proxies, nodes, fresh.length, voice, problems);
  const states = proxies.map(({ configuration }) => configuration.state).filter((state) => state !== null);
  const used = proxies.reduce((sum, { clients }) => sum + clients, 0);
  const max = proxies.reduce((sum, { clientsMax }) => sum + clientsMax, 0);
  return {
    slug: cluster.slug,
    name: cluster.name,
    environment: cluster.environment,
    health,
    verdict: verdictOf(health, proxies, nodes, primary, fresh.length, voice, problems, beside.running),
    stale: fresh.length === 0,
    proxies,
    nodes,
    primary,
    primarySince: primarySince(voice, primary),
    epoch: voice?.herd?.epoch ?? 0,
    sessions: { used, max },
    worstLag: worstLag(nodes, primary),
    problems,
    configuration: {
      state: states.reduce<ConfigurationState | null>(
        (a, b) => (a === null || CONFIG_RANK[b] > CONFIG_RANK[a] ? b : a),
        null,
      ),
      wantedNumber: beside.wanted?.number ?? null,
      lastChange: beside.lastChange,
      draft: beside.draft,
    },
    running: beside.running,
  };
}

const CONFIG_RANK: Readonly<Record<ConfigurationState, number>> = { inStep: 0, pending: 1, drifted: 2, failed: 3 };

function proxyView(link: EngineLink, beside: Beside): ProxyView {
  const { place, status, configuration } = link;
  const rejected = beside.rejected.get(place.id) ?? null;
  return {
    id: place.id,
    name: place.name,
    place: hostOf(place.controlUrl),
    connection: link.connection,
    error: link.error,
    heardAt: link.heardAtMs === null ? null : new Date(link.heardAtMs).toISOString(),
    version: status?.version ?? null,
    startedAt: status?.startedAt ?? null,
    ready: link.herd?.ready ?? false,
    notReady: link.herd?.notReady ?? [],
    clients: status?.clients ?? 0,
    clientsMax: status?.clientsMax ?? 0,
    clientsWaiting: status?.clientsWaiting ?? 0,
    links: {
      total: status?.workers.reduce((sum, { linksTotal }) => sum + linksTotal, 0) ?? 0,
      idle: status?.workers.reduce((sum, { linksIdle }) => sum + linksIdle, 0) ?? 0,
    },
    workers: status?.workers.length ?? 0,
    configuration: {
      state: configurationOf(link, beside, rejected),
      currentHash: configuration?.current?.hash ?? null,
      pending: configuration?.restartPending ?? [],
      externallyManaged: configuration?.externallyManaged ?? false,
      message: rejected,
    },
  };
}

function configurationOf(link: EngineLink, { wanted }: Beside, rejected: string | null): ConfigurationState | null {
  const { configuration } = link;
  if (configuration === null || wanted === null) return null;
  if (rejected !== null) return 'failed';
  const { keyId, fileHash, runningHash } = configuration;
  // By another key, hashes say nothing: the drift page compares values then.
  const known = wanted.hashes.get(link.place.id);
  if (known === undefined) return fileHash === runningHash ? null : 'drifted';
  if (fileHash !== runningHash || `${keyId}:${runningHash}` !== known) return 'drifted';
  return configuration.restartPending.length > 0 ? 'pending' : 'inStep';
}

function nodeViews(voice: EngineLink, links: readonly EngineLink[], known: boolean, beside: Beside): NodeView[] {
  const primary = voice.herd?.primary ?? null;
  const changing = new Set(beside.running.flatMap(({ node }) => (node === null ? [] : [node])));
  return [...voice.nodes.values()]
    .sort((a, b) => a.id - b.id)
    .map((node) => {
      const { health, why } = healthOf(node, {
        changing: changing.has(node.id),
        known,
        primary,
        lagLimitMs: beside.lagLimit.ms,
        lagLimitBytes: beside.lagLimit.bytes,
        replication: beside.replication,
      });
      const disagree = links
        .filter((link) => link !== voice && link.connection === 'up' && differs(link.nodes.get(node.id), node))
        .map(({ place }) => place.name);
      return { ...node, health, why, split: roleSplit(node), share: beside.shares.get(node.id) ?? null, disagree };
    });
}

const differs = (other: NodeStatus | undefined, node: NodeStatus): boolean =>
  other !== undefined && (other.status !== node.status || other.role !== node.role || other.attached !== node.attached);

function worstLag(nodes: readonly NodeView[], primary: number | null): ClusterStatus['worstLag'] {
  const behind = nodes.filter(
    ({ id, attached, lagMs, lagBytes }) => id !== primary && attached && (lagMs !== null || lagBytes !== null),
  );
  const [worst] = behind.sort((a, b) => (b.lagMs ?? 0) - (a.lagMs ?? 0) || (b.lagBytes ?? 0) - (a.lagBytes ?? 0));
  return worst === undefined ? null : { node: worst.id, ms: worst.lagMs, bytes: worst.lagBytes };
}

function primarySince(voice: EngineLink | undefined, primary: number | null): string | null {
  if (voice === undefined || primary === null) return null;
  const found = voice.events.findLast(
    ({ kind, node }) =>
      (kind === 'primaryFound' || kind === 'failoverDone' || kind === 'switchoverDone') && node === primary,
  );
  return found?.at ?? voice.nodes.get(primary)?.lastStatusChange ?? null;
}

function problemsOf(proxies: readonly ProxyView[], links: readonly EngineLink[], beside: Beside): ProblemView[] {
  const found = new Map<string, ProblemView>();
  const add = (problem: Omit<ProblemView, 'since' | 'acknowledged'> & { readonly since?: string }): void => {
    if (found.has(problem.id)) return;
    const acknowledged = beside.acknowledged.get(problem.id) ?? null;
    found.set(problem.id, { ...problem, since: problem.since ?? beside.since(problem.id, beside.nowMs), acknowledged });
  };
  for (const proxy of proxies) {
    const base = { node: null, proxy: proxy.name };
    if (proxy.connection === 'lost') {
      add({
        ...{ ...base, id: `proxy-lost:${proxy.id}`, code: 'proxy-lost', severity: 'error', axis: 'health' },
        title: `The proxy ${proxy.name} does not answer the console`,
        cause: proxy.error ?? '',
        remedy:
          'Applications may still be served. Look whether pgherd runs on its host, and whether its control port can be reached.',
        page: 'settings/clusters',
      });
    }
    if (proxy.configuration.state === 'failed') {
      add({
        ...{ ...base, id: `apply-failed:${proxy.id}`, code: 'apply-failed', severity: 'error', axis: 'configuration' },
        title: `${proxy.name} rejected the last apply`,
        cause: proxy.configuration.message ?? '',
        remedy: 'Mend the draft and apply again, or roll back.',
        page: 'config/history',
      });
    }
    if (proxy.configuration.state === 'drifted') {
      add({
        ...{ ...base, id: `drift:${proxy.id}`, code: 'drift', severity: 'warning', axis: 'configuration' },
        title: `${proxy.name} does not run what was asked for`,
        cause: 'Its file or its running values were changed outside of the console.',
        remedy: 'Adopt the change into a draft, or push the wanted version back.',
        page: 'config/drift',
      });
    }
    if (proxy.configuration.pending.length > 0) {
      add({
        ...{
          ...base,
          id: `restart-pending:${proxy.id}`,
          code: 'restart-pending',
          severity: 'warning',
          axis: 'configuration',
        },
        title: `${proxy.name} waits for a restart`,
        cause: `New values of ${proxy.configuration.pending.join(', ')} are in the file and not in effect.`,
        remedy: `Restart ${proxy.name} when its clients can bear it.`,
        page: 'config?filter=pending',
      });
    }
  }
  for (const link of links) {
    if (link.connection !== 'up') continue;
    for (const problem of link.problems?.problems ?? []) {
      const { code, severity, node, sentence, cause, remedy, since } = problem;
      // The console says these itself, for all proxies together.
      if (code === 'restart-pending') continue;
      const id = `${code}:${node ?? ''}`;
      const page = node === null ? null : `nodes/${node}`;
      add({
        id,
        code,
        severity,
        axis: 'health',
        title: sentence,
        cause: cause ?? '',
        remedy,
        node,
        proxy: link.place.name,
        page,
        since,
      });
    }
  }
  return [...found.values()].sort(
    (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error') || (a.since < b.since ? 1 : -1),
  );
}

function healthOfHerd(
  proxies: readonly ProxyView[],
  nodes: readonly NodeView[],
  fresh: number,
  voice: EngineLink | undefined,
  problems: readonly ProblemView[],
): Health {
  if (fresh === 0) return 'unknown';
  if (voice?.herd?.ready === false) return nodes.some(({ health }) => health === 'changing') ? 'changing' : 'down';
  const all: Health[] = nodes.map(({ health }) => (health === 'down' ? 'degraded' : health === 'out' ? 'ok' : health));
  if (proxies.some(({ connection }) => connection === 'lost')) all.push('degraded');
  if (
    problems.some(
      ({ axis, severity, acknowledged }) => axis === 'health' && severity === 'error' && acknowledged === null,
    )
  )
    all.push('degraded');
  return worst(all);
}

function verdictOf(
  health: Health,
  proxies: readonly ProxyView[],
  nodes: readonly NodeView[],
  primary: number | null,
  fresh: number,
  voice: EngineLink | undefined,
  problems: readonly ProblemView[],
  running: readonly OperationView[],
): ClusterStatus['verdict'] {
  const standbys = nodes.filter(
    ({ id, health }) => id !== primary && (health === 'ok' || health === 'degraded'),
  ).length;
  const base = { proxies: proxies.length, nodes: nodes.length, standbys };
  if (proxies.length === 0) return { key: 'noProxy', values: base };
  if (fresh === 0) return { key: 'proxyLost', values: { ...base, proxy: proxies[0]?.name ?? '' } };
  const [act] = running;
  if (health === 'changing' && act !== undefined)
    return { key: 'changing', values: { ...base, act: act.act, node: act.node ?? -1 } };
  if (primary === null) return { key: 'noPrimary', values: base };
  if (voice?.herd?.ready === false)
    return { key: 'notServing', values: { ...base, why: voice.herd.notReady[0] ?? '' } };
  const of = (wanted: Health): NodeView | undefined => nodes.find((node) => node.health === wanted);
  const down = of('down');
  if (down !== undefined) return { key: 'nodeDown', values: { ...base, node: down.id, why: down.why } };
  const degraded = of('degraded');
  if (degraded !== undefined) return { key: 'nodeDegraded', values: { ...base, node: degraded.id, why: degraded.why } };
  const lost = proxies.find(({ connection }) => connection === 'lost');
  if (lost !== undefined) return { key: 'proxyLost', values: { ...base, proxy: lost.name } };
  const open = problems.filter(({ axis, acknowledged }) => axis === 'health' && acknowledged === null);
  if (health !== 'ok') return { key: 'problems', values: { ...base, problems: open.length } };
  const out = of('out');
  if (out !== undefined) return { key: 'nodeOut', values: { ...base, node: out.id, why: out.why } };
  if (nodes.length > 1 && standbys === 0) return { key: 'noStandby', values: base };
  return { key: 'well', values: { ...base, primary } };
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return '';
  }
}
