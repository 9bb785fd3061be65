/**
 * What explain() says is what happens. Sessions of a worker in this process, over real servers, do thousands of
 * statements while the herd changes; at each one text facts, session, herd and the number drawn are written down where
 * the decision is made, and afterwards, from that record alone, explain() must end at the node that got the statement.
 *
 * One statement at a time: in a batch of several the whole goes to the primary when one of them must, and a batch that
 * makes a named statement goes there too, which is no matter of the text.
 */

import v8 from 'node:v8';
import { defaults, type Settings } from '@pgherd/config';
import { type Cluster, ephemeralCluster } from '@pgherd/lab';
import { encodeBind, encodeExecute, encodeParse, encodeQuery, encodeSync } from '@pgherd/wire';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { env } from '../../test-support/env.ts';
import { Random } from '../../test-support/random.ts';
import { type Answer, RawClient } from '../../test-support/raw-client.ts';
import { type ClusterSnapshot, NO_HERD, packSnapshot } from '../ipc.ts';
import { type HerdView, herdView } from '../routing/herd-view.ts';
import type { RoutingRules } from '../routing/rules.ts';
import { routingRules } from '../routing/rules.ts';
import { createStrategy } from '../routing/strategies/strategies.ts';
import type { RoutingNode, SessionFacts, StatementFacts, StatementRoute } from '../routing/types.ts';
import { Acceptor } from '../supervisor/acceptor.ts';
import { Worker } from './worker.ts';

/** What is known when a decision is made: plain data. */
interface Moment {
  readonly session: SessionFacts;
  readonly herd: { readonly epoch: number; readonly primary: number | null; readonly nodes: readonly RoutingNode[] };
  /** Null = no number was drawn. */
  readonly drawn: number | null;
}

interface Recorded extends Moment {
  readonly text: string;
  readonly facts: StatementFacts;
  /** Where it went. */
  readonly node: number;
}

const hooks = vi.hoisted(() => ({
  factsOf: new WeakMap<object, unknown>(),
  decided: null as null | ((route: unknown, session: unknown, herd: unknown, drawn: number | null) => void),
}));

vi.mock(import('../routing/judge.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    judge: (facts, rules, trace) => {
      const route = real.judge(facts, rules, trace);
      hooks.factsOf.set(route, facts);
      if (route.execution !== null) hooks.factsOf.set(route.execution, facts);
      return route;
    },
  };
});

vi.mock(import('../routing/decide.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    decide: (route, session, herd, rules, draw, trace) => {
      if (trace !== undefined) return real.decide(route, session, herd, rules, draw, trace);
      let drawn: number | null = null;
      const listening = (): number => (drawn = draw());
      const before = moment(session, herd);
      const decision = real.decide(route, session, herd, rules, listening);
      hooks.decided?.(route, before.session, before.herd, drawn);
      return decision;
    },
  };
});

const { explain } = await import('../routing/explain.ts');

function moment(session: SessionFacts, herd: HerdView): Omit<Moment, 'drawn'> {
  const { status, wrote, serializable, writesOnSnapshot, primaryOnly, pinned, readNode, preference } = session;
  const { written, snapshotNode, token } = session;
  return {
    session: {
      ...{ status, wrote, serializable, writesOnSnapshot, primaryOnly, pinned, readNode, preference },
      ...{ written: written === null ? null : new Set(written), snapshotNode, token },
    },
    herd: { epoch: herd.epoch, primary: herd.primary, nodes: herd.nodes.map((node) => ({ ...node })) },
  };
}

const STATEMENTS = 1_000;
const SESSIONS = 8;
const seed = env.fuzzSeed();

const SQL = `
  CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t SELECT i, i FROM generate_series(1, 50) i;
  CREATE TABLE u (a int); CREATE UNLOGGED TABLE fleeting (a int); CREATE SEQUENCE s;
  CREATE FUNCTION node() RETURNS int LANGUAGE sql STABLE AS 'SELECT inet_server_port()';
  CREATE FUNCTION bump(who int) RETURNS int LANGUAGE sql AS 'UPDATE t SET b = b + 1 WHERE a = who RETURNING b';
  CREATE VIEW v AS SELECT a, node() AS at FROM t; CREATE VIEW v_bumps AS SELECT bump(a) FROM t WHERE a = 0;
  GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC; GRANT ALL ON SEQUENCE s TO PUBLIC;
  GRANT CREATE ON SCHEMA public TO PUBLIC;`;

/** `#` becomes a number, `@` that of the session: nobody waits for another's row. */
const TEXTS = [
  ...['SELECT node()', 'SELECT node(), b FROM t WHERE a = #', 'SELECT * FROM v WHERE a = #', 'TABLE t', 'VALUES (#)'],
  ...['SELECT count(*) FROM u', 'SELECT node(), now()', '  SELECT node()', '/* the primary, please */ SELECT node()'],
  ...[
    "SELECT node(), 'it''s # -- not a comment'",
    'WITH w AS (SELECT # AS a) SELECT node() FROM w',
    'SELECT #; SELECT 2',
  ],
  ...[
    'SELECT a FROM t WHERE a = @ FOR UPDATE',
    'SELECT bump(@)',
    'TABLE v_bumps',
    "SELECT nextval('s')",
    'SELECT * FROM s',
  ],
  ...['SELECT inet_server_port()', 'SELECT pg_backend_pid()', 'SELECT txid_current()', 'SELECT count(*) FROM pg_class'],
  ...[
    'SELECT count(*) FROM fleeting',
    'UPDATE t SET b = # WHERE a = @',
    'INSERT INTO u VALUES (@)',
    'DELETE FROM u WHERE a = @',
  ],
  ...['WITH w AS (UPDATE t SET b = # WHERE a = @ RETURNING b) SELECT b FROM w', 'SHOW work_mem', 'SHOW search_path'],
  ...[
    "SET work_mem = '#MB'",
    'RESET work_mem',
    'SET application_name = n#',
    'EXPLAIN SELECT 1',
    'EXPLAIN ANALYZE TABLE t',
  ],
  ...[
    'BEGIN',
    'BEGIN',
    'BEGIN READ ONLY',
    'BEGIN ISOLATION LEVEL REPEATABLE READ',
    'BEGIN ISOLATION LEVEL SERIALIZABLE',
  ],
  ...[
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    'COMMIT',
    'COMMIT',
    'ROLLBACK',
    'SAVEPOINT p',
    'LOCK TABLE u IN ROW EXCLUSIVE MODE',
  ],
  ...[
    'SELECT 1/0',
    'SELEC #',
    'SELECT * FROM nowhere',
    '',
    'DO $$BEGIN PERFORM bump(@); END$$',
    'LISTEN l',
    'NOTIFY l',
  ],
  ...[
    'EXECUTE reads (#)',
    'EXECUTE reads (#)',
    'EXECUTE writes (#)',
    'COPY (SELECT node()) TO STDOUT',
    'COPY t TO STDOUT',
  ],
  ...[
    'DECLARE c CURSOR FOR SELECT 1',
    'SELECT # FROM generate_series(1, 3)',
    'COMMIT AND CHAIN',
    'BEGIN; SELECT node()',
  ],
];
const READS = ['SELECT node()', 'SELECT node(), b FROM t WHERE a = #', 'EXECUTE reads (#)', 'COMMIT', 'DISCARD ALL'];
/** What ties a session to the primary is done seldom, and undone. */
const RARE = [
  'CREATE TEMP TABLE own (a int)',
  'SELECT * FROM own',
  'DISCARD ALL',
  'CREATE TABLE IF NOT EXISTS made@ (a int)',
];

const PHASES: readonly { readonly name: string; readonly settings: Partial<Settings> }[] = [
  { name: 'one node for each session', settings: {} },
  { name: 'a node for each statement', settings: { statement_level_load_balance: true } },
  {
    name: 'standbys that are late',
    settings: { statement_level_load_balance: true, prefer_lower_delay_standby: true, delay_threshold: 1000 },
  },
  { name: 'dml_adaptive', settings: { disable_load_balance_on_write: 'dml_adaptive', read_after_write: 'off' } },
  {
    name: 'redirects and lists',
    settings: {
      statement_level_load_balance: true,
      disable_load_balance_on_write: 'off',
      database_redirect_preference_list: 'app:standby(0.7)',
      primary_routing_query_pattern_list: ['FROM v WHERE'],
      write_function_list: ['bump', 'nextval'],
      allow_sql_comments: true,
    },
  },
];

let cluster: Cluster;

beforeAll(async () => {
  cluster = await ephemeralCluster({
    nodes: 3,
    pgBin: 'embedded',
    auth: 'trust',
    initSql: [{ database: 'app', sql: SQL }],
  });
});

afterAll(() => cluster?.destroy());

/** A worker without a process of its own, and what its sessions did. */
class Recorder {
  readonly records: Recorded[] = [];
  readonly worker = new Worker({ send() {}, exit() {} });
  readonly rules: RoutingRules;
  private readonly settings: Settings;
  private readonly acceptor: Acceptor;
  private connections = 0;
  private text = '';
  /** By session, as they came. */
  clients: RawClient[] = [];
  /** The last decision about the statement at hand; null when none was needed. */
  private decided: Moment | null = null;
  /** Port of the server that got the statement at hand; a statement that was repeated elsewhere is told once. */
  private at: number | null = null;
  strange = 0;

  constructor(changes: Partial<Settings>) {
    this.settings = {
      ...defaults(),
      ...{ load_balance_mode: true, read_after_write: 'session', sr_check_user: cluster.secrets.superuser.user },
      sr_check_database: 'postgres',
      log_min_messages: 'fatal',
      ...changes,
    };
    this.rules = routingRules(this.settings);
    this.acceptor = new Acceptor((connection, unix) =>
      this.worker.onMessage({ t: 'conn', id: ++this.connections, admitted: true, unix }, connection),
    );
  }

  async open(): Promise<void> {
    const { worker } = this;
    this.herd(cluster.nodes.map(() => ({ up: true, lagBytes: 0 })));
    const packed = packSnapshot({
      id: 1,
      settings: this.settings,
      configDirectory: '/nowhere',
      mockSecret: Buffer.alloc(32),
      hba: null,
      passwd: null,
    });
    worker.onMessage({ t: 'config', packed }, null);
    worker.onMessage({ t: 'lease', more: SESSIONS + 2 }, null);
    await vi.waitUntil(() => worker['routing'] !== null);
    const routing = worker['routing'] as NonNullable<(typeof worker)['routing']>;
    hooks.decided = (_route, session, herd, drawn) => {
      this.decided = { session, herd, drawn } as Moment;
    };
    const count = routing.countRoute.bind(routing);
    routing.countRoute = (node, route) => {
      this.ran(node, route);
      count(node, route);
    };
    await this.acceptor.listenTcp(['127.0.0.1'], 0, 16);
    const port = Number(this.acceptor.addresses[0]?.split(':').pop());
    for (let i = 0; i < SESSIONS; i++) {
      const client = await RawClient.signIn({ host: '127.0.0.1', port }, { user: 'app', database: 'app' });
      this.clients.push(client);
      await this.prepare(i);
    }
  }

  private async prepare(session: number): Promise<void> {
    const parse = encodeParse({ statement: 'named', sql: 'SELECT node(), b FROM t WHERE a = $1', parameterTypes: [] });
    await this.ask(session, 'PREPARE', [encodeQuery('PREPARE reads (int) AS SELECT node(), $1')]);
    await this.ask(session, 'PREPARE', [
      encodeQuery(`PREPARE writes (int) AS UPDATE t SET b = $1 WHERE a = ${session + 1}`),
    ]);
    await this.ask(session, 'Parse', [parse, encodeSync()]);
  }

  herd(nodes: readonly { readonly up: boolean; readonly lagBytes: number }[]): void {
    const snapshot: ClusterSnapshot = {
      ...NO_HERD,
      epoch: 1,
      primary: 0,
      nodes: cluster.nodes.map(({ host, port }, id) => ({
        ...{ id, host, port, weight: [0.2, 0.4, 0.4][id] as number, lagMs: null, replayLsn: null },
        status: nodes[id]?.up === false ? 'down' : 'up',
        role: id === 0 ? 'primary' : 'standby',
        lagBytes: nodes[id]?.lagBytes ?? 0,
      })),
    };
    this.worker.onMessage({ t: 'cluster', snapshot }, null);
  }

  private ran(node: number, route: StatementRoute): void {
    if (this.at !== null) return;
    this.at = cluster.nodes[node]?.port ?? 0;
    const facts = hooks.factsOf.get(route) as StatementFacts | undefined;
    if (facts === undefined) {
      this.strange++;
      return;
    }
    const { routing } = this.worker as unknown as { routing: { herd: HerdView } };
    const session = [...this.worker['sessions']][this.asking]?.router?.state as SessionFacts;
    const now = (route.destination === 'either' && this.decided) || { ...moment(session, routing.herd), drawn: null };
    // What PREPARE makes goes to the primary first; explained is what runs.
    if (route.classes?.[0]?.kind === 'prepare') return;
    this.records.push({ text: this.text, facts, node, ...now });
  }

  private asking = 0;
  /** Sessions whose transaction has failed. */
  readonly failed: boolean[] = [];

  /** One statement, to its end. */
  async ask(session: number, text: string, messages: readonly Buffer[]): Promise<Answer> {
    this.asking = session;
    this.text = text;
    this.at = null;
    this.decided = null;
    const client = this.clients[session] as RawClient;
    client.send(...messages);
    const answer = await client.answer();
    this.failed[session] = answer.status === 'E';
    if (text === 'DISCARD ALL' && answer.errors.length === 0) await this.prepare(session);
    // The server's own word for it.
    const said = answer.errors.length === 0 && /^(SELECT node\(\)|named)/.test(text) ? answer.rows[0]?.[0] : undefined;
    if (said !== undefined) expect(Number(said), text).toBe(this.at);
    return answer;
  }

  async close(): Promise<void> {
    hooks.decided = null;
    this.acceptor.close();
    await Promise.all(this.clients.map((client) => client.end()));
    this.worker.onMessage({ t: 'stop', mode: 'fast' }, null);
  }
}

describe(`explain() over what ${SESSIONS} sessions did (PGHERD_FUZZ_SEED=${seed})`, () => {
  it.each(PHASES)('ends at the node that got the statement: $name', async ({ settings }) => {
    const random = new Random(seed);
    const recorder = new Recorder(settings);
    await recorder.open();
    try {
      for (let i = 0; i < STATEMENTS; i++) {
        if (random.chance(0.02)) {
          const changing = 1 + random.below(2);
          recorder.herd(
            [0, 1, 2].map((id) => ({
              up: id !== changing || random.chance(0.6),
              lagBytes: id === 0 || random.chance(0.5) ? 0 : random.below(3000),
            })),
          );
        }
        const session = random.below(SESSIONS);
        const texts =
          recorder.failed[session] && random.chance(0.5)
            ? ['ROLLBACK']
            : random.chance(0.02)
              ? RARE
              : random.chance(0.4)
                ? READS
                : TEXTS;
        const text = random
          .pick(texts)
          .replaceAll('#', String(1 + random.below(40)))
          .replaceAll('@', String(session + 1));
        await recorder.ask(session, ...spoken(text, random));
      }
    } finally {
      await recorder.close();
    }
    expect(recorder.strange).toBe(0);
    // The record is data and no more.
    const recorded = v8.deserialize(v8.serialize(recorder.records)) as Recorded[];
    const wrong: string[] = [];
    const rules = new Set<string>();
    for (const { text, facts, session, herd, drawn, node } of recorded) {
      const view = herdView(herd.epoch, herd.primary, herd.nodes, createStrategy(recorder.rules.strategy));
      const rows = explain(facts, session, view, recorder.rules, () => drawn ?? Number.NaN);
      const last = rows.at(-1);
      rules.add(last?.rule ?? '');
      if (last?.node !== node) wrong.push(`${text}: node ${node}, explained ${JSON.stringify(rows)}`);
    }
    const away = recorded.filter(({ node }) => node !== 0).length;
    process.stdout.write(
      `${recorded.length} statements, ${away} of them at standbys, ${wrong.length} explained otherwise; ` +
        `decided by ${[...rules].sort().join(', ')}\n`,
    );
    expect(wrong).toEqual([]);
    expect(recorded.length).toBeGreaterThan(STATEMENTS * 0.9);
    expect(away).toBeGreaterThan(STATEMENTS / 20);
  });
});

/** A statement as a Query or, where it can, as a batch. */
function spoken(text: string, random: Random): [string, Buffer[]] {
  const plain = [encodeQuery(text)];
  if (random.chance(0.1)) return ['named', named(String(1 + random.below(40)))];
  if (random.chance(0.6) || /;|^COPY|^\/\*/.test(text)) return [text, plain];
  return [
    text,
    [
      encodeParse({ statement: '', sql: text, parameterTypes: [] }),
      encodeBind({ portal: '', statement: '', parameterFormats: [], values: [], resultFormats: [] }),
      encodeExecute({ portal: '', rowsMax: 0 }),
      encodeSync(),
    ],
  ];
}

const named = (value: string): Buffer[] => [
  encodeBind({ portal: '', statement: 'named', parameterFormats: [], values: [value], resultFormats: [] }),
  encodeExecute({ portal: '', rowsMax: 0 }),
  encodeSync(),
];
