/**
 * A herd in a clock of its own: servers that write, replicate, die, freeze, vanish from sight and come back; a worker that
 * writes wherever its snapshot says; a supervisor that runs the real `step`. What takes time takes a seeded random time.
 */
import type { Effect, HerdEvent, Told } from '../events.ts';
import type { Answer } from '../facts.ts';
import type { HerdSettings } from '../settings.ts';
import { type HerdState, NO_HERD_STATE } from '../state.ts';
import { step } from '../step.ts';
import type { Random } from './random.ts';

export interface Server {
  readonly id: number;
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
const WRITE_EVERY_MS = 100;

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
    const { state, effects } = step(this.state, event, this.settings, this.now);
    this.state = state;
    for (const effect of effects) this.carryOut(effect);
  }

  private carryOut(effect: Effect): void {
    const { random } = this;
    switch (effect.t) {
      case 'look':
        for (const node of effect.nodes) this.look(node, effect.afterMs);
        return;
      case 'tick':
        this.in(effect.afterMs, () => this.dispatch({ t: 'tick' }));
        return;
      case 'publish':
        this.publish();
        return;
      case 'fence': {
        const { epoch } = effect;
        this.publish();
        // A worker that is blind for its supervisor is killed after half a second: it has no links then either.
        this.in(random.chance(0.9) ? random.between(1, 20) : 500, () => {
          this.closedUpTo = Math.max(this.closedUpTo, epoch);
          if (this.worker.epoch < epoch) this.worker = { epoch, primary: null, timeline: null };
          this.dispatch({ t: 'fenced', epoch });
        });
        return;
      }
      case 'promote':
        this.promote(effect.node);
        return;
      case 'prove': {
        const server = this.server(effect.node);
        this.in(random.between(5, 200), () =>
          this.dispatch({
            t: 'proved',
            node: server.id,
            error: this.reachable(server) && !server.inRecovery ? null : 'no answer',
          }),
        );
        return;
      }
      case 'follow':
        this.follow(effect.node, effect.primary);
        return;
      case 'command':
        this.in(random.between(50, 500), () => this.dispatch({ t: 'commandEnded' }));
        return;
      case 'tell':
        this.told.push({ ...effect, at: this.now });
        return;
      case 'syncNames': {
        const { node, names } = effect;
        this.in(random.between(5, 50), () => {
          const able = this.reachable(this.server(node));
          if (able) this.server(node).syncNames = names;
          this.dispatch({ t: 'syncNamed', node, names, error: able ? null : 'no answer' });
        });
        return;
      }
      case 'discovered':
        this.discovered.push(effect.applicationName);
        return;
      case 'save':
        return;
    }
  }

  /** The snapshot reaches the worker a moment later, in order. */
  private publish(): void {
    const { epoch, primary, timeline } = this.state;
    this.in(1, () => {
      if (epoch >= this.worker.epoch) this.worker = { epoch, primary, timeline };
    });
  }

  private reachable = (server: Server): boolean => server.up && !server.frozen && !server.hidden;

  private look(id: number, afterMs: number): void {
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
    const over = (ms: number, event: HerdEvent): void =>
      this.in(ms, () => {
        this.looking.delete(id);
        this.dispatch(event);
      });
    const server = this.server(id);
    if (!server.up && !server.hidden) {
      over(LOOK_MS, { t: 'lookFailed', node: id, failure: { kind: 'refused', reason: 'connection refused' } });
    } else if (!this.reachable(server)) {
      over(LOOK_TIMEOUT_MS, { t: 'lookFailed', node: id, failure: { kind: 'timeout', reason: 'no answer' } });
    } else over(this.random.between(1, LOOK_MS * 4), { t: 'looked', node: id, answer: this.answer(server) });
  }

  private answer(server: Server): Answer {
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
    const server = this.server(id);
    this.in(this.random.between(20, 300), () => {
      if (!this.reachable(server)) {
        this.dispatch({ t: 'promoted', node: id, error: 'no answer' });
        return;
      }
      if (server.inRecovery && this.random.chance(0.95)) this.becomePrimary(server);
      this.dispatch({ t: 'promoted', node: id, error: server.inRecovery ? 'it was not promoted' : null });
    });
  }

  becomePrimary(server: Server): void {
    server.inRecovery = false;
    server.upstream = null;
    server.timeline = Math.max(...this.servers.map((other) => other.timeline)) + 1;
  }

  private follow(id: number, primary: number): void {
    const server = this.server(id);
    this.in(this.random.between(20, 400), () => {
      const target = this.server(primary);
      const able = this.reachable(server) && server.inRecovery && target.up && server.position <= target.position;
      if (able) {
        server.upstream = primary;
        server.timeline = target.timeline;
      }
      this.dispatch({ t: 'followed', node: id, primary, error: able ? null : 'it does not stream' });
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
        this.in(1, () =>
          this.dispatch({ t: 'suspected', node, by: 'session', reason: 'a session lost its connection' }),
        );
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
    if (primary === null && this.told.some((told) => told.kind === 'primaryLost' || told.kind === 'failoverFailed'))
      return 'explained';
    return null;
  }
}
