/**
 * The supervisor: accepts, admits, watches the herd and keeps the workers. It implements Operations, the one room behind
 * all doors.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { formatLsn, type HostAgent, type ProbeTarget } from '@pgherd/cluster';
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
  type NodeStatus,
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
import { discovered, withNode } from './discovery.ts';
import { Fences } from './fence.ts';
import { type FilePaths, type GivenTexts, loadFiles } from './files.ts';
import { byOf, Hands } from './hands.ts';
import { HerdWatch } from './herd-watch.ts';
import { interruptedRecoveries } from './interrupted-recoveries.ts';
import { Journal } from './journal.ts';
import { type Grant, Leases } from './leases.ts';
import { MemoryFile, onlyEpoch } from './memory-file.ts';
import { NodeCounters } from './node-counters.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import { plans } from './plan.ts';
import { ProblemWatch } from './problems/watch.ts';
import { relaxedBefore } from './relaxed-before.ts';
import { herdReport } from './reports.ts';
import { respawnPauseMs } from './respawn-pause.ts';
import { probeRoute } from './route-probe.ts';
import { sessionActivity } from './session-activity.ts';
import { actOnSessions, type SessionActPorts } from './session-acts.ts';
import { sessionFacts } from './session-facts.ts';
import { poolsReport, processesReport } from './slot-reports.ts';
import { readStatusFile, statusFile, writeStatusFile } from './status-file.ts';
import { begin, rehearse, type WishPorts } from './wishes.ts';
import { WorkerProcess } from './worker-process.ts';

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

/** The configuration cannot be used: one line each, with file, line and allowed values. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION';
  readonly issues: readonly string[];
  constructor(issues: readonly string[]) {
    super(issues.join('\n'));
    this.issues = issues;
  }
}

/** What a worker needs besides its clients: the log, its channel, cancel requests, connections that wait. */
const WORKER_DESCRIPTORS_SPARE = 500;
const RELOAD_LIMIT_MS = 5_000;
const FAST_STOP_LIMIT_MS = 5_000;
/** How long a worker may take to answer a question. */
const ANSWER_LIMIT_MS = 5_000;
/** … and two hundred statements by two configurations. */
const COMPARISON_LIMIT_MS = 30_000;
/** Changes of the herd within so short a time are told together. */
const SOON_MS = 20;
const POLL_MS = 100;

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
  private questionId = 0;
  private readonly questions = new Map<number, { open: Set<number>; done: (found: boolean) => void }>();
  private readonly startedAt = new Date();
  private workersReplaced = 0;
  /** By worker: those in a row that ended before they could serve. */
  private readonly bootFailures = new Map<number, number>();
  private readonly counters = new NodeCounters();
  private stopping: StopMode | null = null;
  private stopped: Promise<void> | null = null;
  private readonly loopDelay = monitorEventLoopDelay({ resolution: 20 });
  private readonly applied = new Map<number, { missing: Set<WorkerProcess>; errors: string[]; done: () => void }>();
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
      askWorkers: () => this.askAll<{ id: number; digest: string }>({ about: 'configuration' }),
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
    for (let index = 0; index < this.workerCount(settings); index++) this.spawn(index);
    this.watchHerd = this.makeWatch(settings, loaded.snapshot.configDirectory);
    this.ticker = setInterval(() => this.tick(), 1_000);
    const serving = new Promise<void>((resolve) => this.startListeners.push(resolve));
    await this.watchHerd.start();
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

  private workerCount(settings: Settings): number {
    if (settings.worker_processes > 0) return Math.min(settings.worker_processes, settings.num_init_children);
    // PostgreSQL usually shares the machine in small set-ups; half the cores are the proxy's.
    const forCores = Math.max(1, os.availableParallelism() >> 1);
    // A client and its connection to a server take two descriptors of one process.
    const forDescriptors = Math.ceil((2 * settings.num_init_children + WORKER_DESCRIPTORS_SPARE) / descriptorLimit());
    return Math.min(Math.max(forCores, forDescriptors), settings.num_init_children);
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
    this.oneWorker = this.workerCount(settings) === 1 && this.acceptor.leave();
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
    for (const round of this.applied.values()) {
      round.missing.delete(worker);
      if (round.missing.size === 0) round.done();
    }
    for (const [request, question] of this.questions) this.answered(request, worker.index, false, question);
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
        this.broadcast(worker, { t: 'cancel', pid: message.pid, secret: message.secret }, (found) =>
          worker.send({ t: 'cancelled', request: message.request, found }),
        );
        return;
      case 'guard':
        this.broadcast(worker, { t: 'guard', database: message.database }, () =>
          worker.send({ t: 'guarded', request: message.request }),
        );
        return;
      case 'catalog':
        for (const other of this.live()) if (other !== worker) other.send(message);
        return;
      case 'cancelled':
        this.answered(message.request, worker.index, message.found);
        return;
      case 'guarded':
        this.answered(message.request, worker.index, false); // all of them have to, before the statement may run
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
        this.asked.get(message.request)?.(message.answer);
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

  /** Asks all other workers; `done` hears that one of them said yes, or that all have answered. */
  private broadcast(
    from: WorkerProcess,
    message: { t: 'cancel'; pid: number; secret: string } | { t: 'guard'; database: string },
    done: (found: boolean) => void,
  ): void {
    const others = this.live().filter((worker) => worker !== from);
    if (others.length === 0) {
      done(false);
      return;
    }
    const request = ++this.questionId;
    this.questions.set(request, { open: new Set(others.map((worker) => worker.index)), done });
    for (const worker of others) worker.send({ ...message, request });
  }

  private async report(asked: Extract<ToSupervisor, { t: 'report' }>, everything = false): Promise<HerdReport | null> {
    const { settings } = this;
    if (!everything) this.served.add(this.watchHerd?.primary ?? -1); // whoever asks is connected to it
    if (asked.name !== 'pool_processes' && asked.name !== 'pool_pools') {
      return herdReport(asked.name, settings, this.status(), asked.session);
    }
    const { admin_users: admins } = settings;
    const viewer = everything || admins.length === 0 || admins.includes(asked.user) ? null : asked.user;
    const workers = await this.askAll<WorkerSlots>({
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
  private readonly asked = new Map<number, (answer: unknown) => void>();

  /** Asks all workers. One that does not answer in time is left out. */
  private async askAll<T extends object>(question: WorkerQuestion): Promise<{ pid: number; answer: T }[]> {
    const answers = await Promise.all(
      this.live().map(async (worker) => ({ pid: worker.pid, answer: await this.askWorker<T>(worker, question) })),
    );
    return answers.flatMap(({ pid, answer }) => (answer === null || 'error' in answer ? [] : [{ pid, answer }]));
  }

  private askWorker<T extends object>(
    worker: WorkerProcess,
    question: WorkerQuestion,
    limitMs = ANSWER_LIMIT_MS,
  ): Promise<T | null> {
    const request = ++this.questionId;
    return new Promise((resolve) => {
      const done = (answer: unknown): void => {
        clearTimeout(timer);
        this.asked.delete(request);
        resolve(answer as T | null);
      };
      const timer = setTimeout(() => done(null), limitMs);
      this.asked.set(request, done);
      worker.send({ t: 'question', request, question });
    });
  }

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
  private async askFirst<T extends object>(question: WorkerQuestion, limitMs = ANSWER_LIMIT_MS): Promise<T> {
    const [worker] = this.live();
    if (worker === undefined) throw new Error('no worker is ready');
    const answer = await this.askWorker<T | { error: string }>(worker, question, limitMs);
    if (answer === null) throw new Error('the worker did not answer in time');
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  }

  private answered(request: number, workerIndex: number, found: boolean, question = this.questions.get(request)): void {
    if (question === undefined || !question.open.delete(workerIndex)) return;
    if (!found && question.open.size > 0) return;
    this.questions.delete(request);
    question.done(found);
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

  private makeWatch(settings: Settings, directory: string): HerdWatch {
    const { work_dir: workDir } = settings;
    const journal = new Journal(workDir, (message) => this.log.write('warning', message));
    this.journal = journal;
    const hands = new Hands({
      settings: () => this.settings,
      log: this.log,
      journal,
      target: (node) => this.opsTarget(node),
      epoch: () => this.watchHerd?.epoch ?? 0,
      output: (line) => this.acts.output(line),
      agent: (node) => this.options.agent?.(node) ?? null,
    });
    interruptedRecoveries(journal, this.acts);
    const memory = new MemoryFile(workDir, (message) => this.log.write('warning', message));
    const remembered = memory.read();
    const discard = this.options.discardStatus === true;
    if (discard) fs.rmSync(statusFile(workDir), { force: true });
    const watch = new HerdWatch({
      settings,
      log: this.log,
      password: (user, given) => this.password(user, given),
      directory,
      stored: readStatusFile(statusFile(workDir)),
      relaxed: relaxedBefore(journal.since(0)),
      memory: remembered !== null && discard ? onlyEpoch(remembered) : remembered,
      hands: {
        publish: (snapshot) => this.clusterChanged(snapshot),
        fence: (snapshot) => {
          const workers = this.workers.filter((worker) => worker !== null);
          this.clusterChanged(snapshot);
          return this.fences.close(
            snapshot.epoch,
            workers.filter((worker) => worker.ready),
          );
        },
        promote: (node) => hands.promote(node),
        proveWrite: (node) => hands.proveWrite(node),
        follow: async (node, primary, forkAt) => {
          await this.mayFollow;
          await hands.follow(node, primary, forkAt);
        },
        command: (effect) => hands.command(effect),
        setSyncNames: (node, names) => hands.setSyncNames(node, names),
        discovered: (effect) => void this.discovered(effect, hands),
        tell: (told) => hands.tell(told),
        revive: (node) => hands.revive(node),
        rejoin: (node, primary) => hands.rejoin(node, primary),
        remember: (changed) => memory.write(changed),
        save: (attached) => hands.save(attached),
      },
    });
    this.wishPorts = {
      watch,
      acts: this.acts,
      settings: () => this.settings,
      agent: (node) => this.options.agent?.(node) ?? null,
      target: (node) => this.opsTarget(node),
      recoveryTarget: (node) => ({
        ...watch.target(node, this.settings.recovery_user, this.settings.recovery_password),
        database: this.settings.recovery_database,
      }),
      promote: (node) => hands.promote(node),
      proveWrite: (node) => hands.proveWrite(node),
      setSyncNames: (node, names) => hands.setSyncNames(node, names),
      hold: (kind, reason, untilMs) => {
        watch.holding = reason === null ? null : { kind, untilMs, reason };
        this.heldOpen.clear();
        if (reason !== null) for (const worker of this.live()) this.heldOpen.set(worker, Number.POSITIVE_INFINITY);
        this.clusterChanged(watch.snapshot());
      },
      open: () => [...this.heldOpen.values()].reduce((sum, open) => sum + open, 0),
      cut: (reason) => {
        for (const worker of this.live()) worker.send({ t: 'cut', reason });
      },
      warm: async (node, limitMs) => {
        const workers = await this.askAll<{ links: number }>({ about: 'warm', node, limitMs });
        return workers.reduce((sum, { answer }) => sum + answer.links, 0);
      },
      cool: () => {
        for (const worker of this.live()) worker.send({ t: 'cool' });
      },
      housed: async (limitMs) => {
        await this.askAll<{ left: number }>({ about: 'housed', limitMs });
      },
      followAfter: (housed) => {
        this.mayFollow = housed;
      },
      clients: async () => (await this.sessions()).length,
      until: (condition, limitMs) => untilState(watch, condition, limitMs),
      log: (kind, node, by, message) => {
        this.log.write(kind.endsWith('Failed') ? 'warning' : 'log', message);
        const severity = kind.endsWith('Failed') ? 'error' : 'info';
        journal.add({ kind, node, severity, message, by, epoch: watch.epoch, details: {} });
      },
    };
    return watch;
  }

  private wishPorts: WishPorts | null = null;
  /** Standbys that are re-pointed right after a switchover would slow its clients' return. */
  private mayFollow: Promise<void> = Promise.resolve();

  private get herd(): HerdWatch {
    if (this.watchHerd === null) throw new Error('not started');
    return this.watchHerd;
  }

  private get wishes(): WishPorts {
    if (this.wishPorts === null) throw new Error('not started');
    return this.wishPorts;
  }

  /** As sr_check_user; a sentence where that cannot be. */
  private probeTarget(node: number): ProbeTarget | string {
    const { sr_check_user: user, sr_check_password: password, sr_check_database: database } = this.settings;
    if (!this.herd.nodes.has(node)) return `there is no node ${node}`;
    if (user === '') return 'sr_check_user is not set, so the server cannot be asked';
    return { ...this.herd.target(node, user, password), database };
  }

  /** The user that promotes and re-points: failover_user, else recovery_user. */
  private opsTarget(node: number): ProbeTarget {
    const { settings } = this;
    const own = settings.failover_user !== '';
    return this.herd.target(
      node,
      own ? settings.failover_user : settings.recovery_user,
      own ? settings.failover_password : settings.recovery_password,
    );
  }

  // --- operations -------------------------------------------------------------------------------------------------

  private async discovered(effect: Parameters<typeof discovered>[0], hands: Hands): Promise<void> {
    await discovered(effect, {
      settings: () => this.settings,
      systemIdentifier: () => this.herd.believed.systemIdentifier,
      target: (node) => {
        const { sr_check_user: user, sr_check_password: password, sr_check_database: database } = this.settings;
        return { ...this.herd.target(node, user, password), database };
      },
      tell: (told) => hands.tell(told),
      adopt: (host, port, name) => this.afterReloads(() => this.adoptNode(host, port, name, effect.primary)),
    });
  }

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
    const errors = await this.applyEverywhere(snapshot);
    if (errors.length > 0) {
      this.watchHerd?.reload(before.settings);
      this.config = { ...before, id: snapshot.id + 1 };
      this.applyLogSettings(before.settings);
      await this.applyEverywhere(this.config);
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

  private applyEverywhere(snapshot: ConfigSnapshot): Promise<string[]> {
    const workers = this.live();
    if (workers.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const errors: string[] = [];
      const finish = (): void => {
        clearTimeout(timer);
        this.applied.delete(snapshot.id);
        resolve(errors);
      };
      const timer = setTimeout(() => {
        errors.push(`${this.applied.get(snapshot.id)?.missing.size ?? 0} workers did not acknowledge in time`);
        finish();
      }, RELOAD_LIMIT_MS);
      this.applied.set(snapshot.id, { missing: new Set(workers), errors, done: finish });
      const packed = packSnapshot(snapshot);
      for (const worker of workers) worker.send({ t: 'config', packed });
    });
  }

  private configApplied(worker: WorkerProcess, message: Extract<ToSupervisor, { t: 'applied' }>): void {
    worker.appliedConfig = message.snapshot;
    const round = this.applied.get(message.snapshot);
    if (round === undefined) {
      this.firstConfiguration(worker, message.error);
      return;
    }
    if (message.error !== null) round.errors.push(message.error);
    round.missing.delete(worker);
    if (round.missing.size === 0) round.done();
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
    const workers = await this.askAll<WorkerSlots>({ about: 'slots', viewer: null, statements: true });
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
    return sessionActivity(question, (node) => this.probeTarget(node));
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
      const answer = worker === undefined ? null : await this.askWorker<readonly SessionResult[]>(worker, question);
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
      nodes: this.nodeStatuses(),
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

  private nodeStatuses(): NodeStatus[] {
    const { watchHerd, settings } = this;
    if (watchHerd === null) return [];
    const streaming = settings.sr_check_period > 0 && settings.sr_check_user !== '';
    const running = this.workers.flatMap((worker) => (worker === null || worker.stats === null ? [] : [worker.stats]));
    return [...watchHerd.nodes.values()].map((node) => {
      const statements = this.counters.statements(running, node.id);
      const connected = this.served.has(node.id) || (node.id === watchHerd.primary && this.slots.busy > 0);
      const checked = settings.healthChecks.some((check) => check.nodeId === node.id && check.periodSeconds > 0);
      return {
        id: node.id,
        hostname: node.host,
        port: node.port,
        status: node.quarantined
          ? 'quarantine'
          : !node.attached || node.reachable === false
            ? 'down'
            : connected || statements > 0
              ? 'up'
              : 'waiting',
        pgStatus: !checked || node.reachable === null ? 'unknown' : node.reachable ? 'up' : 'down',
        role: node.role,
        pgRole: !streaming || node.inRecovery === null ? 'unknown' : node.inRecovery ? 'standby' : 'primary',
        weight: node.weight,
        statements,
        counts: this.counters.counts(running, node.id),
        lagBytes: node.lagBytes,
        lagMs: node.lagMs,
        replayLsn: node.replayLsn,
        replicationState: node.replicationState,
        replicationSyncState: node.replicationSyncState,
        healthCheck: watchHerd.health.of(node.id).facts,
        decidedBy: node.by,
        attached: node.attached,
        replaced: node.replaced,
        timeline: node.answer?.timeline ?? null,
        receivedLsn: node.answer?.received == null ? null : formatLsn(node.answer.received),
        upstream: node.answer?.upstream ?? null,
        systemIdentifier: node.answer?.systemIdentifier ?? null,
        lastStatusChange: node.lastChange.toISOString(),
        reason: node.reason,
      };
    });
  }
}

/** Resolves true once the condition holds after a change of what is believed, false after `limitMs`. */
function untilState(watch: HerdWatch, condition: () => boolean, limitMs: number): Promise<boolean> {
  if (condition()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const done = (held: boolean): void => {
      end();
      clearInterval(poll);
      clearTimeout(limit);
      resolve(held);
    };
    const look = (): void => {
      if (condition()) done(true);
    };
    const end = watch.onState(look);
    const poll = setInterval(look, POLL_MS); // clients come and go without an event of the herd
    const limit = setTimeout(() => done(false), limitMs);
  });
}

/** Connections that the system keeps for us until they are accepted. */
function backlogOf(settings: Settings): number {
  return Math.max(settings.num_init_children * settings.listen_backlog_multiplier, 511);
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

/** How many descriptors one process may have. Node raises its own limit to the hard one at start. */
function descriptorLimit(): number {
  try {
    const line = /^Max open files\s+\S+\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'));
    return line === null ? Number.POSITIVE_INFINITY : Number(line[1]);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** @throws Error naming the parameter when there is no such group */
function groupId(name: string): number | null {
  if (name === '') return null;
  if (/^\d+$/.test(name)) return Number(name);
  const line = fs
    .readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) throw new ConfigurationError([`unix_socket_group: there is no group "${name}"`]);
  return Number(line.split(':')[2]);
}
