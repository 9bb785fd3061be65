/** An engine that is none: a herd of three nodes that acts end by command, for tests of the doors. */
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
  type RouteComparison,
  type RouteComparisonQuestion,
  type RouteProbe,
  type RouteProbeQuestion,
  type RunningConfiguration,
  type SessionFacts,
  type SessionResult,
  type SessionTargets,
  type Shown,
  type Wish,
} from '@pgherd/operations';
import { FakeConfiguration } from './fake-configuration.ts';

const AT = '2026-01-02T03:04:05.000Z';
function fakeLine(seq: number, over: Partial<LogLine> = {}): LogLine {
  const text = `line ${seq}`;
  return {
    seq,
    at: AT,
    level: 'log',
    process: 'main',
    pid: 99,
    node: null,
    client: false,
    text,
    detail: null,
    hint: null,
    ...over,
  };
}

const JOURNAL_PART = 1_000;

const ok = { name: 'somebody can promote', ok: true, detail: 'pg_promote() may be called', remedy: null };

export function fakeNode(id: number, over: Partial<NodeStatus> = {}): NodeStatus {
  const role = id === 0 ? 'primary' : 'standby';
  return {
    id,
    hostname: `db${id}.example`,
    port: 5432,
    status: 'up',
    pgStatus: 'up',
    role,
    pgRole: role,
    weight: 1 / 3,
    statements: 0,
    counts: { selects: 0, inserts: 0, updates: 0, deletes: 0, ddls: 0, others: 0, panics: 0, fatals: 0, errors: 0 },
    lagBytes: 0,
    lagMs: 0,
    replayLsn: '0/3000000',
    replicationState: id === 0 ? '' : 'streaming',
    replicationSyncState: id === 0 ? '' : 'async',
    healthCheck: {
      total: 1,
      success: 1,
      fail: 0,
      skip: 0,
      retries: 0,
      retriesAverage: 0,
      retriesMax: 0,
      durationMaxMs: 1,
      durationMinMs: 1,
      durationAverageMs: 1,
      last: AT,
      lastSuccess: AT,
      lastSkip: null,
      lastFail: null,
    },
    lastStatusChange: AT,
    reason: null,
    attached: true,
    decidedBy: 'configuration',
    timeline: 1,
    receivedLsn: null,
    upstream: null,
    systemIdentifier: null,
    replaced: false,
    ...over,
  };
}

export function fakeSession(id: string, over: Partial<SessionFacts> = {}): SessionFacts {
  return {
    id,
    workerPid: 100,
    database: 'app',
    user: 'alice',
    application: 'psql',
    status: 'idle',
    state: 'idle',
    stateChangedAt: AT,
    transactionStartedAt: null,
    connectedAt: AT,
    idleMs: 1,
    protocol: [3, 0],
    readNode: 1,
    lastNodes: [0],
    host: '192.0.2.7',
    port: '40000',
    statement: "select 'a secret of alice'",
    links: [{ node: 0, pid: 4711, openedAt: AT, uses: 1 }],
    ...over,
  };
}

export class FakeOperations implements Operations {
  readonly configuration = new FakeConfiguration();
  readonly lines: LogLine[] = [
    fakeLine(1),
    fakeLine(2, { client: true, text: "statement: select 'a secret of alice'" }),
  ];
  found: Problems = { problems: [], lookedAt: AT };
  nodes: NodeStatus[] = [0, 1, 2].map((id) => fakeNode(id));
  clients: SessionFacts[] = [fakeSession('1-1')];
  readonly journal: HerdEvent[] = [];
  readonly acts: Operation[] = [];
  /** What was asked for, by whom. */
  readonly calls: { readonly name: string; readonly by?: Author | undefined; readonly what?: unknown }[] = [];
  /** The next act is refused with this. */
  refusal: RefusedError | null = null;
  /** The next question fails with this. */
  fault: Error | null = null;
  shown: Record<string, Shown> = {
    pool_pools: {
      columns: ['pool_pid', 'client_host', 'client_port', 'statement'],
      rows: [['1', '192.0.2.7', '4', 'select 1']],
    },
    pool_status: {
      columns: ['item', 'value', 'description'],
      rows: [
        ['port', '9999', 'Port for clients.'],
        ['sr_check_password', 'canary-in-the-mine', 'Password.'],
        ['health_check_password0', 'canary-in-the-mine', 'Password.'],
      ],
    },
  };
  readonly #statusListeners = new Set<(status: EngineStatus) => void>();
  readonly #eventListeners = new Set<(event: HerdEvent) => void>();
  readonly #actListeners = new Set<(operation: Operation) => void>();
  readonly #logListeners = new Set<(line: LogLine) => void>();
  readonly #configurationListeners = new Set<(state: ConfigurationState) => void>();
  readonly #problemListeners = new Set<(problems: Problems) => void>();
  readonly #ends = new Map<string, (operation: Operation) => void>();

  get watchers(): number {
    return [
      this.#statusListeners,
      this.#eventListeners,
      this.#actListeners,
      this.#logListeners,
      this.#configurationListeners,
      this.#problemListeners,
    ].reduce((sum, { size }) => sum + size, 0);
  }

  status(): EngineStatus {
    this.#failIfTold();
    const primary = this.nodes.find(({ role }) => role === 'primary')?.id ?? null;
    return {
      version: '0.1.0',
      ready: primary !== null,
      notReady: primary === null ? ['no primary is known'] : [],
      startedAt: AT,
      epoch: 1,
      primary,
      clientsMax: 32,
      clients: this.clients.length,
      clientsWaiting: 0,
      clientsRefused: 0,
      configurationId: 1,
      latencyBucketsMs: [1, 10],
      nodes: this.nodes,
      workers: [
        {
          index: 0,
          pid: 100,
          sessions: this.clients.length,
          linksTotal: 1,
          linksIdle: 0,
          waiting: 0,
          opened: 1,
          reused: 0,
          evicted: 0,
          waits: 0,
          clients: this.clients.length,
          cancels: 0,
          wrongCancels: 0,
          logLinesDropped: 0,
          statements: [3, 4, 5],
          latency: [10, 1, 1],
          latencySumMs: 33,
          sqlStates: { '42P01': 2 },
          loopDelayMs: { mean: 1, max: 2, p99: 2 },
          rssBytes: 1_000,
        },
      ],
      supervisor: { pid: 99, rssBytes: 1_000, loopDelayMs: { mean: 1, max: 3, p99: 3 }, workersReplaced: 0 },
    };
  }

  show(name: string): Shown {
    const found = this.shown[name];
    if (found === undefined) throw new RefusedError('NOT_POSSIBLE', `There is no SHOW ${name}.`);
    return found;
  }

  sessions(): readonly SessionFacts[] {
    return this.clients;
  }

  explainRoute(): never {
    throw new Error('No worker can tell at the moment.');
  }

  compareRoutes({ statements }: RouteComparisonQuestion): readonly RouteComparison[] {
    const verdict = { rule: 'draw', value: '0.5', shares: [{ node: 1, probability: 1 }], error: null };
    return statements.map((sql) => ({ sql, running: verdict, draft: verdict, changed: false }));
  }

  async probeRoute(question: RouteProbeQuestion, by: Author): Promise<RouteProbe> {
    this.calls.push({ name: 'probeRoute', by, what: question });
    const predicted = { rule: 'draw', value: '0.5', shares: [{ node: 1, probability: 1 }], error: null };
    return { node: 1, predicted, agrees: true, rows: 1, error: null, tookMs: 2 };
  }

  sessionActivity({ nodes }: ActivityQuestion): readonly NodeActivity[] {
    return nodes.map(({ node, pids }) => ({
      node,
      error: null,
      rows: pids.map((pid) => ({
        pid,
        state: 'active',
        waitEventType: 'Lock',
        waitEvent: 'transactionid',
        queryStart: AT,
        transactionStart: AT,
        stateChange: AT,
        backendType: 'client backend',
      })),
    }));
  }

  logs({ since = 0, limit }: LogQuestion): LogPart {
    const lines = this.lines.filter(({ seq }) => seq > since).slice(-limit);
    return { lines, first: this.lines[0]?.seq ?? 0, last: this.lines.at(-1)?.seq ?? 0, dropped: 0 };
  }

  problems(): Problems {
    return this.found;
  }

  configurationTable(): ParameterTableFacts {
    return this.configuration.table();
  }

  configurationFiles(): ConfigurationFilesFacts {
    return this.configuration.files();
  }

  configurationRunning(): RunningConfiguration {
    return this.configuration.running();
  }

  configurationState(): ConfigurationState {
    return this.configuration.state();
  }

  checkConfiguration(draft: ConfigurationDraft): ConfigurationCheck {
    return this.configuration.check(draft);
  }

  async applyConfiguration(version: ConfigurationVersion, by: Author): Promise<ApplyReport> {
    this.calls.push({ name: 'applyConfiguration', by, what: version });
    this.#refuseIfTold();
    const report = this.configuration.apply(version, by);
    for (const listener of this.#configurationListeners) listener(this.configuration.state());
    return report;
  }

  async cancelStatements(targets: SessionTargets, by: Author): Promise<readonly SessionResult[]> {
    this.calls.push({ name: 'cancelStatements', by, what: targets });
    return targets.sessions.map(({ id }) => ({ id, outcome: this.#has(id) ? 'done' : 'gone' }));
  }

  async endSessions(targets: SessionTargets, by: Author): Promise<readonly SessionResult[]> {
    this.calls.push({ name: 'endSessions', by, what: targets });
    const results = targets.sessions.map(({ id }) => ({ id, outcome: this.#has(id) ? 'done' : 'gone' }) as const);
    this.clients = this.clients.filter(({ id }) => !targets.sessions.some((target) => target.id === id));
    return results;
  }

  #has(id: string): boolean {
    return this.clients.some((client) => client.id === id);
  }

  plan(): readonly Plan[] {
    return this.nodes.map(({ id, role }) => ({
      node: id,
      outcome: role === 'primary' ? 'failover' : 'readsMove',
      summary: role === 'primary' ? 'Node 1 is promoted.' : 'Reads go to the others.',
      candidate: role === 'primary' ? 1 : null,
      candidates: [],
      lostBytes: { atLeast: role === 'primary' ? 128 : 0, none: role !== 'primary', asOf: AT },
      preconditions: [ok],
      estimateMs: { detect: 1_000, promote: 500, total: 1_500 },
      failoverBy: 'builtin',
    }));
  }

  events(since: number): readonly HerdEvent[] {
    return this.journal.filter(({ seq }) => seq > since).slice(0, JOURNAL_PART);
  }

  operations(): readonly Operation[] {
    return this.acts;
  }

  rehearse(wish: Wish): Rehearsal {
    this.#refuseIfTold();
    return {
      possible: true,
      node: 'node' in wish ? wish.node : (wish.to ?? 1),
      effect: 'Clients wait for a second.',
      checks: [ok],
    };
  }

  begin(wish: Wish, by: Author): Operation {
    this.calls.push({ name: 'begin', by, what: wish });
    this.#refuseIfTold();
    const operation: Operation = {
      id: `act-${this.acts.length + 1}`,
      act: wish.act,
      node: 'node' in wish ? wish.node : wish.to,
      by,
      state: 'running',
      steps: [{ name: 'first', state: 'running', startedAt: AT, endedAt: null, detail: null }],
      progress: null,
      startedAt: AT,
      endedAt: null,
      error: null,
      output: [],
    };
    this.change(operation);
    return operation;
  }

  cancel(id: string, by: Author): Operation {
    this.calls.push({ name: 'cancel', by, what: id });
    const found = this.acts.find((operation) => operation.id === id);
    if (found === undefined) throw new RefusedError('NOTHING_TO_DO', `There is no act ${id}.`);
    const ended: Operation = {
      ...found,
      state: 'failed',
      endedAt: AT,
      error: `called off by ${by.user} via ${by.door}`,
    };
    this.change(ended);
    return ended;
  }

  ended(id: string): Promise<Operation> {
    const found = this.acts.find((operation) => operation.id === id);
    if (found === undefined) return Promise.reject(new RefusedError('NOTHING_TO_DO', `There is no act ${id}.`));
    if (found.state !== 'running') return Promise.resolve(found);
    return new Promise((resolve) => this.#ends.set(id, resolve));
  }

  async reload(by?: Author) {
    this.calls.push({ name: 'reload', by });
    return { ok: true, changed: ['port'], needRestart: ['port'], errors: [], warnings: [], tookMs: 3 };
  }

  async stop(mode: string, by?: Author): Promise<void> {
    this.calls.push({ name: 'stop', by, what: mode });
  }

  rotateLog(by?: Author): void {
    this.calls.push({ name: 'rotateLog', by });
  }

  invalidateCache(by?: Author): void {
    this.calls.push({ name: 'invalidateCache', by });
    throw new RefusedError('NOT_ENABLED', 'memory_cache_enabled is off.');
  }

  watch(listener: (status: EngineStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  watchEvents(listener: (event: HerdEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  watchOperations(listener: (operation: Operation) => void): () => void {
    this.#actListeners.add(listener);
    return () => this.#actListeners.delete(listener);
  }

  watchLogs(listener: (line: LogLine) => void): () => void {
    this.#logListeners.add(listener);
    return () => this.#logListeners.delete(listener);
  }

  watchConfiguration(listener: (state: ConfigurationState) => void): () => void {
    this.#configurationListeners.add(listener);
    listener(this.configuration.state());
    return () => this.#configurationListeners.delete(listener);
  }

  watchProblems(listener: (problems: Problems) => void): () => void {
    this.#problemListeners.add(listener);
    listener(this.found);
    return () => this.#problemListeners.delete(listener);
  }

  // --- what happens to it -----------------------------------------------------------------------------------------

  tick(): void {
    for (const listener of this.#statusListeners) listener(this.status());
  }

  says(line: Partial<LogLine>): void {
    const entry = fakeLine((this.lines.at(-1)?.seq ?? 0) + 1, line);
    this.lines.push(entry);
    for (const listener of this.#logListeners) listener(entry);
  }

  suffers(problems: Problems['problems']): void {
    this.found = { problems, lookedAt: AT };
    for (const listener of this.#problemListeners) listener(this.found);
  }

  happens(message: string): HerdEvent {
    const event: HerdEvent = {
      seq: (this.journal.at(-1)?.seq ?? 0) + 1,
      at: AT,
      kind: 'nodeDetached',
      node: 1,
      severity: 'warning',
      message,
      by: { door: 'engine', user: 'health check', address: '' },
      epoch: 1,
      details: {},
    };
    this.journal.push(event);
    for (const listener of this.#eventListeners) listener(event);
    return event;
  }

  /** The act as it is from now on; one that is over answers who waits for it. */
  change(operation: Operation): void {
    const place = this.acts.findIndex(({ id }) => id === operation.id);
    if (place === -1) this.acts.push(operation);
    else this.acts[place] = operation;
    for (const listener of this.#actListeners) listener(operation);
    if (operation.state !== 'running') this.#ends.get(operation.id)?.(operation);
  }

  #refuseIfTold(): void {
    const { refusal } = this;
    this.refusal = null;
    if (refusal !== null) throw refusal;
  }

  #failIfTold(): void {
    const { fault } = this;
    this.fault = null;
    if (fault !== null) throw fault;
  }
}
