/** A random schedule of faults, and what it comes to. */
import type { HerdSettings } from '../settings.ts';
import { Random } from './random.ts';
import { switchover } from './switchover.ts';
import { type Broken, type Server, World } from './world.ts';

export interface Played {
  readonly seed: number;
  readonly faults: readonly string[];
  readonly broken: Broken | null;
  readonly end: string | null;
  readonly failovers: number;
}

export function simulatedSettings(nodes: number, over: Partial<HerdSettings> = {}): HerdSettings {
  return {
    nodes: Array.from({ length: nodes }, (_, id) => ({
      id,
      host: `db${id}`,
      port: 5432,
      weight: 1,
      applicationName: `server${id}`,
      allowToFailover: true,
      alwaysPrimary: false,
      configured: true,
    })),
    streaming: true,
    canAsk: true,
    failoverBy: 'builtin',
    commands: { failover: false, failback: false, follow: false },
    failoverOnBackendError: true,
    failoverOnBackendShutdown: false,
    detachFalsePrimary: false,
    autoFailback: true,
    autoFailbackIntervalMs: 2_000,
    searchPrimaryMs: 10_000,
    maxLostBytes: null,
    relaxSyncAfterMs: 0,
    discoverStandbys: false,
    ...over,
  };
}

type Fault = (world: World, server: Server, random: Random) => string;

const FAULTS: readonly Fault[] = [
  (_, server) => {
    server.up = false;
    return 'killed';
  },
  (_, server) => {
    server.frozen = true;
    return 'frozen';
  },
  (world, server, random) => {
    server.frozen = true;
    world.in(random.between(200, 6_000), () => {
      server.frozen = false;
    });
    return 'frozen for a while';
  },
  (world, server, random) => {
    server.up = false;
    world.in(random.between(100, 5_000), () => {
      server.up = true;
    });
    return 'restarted';
  },
  (_, server) => {
    server.hidden = true;
    return 'hidden from the supervisor';
  },
  (_, server) => {
    server.cut = true;
    return 'hidden from the workers';
  },
  (world, server, random) => {
    server.cut = true;
    server.hidden = true;
    world.in(random.between(500, 4_000), () => {
      server.cut = false;
      server.hidden = false;
    });
    return 'unreachable for a while';
  },
  (world, server) => {
    if (server.inRecovery && server.up && !server.frozen) world.becomePrimary(server);
    return 'promoted by somebody else';
  },
  (world, server) => {
    world.dispatch({ t: 'detach', node: server.id, by: 'operator', reason: 'asked', byOperator: true });
    return 'detached by an operator';
  },
  (world, server) => {
    world.dispatch({ t: 'attach', node: server.id, by: 'operator', reason: 'asked' });
    return 'attached by an operator';
  },
  (world, _, random) => {
    const id = world.servers.length;
    if (id > NODES_MAX) return 'no room for another one';
    world.add(id);
    world.in(random.between(100, 5_000), () => {
      const source = world.servers.find((other) => other.up && !other.inRecovery);
      if (source === undefined) return;
      const { timeline, position } = source;
      Object.assign(world.server(id), { up: true, timeline, position, upstream: source.id });
    });
    return `: node ${id} is new`;
  },
  (world) => {
    for (const server of world.servers) server.syncNames = 'ANY 1 (*)';
    return ': all of them ask for a synchronous standby';
  },
];
/** What needs a supervisor that lives; besides the faults above, in some schedules. */
const ACTS: readonly Fault[] = [
  (world, _, random) => {
    world.crash(random.between(50, 3_000), null);
    return ': the supervisor dies';
  },
  (world, _, random) => {
    // Some steps later, between two effects of one.
    world.crash(random.between(50, 3_000), random.below(4));
    return ': the supervisor dies in the middle of a step';
  },
  (world, server) => {
    switchover(world, server.id);
    return ': a switchover to it begins';
  },
  (_, server) => {
    Object.assign(server, { up: false, hidden: true, cut: true });
    return 'is powered off';
  },
];
const NODES_MAX = 5;

const FAULTS_BY_MS = 6_000;
const HEAL_MS = 12_000;
const END_MS = 26_000;

/** Some faults within six seconds; at twelve all is healed but what was promoted; then it has fourteen to settle. */
export function play(seed: number, watch?: (world: World) => void): Played {
  const random = new Random(seed);
  const settings = simulatedSettings(2 + random.below(3), {
    failoverBy: random.chance(0.8) ? 'builtin' : 'external',
    autoFailback: random.chance(0.7),
    detachFalsePrimary: random.chance(0.3),
    relaxSyncAfterMs: random.chance(0.5) ? 3_000 : 0,
  });
  const world = new World(settings, random);
  world.odd = true;
  watch?.(world);
  const faults: string[] = [];
  const count = 1 + random.below(4);
  const acts = random.chance(0.6);
  for (let i = 0; i < count; i++) {
    world.in(random.between(1_500, FAULTS_BY_MS), () => {
      const server = world.server(
        random.chance(0.5) ? (world.state.primary ?? 0) : random.below(settings.nodes.length),
      );
      const list = acts && random.chance(0.5) ? ACTS : FAULTS;
      const fault = list[random.below(list.length)] as Fault;
      faults.push(`${(world.now / 1000).toFixed(2)} node ${server.id} ${fault(world, server, random)}`);
    });
  }
  world.in(HEAL_MS, () => {
    for (const server of world.servers) Object.assign(server, { up: true, frozen: false, hidden: false, cut: false });
  });
  world.runUntil(END_MS);
  return {
    seed,
    faults,
    broken: world.broken[0] ?? null,
    end: world.settled,
    failovers: world.told.filter((told) => told.kind === 'failoverDone' && told.details['replaced'] === true).length,
  };
}
