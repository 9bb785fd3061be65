/**
 * Watches the nodes: health checks and the streaming check on their own periods, and at once when a session reports
 * trouble. Keeps what is believed and what was measured, and says so when either changes.
 */
import fs from 'node:fs';
import path from 'node:path';
import {
  judgeRoles,
  lagOfPrimary,
  lagOfStandby,
  NO_LAG_KNOWN,
  type NodeFacts,
  type ProbeTarget,
  probe,
  type Replication,
  type Role,
  reachable,
} from '@pgherd/cluster';
import { backendOf, type HealthCheckSettings, type Settings, weightShares } from '@pgherd/config';
import type { ClusterSnapshot } from '../ipc.ts';
import type { Logger } from '../log/logger.ts';
import { HealthChecks, type Look } from './health-checks.ts';
import { delayLine } from './standby-delay.ts';

export interface WatchedNode {
  readonly id: number;
  host: string;
  port: number;
  weight: number;
  alwaysPrimary: boolean;
  reachable: boolean | null;
  inRecovery: boolean | null;
  role: Role;
  reason: string | null;
  failures: number;
  lastChange: Date;
  /** What it said of its replication at the last streaming check; null when it did not answer. */
  replication: Replication | null;
  lagBytes: number | null;
  lagMs: number | null;
  replayLsn: string | null;
  /** pg_stat_replication.state and sync_state; empty if unknown. */
  replicationState: string;
  replicationSyncState: string;
}

const FIRST_LOOK_RETRY_MS = 250;
const SUSPICION_GAP_MS = 200;
const PROBE_LIMIT_DEFAULT_MS = 10_000;

/** As towards any backend: with ssl_ca_cert the server's chain is verified, without it any certificate is taken. */
function probeTls(settings: Settings, directory: string): ProbeTarget['tls'] {
  if (!settings.ssl) return false;
  if (settings.ssl_ca_cert === '' && settings.ssl_ca_cert_dir === '') return { rejectUnauthorized: false };
  try {
    const ca = fs.readFileSync(path.resolve(directory, settings.ssl_ca_cert), 'utf8');
    return { ca, rejectUnauthorized: true };
  } catch {
    return { rejectUnauthorized: true }; // what cannot be read verifies nobody; the workers say why
  }
}

export class HerdWatch {
  private settings: Settings;
  private readonly directory: string;
  private tls: ProbeTarget['tls'] = false;
  private readonly log: Logger;
  private readonly password: (user: string, given: string) => string | null;
  private readonly onChange: (snapshot: ClusterSnapshot) => void;
  readonly nodes = new Map<number, WatchedNode>();
  epoch = 1;
  primary: number | null = null;
  private reasons: readonly string[] = [];
  private timers: NodeJS.Timeout[] = [];
  private retry: NodeJS.Timeout | null = null;
  private lastSuspicionMs = -Infinity;
  private looking: Promise<void> | null = null;
  private warnedUnknown = false;
  private stopped = false;
  readonly health: HealthChecks;

  constructor(
    settings: Settings,
    log: Logger,
    password: (user: string, given: string) => string | null,
    onChange: (snapshot: ClusterSnapshot) => void,
    directory: string,
  ) {
    this.settings = settings;
    this.directory = directory;
    this.health = new HealthChecks({
      look: (check) => this.lookForHealth(check),
      retrying: (nodeId, reason, retry, max) => this.healthRetried(nodeId, reason, retry, max),
      verdict: (nodeId, look, news) => this.healthJudged(nodeId, look, news),
    });
    this.log = log;
    this.password = password;
    this.onChange = onChange;
    this.adopt(settings);
  }

  private adopt(settings: Settings): void {
    this.settings = settings;
    this.tls = probeTls(settings, this.directory);
    const shares = weightShares(settings);
    const seen = new Set<number>();
    settings.backends.forEach((backend, place) => {
      seen.add(backend.id);
      const known = this.nodes.get(backend.id);
      const facts = {
        host: backend.hostname,
        port: backend.port,
        weight: shares[place] ?? 0,
        alwaysPrimary: backend.flags.alwaysPrimary,
      };
      if (known !== undefined) Object.assign(known, facts);
      else {
        this.nodes.set(backend.id, {
          id: backend.id,
          ...facts,
          reachable: null,
          inRecovery: null,
          role: 'unknown',
          reason: null,
          failures: 0,
          lastChange: new Date(),
          replication: null,
          lagBytes: null,
          lagMs: null,
          replayLsn: null,
          replicationState: '',
          replicationSyncState: '',
        });
      }
    });
    for (const id of [...this.nodes.keys()]) if (!seen.has(id)) this.nodes.delete(id);
  }

  /** Can roles be asked for at all? */
  private get canAsk(): boolean {
    return this.settings.sr_check_period > 0 && this.settings.sr_check_user !== '';
  }

  async start(): Promise<void> {
    await this.look();
    this.schedule();
  }

  reload(settings: Settings): void {
    const before = this.addresses;
    this.adopt(settings);
    // Weights count at once; a server at another address is looked at first.
    if (this.addresses === before) this.onChange(this.snapshot());
    this.schedule();
    void this.look();
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    this.health.stop();
    if (this.retry !== null) clearTimeout(this.retry);
  }

  private schedule(): void {
    for (const timer of this.timers.splice(0)) clearInterval(timer);
    if (this.stopped) return;
    const { settings } = this;
    if (settings.sr_check_period > 0) this.every(settings.sr_check_period, () => this.look());
    this.health.schedule(settings.healthChecks);
  }

  private every(seconds: number, act: () => Promise<void>): void {
    this.timers.push(setInterval(() => void act(), seconds * 1000));
  }

  /** A session or a worker had trouble with a node: look now, but not more often than a few times a second. */
  suspect(): void {
    const now = performance.now();
    if (now - this.lastSuspicionMs < SUSPICION_GAP_MS) return;
    this.lastSuspicionMs = now;
    void this.look();
  }

  /** Looks at all nodes and judges roles. One look at a time. */
  look(): Promise<void> {
    this.looking ??= this.lookNow().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    await Promise.all([...this.nodes.values()].map((node) => this.ask(node)));
    if (this.stopped) return;
    this.judge();
    this.logDelays();
    if (this.primary === null || [...this.nodes.values()].some((node) => node.reachable === null)) {
      if (this.retry !== null) clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.look(), FIRST_LOOK_RETRY_MS * (this.warnedUnknown ? 4 : 1));
    }
  }

  private async ask(node: WatchedNode): Promise<void> {
    const { settings } = this;
    if (!this.canAsk) {
      const up = await reachable(node.host, node.port, this.limitMs(node.id));
      this.note(node, up, null, up ? null : 'no connection');
      return;
    }
    const answer = await probe({
      host: node.host,
      port: node.port,
      user: settings.sr_check_user,
      password: this.password(settings.sr_check_user, settings.sr_check_password),
      database: settings.sr_check_database,
      tls: this.tls,
      timeoutMs: this.limitMs(node.id),
      replication: true,
    });
    node.replication = answer.ok ? answer.replication : null;
    if (answer.ok) this.note(node, true, answer.inRecovery, null);
    else if (answer.kind === 'resolver') {
      // A name that does not resolve says nothing about the server behind it.
      this.log.write('warning', `could not resolve "${node.host}" of backend node ${node.id}`, {
        detail: answer.reason,
      });
      node.reason = answer.reason;
    } else this.note(node, answer.kind === 'sign-in' || answer.kind === 'other', null, answer.reason);
  }

  private limitMs(nodeId: number): number {
    const check = this.settings.healthChecks.find((candidate) => candidate.nodeId === nodeId);
    return check === undefined || check.connectTimeoutMs === 0 ? PROBE_LIMIT_DEFAULT_MS : check.connectTimeoutMs;
  }

  private async lookForHealth(check: HealthCheckSettings): Promise<Look> {
    const node = this.nodes.get(check.nodeId);
    if (node === undefined) return null;
    const timeoutMs = check.timeoutSeconds === 0 ? this.limitMs(check.nodeId) : check.timeoutSeconds * 1000;
    if (check.user === '') {
      const up = await reachable(node.host, node.port, timeoutMs);
      return { up, reason: up ? null : 'no connection' };
    }
    const answer = await probe({
      host: node.host,
      port: node.port,
      user: check.user,
      password: this.password(check.user, check.password),
      database: check.database === '' ? 'postgres' : check.database,
      tls: this.tls,
      timeoutMs,
    });
    if (answer.ok) return { up: true, reason: null };
    return answer.kind === 'resolver' ? null : { up: answer.kind === 'sign-in', reason: answer.reason };
  }

  private healthRetried(nodeId: number, reason: string | null, retry: number, max: number): void {
    const node = this.nodes.get(nodeId);
    const where = node === undefined ? '' : ` (${node.host}:${node.port})`;
    this.log.write('log', `health checking retry count ${retry} of ${max} on backend node ${nodeId}${where}`, {
      detail: reason ?? undefined,
    });
  }

  private healthJudged(nodeId: number, look: NonNullable<Look>, news: boolean): void {
    const node = this.nodes.get(nodeId);
    if (node === undefined || this.stopped) return;
    if (news) {
      this.log.write('log', `health check failed on backend node ${nodeId} (${node.host}:${node.port})`, {
        detail: look.reason ?? undefined,
      });
    }
    this.note(node, look.up, look.up ? node.inRecovery : null, look.reason);
    if (!look.up) node.replication = null;
    this.judge();
  }

  private note(node: WatchedNode, up: boolean, inRecovery: boolean | null, reason: string | null): void {
    if (node.reachable !== up) {
      if (node.reachable !== null) {
        this.log.write(
          'log',
          `backend node ${node.id} (${node.host}:${node.port}) is ${up ? 'up again' : 'not answering'}`,
          {
            detail: reason ?? undefined,
          },
        );
      }
      node.lastChange = new Date();
    }
    node.reachable = up;
    node.inRecovery = inRecovery;
    node.reason = reason;
    node.failures = up ? 0 : node.failures + 1;
  }

  private judge(): void {
    const facts: NodeFacts[] = [...this.nodes.values()].map((node) => ({
      id: node.id,
      alwaysPrimary: node.alwaysPrimary,
      inRecovery: node.inRecovery,
      reachable: node.reachable,
      reason: node.reason,
    }));
    const verdict = judgeRoles(facts, this.primary, this.canAsk);
    for (const node of this.nodes.values()) {
      const role = verdict.roles.get(node.id) ?? 'unknown';
      // A node that cannot be asked keeps its role, unless another one has become the primary.
      const replaced = node.role === 'primary' && node.id !== verdict.primary && verdict.primary !== null;
      if (node.role !== role && (role !== 'unknown' || replaced)) {
        node.role = role;
        node.lastChange = new Date();
      }
    }
    this.reasons = verdict.reasons;
    for (const id of verdict.falsePrimaries) {
      this.log.write('warning', `backend node ${id} takes writes although node ${verdict.primary} is the primary`);
    }
    if (verdict.primary !== this.primary) {
      this.log.write('log', `find_primary_node: primary node is ${verdict.primary ?? 'not known'}`);
      if (this.primary !== null) this.epoch++;
      this.primary = verdict.primary;
      this.warnedUnknown = false;
    } else if (verdict.primary === null && !this.warnedUnknown) {
      this.warnedUnknown = true;
      this.log.write('warning', 'no primary node was found; looking on', { detail: verdict.reasons.join('; ') });
    }
    for (const node of this.nodes.values()) this.measure(node);
    this.onChange(this.snapshot());
  }

  private measure(node: WatchedNode): void {
    const primary = this.primary === null ? undefined : this.nodes.get(this.primary);
    const lag =
      node === primary
        ? lagOfPrimary(node.replication)
        : node.inRecovery === true
          ? lagOfStandby(
              primary?.replication ?? null,
              node.replication,
              backendOf(this.settings, node.id)?.applicationName ?? '',
            )
          : NO_LAG_KNOWN;
    node.lagBytes = lag.bytes;
    node.lagMs = lag.ms;
    node.replayLsn = lag.replayLsn;
    node.replicationState = lag.state;
    node.replicationSyncState = lag.syncState;
  }

  private logDelays(): void {
    const { primary } = this;
    if (primary === null) return;
    for (const node of this.nodes.values()) {
      const line = node.id === primary ? null : delayLine(this.settings, node, primary);
      if (line !== null) this.log.write('log', line);
    }
  }

  get whyNoPrimary(): readonly string[] {
    return this.reasons;
  }

  private get addresses(): string {
    return [...this.nodes.values()].map(({ id, host, port }) => `${id} ${host} ${port}`).join('\n');
  }

  snapshot(): ClusterSnapshot {
    return {
      epoch: this.epoch,
      primary: this.primary,
      timeline: null,
      systemIdentifier: null,
      hold: null,
      nodes: [...this.nodes.values()].map((node) => ({
        id: node.id,
        host: node.host,
        port: node.port,
        weight: node.weight,
        status: node.reachable === false ? 'down' : 'up',
        role: node.role,
        lagBytes: node.lagBytes,
        lagMs: node.lagMs,
        replayLsn: node.replayLsn,
      })),
    };
  }
}
