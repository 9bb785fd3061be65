/** A session over fake servers, a primary and a standby, with real routing. */
import { defaults, type Settings } from '@pgherd/config';
import { afterAll, beforeAll } from 'vitest';
import type { Link } from '../src/backend/link.ts';
import { Router } from '../src/frontend/router.ts';
import { type ClientFacts, type EndReason, Session, type SessionOwner } from '../src/frontend/session.ts';
import { type ClusterSnapshot, NO_HERD } from '../src/ipc.ts';
import { Routing } from '../src/worker/routing.ts';
import { FakeChannel } from './fake-channel.ts';
import { FakeServer } from './fake-server.ts';

const FACTS: ClientFacts = {
  id: 1,
  user: 'u',
  database: 'd',
  application: '',
  isolation: null,
  peer: { address: '127.0.0.1', port: 1, tls: null },
  connectedAtMs: 0,
  secret: '\0\0\0\0',
  protocol: 196608,
};

const node = (id: number, weight: number): ClusterSnapshot['nodes'][number] => ({
  id,
  host: '127.0.0.1',
  port: 5432 + id,
  weight,
  status: 'up',
  role: id === 0 ? 'primary' : 'standby',
  lagBytes: 0,
  lagMs: 0,
  replayLsn: '0/1',
});
export const HERD: ClusterSnapshot = { ...NO_HERD, epoch: 1, primary: 0, nodes: [node(0, 0), node(1, 1)] };

/** One for all tests of a file, as for all sessions of a worker: its parser is loaded once. */
let routing: Routing;
type Ports = ConstructorParameters<typeof Routing>[2];
let ports: Ports;

export function standbyIs(status: 'up' | 'down'): void {
  routing.setCluster({ ...HERD, nodes: [node(0, 0), { ...node(1, 1), status }] });
}

/** Once in each test file. */
export function routingForTests(): void {
  beforeAll(makeRouting);
  afterAll(() => routing.close());
}

async function makeRouting(): Promise<void> {
  const unset = () => {
    throw new Error('no session was made');
  };
  ports = {
    openReader: unset,
    closeReader: unset,
    openHome: unset,
    held: false,
    released: async () => {},
    readerLost: unset,
    nodeOfPid: () => null,
    countRoute() {},
    query: async () => ({ rows: [], error: null, failedAt: null }),
    catalogChanged() {},
    warn: unset,
  };
  routing = new Routing(defaults(), HERD, ports);
  const { router } = makeSession().session;
  if (router !== null) await routing.findRoute(router, Buffer.from('SELECT 1'), null);
}

/** A session over a primary and a standby. @param routed false: everything goes to the primary, by the plain way */
export function makeSession(changes: Partial<Settings> = {}, routed = true) {
  const client = new FakeChannel();
  const home = new FakeServer(0);
  /** Those that were opened, in order. */
  const readers: FakeServer[] = [];
  const closed: { server: FakeServer; reusable: boolean }[] = [];
  const ends: { reason: EndReason; reusable: boolean }[] = [];
  const warnings: string[] = [];
  const opening = { held: null as Promise<void> | null, refused: false, prepare: (_: FakeServer) => {} };
  /** Connections to a primary that were opened in place of `home`, in order. */
  const homes: FakeServer[] = [];
  const primary = { known: true, id: 0, waiting: [] as (() => void)[], refusal: null as Error | null };
  const owner: SessionOwner & { held: boolean } = {
    held: false,
    observer: null,
    sessionEnded: (_session, reason, reusable) => ends.push({ reason, reusable }),
    answer: async () => ({ kind: 'error', sqlstate: 'XX000', message: 'not asked' }) as never,
    columnsOf: () => [],
    guard: async () => {},
    countStatement() {},
  };
  const session = new Session(FACTS, client.channel, home.link, owner);
  const settings: Settings = {
    ...defaults(),
    load_balance_mode: true,
    backend_clustering_mode: 'streaming_replication',
    ...changes,
  };
  routing.apply(settings);
  routing.setCluster(HERD);
  Object.assign(ports, {
    openReader: async () => {
      if (opening.held !== null) await opening.held;
      if (opening.refused) return null;
      const server = new FakeServer(1);
      server.answersAtOnce = home.answersAtOnce;
      opening.prepare(server);
      readers.push(server);
      return server.link;
    },
    closeReader: (link: Link, reusable: boolean) => {
      const server = [...readers, ...homes].find((one) => one.link === link) as FakeServer;
      closed.push({ server, reusable });
      if (!reusable) link.close();
    },
    openHome: async () => {
      while (!primary.known) await new Promise<void>((resolve) => primary.waiting.push(resolve));
      if (primary.refusal !== null) throw primary.refusal;
      const server = new FakeServer(primary.id);
      server.answersAtOnce = true;
      opening.prepare(server);
      homes.push(server);
      return server.link;
    },
    readerLost: (link: Link) => {
      closed.push({ server: readers.find((one) => one.link === link) as FakeServer, reusable: false });
    },
    warn: (message: string) => warnings.push(message),
  } satisfies Partial<typeof ports>);
  if (routed) session.router = new Router(routing, session, FACTS);
  const servers = (): FakeServer[] => [home, ...homes, ...readers];
  /** The primary is that node from now on; null = none is known. */
  const setPrimary = (id: number | null): void => {
    primary.known = id !== null;
    primary.id = id ?? primary.id;
    routing.setCluster({
      ...HERD,
      epoch: 2,
      primary: id,
      nodes: HERD.nodes.map((one) => ({
        ...one,
        role: one.id === id ? 'primary' : 'standby',
        status: one.id === 0 && id !== 0 ? 'down' : 'up',
      })),
    });
    for (const wake of primary.waiting.splice(0)) wake();
  };
  return { client, home, homes, readers, closed, ends, warnings, opening, primary, setPrimary, session, servers };
}
export type Made = ReturnType<typeof makeSession>;

export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Everything that was asked is answered. */
export async function quiet(made: Made): Promise<void> {
  for (let i = 0; i < 3; i++) await settled();
  while (made.servers().some((server) => server.pending > 0)) {
    for (const server of made.servers()) server.answerAll();
    for (let i = 0; i < 3; i++) await settled();
  }
}
