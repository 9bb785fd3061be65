import { decide } from './decide.ts';
import { herdView } from './herd-view.ts';
import { judge } from './judge.ts';
import { SessionState } from './session-state.ts';
import { STRATEGY_NAMES } from './strategies/names.ts';
import { createStrategy } from './strategies/strategies.ts';
import { FactsMaker, freshSession, rulesOf, threeNodes } from './testing/routing-facts.ts';
import type { SessionFacts } from './types.ts';

/** `node packages/engine/src/routing/decide.bench.ts`: nanoseconds of CPU for each call, the best and the median of rounds, and bytes
 *  of heap. At most 100 ns for a decision. */
const ROUNDS = 15;
const CALLS = 200_000;

const maker = new FactsMaker();
const readFacts = await maker.of('select * from t where a = 1');
const route = judge(readFacts, rulesOf());
const write = judge(await maker.of('insert into t values (1)'), rulesOf());
maker.close();

let state = 1;
const draw = (): number => {
  state = (state * 16_807) % 2_147_483_647;
  return state / 2_147_483_648;
};

function measure(name: string, call: () => unknown): void {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) call();
    const { user, system } = process.cpuUsage(begin);
    rounds.push(((user + system) * 1_000) / CALLS);
  }
  rounds.sort((a, b) => a - b);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < CALLS; i++) call();
  const heapBytes = Math.max(0, process.memoryUsage().heapUsed - before) / CALLS;
  process.stdout.write(
    `${name.padEnd(34)} best ${rounds[0]!.toFixed(1)} ns  median ${rounds[ROUNDS >> 1]!.toFixed(1)} ns  heap ${heapBytes.toFixed(2)} bytes\n`,
  );
}

const nodes = threeNodes({ 1: { lagBytes: 10, replayed: 200n }, 2: { lagBytes: 2_000, replayed: 200n } });
const plain = rulesOf();
const plainHerd = herdView(1, 0, nodes, createStrategy('weighted_random'));
const session = new SessionState(plain);
session.readNode = 1;
measure('a write', () => decide(write, session, plainHerd, plain, draw));
measure("a read, the session's node", () => decide(route, session, plainHerd, plain, draw));

const strict = rulesOf({ delay_threshold: 1_000, read_after_write: 'session' });
const token: SessionFacts = { ...freshSession, token: 100n };
measure('a read, delay and position', () => decide(route, token, plainHerd, strict, draw));

const adaptive: SessionFacts = { ...freshSession, status: 0x54, written: new Set(['u', 'v']) };
measure('a read, dml_adaptive', () => decide(route, adaptive, plainHerd, plain, draw));

for (const name of STRATEGY_NAMES) {
  const rules = rulesOf({ statement_level_load_balance: true });
  const herd = herdView(1, 0, nodes, createStrategy(name));
  measure(`a read, ${name}`, () => decide(route, freshSession, herd, rules, draw));
}

const routes = [route];
measure('session: a read sent and finished', () => {
  session.sent(route, 1);
  session.finished(routes, true, 0x49, 0x49);
});
const writes = [write];
measure('session: a write sent and finished', () => {
  session.sent(write, 0);
  session.finished(writes, true, 0x49, 0x49);
});
measure('judge a read', () => judge(readFacts, plain));
