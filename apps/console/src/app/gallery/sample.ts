/** The herd of the mocks: orders in production, two proxies, three nodes, node 2 lags behind. */
import type { TopologyFacts } from '../../client/ui/topology-model.ts';

/** 20 November 2026, 14:05:23 in Tokyo. */
export const NOW = Date.UTC(2026, 10, 20, 5, 5, 23);
export const SPAN = { from: NOW - 900_000, to: NOW };
export const FELL_OUT = Date.UTC(2026, 10, 20, 5, 2, 11);

/** The same noise in every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648 - 0.5;
  };
}

export const TIMES: readonly number[] = Array.from({ length: 900 }, (_, at) => SPAN.from + (at + 1) * 1000);

export function wander(
  seed: number,
  from: number,
  step: number,
  shape: (time: number, value: number) => number = (_, v) => v,
) {
  const random = noise(seed);
  let drift = 0;
  return TIMES.map((time) => {
    drift = drift * 0.97 + random() * step;
    return Math.max(0, shape(time, from + drift + random() * step * 0.4));
  });
}

const out = (time: number): boolean => time >= FELL_OUT;

export const sessions = {
  active: wander(1, 98, 4),
  inTransaction: wander(2, 22, 2),
  idle: wander(3, 92, 4),
};
export const statements = {
  n0: wander(4, 640, 30),
  n1: wander(5, 980, 40, (time, value) => (out(time) ? value + 830 : value)),
  n2: wander(6, 950, 40, (time, value) => (out(time) ? 0 : value)),
};
export const lag = {
  n1: wander(7, 0.1, 0.02),
  n2: wander(8, 0.35, 0.06, (time, value) => {
    const since = (time - (FELL_OUT - 60_000)) / 1000;
    return since <= 0 ? value : value + since * 0.0178;
  }),
};
export const errors = TIMES.map((time) => {
  const second = Math.round((time - SPAN.from) / 1000);
  return { 148: 1, 424: 2, 702: 3, 735: 1, 790: 4, 815: 2, 850: 1 }[second] ?? 0;
});

export const topology = (words: {
  readonly node: (id: number) => string;
  readonly sessions: string;
  readonly weight: string;
  readonly reads: string;
  readonly lag: string;
  readonly writes: string;
}): TopologyFacts => ({
  clients: [
    { id: 'checkout-api', name: 'checkout-api', sessions: { 'herd-1': 50, 'herd-2': 46 } },
    { id: 'storefront', name: 'storefront', sessions: { 'herd-1': 36, 'herd-2': 35 } },
    { id: 'batch-report', name: 'batch-report', sessions: { 'herd-1': 20, 'herd-2': 22 } },
    { id: 'admin tools', name: 'admin tools', sessions: { 'herd-1': 2, 'herd-2': 1 } },
  ],
  proxies: [
    {
      id: 'herd-1',
      name: 'herd-1',
      health: 'ok',
      role: 'leaderVip',
      sessions: 108,
      facts: [
        ['VIP', '10.20.0.5:5432'],
        [words.sessions, '108 / 160'],
      ],
      links: links(),
    },
    {
      id: 'herd-2',
      name: 'herd-2',
      health: 'ok',
      role: 'member',
      sessions: 104,
      facts: [[words.sessions, '104 / 128']],
      links: links(),
    },
  ],
  nodes: [
    {
      id: '0',
      name: words.node(0),
      host: 'pg-a:5432',
      health: 'ok',
      role: 'primary',
      reads: 0.26,
      upstream: null,
      replication: null,
      facts: [
        [words.weight, '0.2 / 0.26'],
        [words.reads, '26 %'],
        [words.sessions, '212'],
        [words.writes, '310/s'],
      ],
    },
    {
      id: '1',
      name: words.node(1),
      host: 'pg-b:5432',
      health: 'ok',
      role: 'standbySync',
      reads: 0.74,
      upstream: '0',
      replication: { health: 'ok', label: '0.1 s, 24 kB' },
      facts: [
        [words.weight, '0.4 / 0.74'],
        [words.reads, '74 %'],
        [words.sessions, '198'],
        [words.lag, '0.1 s'],
      ],
    },
    {
      id: '2',
      name: words.node(2),
      host: 'pg-c:5432',
      health: 'degraded',
      role: 'standbyAsync',
      reads: 0,
      upstream: '0',
      replication: { health: 'degraded', label: '4.8 s, 61 MB' },
      facts: [
        [words.weight, '0.4 / 0'],
        [words.reads, '0 %'],
        [words.sessions, '14'],
        [words.lag, '4.8 s'],
      ],
    },
  ],
});

const links = () => [
  { nodeId: '0', reads: 0.13, writes: true, excluded: false },
  { nodeId: '1', reads: 0.37, writes: false, excluded: false },
  { nodeId: '2', reads: 0, writes: false, excluded: true },
];
