import { describe, expect, it } from 'vitest';
import {
  type Box,
  FULL,
  foldClients,
  layOut,
  neighbour,
  orderNodes,
  SMALL,
  type TopologyFacts,
  type TopologyNode,
} from './topology-model.ts';

const node = (id: string, upstream: string | null, role: TopologyNode['role'] = 'standby'): TopologyNode => ({
  id,
  name: id,
  host: `${id}:5432`,
  health: 'ok',
  role,
  reads: 0.5,
  facts: [],
  upstream,
  replication: upstream === null ? null : { health: 'ok', label: '0.1 s' },
});

const facts = (nodes: readonly TopologyNode[]): TopologyFacts => ({
  clients: [{ id: 'app', name: 'app', sessions: { p1: 5 } }],
  proxies: [
    {
      id: 'p1',
      name: 'p1',
      health: 'ok',
      role: 'leader',
      sessions: 5,
      facts: [],
      links: nodes.map(({ id, role }, at) => ({
        nodeId: id,
        reads: at === 2 ? 0 : 0.5,
        writes: role === 'primary',
        excluded: at === 2,
      })),
    },
  ],
  nodes,
});

const overlaps = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const three = [node('0', null, 'primary'), node('1', '0'), node('2', '0')];
const cascade = [node('0', '2'), node('1', '2'), node('2', null, 'primary'), node('3', '1'), node('4', '3')];

describe('layOut', () => {
  it.each([
    ['three nodes', three],
    ['a cascade', cascade],
    ['no node', []],
    ['twelve standbys', [three[0] as TopologyNode, ...Array.from({ length: 12 }, (_, at) => node(`s${at}`, '0'))]],
  ])('lets no card of %s overlap another or leave the picture', (_, nodes) => {
    for (const [size, room] of [
      [FULL, 836],
      [FULL, 1080],
      [SMALL, 456],
    ] as const) {
      const { boxes, width, height } = layOut(facts(nodes), size, room);
      boxes.forEach((box, at) => {
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(width);
        expect(box.y + box.height).toBeLessThanOrEqual(height);
        for (const other of boxes.slice(at + 1)) expect(overlaps(box, other)).toBe(false);
      });
    }
  });

  it('gives the same picture for the same facts', () => {
    expect(layOut(facts(three), FULL, 900)).toEqual(layOut(facts(three), FULL, 900));
  });

  it('draws replication straight down to the node below, and beside the cards to others', () => {
    const edges = layOut(facts(three), FULL, 836).edges.filter(({ kind }) => kind === 'replication');
    expect(edges.map(({ arrow }) => arrow?.to)).toEqual(['down', 'left']);
  });

  it('draws a cascade as a chain from the top down', () => {
    const { boxes } = layOut(facts(cascade), FULL, 836);
    expect(boxes.filter(({ tier }) => tier === 'node').map(({ id }) => id)).toEqual(['2', '0', '1', '3', '4']);
  });

  it('keeps lanes that overlap apart', () => {
    const nodes = [three[0] as TopologyNode, node('1', '0'), node('2', '0'), node('3', '0')];
    const lanes = layOut(facts(nodes), FULL, 836).edges.filter(({ arrow }) => arrow?.to === 'left');
    const xs = lanes.map(({ d }) => / H(\d+) V/.exec(d)?.[1]);
    expect(new Set(xs).size).toBe(lanes.length);
  });

  it('draws what is excluded without reads, and no line where nothing runs', () => {
    const kinds = layOut(facts(three), FULL, 836).edges.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'excluded')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'reads')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'writes')).toHaveLength(1);
  });

  it('survives facts that contradict each other: a circle, an upstream that is gone', () => {
    const circle = [node('0', '1'), node('1', '0'), node('2', 'gone')];
    expect(orderNodes(circle)).toHaveLength(3);
    expect(() => layOut(facts(circle), FULL, 836)).not.toThrow();
  });
});

it('folds the smallest applications into one, and loses no session', () => {
  const clients = [1, 2, 3, 4, 5].map((count) => ({ id: `a${count}`, name: `a${count}`, sessions: { p1: count } }));
  const folded = foldClients(clients, 3, 'others');
  expect(folded.map(({ name }) => name)).toEqual(['a5', 'a4', 'others']);
  expect(folded.at(-1)?.sessions['p1']).toBe(6);
});

it('moves with arrow keys inside a tier and to the nearest card of the next', () => {
  const layout = layOut(facts(three), FULL, 836);
  expect(neighbour(layout, '0', 'ArrowDown')).toBe('1');
  expect(neighbour(layout, '0', 'ArrowUp')).toBeNull();
  expect(neighbour(layout, '2', 'ArrowLeft')).toBe('p1');
  expect(neighbour(layout, 'p1', 'ArrowRight')).toBe('1');
  expect(neighbour(layout, 'p1', 'x')).toBeNull();
});
