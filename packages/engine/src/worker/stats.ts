/** Counters of one worker. The hot path only adds to fixed arrays. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LinkStats } from '../backend/link.ts';
import { LATENCY_BUCKETS_MS, type WorkerStats } from '../ipc.ts';

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
      latency: [...this.latency],
      latencySumMs: this.latencySumMs,
      sqlStates: Object.fromEntries(this.sqlStates),
      loopDelayMs,
      rssBytes: process.memoryUsage.rss(),
    };
  }
}
