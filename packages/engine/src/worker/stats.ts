/** Counters of one worker. The hot path only adds to fixed arrays. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LinkStats } from '../backend/link.ts';
import { LATENCY_BUCKETS_MS, type WorkerStats } from '../ipc.ts';
import type { StatementRoute } from '../routing/types.ts';
import { kindOfTag } from './kind-of-tag.ts';

const NODES_MAX = 128;
/** Any client can raise any code that it makes up; beyond so many they are counted together. */
const SQLSTATES_MAX = 300;
const OTHER_SQLSTATES = 'other';

export class Counters implements LinkStats {
  readonly statements = new Float64Array(NODES_MAX);
  readonly latency = new Float64Array(LATENCY_BUCKETS_MS.length + 1);
  latencySumMs = 0;
  clients = 0;
  cancels = 0;
  wrongCancels = 0;
  private readonly sqlStates = new Map<string, number>();
  private readonly loopDelay = monitorEventLoopDelay({ resolution: 20 });

  constructor() {
    this.loopDelay.enable();
  }

  /** What SHOW pool_backend_stats shows, by kind and node. */
  private readonly routes: Readonly<Record<StatementRoute['countedAs'], Float64Array>> = {
    select: new Float64Array(NODES_MAX),
    insert: new Float64Array(NODES_MAX),
    update: new Float64Array(NODES_MAX),
    delete: new Float64Array(NODES_MAX),
    ddl: new Float64Array(NODES_MAX),
    other: new Float64Array(NODES_MAX),
  };

  countRoute(nodeId: number, kind: StatementRoute['countedAs']): void {
    const counts = this.routes[kind];
    counts[nodeId] = (counts[nodeId] as number) + 1;
  }

  /** Error messages received, by severity and node. */
  private readonly severities = {
    PANIC: new Float64Array(NODES_MAX),
    FATAL: new Float64Array(NODES_MAX),
    ERROR: new Float64Array(NODES_MAX),
  };

  onCommand(nodeId: number, buffer: Buffer, tag: number): void {
    this.countRoute(nodeId, kindOfTag(buffer, tag));
  }

  onError(nodeId: number, severity: 'PANIC' | 'FATAL' | 'ERROR'): void {
    const counts = this.severities[severity];
    counts[nodeId] = (counts[nodeId] as number) + 1;
  }

  onSqlState(code: string): void {
    const name = this.sqlStates.size < SQLSTATES_MAX || this.sqlStates.has(code) ? code : OTHER_SQLSTATES;
    this.sqlStates.set(name, (this.sqlStates.get(name) ?? 0) + 1);
  }

  onLatency(ms: number): void {
    this.latencySumMs += ms;
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS_MS.length && ms > (LATENCY_BUCKETS_MS[bucket] as number)) bucket++;
    this.latency[bucket] = (this.latency[bucket] as number) + 1;
  }

  /** The event-loop part covers the time since the last call. */
  snapshot(
    rest: Pick<
      WorkerStats,
      | 'sessions'
      | 'slots'
      | 'linksTotal'
      | 'linksIdle'
      | 'waiting'
      | 'opened'
      | 'reused'
      | 'evicted'
      | 'waits'
      | 'logLinesDropped'
    >,
  ): WorkerStats {
    const delay = this.loopDelay;
    const loopDelayMs = {
      mean: Number.isNaN(delay.mean) ? 0 : delay.mean / 1e6,
      max: delay.max / 1e6,
      p99: delay.percentile(99) / 1e6,
    };
    delay.reset();
    return {
      ...rest,
      clients: this.clients,
      cancels: this.cancels,
      wrongCancels: this.wrongCancels,
      statements: [...this.statements],
      selects: counted(this.routes.select),
      inserts: counted(this.routes.insert),
      updates: counted(this.routes.update),
      deletes: counted(this.routes.delete),
      ddls: counted(this.routes.ddl),
      others: counted(this.routes.other),
      panics: counted(this.severities.PANIC),
      fatals: counted(this.severities.FATAL),
      errors: counted(this.severities.ERROR),
      latency: [...this.latency],
      latencySumMs: this.latencySumMs,
      sqlStates: Object.fromEntries(this.sqlStates),
      loopDelayMs,
      rssBytes: process.memoryUsage.rss(),
    };
  }
}

/** Without the nodes that nothing was counted for at the end. */
function counted(counts: Float64Array): number[] {
  return [...counts.subarray(0, counts.findLastIndex((count) => count > 0) + 1)];
}
