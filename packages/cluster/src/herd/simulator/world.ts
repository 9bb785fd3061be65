/**
 * A herd in a clock of its own: servers that write, replicate, die, freeze, vanish from sight and come back; a worker that
 * writes wherever its snapshot says; a supervisor that runs the real `step`. What takes time takes a seeded random time.
 */
import type { Effect, HerdEvent, Told } from '../events.ts';
import type { Answer } from '../facts.ts';
import { memoryOf } from '../memory.ts';
import type { HerdSettings } from '../settings.ts';
import { type HerdState, NO_HERD_STATE } from '../state.ts';
import { step } from '../step.ts';
import type { Random } from './random.ts';

export interface Server {
  readonly id: number;
  /** With `hidden` its host is powered off: connections are not refused, they time out. */
  up: boolean;
  frozen: boolean;
  /** The supervisor cannot reach it; workers and other servers may. */
  hidden: boolean;
  /** Workers cannot reach it. */
  cut: boolean;
  inRecovery: boolean;
  timeline: number;
  position: number;
  upstream: number | null;
  /** synchronous_standby_names; whatever it is, it asks for one standby. */
  syncNames: string;
}

export interface Write {
  readonly at: number;
  readonly node: number;
  readonly epoch: number;
  readonly timeline: number;
}

/** What of the herd's doings has to be true whatever happens. */
export interface Broken {
  readonly at: number;
  readonly rule: string;
}

const LOOK_MS = 5;
const LOOK_TIMEOUT_MS = 1_000;
const STREAMING_CHECK_MS = 1_000;
/** A promotion that a server was told of is done within this, or never. */
const PROMOTION_MS = 10_000;
const WRITE_EVERY_MS = 100;
/** 2026, in the life of a simulated supervisor. */
const CLOCK = 1_790_000_000_000;

const newServer = (id: number): Server => ({
  id,
  up: true,
  frozen: false,
  hidden: false,
  cut: false,
  inRecovery: id !== 0,
  timeline: 1,
  position: 1_000,
  upstream: id === 0 ? null : 0,
  syncNames: '',
});

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class World {
  now = 0;
  readonly servers: Server[];
  settings: HerdSettings;
  readonly random: Random;
  state: HerdState = NO_HERD_STATE;
  readonly told: (Told & { readonly at: number })[] = [];
  readonly writes: Write[] = [];
  readonly broken: Broken[] = [];
  /** Names of standbys that no node stands for. */
  readonly discovered: string[] = [];
  /** Answers may come very late, and a promotion may happen after it was given up. */
  odd = false;
  /** What pgpool_status says. */
  private saved = new Map<number, boolean>();
  /** Counts the supervisors: what was begun by one that died tells nothing to the next. */
  life = 1;
  dead = false;
  /** The supervisor dies while it carries out the effects of a step, after so many of them. */
  private diesAfter: number | null = null;
  /** What the worker believes, and the epochs that were closed against it. */
  private worker: { epoch: number; primary: number | null; timeline: number | null } = {
    epoch: 0,
    primary: null,
    timeline: null,
  };
  private closedUpTo = 0;
  private queue: Due[] = [];
  private order = 0;
  private readonly looksDue = new Map<number, number>();

  constructor(settings: HerdSettings, random: Random) {
    this.settings = settings;
    this.random = random;
    this.servers = settings.nodes.map(({ id }) => newServer(id));
    this.dispatch({ t: 'configured' });
    this.every(STREAMING_CHECK_MS, () => {
      for (const { id } of this.settings.nodes) this.look(id, 0);
    });
    this.every(WRITE_EVERY_MS, () => this.work());
  }

  server(id: number): Server {
    const server = this.servers[id];
    if (server === undefined) throw new Error(`no server ${id}`);
    return server;
  }

  /** One more node in the configuration; its server does not run yet. */
  add(id: number): void {
    this.servers[id] = { ...newServer(id), up: false, position: 0 };
    const like = this.settings.nodes[0] as HerdSettings['nodes'][number];
    const node = { ...like, id, host: `db${id}`, applicationName: `server${id}` };
    this.settings = { ...this.settings, nodes: [...this.settings.nodes, node] };
    this.dispatch({ t: 'configured' });
  }

  /** A standby of the primary that the configuration does not know. */
  join(id: number): void {
    this.servers[id] = newServer(id);
  }

  in(ms: number, run: () => void): void {
    const due = { at: this.now + ms, order: ++this.order, run };
    let place = this.queue.length;
    while (place > 0 && (this.queue[place - 1] as Due).at > due.at) place--;
    this.queue.splice(place, 0, due);
  }

  every(ms: number, run: () => void): void {
    const again = (): void => {
      run();
      this.in(ms, again);
    };
    this.in(0, again);
  }

  runUntil(end: number): void {
    for (let next = this.queue[0]; next !== undefined && next.at <= end; next = this.queue[0]) {
      this.queue.shift();
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }

  // --- the supervisor -----------------------------------------------------------------------------------------------

  dispatch(event: HerdEvent): void {
    if (this.dead) return;
    const { state, effects } = step(this.state, event, this.settings, this.now);
    this.state = state;
    for (const [place, effect] of effects.entries()) {
      if (this.diesAfter !== null && effects.length > 1 && place >= this.diesAfter) this.die();
      if (this.dead) return;
      this.carryOut(effect);
    }
  }

  /** Something comes of what this supervisor began, in a while; nobody hears of it when that one is dead by then. */
  reply(ms: number, run: () => HerdEvent | null): void {
    const { life } = this;
    this.in(ms, () => {
      const event = run();
      if (event !== null && life === this.life) this.dispatch(event);
    });
  }

  /** kill -9 of the supervisor, now or in the middle of a step; its workers end with it. Another one starts after a while. */
  crash(downMs: number, midStep: number | null): void {
    if (this.dead || this.diesAfter !== null) return;
    this.diesAfter = midStep;
    this.downMs = downMs;
    if (midStep === null) this.die();
  }

  private downMs = 0;

  private die(): void {
    // The file is written before the effects of each step: it says what the state says.
    const memory = JSON.parse(JSON.stringify(memoryOf(this.state, CLOCK - this.life))) as ReturnType<typeof memoryOf>;
    const { epoch } = this.state;
    const nodes = new Map(this.saved);
    this.dead = true;
    this.diesAfter = null;
    this.life++;
    this.looksDue.clear();
    this.looking.clear();
    this.worker = { epoch: 0, primary: null, timeline: null };
    this.closedUpTo = Math.max(this.closedUpTo, epoch);
    this.in(this.downMs, () => {
      this.dead = false;
      this.state = { ...NO_HERD_STATE, searchingSince: this.now };
      this.dispatch({ t: 'configured' });
      const stored = [...this.state.nodes].map(([id, node]) =>
        nodes.get(id) === false
          ? ([id, { ...node, attached: false, by: 'pgpool_status' }] as const)
          : ([id, node] as const),
      );
      this.state = { ...this.state, nodes: new Map(stored) };
      this.dispatch({ t: 'recalled', memory, clock: CLOCK - this.life + 1 });
      for (const { id } of this.settings.nodes) this.look(id, 0);
    });
  }

  private carryOut(effect: Effect): void {
    const { random } = this;
    switch (effect.t) {
      case 'look':
        for (const node of effect.nodes) this.look(node, effect.afterMs);
        return;
      case 'tick':
        this.reply(effect.afterMs, () => ({ t: 'tick' }));
        return;
      case 'publish':
        this.publish();
        return;
      case 'fence': {
        const { epoch } = effect;
        this.publish();
        // A worker that is blind for its supervisor is killed after half a second: it has no links then either.
        const { life } = this;
        this.reply(random.chance(0.9) ? random.between(1, 20) : 500, () => {
          if (life !== this.life) return null;
          this.closedUpTo = Math.max(this.closedUpTo, epoch);
          if (this.worker.epoch < epoch) this.worker = { epoch, primary: null, timeline: null };
          return { t: 'fenced', epoch };
        });
        return;
      }
      case 'promote':
        this.promote(effect.node);
        return;
      case 'prove': {
        const server = this.server(effect.node);
        this.reply(this.delayed(5, 200), () => ({
          t: 'proved',
          node: server.id,
          error: this.reachable(server) && !server.inRecovery ? null : 'no answer',
        }));
        return;
      }
      case 'follow':
        this.follow(effect.node, effect.primary);
        return;
      case 'command':
        this.reply(random.between(50, 500), () => ({ t: 'commandEnded' }));
        return;
      case 'tell':
        this.told.push({ ...effect, at: this.now });
        return;
      case 'syncNames': {
        const { node, names } = effect;
        this.reply(random.between(5, 50), () => {
          const able = this.reachable(this.server(node));
          if (able) this.server(node).syncNames = names;
          return { t: 'syncNamed', node, names, error: able ? null : 'no answer' };
        });
        return;
      }
      case 'discovered':
        this.discovered.push(effect.applicationName);
        return;
      case 'revive':
        this.reply(random.between(100, 2_000), () => {
          const server = this.server(effect.node);
          const able = !server.hidden;
          if (able) Object.assign(server, { up: true, frozen: false });
          return { t: 'revived', node: server.id, error: able ? null : 'no agent answers' };
        });
        return;
      case 'rejoin':
        this.reply(random.between(100, 2_000), () => {
          this.rejoin(this.server(effect.node), this.server(effect.primary));
          return { t: 'returned', node: effect.node };
        });
        return;
      case 'save':
        this.saved = new Map([...this.state.nodes].map(([id, node]) => [id, node.attached]));
        return;
    }
  }

  /** Most answers come soon; some so late that the act that asked is long over. */
  private delayed(from: number, to: number): number {
    const { random } = this;
    return !this.odd || random.chance(0.97) ? random.between(from, to) : random.between(3_000, 14_000);
  }

  /** The stopped old primary of a switchover starts as a standby of the new one. */
  rejoin(server: Server, primary: Server): void {
    if (server.hidden || (server.up && !server.inRecovery) || server.position > primary.position) return;
    const { timeline, id } = primary;
    Object.assign(server, { up: true, inRecovery: true, upstream: id, timeline });
  }

  /** The snapshot reaches the worker a moment later, in order. */
  private publish(): void {
    const { epoch, primary, timeline } = this.state;
    const { life } = this;
    this.in(1, () => {
      if (life === this.life && epoch >= this.worker.epoch) this.worker = { epoch, primary, timeline };
    });
  }

  readonly reachable = (server: Server): boolean => server.up && !server.frozen && !server.hidden;

  private look(id: number, afterMs: number): void {
    if (this.dead) return;
    const at = this.now + afterMs;
    const due = this.looksDue.get(id);
    if (due !== undefined && due <= at) return;
    this.looksDue.set(id, at);
    this.in(afterMs, () => this.lookNow(id, at));
  }

  /** One look at a node at a time, as in the supervisor: another one follows the one under way. */
  private readonly looking = new Set<number>();

  private lookNow(id: number, at: number): void {
    if (this.looksDue.get(id) !== at) return;
    if (this.looking.has(id)) {
      this.looksDue.set(id, this.now + 1);
      const again = this.now + 1;
      this.in(1, () => this.lookNow(id, again));
      return;
    }
    this.looksDue.delete(id);
    this.looking.add(id);
    const { life } = this;
    const over = (ms: number, event: HerdEvent): void =>
      this.reply(ms, () => {
        if (life === this.life) this.looking.delete(id);
        return event;
      });
    const server = this.server(id);
    if (!server.up && !server.hidden) {
      over(LOOK_MS, { t: 'lookFailed', node: id, failure: { kind: 'refused', reason: 'connection refused' } });
    } else if (!this.reachable(server)) {
      over(LOOK_TIMEOUT_MS, { t: 'lookFailed', node: id, failure: { kind: 'timeout', reason: 'no answer' } });
    } else over(this.random.between(1, LOOK_MS * 4), { t: 'looked', node: id, answer: this.answer(server) });
  }

  answer(server: Server): Answer {
    const upstream = server.upstream === null ? undefined : this.servers[server.upstream];
    const streams = upstream?.up === true && !upstream.frozen;
    return {
      inRecovery: server.inRecovery,
      timeline: server.timeline,
      systemIdentifier: 'herd',
      position: BigInt(server.position),
      received: server.inRecovery ? BigInt(server.position) : null,
      replicas: this.servers
        .filter((other) => other.up && other.inRecovery && other.upstream === server.id)
        .map((other) => ({
          applicationName: `server${other.id}`,
          state: 'streaming',
          syncState: 'async',
          clientAddress: `db${other.id}`,
          replays: true,
        })),
      upstream: server.inRecovery && streams ? { host: `db${upstream?.id}`, port: 5432 } : null,
      syncStandbyNames: server.syncNames,
      subscriptions: 0,
    };
  }

  // --- the servers --------------------------------------------------------------------------------------------------

  private promote(id: number): void {
    this.reply(this.random.between(20, 300), () => ({
      t: 'promoted',
      node: id,
      error: this.promoteNow(this.server(id)),
    }));
  }

  /** @returns why it was not promoted, as far as the one who asked can tell: it may be under way for all that */
  promoteNow(server: Server): string | null {
    const { random } = this;
    if (!this.reachable(server)) return 'no answer';
    if (this.odd && server.inRecovery && random.chance(0.04)) {
      // It was told, and takes its time: the answer did not wait for it.
      this.in(random.between(200, PROMOTION_MS), () => {
        if (server.up && !server.frozen && server.inRecovery) this.becomePrimary(server);
      });
      return 'it was not promoted in time';
    }
    if (server.inRecovery && random.chance(0.95)) this.becomePrimary(server);
    return server.inRecovery ? 'it was not promoted' : null;
  }

  becomePrimary(server: Server): void {
    server.inRecovery = false;
    server.upstream = null;
    server.timeline = Math.max(...this.servers.map((other) => other.timeline)) + 1;
  }

  private follow(id: number, primary: number): void {
    const server = this.server(id);
    this.reply(this.delayed(20, 400), () => {
      const target = this.server(primary);
      const able = this.reachable(server) && server.inRecovery && target.up && server.position <= target.position;
      if (able) {
        server.upstream = primary;
        server.timeline = target.timeline;
      }
      return { t: 'followed', node: id, primary, error: able ? null : 'it does not stream' };
    });
  }

  // --- the worker ---------------------------------------------------------------------------------------------------

  /** One write by a client, and what replicates of it. */
  private work(): void {
    const { worker } = this;
    if (worker.primary !== null) {
      const server = this.server(worker.primary);
      if (!server.up || server.cut) {
        const node = server.id;
        this.reply(1, () => ({ t: 'suspected', node, by: 'session', reason: 'a session lost its connection' }));
      } else if (
        !server.frozen &&
        !server.inRecovery &&
        (worker.timeline === null || worker.timeline === server.timeline)
      ) {
        server.position += 10;
        if (!this.waitsForStandby(server)) {
          this.acknowledged({ at: this.now, node: server.id, epoch: worker.epoch, timeline: server.timeline });
        }
      }
    }
    for (const standby of this.servers) {
      const upstream = standby.upstream === null ? undefined : this.servers[standby.upstream];
      if (!standby.up || standby.frozen || upstream === undefined || !upstream.up || upstream.frozen) continue;
      if (upstream.timeline === standby.timeline) standby.position = Math.max(standby.position, upstream.position);
    }
  }

  private waitsForStandby(server: Server): boolean {
    return server.syncNames !== '' && !this.servers.some((other) => other.up && other.upstream === server.id);
  }

  /** Writes at it wait for a synchronous standby no longer than failover_relax_sync_after. */
  private mayRelax(primary: number): boolean {
    return this.settings.relaxSyncAfterMs > 0 && this.state.promoted === primary;
  }

  private acknowledged(write: Write): void {
    if (write.epoch < this.closedUpTo) this.break(`a write was admitted in epoch ${write.epoch}, which was closed`);
    const before = this.writes.at(-1);
    if (before !== undefined && before.epoch > write.epoch)
      this.break(`a write in epoch ${write.epoch} after one in epoch ${before.epoch}`);
    if (before !== undefined && before.epoch === write.epoch && before.node !== write.node) {
      this.break(`two primaries in epoch ${write.epoch}: nodes ${before.node} and ${write.node}`);
    }
    if (before !== undefined && before.timeline > write.timeline) {
      this.break(
        `a write on timeline ${write.timeline} of node ${write.node} after timeline ${before.timeline} was written`,
      );
    }
    this.writes.push(write);
  }

  private break(rule: string): void {
    if (this.broken.length === 0) this.broken.push({ at: this.now, rule });
  }

  /** Serving, or a state that says why not. */
  get settled(): string | null {
    const { primary, act } = this.state;
    const last = this.writes.at(-1);
    if (primary !== null && last !== undefined && last.node === primary && this.now - last.at < 1_000) return 'serves';
    if (primary !== null && this.waitsForStandby(this.server(primary)) && !this.mayRelax(primary)) return 'explained';
    if (act?.phase === 'blocked' || act?.phase === 'searching' || act?.saidWaiting === true) return 'explained';
    // An operator left it out before a restarted supervisor had found it: the status says so, node by node.
    const { lastPrimary, nodes } = this.state;
    if (primary === null && lastPrimary !== null && nodes.get(lastPrimary.node)?.byOperator === true)
      return 'explained';
    if (primary === null && this.told.some((told) => told.kind === 'primaryLost' || told.kind === 'failoverFailed'))
      return 'explained';
    return null;
  }
}
