/**
 * Stories of a herd that can be read: a line per fault (`2.0 kill 0`), and what the herd told of it comes back, one line each.
 * Verbs: kill, start, freeze, thaw, hide, show (from the supervisor), cut, join (from the workers), promote (by somebody
 * else), detach, attach, check (a health check failed), add (a new node in the
 * configuration), appear (a standby that the configuration does not know), turn (it receives from the
 * primary of now), sync (it asks for one synchronous standby), switchover
 * (to it), off (its host is powered off), die (the supervisor, for so many milliseconds).
 */
import type { HerdSettings } from '../settings.ts';
import { Random } from './random.ts';
import { simulatedSettings } from './schedule.ts';
import { switchover } from './switchover.ts';
import { type Server, World } from './world.ts';

const OF_THE_WORLD: Readonly<Record<string, (world: World, id: number) => void>> = {
  add: (world, id) => world.add(id),
  appear: (world, id) => world.join(id),
  switchover: (world, id) => switchover(world, id),
  die: (world, ms) => world.crash(ms, null),
};
const VERBS: Readonly<Record<string, (world: World, server: Server) => void>> = {
  kill: (_, server) => {
    server.up = false;
  },
  start: (_, server) => {
    server.up = true;
  },
  freeze: (_, server) => {
    server.frozen = true;
  },
  thaw: (_, server) => {
    server.frozen = false;
  },
  hide: (_, server) => {
    server.hidden = true;
  },
  show: (_, server) => {
    server.hidden = false;
  },
  cut: (_, server) => {
    server.cut = true;
  },
  join: (_, server) => {
    server.cut = false;
  },
  off: (_, server) => {
    Object.assign(server, { up: false, hidden: true, cut: true });
  },
  turn: (world, server) => {
    const primary = world.servers.find((other) => other.up && !other.inRecovery);
    server.upstream = primary?.id ?? null;
    server.timeline = primary?.timeline ?? server.timeline;
  },
  sync: (_, server) => {
    server.syncNames = 'ANY 1 (*)';
  },
  promote: (world, server) => world.becomePrimary(server),
  detach: (world, { id }) =>
    world.dispatch({ t: 'detach', node: id, by: 'operator', reason: 'asked for', byOperator: true }),
  failover: (world) => world.dispatch({ t: 'failover', to: null, acceptLoss: true, by: 'dba via cli' }),
  attach: (world, { id }) => world.dispatch({ t: 'attach', node: id, by: 'operator', reason: 'asked for' }),
  check: (world, { id }) =>
    world.dispatch({ t: 'suspected', node: id, by: 'health check', reason: 'health check failed' }),
};

export interface Story {
  /** `seconds message`, whole seconds: when a look falls within one does not matter. */
  readonly told: readonly string[];
  readonly world: World;
}

export function tell(script: string, seconds: number, nodes = 3, over: Partial<HerdSettings> = {}): Story {
  const world = new World(simulatedSettings(nodes, over), new Random(1));
  for (const line of script.trim().split('\n')) {
    const [at = '', verb = '', id = ''] = line.trim().split(/\s+/);
    const act = VERBS[verb];
    const change = OF_THE_WORLD[verb];
    if (change !== undefined) {
      world.in(Number(at) * 1000, () => change(world, Number(id)));
      continue;
    }
    if (act === undefined) throw new Error(`"${line.trim()}" is no line of a script`);
    world.in(Number(at) * 1000, () => act(world, world.server(Number(id))));
  }
  world.runUntil(seconds * 1000);
  return { told: world.told.map((told) => `${Math.floor(told.at / 1000)} ${told.message}`), world };
}
