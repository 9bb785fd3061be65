/**
 * The shell around the herd's brain (`@pgherd/cluster` step): looks at nodes on their periods and when asked to, feeds what
 * they say into `step`, and carries out its effects. Keeps nothing that decides; what is believed is in `state`.
 */
import fs from 'node:fs';
import path from 'node:path';
import {
  type Answer,
  type Effect,
  type Failure,
  type HerdEvent,
  type HerdMemory,
  type HerdState,
  lagOfPrimary,
  lagOfStandby,
  memoryOf,
  NO_HERD_STATE,
  NO_LAG_KNOWN,
  type NodeState,
  type ProbeResult,
  type ProbeTarget,
  parseLsn,
  probe,
  type Replication,
  reachable,
  type SuspectedBy,
  step,
  type Told,
  whyNoPrimary,
} from '@pgherd/cluster';
import { backendOf, type HealthCheckSettings, type Settings, weightShares } from '@pgherd/config';
import type { ClusterSnapshot } from '../ipc.ts';
import type { Logger } from '../log/logger.ts';
import { HealthChecks, type Look } from './health-checks.ts';
import { canAsk, herdSettings } from './herd-settings.ts';
import { Looks } from './looks.ts';
import { delayLine } from './standby-delay.ts';
import type { StoredStatus } from './status-file.ts';

/** A node as it is shown: what is believed and what was measured. */
export interface WatchedNode {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly attached: boolean;
  readonly quarantined: boolean;
  /** Null before the first look. */
  readonly reachable: boolean | null;
  /** Null while nobody could ask. */
  readonly inRecovery: boolean | null;
  readonly role: NodeState['role'];
  /** Why it is where it is, or why the last look failed. */
  readonly reason: string | null;
  /** Who decided on its state last. */
  readonly by: string;
  readonly lastChange: Date;
  readonly answer: Answer | null;
  /** Another node took its place as the primary. */
  readonly replaced: boolean;
  readonly lagBytes: number | null;
  readonly lagMs: number | null;
  readonly replayLsn: string | null;
  /** pg_stat_replication.state and sync_state; empty if unknown. */
  readonly replicationState: string;
  readonly replicationSyncState: string;
}

/** Who carries out what the brain wishes. Results come back through `dispatch`. */
export interface HerdHands {
  publish(snapshot: ClusterSnapshot): void;
  /** Resolves when no worker has a link to the old primary any more. */
  fence(snapshot: ClusterSnapshot): Promise<void>;
  promote(node: number): Promise<void>;
  proveWrite(node: number): Promise<void>;
  follow(node: number, primary: number, forkAt: bigint | null): Promise<void>;
  command(effect: Extract<Effect, { t: 'command' }>): Promise<void>;
  setSyncNames(node: number, names: string): Promise<void>;
  /** A standby that no node stands for. */
  discovered(effect: Extract<Effect, { t: 'discovered' }>): void;
  tell(told: Told): void;
  /** Starts the old primary of a switchover that was cut short, as what it was. */
  revive(node: number): Promise<void>;
  /** Starts it as a standby of the new one. */
  rejoin(node: number, primary: number): Promise<void>;
  /** Written down before the effects of the step that changed it. */
  remember(memory: HerdMemory): void;
  save(attached: ReadonlyMap<number, boolean>): void;
}

const FIRST_LOOK_RETRY_MS = 250;
const SUSPICION_GAP_MS = 200;
const PROBE_LIMIT_DEFAULT_MS = 10_000;
/** How long clients that need the primary wait for a new one before they are told why there is none. */
const HOLD_MS = 30_000;
const OLDEST_VERSION = 130_000;
const REACHABLE_ONLY: Answer = {
  inRecovery: true,
  timeline: null,
  systemIdentifier: null,
  position: null,
  received: null,
  replicas: [],
  upstream: null,
  syncStandbyNames: '',
  subscriptions: 0,
};

/** As towards any backend: with ssl_ca_cert the server's chain is verified, without it any certificate is taken. */
export function probeTls(settings: Settings, directory: string): ProbeTarget['tls'] {
  if (!settings.ssl) return false;
  if (settings.ssl_ca_cert === '' && settings.ssl_ca_cert_dir === '') return { rejectUnauthorized: false };
  try {
    const ca = fs.readFileSync(path.resolve(directory, settings.ssl_ca_cert), 'utf8');
    return { ca, rejectUnauthorized: true };
  } catch {
    return { rejectUnauthorized: true }; // what cannot be read verifies nobody; the workers say why
  }
}

export interface HerdWatchOptions {
  readonly settings: Settings;
  readonly log: Logger;
  /** @returns the password of an internal user: as given, or from pool_passwd */
  readonly password: (user: string, given: string) => string | null;
  readonly hands: HerdHands;
  /** Of pgpool.conf: what relative file names start from. */
  readonly directory: string;
  /** What pgpool_status said at the start. */
  readonly stored: readonly StoredStatus[] | null;
  /** Nodes whose synchronous_standby_names was relaxed and not put back before the last stop. */
  readonly relaxed: HerdState['relaxed'];
  /** What was written down last before this start; null = nothing. */
  readonly memory: HerdMemory | null;
}

export class HerdWatch {
  private settings: Settings;
  private readonly directory: string;
  private tls: ProbeTarget['tls'] = false;
  private readonly log: Logger;
  private readonly password: (user: string, given: string) => string | null;
  private readonly hands: HerdHands;
  private state: HerdState = { ...NO_HERD_STATE, searchingSince: performance.now() };
  /** What each node said of its replication, as text for lag; null when it did not answer. */
  private readonly said = new Map<number, Replication | null>();
  private readonly refused = new Set<number>();
  private shown = new Map<number, WatchedNode>();
  private timers: NodeJS.Timeout[] = [];
  private ticker: { at: number; timer: NodeJS.Timeout } | null = null;
  private lastSuspicion = new Map<number, number>();
  private warnedUnknown = false;
  /** Looks at all nodes that are under way: what is missing is told after them. */
  private rounds = 0;
  private stopped = false;
  private began = false;
  private memory: HerdMemory | null;
  private readonly clockOffset = Date.now() - performance.now();
  readonly health: HealthChecks;
  readonly looks: Looks;

  constructor(options: HerdWatchOptions) {
    this.settings = options.settings;
    this.directory = options.directory;
    this.log = options.log;
    this.password = options.password;
    this.hands = options.hands;
    this.looks = new Looks((node) => this.ask(node));
    this.health = new HealthChecks({
      look: (check) => this.lookForHealth(check),
      retrying: (nodeId, reason, retry, max) => this.healthRetried(nodeId, reason, retry, max),
      verdict: (nodeId, look, news) => this.healthJudged(nodeId, look, news),
    });
    this.tls = probeTls(options.settings, options.directory);
    this.dispatch({ t: 'configured' });
    this.believeStored(options.stored);
    this.state = { ...this.state, relaxed: options.relaxed };
    this.memory = options.memory;
  }

  /** Nodes that pgpool_status names as down stay out until they are attached. */
  private believeStored(stored: readonly StoredStatus[] | null): void {
    if (stored === null) return;
    const nodes = new Map(this.state.nodes);
    for (const node of nodes.values()) {
      if (stored[node.id] !== 'down') continue;
      nodes.set(node.id, {
        ...node,
        attached: false,
        by: 'pgpool_status',
        reason: 'pgpool_status says that it is down',
      });
    }
    this.state = { ...this.state, nodes };
    this.show();
  }

  get nodes(): ReadonlyMap<number, WatchedNode> {
    return this.shown;
  }

  get epoch(): number {
    return this.state.epoch;
  }

  get primary(): number | null {
    return this.state.primary;
  }

  get believed(): HerdState {
    return this.state;
  }

  get whyNoPrimary(): readonly string[] {
    return whyNoPrimary(this.state);
  }

  async start(): Promise<void> {
    this.began = true;
    const { memory } = this;
    this.memory = null;
    if (memory !== null) this.dispatch({ t: 'recalled', memory, clock: this.clockOffset });
    await this.look();
    this.schedule();
  }

  reload(settings: Settings): void {
    const before = this.addresses;
    this.settings = settings;
    this.tls = probeTls(settings, this.directory);
    this.dispatch({ t: 'configured' });
    // Weights count at once; a server at another address is looked at first.
    if (this.addresses === before) this.hands.publish(this.snapshot());
    this.schedule();
    void this.look();
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    this.health.stop();
    this.looks.stop();
    if (this.ticker !== null) clearTimeout(this.ticker.timer);
  }

  private schedule(): void {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    if (this.stopped) return;
    const { settings } = this;
    if (settings.sr_check_period > 0) {
      this.timers.push(setInterval(() => void this.look(), settings.sr_check_period * 1000));
    }
    this.health.schedule(settings.healthChecks);
  }

  /** A session or a worker had trouble with a node: look now, but not more often than a few times a second. */
  suspect(node: number, by: SuspectedBy, reason: string): void {
    const now = performance.now();
    if (now - (this.lastSuspicion.get(node) ?? Number.NEGATIVE_INFINITY) < SUSPICION_GAP_MS) return;
    this.lastSuspicion.set(node, now);
    this.dispatch({ t: 'suspected', node, by, reason });
  }

  /** Looks at all nodes. */
  async look(): Promise<void> {
    this.rounds++;
    try {
      await Promise.all([...this.state.nodes.keys()].map((id) => this.looks.now(id)));
    } finally {
      this.rounds--;
    }
    if (this.stopped) return;
    this.hands.publish(this.snapshot());
    this.logDelays();
    this.lookOn();
  }

  /** While no primary is known, or a node was not heard yet, looks go on faster than their period. */
  private lookOn(): void {
    const { state } = this;
    if (state.act !== null) return;
    const unheard = [...state.nodes.values()].some(
      (node) => node.answer === null && node.failing === null && !this.refused.has(node.id),
    );
    if (state.primary !== null && !unheard) return;
    const afterMs = FIRST_LOOK_RETRY_MS * (this.warnedUnknown ? 4 : 1);
    for (const id of state.nodes.keys()) this.looks.ask(id, afterMs);
    if (state.primary === null && !this.warnedUnknown) {
      this.warnedUnknown = true;
      this.log.write('warning', 'no primary node was found; looking on', { detail: this.whyNoPrimary.join('; ') });
    }
  }

  // --- the brain ----------------------------------------------------------------------------------------------------

  dispatch(event: HerdEvent): void {
    if (this.stopped) return;
    const before = this.state;
    const { state, effects } = step(before, event, herdSettings(this.settings), performance.now());
    this.state = state;
    this.remember();
    this.show();
    this.logChanges(before, state);
    for (const effect of effects) this.carryOut(effect);
    for (const listener of this.stateListeners) listener();
    if (this.began && this.rounds === 0 && state.primary === null && state.act === null) this.lookOn();
  }

  private remembered = '';

  /** Ahead of the effects: whoever starts after a kill -9 knows at least of what was about to be done. */
  private remember(): void {
    if (!this.began) return;
    const memory = memoryOf(this.state, this.clockOffset);
    const text = JSON.stringify(memory);
    if (text === this.remembered) return;
    this.remembered = text;
    this.hands.remember(memory);
  }

  private carryOut(effect: Effect): void {
    const { hands } = this;
    const back = (act: Promise<void>, event: (error: string | null) => HerdEvent): void => {
      act.then(
        () => this.dispatch(event(null)),
        (error: Error) => this.dispatch(event(error.message)),
      );
    };
    switch (effect.t) {
      case 'look':
        if (this.began) for (const node of effect.nodes) this.looks.ask(node, effect.afterMs);
        return;
      case 'tick':
        this.tickIn(effect.afterMs);
        return;
      case 'publish':
        hands.publish(this.snapshot());
        return;
      case 'fence': {
        const { epoch } = effect;
        const closed = hands.fence(this.snapshot());
        back(closed, () => ({ t: 'fenced', epoch }));
        void closed.finally(() => {
          this.fences.get(epoch)?.();
          this.fences.delete(epoch);
        });
        return;
      }
      case 'promote':
        back(hands.promote(effect.node), (error) => ({ t: 'promoted', node: effect.node, error }));
        return;
      case 'prove':
        back(hands.proveWrite(effect.node), (error) => ({ t: 'proved', node: effect.node, error }));
        return;
      case 'follow':
        back(hands.follow(effect.node, effect.primary, effect.forkAt), (error) => ({
          t: 'followed',
          node: effect.node,
          primary: effect.primary,
          error,
        }));
        return;
      case 'command':
        back(hands.command(effect), () => ({ t: 'commandEnded' }));
        return;
      case 'syncNames': {
        const { node, names } = effect;
        back(hands.setSyncNames(node, names), (error) => ({ t: 'syncNamed', node, names, error }));
        return;
      }
      case 'revive':
        back(hands.revive(effect.node), (error) => ({ t: 'revived', node: effect.node, error }));
        return;
      case 'rejoin':
        back(hands.rejoin(effect.node, effect.primary), () => ({ t: 'returned', node: effect.node }));
        return;
      case 'discovered':
        hands.discovered(effect);
        return;
      case 'tell':
        hands.tell(effect);
        return;
      case 'save':
        hands.save(new Map([...this.state.nodes.values()].map((node) => [node.id, node.attached])));
        return;
    }
  }

  private readonly fences = new Map<number, () => void>();
  private readonly stateListeners = new Set<() => void>();

  /** Resolves when this epoch, which is about to begin, has been closed against the old primary. */
  fenced(epoch: number): Promise<void> {
    return new Promise((resolve) => this.fences.set(epoch, resolve));
  }

  /** Calls after each event. */
  onState(listener: () => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  private tickIn(afterMs: number): void {
    const at = performance.now() + afterMs;
    if (this.ticker !== null) {
      if (this.ticker.at <= at) return;
      clearTimeout(this.ticker.timer);
    }
    const timer = setTimeout(() => {
      this.ticker = null;
      this.dispatch({ t: 'tick' });
    }, afterMs);
    this.ticker = { at, timer };
  }

  private logChanges(before: HerdState, after: HerdState): void {
    if (after.primary !== before.primary && after.primary !== null) this.warnedUnknown = false;
    if (after.primary !== before.primary) {
      this.log.write('log', `find_primary_node: primary node is ${after.primary ?? 'not known'}`);
    }
    for (const node of after.nodes.values()) {
      const known = before.nodes.get(node.id);
      if (known === undefined) continue;
      const failed = node.failing !== null && known.failing === null;
      const back = node.failing === null && known.failing !== null;
      const backend = backendOf(this.settings, node.id);
      if (backend === undefined || (known.answer === null && !back) || !(failed || back)) continue;
      const where = `backend node ${node.id} (${backend.hostname}:${backend.port})`;
      const detail = failed ? { detail: node.failing?.last.reason } : {};
      this.log.write('log', `${where} is ${back ? 'up again' : 'not answering'}`, detail);
    }
  }

  // --- looks --------------------------------------------------------------------------------------------------------

  private async ask(id: number): Promise<void> {
    const backend = backendOf(this.settings, id);
    if (backend === undefined || this.stopped) return;
    const { settings } = this;
    if (!canAsk(settings)) {
      const up = await reachable(backend.hostname, backend.port, this.limitMs(id));
      if (up) this.dispatch({ t: 'looked', node: id, answer: REACHABLE_ONLY });
      else this.dispatch({ t: 'lookFailed', node: id, failure: { kind: 'refused', reason: 'no connection' } });
      return;
    }
    const result = await probe({
      ...this.target(id, settings.sr_check_user, settings.sr_check_password),
      database: settings.sr_check_database,
      replication: true,
    });
    if (this.stopped || !this.state.nodes.has(id)) return;
    this.said.set(id, result.ok ? result.replication : null);
    if (result.ok) {
      this.refused.delete(id);
      this.tooOld(id, result.version);
      this.dispatch({ t: 'looked', node: id, answer: answerOf(result) });
      return;
    }
    if (result.kind === 'resolver') {
      this.log.write('warning', `could not resolve "${backend.hostname}" of backend node ${id}`, {
        detail: result.reason,
      });
    }
    const failure = failureOf(result);
    if (failure.kind === 'refusal') this.refused.add(id);
    this.dispatch({ t: 'lookFailed', node: id, failure });
  }

  private readonly saidOld = new Set<number>();

  /** What a built-in failover does by SQL exists since PostgreSQL 13. */
  private tooOld(id: number, version: number): void {
    if (version >= OLDEST_VERSION || version === 0 || this.saidOld.has(id)) return;
    if (herdSettings(this.settings).failoverBy !== 'builtin') return;
    this.saidOld.add(id);
    const major = Math.floor(version / 10_000);
    this.log.write('warning', `backend node ${id} is PostgreSQL ${major}: a built-in failover needs 13 or later`);
  }

  /** How to sign in to a node as one of the internal users. */
  target(id: number, user: string, password: string): ProbeTarget {
    const backend = backendOf(this.settings, id);
    return {
      host: backend?.hostname ?? '',
      port: backend?.port ?? 0,
      user,
      password: this.password(user, password),
      database: 'postgres',
      tls: this.tls,
      timeoutMs: this.limitMs(id),
    };
  }

  private limitMs(nodeId: number): number {
    const check = this.settings.healthChecks.find((candidate) => candidate.nodeId === nodeId);
    return check === undefined || check.connectTimeoutMs === 0 ? PROBE_LIMIT_DEFAULT_MS : check.connectTimeoutMs;
  }

  private async lookForHealth(check: HealthCheckSettings): Promise<Look> {
    const backend = backendOf(this.settings, check.nodeId);
    if (backend === undefined) return null;
    const down = this.downByRequest(check.nodeId);
    if (down !== null) return { up: false, reason: down };
    const timeoutMs = check.timeoutSeconds === 0 ? this.limitMs(check.nodeId) : check.timeoutSeconds * 1000;
    if (check.user === '') {
      const up = await reachable(backend.hostname, backend.port, timeoutMs);
      return { up, reason: up ? null : 'no connection' };
    }
    const answer = await probe({
      ...this.target(check.nodeId, check.user, check.password),
      database: check.database === '' ? 'postgres' : check.database,
      timeoutMs,
    });
    if (answer.ok) return { up: true, reason: null };
    return answer.kind === 'resolver'
      ? null
      : { up: answer.kind === 'sign-in' || answer.kind === 'other', reason: answer.reason };
  }

  /**
   * health_check_test: a line `N<TAB>down` in work_dir/backend_down_request makes a check of node N fail; the line is then
   * marked as done.
   */
  private downByRequest(node: number): string | null {
    if (!this.settings.health_check_test) return null;
    const file = path.join(this.settings.work_dir, 'backend_down_request');
    try {
      const text = fs.readFileSync(file, 'utf8');
      const line = new RegExp(`^${node}\\tdown[ \\t]*$`, 'm');
      if (!line.test(text)) return null;
      fs.writeFileSync(file, text.replace(line, `${node}\talready_down`));
      this.toldDown.add(node);
      return 'backend_down_request says so';
    } catch {
      return null;
    }
  }

  /** Nodes whose failure was asked for by file: a look would find them well. */
  private readonly toldDown = new Set<number>();

  private healthRetried(nodeId: number, reason: string | null, retry: number, max: number): void {
    const backend = backendOf(this.settings, nodeId);
    const where = backend === undefined ? '' : ` (${backend.hostname}:${backend.port})`;
    this.log.write('log', `health checking retry count ${retry} of ${max} on backend node ${nodeId}${where}`, {
      detail: reason ?? undefined,
    });
  }

  private healthJudged(nodeId: number, look: NonNullable<Look>, news: boolean): void {
    const backend = backendOf(this.settings, nodeId);
    const node = this.state.nodes.get(nodeId);
    if (backend === undefined || node === undefined || this.stopped) return;
    if (news) {
      this.log.write('log', `health check failed on backend node ${nodeId} (${backend.hostname}:${backend.port})`, {
        detail: look.reason ?? undefined,
      });
    }
    if (this.toldDown.delete(nodeId)) {
      this.dispatch({
        t: 'detach',
        node: nodeId,
        by: 'health check',
        reason: look.reason ?? 'health check failed',
        byOperator: false,
      });
    } else if (!look.up) this.suspect(nodeId, 'health check', `health check failed: ${look.reason ?? 'no answer'}`);
    else if (node.failing !== null || !node.attached) this.looks.ask(nodeId, 0);
  }

  // --- what is shown ------------------------------------------------------------------------------------------------

  private show(): void {
    const { state, settings } = this;
    const shares = weightShares(settings);
    const primary = state.primary === null ? null : (this.said.get(state.primary) ?? null);
    const shown = new Map<number, WatchedNode>();
    settings.backends.forEach((backend, place) => {
      const node = state.nodes.get(backend.id);
      if (node === undefined) return;
      const said = this.said.get(node.id) ?? null;
      const inRecovery =
        !canAsk(settings) || node.failing !== null || node.refusal !== null ? null : (node.answer?.inRecovery ?? null);
      const lag =
        node.id === state.primary
          ? lagOfPrimary(said)
          : inRecovery === true
            ? lagOfStandby(primary, said, backend.applicationName)
            : NO_LAG_KNOWN;
      shown.set(node.id, {
        id: node.id,
        host: backend.hostname,
        port: backend.port,
        weight: shares[place] ?? 0,
        attached: node.attached,
        quarantined: node.quarantined,
        reachable: node.failing !== null ? false : node.answer === null && node.refusal === null ? null : true,
        inRecovery,
        role: canAsk(settings) || node.id === state.primary ? node.role : 'unknown',
        reason: node.attached ? (node.failing?.last.reason ?? node.refusal) : node.reason,
        by: node.by,
        lastChange: new Date(this.clockOffset + Math.max(node.changedAt, node.failing?.since ?? 0)),
        answer: node.answer,
        replaced: state.replaced.has(node.id),
        lagBytes: lag.bytes,
        lagMs: lag.ms,
        replayLsn: lag.replayLsn,
        replicationState: lag.state,
        replicationSyncState: lag.syncState,
      });
    });
    this.shown = shown;
  }

  private logDelays(): void {
    const { primary } = this;
    if (primary === null) return;
    for (const node of this.shown.values()) {
      const line = node.id === primary ? null : delayLine(this.settings, node, primary);
      if (line !== null) this.log.write('log', line);
    }
  }

  private get addresses(): string {
    return [...this.shown.values()].map(({ id, host, port }) => `${id} ${host} ${port}`).join('\n');
  }

  /** What a supervisor's act adds: a switchover holds transactions. */
  holding: ClusterSnapshot['hold'] = null;

  snapshot(): ClusterSnapshot {
    const { state } = this;
    return {
      epoch: state.epoch,
      primary: state.primary,
      timeline: state.timeline,
      systemIdentifier: state.systemIdentifier,
      hold: this.holding ?? this.holdOfAct(),
      nodes: [...this.shown.values()].map((node) => ({
        id: node.id,
        host: node.host,
        port: node.port,
        weight: node.weight,
        // A false primary has left the herd's history: nothing is read from it.
        status: node.attached && node.reachable !== false && !this.isFalse(node) ? 'up' : 'down',
        role: node.role,
        lagBytes: node.lagBytes,
        lagMs: node.lagMs,
        replayLsn: node.replayLsn,
      })),
    };
  }

  private isFalse(node: WatchedNode): boolean {
    const { primary } = this.state;
    return node.inRecovery === false && primary !== null && node.id !== primary && canAsk(this.settings);
  }

  private holdOfAct(): ClusterSnapshot['hold'] {
    const { act, primary } = this.state;
    if (act === null || primary !== null) return null;
    const untilMs = Math.round(this.clockOffset + (this.state.searchingSince ?? act.startedAt) + HOLD_MS);
    return { kind: 'clients', untilMs, reason: `the primary (node ${act.old}) is lost and no other one is there yet` };
  }
}

function answerOf(result: Extract<ProbeResult, { ok: true }>): Answer {
  const { replication } = result;
  return {
    inRecovery: result.inRecovery,
    timeline: replication?.timeline ?? null,
    systemIdentifier: replication?.systemIdentifier ?? null,
    position: parseLsn(replication?.position ?? ''),
    received: parseLsn(replication?.received ?? ''),
    replicas: (replication?.replicas ?? []).map((row) => ({
      applicationName: row.applicationName,
      state: row.state ?? '',
      syncState: row.syncState ?? '',
      clientAddress: row.clientAddress,
      replays: row.replays,
    })),
    upstream: replication?.upstream ?? null,
    syncStandbyNames: replication?.syncStandbyNames ?? '',
    subscriptions: replication?.subscriptions ?? 0,
  };
}

function failureOf({ kind, reason }: Extract<ProbeResult, { ok: false }>): Failure {
  return { kind: kind === 'sign-in' || kind === 'other' ? 'refusal' : kind, reason };
}
