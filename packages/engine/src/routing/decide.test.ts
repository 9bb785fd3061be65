import type { Settings } from '@pgherd/config';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { explain, type RouteRow } from './explain.ts';
import type { HerdView } from './herd-view.ts';
import { judge } from './judge.ts';
import { chooseReadNode, readPreference, readShares } from './read-node.ts';
import type { RoutingRules } from './rules.ts';
import { STRATEGY_NAMES } from './strategies/names.ts';
import { FactsMaker, freshSession, herdOf, rulesOf, threeNodes } from './testing/routing-facts.ts';
import type { Decision, Reason, RoutingNode, SessionFacts, StatementFacts, StatementRoute } from './types.ts';

const maker = new FactsMaker();
afterAll(() => maker.close());

const routeOf = async (sql: string): Promise<StatementRoute> => judge(await maker.of(sql), rulesOf());
const read = await routeOf('select * from t');
const write = await routeOf('insert into t values (1)');
const begin = await routeOf('begin');
const execute = await routeOf('execute p');
const half = (): number => 0.5;

interface Case {
  readonly route?: StatementRoute;
  readonly session?: Partial<SessionFacts>;
  readonly settings?: Partial<Settings>;
  readonly nodes?: Readonly<Record<number, Partial<RoutingNode>>>;
  readonly primary?: number | null;
  readonly draw?: () => number;
}

function decideIn({ route = read, session, settings, nodes, primary = 0, draw = half }: Case): Decision {
  const rules = rulesOf(settings);
  return decide(route, { ...freshSession, ...session }, herdOf(threeNodes(nodes), primary, rules), rules, draw);
}

/** `rung -> node`, with `/node` for the one that was passed over. */
const shown = ({ rung, node, insteadOf }: Decision): string =>
  `${rung} -> ${node}${insteadOf === null ? '' : ` / ${insteadOf}`}`;

const STATE = { I: 0x49, T: 0x54, E: 0x45 };
const late = { lagBytes: 2_000, lagMs: 2_000 };
const near = { lagBytes: 500, lagMs: 500 };
const limited: Partial<Settings> = { delay_threshold: 1_000 };

describe('where an execution goes', () => {
  it.each<[string, Case, string]>([
    ['a read goes to the read node', {}, 'read-node -> 1'],
    ['a write goes to the primary', { route: write }, 'statement -> 0'],
    ['whatever its number', { route: write, primary: 2 }, 'statement -> 2'],
    ['transaction control goes to the primary first', { route: begin }, 'session -> 0'],
    ['EXECUTE of nothing goes to the primary', { route: execute }, 'prepared -> 0'],
    ['without a primary a write goes nowhere', { route: write, primary: null }, 'statement -> null'],
    ['without a primary a read still finds its node', { primary: null }, 'read-node -> 1'],
    // the session
    ['a pinned session reads on the primary', { session: { pinned: 'x' } }, 'pinned -> 0'],
    ['an unknown transaction reads on the primary', { session: { primaryOnly: 'x' } }, 'primary-only -> 0'],
    // 4
    ['a read in a transaction may leave', { session: { status: STATE.T } }, 'read-node -> 1'],
    ['a failed transaction is answered by the primary', { session: { status: STATE.E } }, 'failed-transaction -> 0'],
    [
      'after a write of the transaction',
      { session: { status: STATE.T, wrote: true } },
      'disable_load_balance_on_write -> 0',
    ],
    ['REPEATABLE READ that may write stays', { session: { status: STATE.T, writesOnSnapshot: true } }, 'snapshot -> 0'],
    ['outside a transaction it does not matter', { session: { writesOnSnapshot: true } }, 'read-node -> 1'],
    ['SERIALIZABLE stays', { session: { status: STATE.T, serializable: true } }, 'serializable -> 0'],
    // 5
    ['a write of an earlier transaction', { session: { wrote: true } }, 'read-node -> 1'],
    [
      'with always, a write at any time',
      { session: { wrote: true }, settings: { disable_load_balance_on_write: 'always' } },
      'disable_load_balance_on_write -> 0',
    ],
    // 11
    [
      'dml_adaptive: a written object',
      { session: { status: STATE.T, written: new Set(['u', 't']) } },
      'dml_adaptive -> 0',
    ],
    ['dml_adaptive: another object', { session: { status: STATE.T, written: new Set(['u']) } }, 'read-node -> 1'],
    ['dml_adaptive: outside a transaction', { session: { written: new Set(['t']) } }, 'read-node -> 1'],
    // REPEATABLE READ
    ['a snapshot of the primary', { session: { status: STATE.T, snapshotNode: 0 } }, 'snapshot -> 0'],
    [
      'a snapshot of a standby, however late',
      { session: { status: STATE.T, snapshotNode: 2 }, settings: limited, nodes: { 2: late } },
      'snapshot -> 2',
    ],
    [
      'a snapshot of a standby that is gone',
      { session: { status: STATE.T, snapshotNode: 2 }, nodes: { 2: { up: false } } },
      'node-down -> 0 / 2',
    ],
    // 12
    [
      'statement by statement',
      { settings: { statement_level_load_balance: true }, draw: () => 0.99 },
      'read-node -> 2',
    ],
    [
      'statement by statement, the primary',
      { settings: { statement_level_load_balance: true }, draw: () => 0 },
      'read-node -> 0',
    ],
    // the read node
    ['the primary as read node', { session: { readNode: 0 } }, 'read-node -> 0'],
    ['no read node', { session: { readNode: -1 } }, 'node-down -> 0'],
    ['a read node that is down', { nodes: { 1: { up: false } } }, 'node-down -> 0 / 1'],
    ['a read node that says it is a primary', { nodes: { 1: { role: 'primary' } } }, 'node-down -> 0 / 1'],
    ['a read node whose role nobody knows', { nodes: { 1: { role: 'unknown' } } }, 'read-node -> 1'],
    // 13
    ['late in bytes', { settings: limited, nodes: { 1: late } }, 'delay -> 0 / 1'],
    ['not late in bytes', { settings: limited, nodes: { 1: near } }, 'read-node -> 1'],
    ['at the limit', { settings: limited, nodes: { 1: { lagBytes: 1_000 } } }, 'read-node -> 1'],
    ['never measured', { settings: limited }, 'read-node -> 1'],
    ['late in time', { settings: { delay_threshold_by_time: 1_000 }, nodes: { 1: late } }, 'delay -> 0 / 1'],
    [
      'the limit in time goes before the one in bytes',
      {
        settings: { delay_threshold: 1_000, delay_threshold_by_time: 1_000 },
        nodes: { 1: { lagBytes: 9_999, lagMs: 1 } },
      },
      'read-node -> 1',
    ],
    ['nobody measures', { settings: { ...limited, sr_check_period: 0 }, nodes: { 1: late } }, 'read-node -> 1'],
    [
      'the primary is never late',
      { settings: limited, session: { readNode: 0 }, nodes: { 0: late } },
      'read-node -> 0',
    ],
    [
      'a less late standby',
      { settings: { ...limited, prefer_lower_delay_standby: true }, nodes: { 1: late, 2: near } },
      'delay -> 2 / 1',
    ],
    [
      'all standbys late',
      { settings: { ...limited, prefer_lower_delay_standby: true }, nodes: { 1: late, 2: late } },
      'delay -> 0 / 1',
    ],
    [
      'a less late standby without weight',
      { settings: { ...limited, prefer_lower_delay_standby: true }, nodes: { 1: late, 2: { ...near, weight: 0 } } },
      'delay -> 0 / 1',
    ],
    [
      'a less late standby that is down',
      { settings: { ...limited, prefer_lower_delay_standby: true }, nodes: { 1: late, 2: { ...near, up: false } } },
      'delay -> 0 / 1',
    ],
    // read_after_write
    ['no promise', { session: { token: 100n } }, 'read-node -> 1'],
    ['no write yet', { settings: { read_after_write: 'session' } }, 'read-node -> 1'],
    [
      'a write at an unknown position',
      { settings: { read_after_write: 'session' }, session: { token: 'unknown' } },
      'read_after_write -> 0 / 1',
    ],
    [
      'a node nobody asked',
      { settings: { read_after_write: 'session' }, session: { token: 100n } },
      'read_after_write -> 0 / 1',
    ],
    [
      'a node that lacks the write',
      { settings: { read_after_write: 'session' }, session: { token: 100n }, nodes: { 1: { replayed: 99n } } },
      'read_after_write -> 0 / 1',
    ],
    [
      'a node that has the write',
      { settings: { read_after_write: 'session' }, session: { token: 100n }, nodes: { 1: { replayed: 100n } } },
      'read-node -> 1',
    ],
    [
      'the primary has every write',
      { settings: { read_after_write: 'session' }, session: { token: 'unknown', readNode: 0 } },
      'read-node -> 0',
    ],
    [
      'a less late standby that lacks the write',
      {
        settings: { ...limited, prefer_lower_delay_standby: true, read_after_write: 'wait' },
        session: { token: 100n },
        nodes: { 1: late, 2: { ...near, replayed: 1n } },
      },
      'read_after_write -> 0 / 2',
    ],
  ])('%s', (_, given, expected) => {
    expect(shown(decideIn(given))).toBe(expected);
  });

  it('is the same object each time', () => {
    expect(decideIn({})).toBe(decideIn({}));
    expect(decideIn({ route: write })).toBe(decideIn({ route: write }));
  });

  it('of a less late standby is by weight among equals', () => {
    const rules = rulesOf({ ...limited, prefer_lower_delay_standby: true });
    const nodes = [
      ...threeNodes({ 1: late, 2: { ...near, weight: 0.25 } }),
      { ...threeNodes()[1]!, id: 3, ...near, weight: 0.75 },
    ];
    const herd = herdOf(nodes);
    let onThree = 0;
    for (let i = 0; i < 1_000; i++) {
      const { node } = decide(read, freshSession, herd, rules, () => (i + 0.5) / 1_000);
      if (node === 3) onThree++;
      else expect(node).toBe(2);
    }
    expect(onThree).toBe(750);
  });
});

describe("a session's read node", () => {
  const identity = { application: 'app1', database: 'db1', user: 'user1' };

  /** Share of each node in 1,000 even draws, in hundredths. */
  function spread(settings: Partial<Settings>, nodes: Case['nodes'] = {}, primary: number | null = 0): string {
    const rules = rulesOf(settings);
    const herd = herdOf(threeNodes(nodes), primary, rules);
    const counts = new Map<number, number>();
    for (let i = 0; i < 1_000; i++) {
      const node = chooseReadNode(identity, herd, rules, () => (i + 0.5) / 1_000);
      counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    return [...counts]
      .sort(([a], [b]) => a - b)
      .map(([node, count]) => `${node}:${Math.round(count / 10)}`)
      .join(' ');
  }

  it.each<[string, Partial<Settings>, Case['nodes'], string]>([
    ['by weight', {}, {}, '0:33 1:33 2:33'],
    ['by unlike weights', {}, { 0: { weight: 0 }, 1: { weight: 0.2 }, 2: { weight: 0.8 } }, '1:20 2:80'],
    ['of those that are up', {}, { 1: { up: false } }, '0:50 2:50'],
    ['no second primary', {}, { 1: { role: 'primary' } }, '0:50 2:50'],
    ['the primary when no weight is left', {}, { 0: { weight: 0 }, 1: { weight: 0 }, 2: { weight: 0 } }, '0:100'],
    ['the primary without balancing', { load_balance_mode: false }, {}, '0:100'],
    ['primary', { user_redirect_preference_list: 'user1:primary' }, {}, '0:100'],
    ['primary, in part', { user_redirect_preference_list: 'user1:primary(0.6)' }, {}, '0:60 1:20 2:20'],
    ['standby', { user_redirect_preference_list: 'user1:standby' }, {}, '1:50 2:50'],
    ['standby, in part', { user_redirect_preference_list: 'user1:standby(0.6)' }, {}, '0:40 1:30 2:30'],
    ['standby by weight', { user_redirect_preference_list: 'user1:standby' }, { 2: { weight: 3 } }, '1:25 2:75'],
    ['a node', { user_redirect_preference_list: 'user1:2' }, {}, '2:100'],
    ['a node, in part', { user_redirect_preference_list: 'user1:2(0.5)' }, {}, '0:25 1:25 2:50'],
    ['a node without weight', { user_redirect_preference_list: 'user1:2' }, { 2: { weight: 0 } }, '2:100'],
    ['never', { user_redirect_preference_list: 'user1:2(0)' }, {}, '0:50 1:50'],
    [
      'a node that is down is passed over',
      { user_redirect_preference_list: 'user1:2(0.5)' },
      { 2: { up: false } },
      '0:50 1:50',
    ],
    ['a node that does not exist is passed over', { user_redirect_preference_list: 'user1:7' }, {}, '0:33 1:33 2:33'],
    [
      'no standby is up',
      { user_redirect_preference_list: 'user1:standby(0.5)' },
      { 1: { up: false }, 2: { up: false } },
      '0:100',
    ],
    ['the first that fits', { user_redirect_preference_list: 'other:1,user.*:2,user1:1' }, {}, '2:100'],
    ['a whole name', { user_redirect_preference_list: 'user:2' }, {}, '0:33 1:33 2:33'],
    [
      'the database before the user',
      { database_redirect_preference_list: 'db1:1', user_redirect_preference_list: 'user1:2' },
      {},
      '1:100',
    ],
    [
      'the application before both',
      {
        app_name_redirect_preference_list: 'app1:0',
        database_redirect_preference_list: 'db1:1',
        user_redirect_preference_list: 'user1:2',
      },
      {},
      '0:100',
    ],
    [
      'a database that is not theirs',
      { database_redirect_preference_list: 'db2:1', user_redirect_preference_list: 'user1:2' },
      {},
      '2:100',
    ],
    ['late, and nobody minds', limited, { 1: late }, '0:33 1:33 2:33'],
    ['late, replaced', { ...limited, prefer_lower_delay_standby: true }, { 1: late, 2: near }, '0:33 2:67'],
    ['all late, kept', { ...limited, prefer_lower_delay_standby: true }, { 1: late, 2: late }, '0:33 1:33 2:33'],
    [
      'a named one that is late, whatever the ratio',
      { ...limited, prefer_lower_delay_standby: true, user_redirect_preference_list: 'user1:1(0.1)' },
      { 1: late, 2: near },
      '2:100',
    ],
  ])('%s', (_, settings, nodes, expected) => {
    expect(spread(settings, nodes)).toBe(expected);
  });

  it('without a primary is a standby, or nobody', () => {
    expect(spread({}, { 0: { up: false, role: 'unknown' } }, null)).toBe('1:50 2:50');
    expect(spread({}, { 0: { up: false }, 1: { up: false }, 2: { up: false } }, null)).toBe('-1:100');
  });

  it('is chosen with the probabilities that are shown', () => {
    const rules = rulesOf({ user_redirect_preference_list: 'user1:2(0.5)' });
    const herd = herdOf(threeNodes({ 1: { weight: 3 } }));
    expect([...readShares(readPreference(identity, rules), herd)]).toEqual([
      [2, 0.5],
      [0, 0.125],
      [1, 0.375],
    ]);
  });

  it('is written down: who fits, how probable each node is, what was drawn', () => {
    const rules = rulesOf({ user_redirect_preference_list: 'user1:standby(0.5)' });
    const trace: Reason[] = [];
    expect(chooseReadNode(identity, herdOf(), rules, () => 0.75, trace)).toBe(0);
    expect(trace).toEqual([
      { rule: 'user_redirect_preference_list', found: '"user1" matches user1:standby(0.5)', decided: false },
      { rule: 'weighted_random', found: 'probability 0.25', decided: false, node: 1 },
      { rule: 'weighted_random', found: 'probability 0.25', decided: false, node: 2 },
      { rule: 'weighted_random', found: 'probability 0.5', decided: false, node: 0 },
      { rule: 'draw', found: '0.75', decided: false, node: 0 },
    ]);
  });

  it('is drawn in proportion to the weights', () => {
    const rules = rulesOf();
    const weights = [0.5, 0.3, 0.2];
    const herd = herdOf(threeNodes({ 0: { weight: 0.5 }, 1: { weight: 0.3 }, 2: { weight: 0.2 } }));
    const draw = generator(42);
    const draws = 20_000;
    const counts = [0, 0, 0];
    for (let i = 0; i < draws; i++) counts[chooseReadNode(identity, herd, rules, draw)]! += 1;
    weights.forEach((p, node) => {
      expect(Math.abs(counts[node]! - draws * p)).toBeLessThan(3 * Math.sqrt(draws * p * (1 - p)));
    });
  });
});

/** Numbers from 0 up to 1 that are the same in each run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const texts = ['select * from t', 'select 1', 'select f_write()', 'select * from pg_class', 'insert into t values (1)'];
texts.push('begin', 'execute p', 'explain select 1', '', 'selekt', 'select 1; select * from u', 'set work_mem = 1');
const facts: readonly StatementFacts[] = await Promise.all(texts.map((sql) => maker.of(sql)));

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
const nodeArb = fc.record({
  up: fc.boolean(),
  weight: fc.constantFrom(0, 0.2, 0.5, 1),
  lagBytes: maybe(fc.nat(2_000)),
  lagMs: maybe(fc.nat(2_000)),
  replayed: maybe(fc.bigInt(0n, 200n)),
});
const preferenceArb = fc.record({
  setting: fc.constant('user_redirect_preference_list'),
  pattern: fc.constant('x'),
  matched: fc.constant('x'),
  target: fc.constantFrom<'primary' | 'standby' | number>('primary', 'standby', 0, 1, 2, 3, 9),
  ratio: fc.constantFrom(0, 0.3, 1),
});
const sessionArb: fc.Arbitrary<SessionFacts> = fc.record({
  status: fc.constantFrom(0x49, 0x49, 0x54, 0x54, 0x45),
  wrote: fc.boolean(),
  serializable: fc.constantFrom(false, false, true),
  writesOnSnapshot: fc.constantFrom(false, false, true),
  primaryOnly: fc.constantFrom(null, null, 'x'),
  pinned: fc.constantFrom(null, null, 'x'),
  written: fc.constantFrom(null, new Set(['t']), new Set(['u'])),
  readNode: fc.constantFrom(-1, 0, 1, 2, 3),
  preference: maybe(preferenceArb),
  snapshotNode: fc.constantFrom(null, null, 0, 2),
  token: fc.constantFrom<SessionFacts['token']>(null, null, 'unknown', 100n),
});
const settingsArb = fc.record({
  load_balance_mode: fc.constantFrom(true, true, true, false),
  statement_level_load_balance: fc.boolean(),
  disable_load_balance_on_write: fc.constantFrom('transaction', 'always', 'dml_adaptive'),
  delay_threshold: fc.constantFrom(0, 1_000),
  delay_threshold_by_time: fc.constantFrom(0, 0, 1_000),
  prefer_lower_delay_standby: fc.boolean(),
  read_after_write: fc.constantFrom('off', 'session'),
  load_balance_strategy: fc.constantFrom(...STRATEGY_NAMES),
});
const worldArb = fc.record({
  facts: fc.constantFrom(...facts),
  session: sessionArb,
  settings: settingsArb,
  nodes: fc.array(nodeArb, { minLength: 1, maxLength: 4 }),
  primary: fc.constantFrom(null, 0, 0, 0, 1),
  number: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

interface World {
  readonly facts: StatementFacts;
  readonly session: SessionFacts;
  readonly rules: RoutingRules;
  readonly herd: HerdView;
  readonly draw: () => number;
}

function inWorld(check: (world: World) => void, numRuns: number): void {
  fc.assert(
    fc.property(worldArb, ({ facts: found, session, settings, nodes, primary, number }) => {
      const rules = rulesOf(settings);
      const known = primary !== null && primary < nodes.length ? primary : null;
      const herd = herdOf(
        nodes.map((node, id) => ({ id, role: id === known ? 'primary' : 'standby', ...node })),
        known,
        rules,
      );
      let draws = 0;
      const draw = (): number => {
        draws++;
        return number;
      };
      check({ facts: found, session, rules, herd, draw });
      expect(draws).toBeLessThanOrEqual(4);
    }),
    { numRuns, seed: 7 },
  );
}

describe('whatever the world is like', () => {
  it('the ladder that is explained ends where the statement goes', () => {
    inWorld(({ facts: found, session, rules, herd, draw }) => {
      const rows: RouteRow[] = explain(found, session, herd, rules, draw);
      const route = judge(found, rules);
      const trace: Reason[] = [];
      const traced = decide(route, session, { ...herd }, rules, draw, trace);
      // Turns are taken and slowness forgotten by deciding: the explanation came first and must not have done so.
      const last = rows.at(-1)!;
      expect(last.verdict).toBe('decides');
      expect(rows.filter(({ verdict }) => verdict === 'decides')).toHaveLength(1);
      expect(last.node).toBe(traced.node);
      expect(trace.at(-1)).toMatchObject({ decided: true, node: traced.node });
    }, 3_000);
  });

  it('a trace changes nothing', () => {
    inWorld(({ facts: found, session, rules, herd, draw }) => {
      const route = judge(found, rules);
      if (rules.strategy === 'smooth_round_robin' || rules.strategy === 'lowest_latency') return;
      expect(decide(route, session, herd, rules, draw, [])).toBe(decide(route, session, herd, rules, draw));
    }, 2_000);
  });

  it('a read goes to a node that is up, and a drawn one has weight', () => {
    inWorld(({ facts: found, session, rules, herd, draw }) => {
      const route = judge(found, rules);
      const trace: Reason[] = [];
      const { node, rung } = decide(route, session, herd, rules, draw, trace);
      if (node === null || node === herd.primary) return;
      expect(route.destination).toBe('either');
      expect(herd.byId[node]?.up).toBe(true);
      const named = session.preference?.target === node;
      if (rung === 'read-node' && rules.statementLevel && !named) expect(herd.byId[node]!.weight).toBeGreaterThan(0);
    }, 3_000);
  });

  it('the probabilities that are shown add up to 1', () => {
    inWorld(({ session, herd }) => {
      if (herd.primary === null) return;
      const shares = [...readShares(session.preference, herd).values()];
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
    }, 1_000);
  });
});

describe('explain', () => {
  it('shows the whole ladder', async () => {
    const rules = rulesOf({
      statement_level_load_balance: true,
      delay_threshold: 1_000,
      prefer_lower_delay_standby: true,
      read_after_write: 'session',
    });
    const herd = herdOf(threeNodes({ 0: { weight: 0 }, 1: late, 2: { ...near, replayed: 0x1_0000_0010n } }), 0, rules);
    const session: SessionFacts = { ...freshSession, token: 0x1_0000_0000n };
    const rows = explain(await maker.of('select * from t'), session, herd, rules, () => 0.25);
    expect(rows.map(({ rule, verdict, value, node }) => `${rule} | ${verdict} | ${value} | ${node}`)).toEqual([
      'load_balance_mode | passes | on | null',
      'read | passes | select is a read | null',
      'system catalog | passes | t is none | null',
      'check_temp_table | passes | t is not temporary | null',
      'check_unlogged_table | passes | t is logged | null',
      'statement | passes | a read that may leave the primary | null',
      'pinned | passes | no | null',
      'primary-only | passes | no | null',
      'transaction | passes | none | null',
      'serializable | passes | no | null',
      'disable_load_balance_on_write | passes | transaction: nothing was written | null',
      'weighted_random | passes | probability 0.5 | 1',
      'weighted_random | passes | probability 0.5 | 2',
      'draw | passes | 0.25 | 1',
      'statement_level_load_balance | passes | on | 1',
      'delay_threshold | passes | 2000 bytes, at most 1000 bytes | 1',
      'read_after_write | passes | needs 1/0, has replayed 1/10 | 2',
      'prefer_lower_delay_standby | decides | 500 bytes, at most 1000 bytes | 2',
    ]);
  });

  it('takes nobody out of turn', async () => {
    const rules = rulesOf({
      statement_level_load_balance: true,
      load_balance_strategy: 'smooth_round_robin',
    } as Partial<Settings>);
    const herd = herdOf(threeNodes(), 0, rules);
    const found = await maker.of('select * from t');
    const seen: (number | null)[] = [];
    for (let i = 0; i < 6; i++) {
      const explained = explain(found, freshSession, herd, rules, half).at(-1)!.node;
      seen.push(decide(judge(found, rules), freshSession, herd, rules, half).node);
      expect(explained).toBe(seen.at(-1));
    }
    expect(seen.toSorted()).toEqual([0, 0, 1, 1, 2, 2]);
  });
});
