/**
 * The supervisor: accepts, admits, watches the herd and keeps the workers. It implements Operations, the one room behind
 * all doors.
 */
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HostAgent } from '@pgherd/cluster';
import { configAdvice, diffSettings, parsePoolPasswd, type Settings } from '@pgherd/config';
import {
  type ActivityQuestion,
  type ApplyReport,
  type Author,
  type ConfigurationCheck,
  type ConfigurationDraft,
  type ConfigurationFilesFacts,
  type ConfigurationState,
  type ConfigurationVersion,
  type EngineStatus,
  type HerdEvent,
  type HerdEventKind,
  type LogLine,
  type LogPart,
  type LogQuestion,
  type NodeActivity,
  type Operation,
  type Operations,
  type ParameterTableFacts,
  type Plan,
  type Problems,
  RefusedError,
  type Rehearsal,
  type ReloadReport,
  type RouteComparison,
  type RouteComparisonQuestion,
  type RouteExplanation,
  type RouteProbe,
  type RouteProbeQuestion,
  type RouteQuestion,
  type RunningConfiguration,
  type SessionFacts,
  type SessionResult,
  type SessionTargets,
  type Shown,
  type StopMode,
  type Wish,
  type WorkerFacts,
} from '@pgherd/operations';
import { admissionLimits } from '../admission/admission.ts';
import { Gate } from '../admission/gate.ts';
import { type RawConnection, refuseUnread } from '../admission/refuse-unread.ts';
import {
  type ClusterSnapshot,
  type ConfigSnapshot,
  type HerdReport,
  LATENCY_BUCKETS_MS,
  packSettings,
  packSnapshot,
  type ToSupervisor,
  type WorkerQuestion,
  type WorkerSlots,
} from '../ipc.ts';
import { LogCollector } from '../log/collector.ts';
import { type Level, Logger } from '../log/logger.ts';
import { LogRing } from '../log/ring.ts';
import { differs, verdictOf } from '../routing/verdict.ts';
import { VERSION } from '../version.ts';
import type { ComparedRows } from '../worker/compare-routes.ts';
import { Acceptor } from './acceptor.ts';
import { Acts } from './acts.ts';
import type { ApplyPoint, ApplyPorts } from './configuration/apply.ts';
import { recoverPending } from './configuration/recover.ts';
import { ConfigurationRoom } from './configuration/room.ts';
import { ConfigurationError } from './configuration-error.ts';
import { ConfigurationRounds } from './configuration-rounds.ts';
import { withNode } from './discovery.ts';
import { Fences } from './fence.ts';
import { type FilePaths, type GivenTexts, loadFiles } from './files.ts';
import { byOf } from './hands.ts';
import { probeTarget } from './herd-targets.ts';
import type { HerdWatch } from './herd-watch.ts';
import { backlogOf, groupId, workerCount } from './host-limits.ts';
import type { Journal } from './journal.ts';
import { type Grant, Leases } from './leases.ts';
import { NodeCounters } from './node-counters.ts';
import { nodeStatuses } from './node-statuses.ts';
import { openHerd } from './open-herd.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import { plans } from './plan.ts';
import { ProblemWatch } from './problems/watch.ts';
import { herdReport } from './reports.ts';
import { respawnPauseMs } from './respawn-pause.ts';
import { probeRoute } from './route-probe.ts';
import { sessionActivity } from './session-activity.ts';
import { actOnSessions, type SessionActPorts } from './session-acts.ts';
import { sessionFacts } from './session-facts.ts';
import { poolsReport, processesReport } from './slot-reports.ts';
import { statusFile, writeStatusFile } from './status-file.ts';
import { begin, rehearse, type WishPorts } from './wishes.ts';
import { WorkerProcess } from './worker-process.ts';
import { WorkerQuestions } from './worker-questions.ts';

export interface SupervisorOptions {
  readonly paths: FilePaths;
  /** Bundled worker entry; null = the source file. */
  readonly workerEntry?: string | null;
  readonly logFd?: number;
  /** -d */
  readonly debug?: boolean;
  /** -D: what pgpool_status says is forgotten. */
  readonly discardStatus?: boolean;
  /** Who can start, stop and copy a node's server on its host; null = nobody. */
  readonly agent?: (node: number) => HostAgent | null;
  /** For tests: hears where an apply of a configuration is. */
  readonly onApply?: (point: ApplyPoint) => void;
}

const FAST_STOP_LIMIT_MS = 5_000;
/** How long the workers have for two hundred statements by two configurations. */
const COMPARISON_LIMIT_MS = 30_000;
/** Changes of the herd within so short a time are told together. */
const SOON_MS = 20;

export class Supervisor implements Pick<Operations, 'status' | 'explainRoute' | 'reload' | 'stop' | 'watch'> {
  private readonly options: SupervisorOptions;
  readonly log: Logger;
  private config: ConfigSnapshot | null = null;
  private readonly workers: (WorkerProcess | null)[] = [];
  /** Gives client slots, unless the only worker does that itself. */
  private gate: Gate | null = null;
  private leases: Leases | null = null;
  private watchHerd: HerdWatch | null = null;
  private readonly acceptor = new Acceptor((connection, unix) => this.accepted(connection, unix));
  private readonly owners = new Map<number, WorkerProcess>();
  private readonly questions = new WorkerQuestions(() => this.live());
  private readonly startedAt = new Date();
  private workersReplaced = 0;
  /** By worker: those in a row that ended before they could serve. */
  private readonly bootFailures = new Map<number, number>();
  private readonly counters = new NodeCounters();
  private stopping: StopMode | null = null;
  private stopped: Promise<void> | null = null;
  private readonly loopDelay = monitorEventLoopDelay({ resolution: 20 });
  private readonly rounds = new ConfigurationRounds();
  private readonly listeners = new Set<(status: EngineStatus) => void>();
  private ticker: NodeJS.Timeout | null = null;
  private pidFile: string | null = null;
  private readonly exitListeners = new Set<() => void>();

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.log = new Logger(
      'main',
      { prefix: '%m: %a pid %p: ', minLevel: 'warning', verbosity: 'default' },
      options.logFd ?? 2,
    );
    this.log.onEntry = (entry) => this.ring.add('main', process.pid, entry);
    this.loopDelay.enable();
    this.configuration = new ConfigurationRoom({
      paths: options.paths,
      settings: () => this.settings,
      snapshot: () => this.config?.id ?? 0,
      take: (texts) => this.takeTexts(texts),
      askWorkers: () => this.questions.all<{ id: number; digest: string }>({ about: 'configuration' }),
      workers: () => this.live().length,
      tell: (kind, by, message) =>
        this.tellBy(kind, by, message, kind === 'configurationRejected' ? 'warning' : 'info'),
      reached: options.onApply,
    });
  }

  private readonly configuration: ConfigurationRoom;
  private readonly ring = new LogRing();
  private collector: LogCollector | null = null;

  get settings(): Settings {
    if (this.config === null) throw new Error('not started');
    return this.config.settings;
  }

  // --- start ------------------------------------------------------------------------------------------------------

  /** @throws ConfigurationError, ListenError, AlreadyRunningError: nothing is left half-started */
  async start(): Promise<void> {
    const given = recoverPending(this.options.paths, (message) => this.log.write('warning', message));
    const loaded = loadFiles(this.options.paths, 1, null, given);
    for (const warning of loaded.warnings) this.log.write('warning', warning);
    if (loaded.ok) this.warnOfDiscovery(loaded.snapshot.settings);
    if (!loaded.ok) throw new ConfigurationError(loaded.errors);
    this.config = loaded.snapshot;
    this.configuration.desk.took(loaded.texts, 'start');
    const { settings } = this;
    this.applyLogSettings(settings);
    if (settings.logging_collector) this.collect();
    this.gate = new Gate(admissionLimits(settings), {
      admit: (id) => this.owners.get(id)?.send({ t: 'admit', id }),
      refuse: (id) => this.owners.get(id)?.send({ t: 'refuse', id }),
      tight: () => {
        for (const worker of this.live()) worker.send({ t: 'tight' });
      },
    });
    this.leases = new Leases(Math.max(settings.num_init_children, settings.max_pool));
    writePidFile(settings.pid_file_name);
    this.pidFile = settings.pid_file_name;
    try {
      await this.listen(settings);
    } catch (error) {
      this.acceptor.close();
      removePidFile(settings.pid_file_name);
      throw error;
    }
    if (this.isStopping()) {
      this.acceptor.close();
      removePidFile(settings.pid_file_name);
      return;
    }
    for (let index = 0; index < workerCount(settings); index++) this.spawn(index);
    this.openHerd(loaded.snapshot.configDirectory);
    this.ticker = setInterval(() => this.tick(), 1_000);
    const serving = new Promise<void>((resolve) => this.startListeners.push(resolve));
    await this.herd.start();
    await serving;
    if (this.startError !== null) {
      const reason = this.startError;
      await this.stop('immediate');
      throw new ConfigurationError([reason]);
    }
  }

  /** What else there is of advice is the doctor's; this one is about whom we sign in to. */
  private warnOfDiscovery(settings: Settings): void {
    const advice = configAdvice(settings).find(({ code }) => code === 'discovered-standby-unproved');
    if (advice !== undefined) this.log.write('warning', advice.message, { hint: advice.reason });
  }

  private isStopping(): boolean {
    return this.stopping !== null;
  }

  /** The only worker accepts and admits by itself: a hand-over would cost more than a short session's own work. */
  private oneWorker = false;

  private async listen(settings: Settings): Promise<void> {
    const backlog = backlogOf(settings);
    await this.acceptor.listenTcp(settings.listen_addresses, settings.port, backlog);
    await this.acceptor.listenUnix(
      settings.unix_socket_directories.map((directory) => path.resolve(directory)),
      settings.port,
      backlog,
      settings.unix_socket_permissions,
      groupId(settings.unix_socket_group),
    );
    this.oneWorker = workerCount(settings) === 1 && this.acceptor.leave();
  }

  /** @throws ConfigurationError where no log file can be made */
  private collect(): void {
    const collector = new LogCollector({
      settings: () => this.settings,
      now: () => new Date(),
      warn: (message) => this.log.write('warning', message),
      opened: (file, mode) => {
        this.log.redirect(file, mode);
        for (const worker of this.workers) worker?.send({ t: 'logTo', file, mode });
      },
    });
    try {
      collector.start();
    } catch (error) {
      throw new ConfigurationError([
        `log_directory, log_filename: no log file can be made: ${(error as Error).message}`,
      ]);
    }
    this.collector = collector;
  }

  private applyLogSettings(settings: Settings): void {
    this.log.settings = {
      prefix: settings.log_line_prefix,
      minLevel: this.options.debug === true ? 'debug1' : (settings.log_min_messages as Level),
      verbosity: settings.log_error_verbosity as 'terse' | 'default' | 'verbose',
    };
  }

  private password(user: string, given: string): string | null {
    if (given !== '') return given.startsWith('TEXT') ? given.slice(4) : given;
    const file = this.config?.passwd;
    if (file === null || file === undefined) return null;
    const entry = parsePoolPasswd(file.text, file.file).lookup(user);
    return entry?.kind === 'text' ? entry.password : null;
  }

  // --- workers ----------------------------------------------------------------------------------------------------

  private spawn(index: number): void {
    this.workers[index] = new WorkerProcess(
      index,
      this.options.workerEntry ?? null,
      this.options.logFd ?? 2,
      (worker, message) => this.onMessage(worker, message),
      (worker, code, signal) => this.onExit(worker, code, signal),
    );
  }

  private live(): WorkerProcess[] {
    return this.workers.filter((worker): worker is WorkerProcess => worker?.ready === true);
  }

  private onExit(worker: WorkerProcess, code: number | null, signal: NodeJS.Signals | null): void {
    this.workers[worker.index] = null;
    this.fences.left(worker);
    this.heldOpen.delete(worker);
    if (worker.stats !== null) this.counters.keep(worker.stats);
    this.grant(this.leases?.leave(worker.index));
    const ended = [...worker.connections];
    for (const id of ended) this.owners.delete(id);
    this.freeSlots(ended);
    if (this.oneWorker) this.replicating.clear();
    const lost = this.oneWorker ? (worker.stats?.sessions ?? 0) : ended.length;
    this.rounds.left(worker);
    this.questions.left(worker.index);
    if (this.stopping !== null) {
      if (this.workers.every((other) => other === null)) for (const listener of this.exitListeners) listener();
      return;
    }
    this.workersReplaced++;
    const failures = worker.ready ? 0 : (this.bootFailures.get(worker.index) ?? 0) + 1;
    this.bootFailures.set(worker.index, failures);
    const pauseMs = respawnPauseMs(failures);
    const how = signal === null ? `status ${code}` : `signal ${signal}`;
    this.log.write(
      'warning',
      `child process with pid: ${worker.pid} exits with ${how}; ${
        worker.ready
          ? `its ${lost} clients are gone, the others are not affected`
          : `it could not serve yet, and is started again in ${pauseMs} ms`
      }`,
    );
    setTimeout(() => {
      if (this.stopping === null && this.workers[worker.index] === null) this.spawn(worker.index);
    }, pauseMs);
  }

  private onMessage(worker: WorkerProcess, message: ToSupervisor): void {
    switch (message.t) {
      case 'ready':
        this.workerReady(worker);
        return;
      case 'applied':
        this.configApplied(worker, message);
        return;
      case 'listening':
        if (message.error !== null) this.log.write('error', `the worker cannot listen: ${message.error}`);
        worker.listening++;
        this.firstConfiguration(worker, null);
        return;
      case 'want':
        this.gate?.want(message.id);
        return;
      case 'ended':
        for (const id of message.ids) {
          worker.connections.delete(id);
          this.owners.delete(id);
        }
        this.freeSlots(message.ids);
        return;
      case 'cancel':
        this.questions.broadcast(worker, { t: 'cancel', pid: message.pid, secret: message.secret }, (found) =>
          worker.send({ t: 'cancelled', request: message.request, found }),
        );
        return;
      case 'guard':
        this.questions.broadcast(worker, { t: 'guard', database: message.database }, () =>
          worker.send({ t: 'guarded', request: message.request }),
        );
        return;
      case 'catalog':
        for (const other of this.live()) if (other !== worker) other.send(message);
        return;
      case 'cancelled':
        this.questions.said(message.request, worker.index, message.found);
        return;
      case 'guarded':
        this.questions.said(message.request, worker.index, false); // all of them have to, before the statement may run
        return;
      case 'replicate': {
        const granted = this.replicating.size < this.settings.replication_connections;
        if (granted) this.replicating.add(message.id);
        worker.send({ t: 'replicate', request: message.request, granted });
        return;
      }
      case 'short':
        this.leaseWanted(worker, message.waiting);
        return;
      case 'gave':
        this.grant(this.leases?.gave(worker.index, message.links));
        return;
      case 'report':
        void this.report(message).then((report) => worker.send({ t: 'report', request: message.request, report }));
        return;
      case 'answer':
        this.questions.answered(message.request, message.answer);
        return;
      case 'suspect':
        this.watchHerd?.suspect(message.node, 'session', message.reason);
        return;
      case 'fenced':
        this.fences.answered(worker, message.epoch);
        return;
      case 'held':
        this.heldOpen.set(worker, message.open);
        return;
      case 'logged':
        for (const entry of message.entries) this.ring.add('worker', worker.pid, entry);
        this.ring.lost(message.dropped);
        return;
      case 'stats':
        worker.stats = message.stats;
        return;
    }
  }

  private workerReady(worker: WorkerProcess): void {
    const { leases, config } = this;
    if (leases === null || config === null) return;
    if (this.collector !== null) {
      worker.send({ t: 'logTo', file: this.collector.file, mode: this.settings.log_file_mode & 0o777 });
    }
    const missing = this.workers.filter((other) => other === null || !other.ready).length;
    this.sendConfig(worker, config);
    if (this.watchHerd !== null) worker.send({ t: 'cluster', snapshot: this.watchHerd.snapshot() });
    worker.send({ t: 'lease', more: leases.join(worker.index, missing) });
  }

  private sendConfig(worker: WorkerProcess, config: ConfigSnapshot): void {
    worker.appliedConfig = 0;
    worker.send({ t: 'config', packed: packSnapshot(config) });
  }

  private leaseWanted(worker: WorkerProcess, links: number): void {
    const answer = this.leases?.ask(worker.index, links);
    if (answer === undefined) return;
    if (answer.more > 0) worker.send({ t: 'lease', more: answer.more });
    for (const other of answer.from) this.workers[other]?.send({ t: 'shed', links: answer.missing });
  }

  private grant(grants: readonly Grant[] = []): void {
    for (const { worker, more } of grants) this.workers[worker]?.send({ t: 'lease', more });
  }

  private async report(asked: Extract<ToSupervisor, { t: 'report' }>, everything = false): Promise<HerdReport | null> {
    const { settings } = this;
    if (!everything) this.served.add(this.watchHerd?.primary ?? -1); // whoever asks is connected to it
    if (asked.name !== 'pool_processes' && asked.name !== 'pool_pools') {
      return herdReport(asked.name, settings, this.status(), asked.session);
    }
    const { admin_users: admins } = settings;
    const viewer = everything || admins.length === 0 || admins.includes(asked.user) ? null : asked.user;
    const workers = await this.questions.all<WorkerSlots>({
      about: 'slots',
      viewer,
      statements: asked.name === 'pool_pools',
    });
    const slots = settings.num_init_children;
    if (asked.name === 'pool_processes') return processesReport(workers, slots);
    return poolsReport(
      workers,
      slots,
      settings.backends.map(({ id }) => id),
    );
  }

  /** Nodes that clients were seen connected to before any worker's counters said so. */
  private readonly served = new Set<number>();
  async explainRoute({ configuration, ...question }: RouteQuestion): Promise<RouteExplanation> {
    const draft = configuration === undefined ? null : packSettings(this.configuration.settingsOf(configuration));
    return { rows: await this.askFirst<RouteExplanation['rows']>({ about: 'route', ...question, draft }) };
  }

  async compareRoutes({ configuration, ...question }: RouteComparisonQuestion): Promise<readonly RouteComparison[]> {
    const draft = packSettings(this.configuration.settingsOf(configuration));
    const compared = await this.askFirst<readonly ComparedRows[]>(
      { about: 'routes', ...question, draft },
      COMPARISON_LIMIT_MS,
    );
    return compared.map((rows, i) => {
      const [running, other] = [verdictOf(rows.running), verdictOf(rows.draft)];
      return { sql: question.statements[i] ?? '', running, draft: other, changed: differs(running, other) };
    });
  }

  probeRoute(question: RouteProbeQuestion, by: Author): Promise<RouteProbe> {
    this.log.write('log', `a SELECT is run through the proxy to see who answers it, for ${by.user}`);
    return probeRoute(question, {
      settings: () => this.settings,
      password: (user) =>
        this.password(user, user === this.settings.sr_check_user ? this.settings.sr_check_password : ''),
      explain: (asked) => this.explainRoute(asked),
      sentTo: async (pid, user) => {
        const found = (await this.sessions()).find(
          (session) => session.user === user && session.links.some((link) => link.pid === pid),
        );
        return found?.lastNodes[0] ?? null;
      },
    });
  }

  /** @throws Error when nobody can tell */
  private async askFirst<T extends object>(question: WorkerQuestion, limitMs?: number): Promise<T> {
    const [worker] = this.live();
    if (worker === undefined) throw new Error('no worker is ready');
    const answer = await this.questions.one<T | { error: string }>(worker, question, limitMs);
    if (answer === null) throw new Error('the worker did not answer in time');
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  }

  // --- connections ------------------------------------------------------------------------------------------------

  private readonly early: { connection: RawConnection; unix: boolean }[] = [];

  private accepted(connection: RawConnection, unix: boolean): void {
    if (this.stopping !== null) {
      connection.close();
      return;
    }
    if (this.live().length === 0) {
      // Between the listeners' opening and the first worker's readiness clients wait a moment.
      if (this.early.length < 1000) this.early.push({ connection, unix });
      else connection.close();
      return;
    }
    this.handOver(connection, unix);
  }

  private handOver(connection: RawConnection, unix: boolean): void {
    let best: WorkerProcess | null = null;
    for (const worker of this.workers) {
      if (worker === null || !worker.ready) continue;
      if (best === null || worker.connections.size < best.connections.size) best = worker;
    }
    const place = best === null ? null : (this.gate as Gate).arrive();
    if (best === null || place === null) {
      refuseUnread(connection);
      return;
    }
    const { id, admitted } = place;
    best.connections.add(id);
    this.owners.set(id, best);
    best.sendConnection({ t: 'conn', id, admitted, unix }, connection);
  }

  /** Connections that count towards replication_connections. */
  private readonly replicating = new Set<number>();

  private freeSlots(ids: readonly number[]): void {
    for (const id of ids) this.replicating.delete(id);
    this.gate?.ended(ids);
  }

  private clusterChanged(snapshot: ClusterSnapshot): void {
    for (const worker of this.live()) worker.send({ t: 'cluster', snapshot });
    this.tickSoon();
  }

  // --- the herd ---------------------------------------------------------------------------------------------------

  private journal: Journal | null = null;
  private readonly acts = new Acts();
  private readonly fences = new Fences((worker) => {
    this.log.write(
      'warning',
      `child process with pid: ${worker.pid} did not leave the old primary in time and is ended`,
    );
    worker.child.kill('SIGKILL');
  });
  /** While transactions are held: how many are still open, by worker. */
  private readonly heldOpen = new Map<WorkerProcess, number>();

  private openHerd(directory: string): void {
    const { watch, journal, wishes } = openHerd({
      settings: () => this.settings,
      log: this.log,
      directory,
      discardStatus: this.options.discardStatus === true,
      agent: (node) => this.options.agent?.(node) ?? null,
      password: (user, given) => this.password(user, given),
      acts: this.acts,
      questions: this.questions,
      heldOpen: this.heldOpen,
      live: () => this.live(),
      publish: (snapshot) => this.clusterChanged(snapshot),
      fence: (epoch, workers) => this.fences.close(epoch, workers),
      sessions: () => this.sessions(),
      adopt: (host, port, name, like) => this.afterReloads(() => this.adoptNode(host, port, name, like)),
    });
    this.watchHerd = watch;
    this.journal = journal;
    this.wishPorts = wishes;
  }

  private wishPorts: WishPorts | null = null;
  private get herd(): HerdWatch {
    if (this.watchHerd === null) throw new Error('not started');
    return this.watchHerd;
  }

  private get wishes(): WishPorts {
    if (this.wishPorts === null) throw new Error('not started');
    return this.wishPorts;
  }

  // --- operations -------------------------------------------------------------------------------------------------

  /** The present configuration with one more node, as if a reload had brought it. */
  private async adoptNode(host: string, port: number, name: string, like: number): Promise<string | null> {
    const before = this.config as ConfigSnapshot;
    const more = withNode(before.settings, host, port, name, like);
    if (typeof more === 'string') return more;
    const errors = await this.takeConfiguration({ ...before, id: before.id + 1, settings: more.settings }, before);
    if (errors.length > 0) return errors[0] ?? null;
    const known = new Set(before.settings.backends.map(({ id }) => id));
    this.configuration.desk.foundNodes(more.settings.backends.map(({ id }) => id).filter((id) => !known.has(id)));
    return null;
  }

  /** One at a time: each starts from what the one before has left. */
  async reload(by?: Author): Promise<ReloadReport> {
    const report = await this.afterReloads(() => this.reloadNow());
    if (by !== undefined) {
      const told = report.ok
        ? `changed: ${report.changed.join(', ') || 'nothing'}`
        : `refused: ${report.errors[0] ?? ''}`;
      this.tellBy('reloaded', by, `The configuration files were read again; ${told}`, report.ok ? 'info' : 'warning');
    }
    return report;
  }

  private afterReloads<T>(act: () => Promise<T>): Promise<T> {
    const next = this.reloading.then(act);
    this.reloading = next.catch(() => undefined);
    return next;
  }

  private reloading: Promise<unknown> = Promise.resolve();

  private async reloadNow(): Promise<ReloadReport> {
    const startedMs = performance.now();
    const before = this.config as ConfigSnapshot;
    this.log.write('log', 'reload config files.');
    const loaded = loadFiles(this.options.paths, before.id + 1, before.settings);
    for (const warning of loaded.warnings) this.log.write('warning', warning);
    if (!loaded.ok) {
      for (const error of loaded.errors) this.log.write('warning', `configuration not reloaded: ${error}`);
      return report(startedMs, { ok: false, errors: loaded.errors, warnings: loaded.warnings });
    }
    const { snapshot } = loaded;
    const changes = diffSettings(before.settings, snapshot.settings);
    const errors = await this.takeConfiguration(snapshot, before);
    if (errors.length > 0) return report(startedMs, { ok: false, errors, warnings: loaded.warnings });
    this.configuration.desk.took(loaded.texts, 'reload');
    return report(startedMs, {
      ok: true,
      warnings: loaded.warnings,
      changed: changes.map((change) => change.name),
      needRestart: [...this.configuration.desk.restartPending],
    });
  }

  /** As a reload would take them from the files. */
  private async takeTexts(texts: GivenTexts): Promise<Awaited<ReturnType<ApplyPorts['take']>>> {
    const before = this.config as ConfigSnapshot;
    const loaded = loadFiles(this.options.paths, before.id + 1, before.settings, texts);
    for (const warning of loaded.warnings) this.log.write('warning', warning);
    if (!loaded.ok) return { errors: loaded.errors, texts: null };
    const errors = await this.takeConfiguration(loaded.snapshot, before);
    return { errors, texts: errors.length === 0 ? loaded.texts : null };
  }

  private tellBy(kind: HerdEventKind, by: Author, message: string, severity: HerdEvent['severity'] = 'info'): void {
    this.log.write(severity === 'warning' ? 'warning' : 'log', message);
    this.journal?.add({ kind, node: null, severity, message, by, epoch: this.watchHerd?.epoch ?? 0, details: {} });
  }

  /** All workers take it, or all keep the one before. @returns why they could not */
  private async takeConfiguration(snapshot: ConfigSnapshot, before: ConfigSnapshot): Promise<string[]> {
    this.config = snapshot;
    this.applyLogSettings(snapshot.settings);
    // Ahead of the configuration: a worker that has acknowledged that one knows the weights too.
    this.watchHerd?.reload(snapshot.settings);
    const errors = await this.rounds.begin(snapshot, this.live());
    if (errors.length > 0) {
      this.watchHerd?.reload(before.settings);
      this.config = { ...before, id: snapshot.id + 1 };
      this.applyLogSettings(before.settings);
      await this.rounds.begin(this.config, this.live());
      this.offerAgain(this.config);
      for (const error of errors) this.log.write('warning', `configuration not reloaded: ${error}`);
      return errors;
    }
    if (this.gate !== null) this.gate.limits = admissionLimits(snapshot.settings);
    this.offerAgain(snapshot);
    return [];
  }

  /** New workers that could not take the configuration before may be able to take this one. */
  private offerAgain(snapshot: ConfigSnapshot): void {
    for (const worker of this.workers) {
      if (worker !== null && !worker.ready && worker.appliedConfig > 0) this.sendConfig(worker, snapshot);
    }
  }

  private configApplied(worker: WorkerProcess, message: Extract<ToSupervisor, { t: 'applied' }>): void {
    worker.appliedConfig = message.snapshot;
    if (!this.rounds.answered(worker, message)) this.firstConfiguration(worker, message.error);
  }

  /** A new worker took its first configuration, or could not: there is nothing to go back to. */
  private firstConfiguration(worker: WorkerProcess, error: string | null): void {
    if (worker.ready || this.config === null) return;
    if (worker.appliedConfig !== this.config.id) {
      this.sendConfig(worker, this.config); // a reload came in between
      return;
    }
    if (error !== null) {
      this.startError = error;
      this.log.write('fatal', error);
      for (const listener of this.startListeners.splice(0)) listener();
      return;
    }
    if (this.oneWorker && !worker.listens(this.acceptor.doors, backlogOf(this.settings))) return;
    worker.ready = true;
    if (this.workers.every((other) => other?.ready === true)) this.startError = null;
    if (this.watchHerd !== null) worker.send({ t: 'cluster', snapshot: this.watchHerd.snapshot() });
    for (const { connection, unix } of this.early.splice(0)) {
      if (this.oneWorker) worker.sendConnection({ t: 'conn', id: 0, admitted: false, unix }, connection);
      else this.handOver(connection, unix);
    }
    for (const listener of this.startListeners.splice(0)) listener();
  }

  private readonly startListeners: (() => void)[] = [];

  /** What keeps a new worker from taking its first configuration (a certificate that cannot be read, say). */
  startError: string | null = null;

  stop(mode: StopMode): Promise<void> {
    if (this.stopping === null || (this.stopping === 'smart' && mode !== 'smart')) {
      const upgrade = this.stopping !== null;
      this.stopping = mode;
      if (upgrade) {
        for (const worker of this.workers) worker?.send({ t: 'stop', mode: 'fast' });
        this.armKill();
        return this.stopped as Promise<void>;
      }
      this.stopped = this.stopNow(mode);
    }
    return this.stopped as Promise<void>;
  }

  /** Somebody wishes the stop that follows. */
  stopAsked(mode: StopMode, by: Author): void {
    this.tellBy('stopped', by, `A ${mode} shutdown was asked for`);
  }

  private saveStatus(): void {
    const { watchHerd } = this;
    if (watchHerd === null) return;
    const attached = new Map([...watchHerd.nodes.values()].map((node) => [node.id, node.attached]));
    try {
      writeStatusFile(statusFile(this.settings.work_dir), attached);
    } catch {
      // It was said before, at the change that could not be written.
    }
  }

  private armKill(): void {
    const timer = setTimeout(() => {
      for (const worker of this.workers) worker?.child.kill('SIGKILL');
    }, FAST_STOP_LIMIT_MS);
    timer.unref();
  }

  private async stopNow(mode: StopMode): Promise<void> {
    this.log.write('log', `received ${mode} shutdown request`);
    this.acceptor.close();
    for (const waiting of this.early.splice(0)) waiting.connection.close();
    this.saveStatus();
    this.watchHerd?.stop();
    if (mode !== 'smart') this.armKill();
    if (this.workers.some((worker) => worker !== null)) {
      await new Promise<void>((resolve) => {
        this.exitListeners.add(resolve);
        for (const worker of this.workers) worker?.send({ t: 'stop', mode: mode === 'smart' ? 'smart' : 'fast' });
      });
    }
    if (this.ticker !== null) clearInterval(this.ticker);
    this.configuration.watch.stop();
    this.collector?.stop();
    this.log.write('log', 'shutting down');
    await this.log.drained();
    if (this.pidFile !== null) removePidFile(this.pidFile);
  }

  private soon: NodeJS.Timeout | null = null;

  /** A change of the herd is told at once, several within a moment together. */
  private tickSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = null;
      this.tick();
    }, SOON_MS);
  }

  // --- what doors ask -----------------------------------------------------------------------------------------------

  async show(name: string): Promise<Shown> {
    const shown = await this.report(
      { t: 'report', request: 0, name: name.toLowerCase(), session: -1, database: '', user: '' },
      true,
    );
    if (shown === null) throw new RefusedError('NOTHING_TO_DO', `there is no "${name}" to show`);
    return shown;
  }

  async sessions(): Promise<readonly SessionFacts[]> {
    const workers = await this.questions.all<WorkerSlots>({ about: 'slots', viewer: null, statements: true });
    return workers.flatMap(({ pid, answer }) => answer.sessions.map((slot) => sessionFacts(pid, slot)));
  }

  plan(): readonly Plan[] {
    return plans(this.herd.believed, this.settings, this.clockOffset);
  }

  private readonly clockOffset = Date.now() - performance.now();

  events(since: number): readonly HerdEvent[] {
    return this.journal?.since(since) ?? [];
  }

  operations(): readonly Operation[] {
    return this.acts.list();
  }

  rehearse(wish: Wish): Rehearsal {
    return rehearse(wish, this.wishes);
  }

  async begin(wish: Wish, by: Author): Promise<Operation> {
    // What was seen of the node a moment ago may be old: it may just have been started.
    if (wish.act === 'attach' && this.herd.nodes.has(wish.node)) await this.herd.looks.now(wish.node);
    return begin(wish, by, this.wishes);
  }

  cancel(id: string, by: Author): Operation {
    const operation = this.acts.cancel(id, `${by.user} via ${by.door}`);
    this.log.write('log', `the ${operation.act} of node ${operation.node ?? '?'} is called off by ${byOf(by)}`);
    return operation;
  }

  ended(id: string): Promise<Operation> {
    return this.acts.ended(id);
  }

  rotateLog(by?: Author): void {
    const { collector } = this;
    if (collector === null) {
      throw new RefusedError('NOT_ENABLED', 'logging_collector is off: the log goes to stderr, whose owner rotates it');
    }
    this.log.write('log', `log rotation was asked for${by === undefined ? '' : ` by ${by.user}`}`);
    try {
      collector.rotate();
    } catch (error) {
      throw new RefusedError('NOT_POSSIBLE', `The log file could not be changed: ${(error as Error).message}`);
    }
  }

  sessionActivity(question: ActivityQuestion): Promise<readonly NodeActivity[]> {
    return sessionActivity(question, (node) => probeTarget(this.herd, this.settings, node));
  }
  logs(question: LogQuestion): LogPart {
    return this.ring.part(question);
  }
  problems(): Problems {
    return this.problemWatch.problems();
  }
  configurationTable(): ParameterTableFacts {
    return this.configuration.desk.table();
  }
  configurationFiles(): ConfigurationFilesFacts {
    return this.configuration.desk.files();
  }
  configurationRunning(): RunningConfiguration {
    return this.configuration.desk.running();
  }
  configurationState(): ConfigurationState {
    return this.configuration.desk.state();
  }
  checkConfiguration(draft: ConfigurationDraft): Promise<ConfigurationCheck> {
    return this.configuration.desk.check(draft);
  }
  applyConfiguration(version: ConfigurationVersion, by: Author): Promise<ApplyReport> {
    return this.afterReloads(() => this.configuration.apply(version, by));
  }
  cancelStatements(targets: SessionTargets, by: Author): Promise<readonly SessionResult[]> {
    return actOnSessions('cancel', targets, by, this.sessionActs);
  }
  endSessions(targets: SessionTargets, by: Author): Promise<readonly SessionResult[]> {
    return actOnSessions('end', targets, by, this.sessionActs);
  }
  private readonly sessionActs: SessionActPorts = {
    isThere: (pid) => this.live().some((worker) => worker.pid === pid),
    ask: async (pid, question) => {
      const worker = this.live().find((candidate) => candidate.pid === pid);
      const answer = worker === undefined ? null : await this.questions.one<readonly SessionResult[]>(worker, question);
      return Array.isArray(answer) ? answer : null;
    },
    tell: (kind, by, message) => this.tellBy(kind, by, message),
  };
  watchLogs(listener: (line: LogLine) => void): () => void {
    return this.ring.watch(listener);
  }
  watchConfiguration(listener: (state: ConfigurationState) => void): () => void {
    return this.configuration.watch.watch(listener);
  }
  watchProblems(listener: (problems: Problems) => void): () => void {
    return this.problemWatch.watch(listener);
  }
  private readonly problemWatch = new ProblemWatch({
    status: () => this.status(),
    watch: (listener) => this.watch(listener),
    circumstances: () => {
      const { sr_check_period: period, delay_threshold: bytes, delay_threshold_by_time: ms } = this.settings;
      const { filesDiffer, restartPending } = this.configuration.drift();
      return { lagBytesMax: period > 0 ? bytes : 0, lagMsMax: period > 0 ? ms : 0, filesDiffer, restartPending };
    },
  });

  invalidateCache(): void {
    throw new RefusedError('NOT_ENABLED', 'query cache is not enabled');
  }

  watchEvents(listener: (event: HerdEvent) => void): () => void {
    return this.journal?.watch(listener) ?? (() => {});
  }

  watchOperations(listener: (operation: Operation) => void): () => void {
    return this.acts.watch(listener);
  }

  private tick(): void {
    if (this.listeners.size === 0) return;
    const status = this.status();
    for (const listener of this.listeners) listener(status);
  }

  watch(listener: (status: EngineStatus) => void): () => void {
    this.listeners.add(listener);
    listener(this.status());
    return () => this.listeners.delete(listener);
  }

  /** Clients with a slot, waiting for one, and refused. */
  private get slots(): { readonly busy: number; readonly waiting: number; readonly refused: number } {
    const gate = this.gate ?? { busy: 0, waiting: 0, refused: 0 };
    const own = this.oneWorker ? (this.live()[0]?.stats?.slots ?? null) : null;
    return own ?? gate;
  }

  status(): EngineStatus {
    const watch = this.watchHerd;
    const workers = this.live();
    const notReady: string[] = [];
    if (workers.length === 0) notReady.push('no worker is ready');
    if (this.startError !== null) notReady.push(this.startError);
    if (watch === null || watch.primary === null) {
      notReady.push(`no primary node is known${watch === null ? '' : `: ${watch.whyNoPrimary.join('; ')}`}`);
    } else if (watch.nodes.get(watch.primary)?.reachable === false) {
      notReady.push(`the primary (node ${watch.primary}) does not answer`);
    }
    if (this.stopping !== null) notReady.push('shutting down');
    const delay = this.loopDelay;
    return {
      version: VERSION,
      ready: notReady.length === 0,
      notReady,
      startedAt: this.startedAt.toISOString(),
      epoch: watch?.epoch ?? 0,
      primary: watch?.primary ?? null,
      clientsMax: this.settings.num_init_children,
      clients: this.slots.busy,
      clientsWaiting: this.slots.waiting,
      clientsRefused: this.slots.refused,
      configurationId: this.config?.id ?? 0,
      latencyBucketsMs: [...LATENCY_BUCKETS_MS],
      nodes:
        watch === null
          ? []
          : nodeStatuses(watch, {
              settings: this.settings,
              running: this.workers.flatMap((worker) => (worker?.stats == null ? [] : [worker.stats])),
              counters: this.counters,
              // Whoever has a slot is connected to the primary.
              connected: (id) => this.served.has(id) || (id === watch.primary && this.slots.busy > 0),
            }),
      workers: workers.flatMap((worker): WorkerFacts[] =>
        worker.stats === null
          ? []
          : [
              {
                index: worker.index,
                pid: worker.pid,
                ...worker.stats,
                statements: [...worker.stats.statements],
                latency: [...worker.stats.latency],
                sqlStates: { ...worker.stats.sqlStates },
              },
            ],
      ),
      supervisor: {
        pid: process.pid,
        rssBytes: process.memoryUsage.rss(),
        loopDelayMs: {
          mean: Number.isNaN(delay.mean) ? 0 : delay.mean / 1e6,
          max: delay.max / 1e6,
          p99: delay.percentile(99) / 1e6,
        },
        workersReplaced: this.workersReplaced,
      },
    };
  }
}

function report(startedMs: number, part: Partial<ReloadReport> & { ok: boolean }): ReloadReport {
  return {
    changed: [],
    needRestart: [],
    errors: [],
    warnings: [],
    ...part,
    tookMs: performance.now() - startedMs,
  };
}
