/**
 * What a statement costs on its way through a session and back, without sockets: `node
 * packages/engine/src/frontend/statement.bench.ts`. With the primary alone, with reads spread and answered by the primary,
 * and with reads answered by a standby.
 */
import { defaults } from '@pgherd/config';
import {
  encodeBind,
  encodeBindComplete,
  encodeCommandComplete,
  encodeDataRow,
  encodeDescribe,
  encodeExecute,
  encodeParse,
  encodeParseComplete,
  encodeQuery,
  encodeReadyForQuery,
  encodeSync,
} from '@pgherd/wire';
import { Link } from '../backend/link.ts';
import { type ClusterSnapshot, NO_HERD } from '../ipc.ts';
import type { Channel, ChannelHandler } from '../worker/channel.ts';
import { Routing } from '../worker/routing.ts';
import { Counters } from '../worker/stats.ts';
import { Router } from './router.ts';
import { type ClientFacts, Session, type SessionOwner } from './session.ts';

const SESSIONS = 16;
const ROUNDS = 4_000;
const TURNS = 100;

const KEPT = Buffer.alloc(64 * 1024);

/** Takes what is written, as the slab of a real channel does. */
class Sink {
  handler: ChannelHandler = { onBytes() {}, onClosed() {}, onDrain() {}, onFull() {} };
  closed = false;
  closing = false;
  writes = 0;
  write(source: Buffer, start: number, end: number): boolean {
    source.copy(KEPT, 0, start, end);
    this.writes++;
    return true;
  }
  writeOwned(): boolean {
    this.writes++;
    return true;
  }
  pause(): void {}
  resume(): void {}
}

const counters = new Counters();
const linkTo = (nodeId: number, sink: Sink): Link =>
  new Link(
    sink as unknown as Channel,
    {
      nodeId,
      epoch: 1,
      key: `${nodeId}\0k`,
      database: 'd',
      tls: false,
      authRequest: 'ok',
      pid: 100,
      secret: '',
      parameters: new Map(),
      greeting: Buffer.alloc(0),
    },
    counters,
  );

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
const herd = (standby: number): ClusterSnapshot => ({
  ...NO_HERD,
  epoch: 1,
  primary: 0,
  nodes: [node(0, 1 - standby), node(1, standby)],
});
const facts: ClientFacts = {
  id: 1,
  user: 'u',
  database: 'd',
  application: '',
  isolation: null,
  peer: { address: '', port: 1, tls: null },
  connectedAtMs: 0,
  secret: '',
  protocol: 196608,
};
const unset = (): never => {
  throw new Error('not here');
};
const readers = new Map<object, Sink>();
const routing = new Routing(
  { ...defaults(), load_balance_mode: true, backend_clustering_mode: 'streaming_replication' },
  herd(1),
  {
    openReader: async (router) => {
      const sink = new Sink();
      readers.set(router, sink);
      return linkTo(1, sink);
    },
    closeReader: unset,
    openHome: unset,
    held: false,
    released: async () => {},
    readerLost: unset,
    nodeOfPid: () => null,
    countRoute: (nodeId, route) => counters.countRoute(nodeId, route.countedAs),
    query: unset,
    catalogChanged() {},
    warn(text) {
      process.stdout.write(`${text}\n`);
    },
  },
);
const owner: SessionOwner = {
  observer: null,
  sessionEnded() {},
  answer: unset,
  columnsOf: () => [],
  guard: async () => {},
  countStatement(nodeId) {
    counters.statements[nodeId] = (counters.statements[nodeId] as number) + 1;
  },
};

const inOneBuffer = (...parts: Buffer[]): Buffer => {
  const bytes = Buffer.alloc(64 * 1024);
  Buffer.concat(parts).copy(bytes);
  return bytes;
};
const bytesOf = (parts: readonly Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0);

const SQL = "SELECT 'abalance' AS pgbench_accounts WHERE 123456 = ";
const bind = (statement: string): Buffer =>
  encodeBind({
    portal: '',
    statement,
    parameterFormats: [],
    values: [Buffer.from('123456')],
    resultFormats: [],
  });
const describe = encodeDescribe({ kind: 'portal', name: '' });
const execute = encodeExecute({ portal: '', rowsMax: 0 });
const row = [encodeDataRow(['12345']), encodeCommandComplete('SELECT 1'), encodeReadyForQuery('I')];
const named = encodeParse({ statement: 'P0_1', sql: `${SQL}$1;`, parameterTypes: [] });
const CASES = [
  { name: 'simple', before: [], ask: [encodeQuery(`${SQL}123456;`)], answer: row },
  {
    name: 'extended',
    before: [],
    ask: [
      encodeParse({ statement: '', sql: `${SQL}$1;`, parameterTypes: [] }),
      bind(''),
      describe,
      execute,
      encodeSync(),
    ],
    answer: [encodeParseComplete(), encodeBindComplete(), ...row],
  },
  {
    name: 'prepared',
    before: [named, encodeSync()],
    ask: [bind('P0_1'), describe, execute, encodeSync()],
    answer: [encodeBindComplete(), ...row],
  },
];
const WAYS = ['the primary alone', 'routed, primary', 'routed, standby'] as const;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

for (const one of CASES) {
  for (const way of WAYS) {
    routing.setCluster(herd(way === 'routed, standby' ? 1 : 0));
    const sessions = Array.from({ length: SESSIONS }, () => {
      const client = new Sink();
      const home = new Sink();
      const session = new Session(facts, client as unknown as Channel, linkTo(0, home), owner);
      if (way !== WAYS[0]) session.router = new Router(routing, session, facts);
      return { client, home, session };
    });
    const ask = inOneBuffer(...one.ask);
    const askBytes = bytesOf(one.ask);
    const answer = inOneBuffer(...one.answer);
    const answerBytes = bytesOf(one.answer);
    const before = Buffer.concat(one.before);
    const ready = Buffer.concat([encodeParseComplete(), encodeReadyForQuery('I')]);
    const settle = async ({ session }: (typeof sessions)[number], last: Buffer): Promise<void> => {
      do {
        await turn();
        for (const link of session.links) {
          if (!link.replies.running) continue;
          const bytes = link === session.link && session.state === 'busy' ? last : ready;
          link.channel.handler.onBytes(bytes, bytes.length);
        }
      } while (session.state !== 'idle');
    };
    for (const each of sessions) {
      if (before.length > 0) {
        each.client.handler.onBytes(before, before.length);
        await settle(each, ready);
      }
      each.client.handler.onBytes(ask, askBytes);
      await settle(each, answer.subarray(0, answerBytes));
    }
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < TURNS; i++) {
      const startedMs = performance.now();
      for (let round = 0; round < ROUNDS; round++) {
        const { client, session } = sessions[round % SESSIONS] as (typeof sessions)[number];
        client.handler.onBytes(ask, askBytes);
        session.link.channel.handler.onBytes(answer, answerBytes);
      }
      best = Math.min(best, ((performance.now() - startedMs) * 1e6) / ROUNDS);
    }
    const wanted = way === WAYS[2] ? 1 : 0;
    const { session } = sessions[0] as (typeof sessions)[number];
    if (session.link.nodeId !== wanted) throw new Error(`${one.name}, ${way}: it went to node ${session.link.nodeId}`);
    process.stdout.write(`${one.name.padEnd(10)} ${way.padEnd(20)} ${best.toFixed(0).padStart(6)} ns\n`);
  }
}
process.exit(0);
