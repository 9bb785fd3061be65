/**
 * The picture of a cluster: three tiers, clients to proxies to nodes. From facts to places, in px, by arithmetic alone: the
 * same facts give the same picture, and nothing moves unless something changed.
 */
import type { Role } from './role-badge.tsx';
import type { Health } from './status.ts';

export interface TopologyClient {
  readonly id: string;
  readonly name: string;
  /** Sessions by proxy id. */
  readonly sessions: Readonly<Record<string, number>>;
}

export interface TopologyLink {
  readonly nodeId: string;
  /** Of all reads of the cluster, 0 to 1, that go from this proxy to this node. */
  readonly reads: number;
  readonly writes: boolean;
  /** The proxy sends nothing there now. */
  readonly excluded: boolean;
}

export interface TopologyProxy {
  readonly id: string;
  readonly name: string;
  readonly health: Health;
  readonly role: Role | null;
  readonly sessions: number;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly links: readonly TopologyLink[];
}

export interface TopologyNode {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly health: Health;
  readonly role: Role;
  readonly believed?: Role;
  /** Of all reads, 0 to 1; null: not known. */
  readonly reads: number | null;
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** Whom it replicates from; null for a primary, or when it replicates from nobody. */
  readonly upstream: string | null;
  /** How that replication is, with its lag in words: "0.1 s, 24 kB". */
  readonly replication: { readonly health: Health; readonly label: string } | null;
}

export interface TopologyFacts {
  readonly clients: readonly TopologyClient[];
  readonly proxies: readonly TopologyProxy[];
  readonly nodes: readonly TopologyNode[];
}

export interface Box {
  readonly id: string;
  readonly tier: 'client' | 'proxy' | 'node';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Edge {
  readonly key: string;
  readonly kind: 'clients' | 'reads' | 'writes' | 'excluded' | 'replication';
  readonly d: string;
  readonly width?: number;
  readonly health?: Health;
  /** Tip of an arrow and where it points. */
  readonly arrow?: { readonly x: number; readonly y: number; readonly to: 'down' | 'left' };
  readonly label?: { readonly text: string; readonly x: number; readonly y: number; readonly end: boolean };
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly edges: readonly Edge[];
  readonly tiers: { readonly client: number; readonly proxy: number; readonly node: number };
}

export interface Size {
  readonly pad: number;
  /** Room above for the names of the tiers. */
  readonly head: number;
  readonly client: readonly [width: number, height: number, gap: number];
  readonly proxy: readonly [width: number, height: number, gap: number];
  readonly node: readonly [width: number, height: number, gap: number];
  readonly lane: number;
  readonly leastWidth: number;
  /** Px of line for all reads in one line. */
  readonly thickness: number;
}

export const FULL: Size = {
  pad: 16,
  head: 44,
  client: [152, 52, 28],
  proxy: [176, 112, 44],
  node: [240, 112, 48],
  lane: 18,
  leastWidth: 836,
  thickness: 15,
};

export const SMALL: Size = {
  pad: 14,
  head: 20,
  client: [74, 52, 20],
  proxy: [138, 52, 20],
  node: [162, 52, 20],
  lane: 0,
  leastWidth: 456,
  thickness: 9.5,
};

/** Primaries first, each followed by those that replicate from it, so that a chain reads from the top down. */
export function orderNodes(nodes: readonly TopologyNode[]): readonly TopologyNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const isRoot = (node: TopologyNode): boolean =>
    node.upstream === null || !byId.has(node.upstream) || node.upstream === node.id;
  const placed = new Set<string>();
  const ordered: TopologyNode[] = [];
  const place = (node: TopologyNode): void => {
    // Facts of different moments can draw a circle (a role just moved): each node is placed once.
    if (placed.has(node.id)) return;
    placed.add(node.id);
    ordered.push(node);
    for (const other of nodes) if (other.upstream === node.id) place(other);
  };
  const roots = nodes.filter(isRoot);
  for (const node of [...roots.filter(({ role }) => role === 'primary'), ...roots, ...nodes]) place(node);
  return ordered;
}

/** The greatest applications by name, the rest as one. */
export function foldClients(
  clients: readonly TopologyClient[],
  most: number,
  others: string,
): readonly TopologyClient[] {
  const sum = (client: TopologyClient): number => Object.values(client.sessions).reduce((a, b) => a + b, 0);
  const ordered = clients.toSorted((a, b) => sum(b) - sum(a) || a.name.localeCompare(b.name));
  if (ordered.length <= most) return ordered;
  const rest: Record<string, number> = {};
  for (const client of ordered.slice(most - 1)) {
    for (const [proxy, count] of Object.entries(client.sessions)) rest[proxy] = (rest[proxy] ?? 0) + count;
  }
  return [...ordered.slice(0, most - 1), { id: '(others)', name: others, sessions: rest }];
}

const round = (value: number): number => Math.round(value * 10) / 10;

export function layOut(facts: TopologyFacts, size: Size, wantedWidth: number): Layout {
  const nodes = orderNodes(facts.nodes);
  const lanes = size.lane === 0 ? new Map<string, number>() : lanesOf(nodes);
  const laneCount = Math.max(0, ...[...lanes.values()].map((lane) => lane + 1));
  const right = size.pad + laneCount * size.lane;
  const width = Math.max(wantedWidth, size.leastWidth + Math.max(0, laneCount - 1) * size.lane);

  const nodeX = width - right - size.node[0];
  const clientEnd = size.pad + size.client[0];
  const proxyX = Math.round(clientEnd + (nodeX - clientEnd - size.proxy[0]) * 0.38);
  const tierHeight = (count: number, [, height, gap]: Size['node']): number =>
    Math.max(0, count * (height + gap) - gap);
  const tallest = Math.max(
    tierHeight(facts.clients.length, size.client),
    tierHeight(facts.proxies.length, size.proxy),
    tierHeight(nodes.length, size.node),
  );
  const height = size.head + tallest + size.head;
  const column = (ids: readonly string[], tier: Box['tier'], x: number, measure: Size['node']): readonly Box[] => {
    const start = size.head + (tallest - tierHeight(ids.length, measure)) / 2;
    return ids.map((id, at) => ({
      id,
      tier,
      x,
      y: Math.round(start + at * (measure[1] + measure[2])),
      width: measure[0],
      height: measure[1],
    }));
  };
  const clients = column(
    facts.clients.map(({ id }) => id),
    'client',
    size.pad,
    size.client,
  );
  const proxies = column(
    facts.proxies.map(({ id }) => id),
    'proxy',
    proxyX,
    size.proxy,
  );
  const nodeBoxes = column(
    nodes.map(({ id }) => id),
    'node',
    nodeX,
    size.node,
  );
  const edges = [
    ...clientEdges(facts, clients, proxies, size),
    ...routeEdges(facts, proxies, nodeBoxes, size),
    ...(size.lane === 0 ? [] : replicationEdges(nodes, nodeBoxes, lanes, size)),
  ];
  return {
    width,
    height,
    boxes: [...clients, ...proxies, ...nodeBoxes],
    edges,
    tiers: { client: size.pad, proxy: proxyX, node: nodeX },
  };
}

const middle = (box: Box): number => box.y + box.height / 2;

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const bend = (x2 - x1) * 0.5;
  return `M${round(x1)} ${round(y1)} C${round(x1 + bend)} ${round(y1)} ${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}`;
}

function clientEdges(facts: TopologyFacts, clients: readonly Box[], proxies: readonly Box[], size: Size): Edge[] {
  const small = size.lane === 0;
  const all = facts.clients.reduce((sum, client) => sum + Object.values(client.sessions).reduce((a, b) => a + b, 0), 0);
  return facts.clients.flatMap((client, at) =>
    facts.proxies.flatMap((proxy, to): Edge[] => {
      const [from, target] = [clients[at], proxies[to]];
      const count = client.sessions[proxy.id] ?? 0;
      if (from === undefined || target === undefined || count === 0) return [];
      return [
        {
          key: `client ${client.id} ${proxy.id}`,
          // In small all clients are one card: what runs there is as solid as what follows.
          kind: small ? 'reads' : 'clients',
          width: round(Math.max(1, Math.min(8, (count / all) * (small ? 8 : 16)))),
          d: curve(from.x + from.width, middle(from), target.x, middle(target)),
        },
      ];
    }),
  );
}

function routeEdges(facts: TopologyFacts, proxies: readonly Box[], nodes: readonly Box[], size: Size): Edge[] {
  const boxOf = new Map(nodes.map((box) => [box.id, box]));
  const orderOf = new Map(nodes.map((box, at) => [box.id, at]));
  // Where a node takes writes, reads enter below them.
  const takesWrites = new Set(
    facts.proxies.flatMap(({ links }) => links.filter(({ writes }) => writes).map(({ nodeId }) => nodeId)),
  );
  const small = size.lane === 0;
  const edges: Edge[] = [];
  facts.proxies.forEach((proxy, at) => {
    const from = proxies[at];
    if (from === undefined) return;
    const links = proxy.links.toSorted((a, b) => (orderOf.get(a.nodeId) ?? 0) - (orderOf.get(b.nodeId) ?? 0));
    links.forEach((link, index) => {
      const target = boxOf.get(link.nodeId);
      if (target === undefined) return;
      const startX = from.x + from.width;
      const offset = small ? 0 : (index - (links.length - 1) / 2) * 4 + 2;
      const enters = middle(target) + (!small && takesWrites.has(link.nodeId) ? 12 : 0);
      if (link.writes && !small) {
        edges.push({
          key: `writes ${proxy.id} ${link.nodeId}`,
          kind: 'writes',
          d: curve(startX, middle(from) - 10, target.x, middle(target) - 14),
        });
      }
      if (link.excluded) {
        const d = curve(startX, middle(from) + offset, target.x, enters);
        edges.push({ key: `excluded ${proxy.id} ${link.nodeId}`, kind: 'excluded', d });
      } else if (link.reads > 0) {
        edges.push({
          key: `reads ${proxy.id} ${link.nodeId}`,
          kind: 'reads',
          // The share of this proxy's own reads, so that two proxies do not halve every line.
          width: round(Math.max(1, Math.min(14, shareOf(link, proxy) * size.thickness))),
          d: curve(startX, middle(from) + offset, target.x, enters),
        });
      }
    });
  });
  return edges;
}

function shareOf(link: TopologyLink, proxy: TopologyProxy): number {
  const all = proxy.links.reduce((sum, { reads }) => sum + reads, 0);
  return all === 0 ? 0 : link.reads / all;
}

/** Nodes that do not stand right under their upstream get a lane beside the cards; lanes that overlap stand apart. */
function lanesOf(nodes: readonly TopologyNode[]): Map<string, number> {
  const place = new Map(nodes.map((node, at) => [node.id, at]));
  const taken: { from: number; to: number }[][] = [];
  const lanes = new Map<string, number>();
  nodes.forEach((node, at) => {
    const from = node.upstream === null || node.replication === null ? undefined : place.get(node.upstream);
    if (from === undefined || from === at || at === from + 1) return;
    const span = { from: Math.min(from, at), to: Math.max(from, at) };
    let lane = 0;
    while (taken[lane]?.some((other) => other.from < span.to && span.from < other.to) === true) lane++;
    taken[lane] = [...(taken[lane] ?? []), span];
    lanes.set(node.id, lane);
  });
  return lanes;
}

function replicationEdges(
  nodes: readonly TopologyNode[],
  boxes: readonly Box[],
  lanes: ReadonlyMap<string, number>,
  size: Size,
): Edge[] {
  const boxOf = new Map(boxes.map((box) => [box.id, box]));
  return nodes.flatMap((node): Edge[] => {
    const target = boxOf.get(node.id);
    const source = node.upstream === null ? undefined : boxOf.get(node.upstream);
    if (target === undefined || source === undefined || source === target || node.replication === null) return [];
    const { health, label: text } = node.replication;
    const key = `replication ${node.id}`;
    const lane = lanes.get(node.id);
    if (lane === undefined) {
      const x = Math.round(target.x + target.width * 0.54);
      const end = target.y - 7;
      return [
        {
          key,
          kind: 'replication',
          health,
          d: `M${x} ${source.y + source.height} V${end}`,
          arrow: { x, y: target.y, to: 'down' },
          label: { text, x: x + 8, y: (source.y + source.height + target.y) / 2, end: false },
        },
      ];
    }
    const right = target.x + target.width;
    const laneX = right + size.lane * (lane + 1);
    const startY = middle(source) + lane * 8;
    return [
      {
        key,
        kind: 'replication',
        health,
        d: `M${right} ${round(startY)} H${laneX} V${round(middle(target))} H${right + 7}`,
        arrow: { x: right, y: middle(target), to: 'left' },
        // In the gap above the card, so that it covers none.
        label: { text, x: laneX + 8, y: target.y - size.node[2] / 2, end: true },
      },
    ];
  });
}

/** The card that an arrow key leads to: up and down in a tier, left and right to the nearest card of the next tier. */
export function neighbour(layout: Layout, id: string, key: string): string | null {
  const cards = layout.boxes.filter(({ tier }) => tier !== 'client');
  const here = cards.find((box) => box.id === id);
  if (here === undefined) return null;
  const sameTier = cards.filter(({ tier }) => tier === here.tier);
  const at = sameTier.indexOf(here);
  if (key === 'ArrowDown') return sameTier[at + 1]?.id ?? null;
  if (key === 'ArrowUp') return sameTier[at - 1]?.id ?? null;
  const wanted = key === 'ArrowRight' ? 'node' : key === 'ArrowLeft' ? 'proxy' : null;
  if (wanted === null || wanted === here.tier) return null;
  const others = cards.filter(({ tier }) => tier === wanted);
  others.sort((a, b) => Math.abs(middle(a) - middle(here)) - Math.abs(middle(b) - middle(here)));
  return others[0]?.id ?? null;
}
