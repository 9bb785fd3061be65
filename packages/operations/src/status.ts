/** What the engine says of itself: the same facts for SHOW, PCP, the control API and metrics. */
import { z } from 'zod';

/** Counters of the health checks of one node since the start. Times are ISO 8601, null = never. */
export const healthCheckFactsSchema = z.object({
  /** success + fail + skip */
  total: z.int(),
  success: z.int(),
  fail: z.int(),
  /** Checks of a node that was down already and still is. */
  skip: z.int(),
  retries: z.int(),
  retriesAverage: z.number(),
  retriesMax: z.int(),
  durationMaxMs: z.number(),
  durationMinMs: z.number(),
  durationAverageMs: z.number(),
  last: z.string().nullable(),
  lastSuccess: z.string().nullable(),
  lastSkip: z.string().nullable(),
  lastFail: z.string().nullable(),
});
export type HealthCheckFacts = z.infer<typeof healthCheckFactsSchema>;

/** Clients' statements sent to one node by kind, and error messages received from it by severity, since the start. */
export const nodeCountsSchema = z.object({
  selects: z.number(),
  inserts: z.number(),
  updates: z.number(),
  deletes: z.number(),
  ddls: z.number(),
  others: z.number(),
  panics: z.number(),
  fatals: z.number(),
  errors: z.number(),
});
export type NodeCounts = z.infer<typeof nodeCountsSchema>;

export const nodeStatusSchema = z.object({
  id: z.int(),
  hostname: z.string(),
  port: z.int(),
  /** What pgherd believes: `waiting` = up, nobody connected yet. */
  status: z.enum(['waiting', 'up', 'down', 'unused', 'quarantine']),
  /** What the last probe measured. */
  pgStatus: z.enum(['up', 'down', 'unknown']),
  role: z.enum(['primary', 'standby', 'unknown']),
  pgRole: z.enum(['primary', 'standby', 'unknown']),
  /** Share of reads, 0 to 1, by the weights; a node that is down has none, whatever this says. */
  weight: z.number(),
  /** Statements sent to the node since start. */
  statements: z.int(),
  counts: nodeCountsSchema,
  /** Bytes behind the primary at the last streaming check, 0 for the primary; null = not measured. */
  lagBytes: z.number().nullable(),
  /** pg_stat_replication.replay_lag in milliseconds, 0 for the primary; null = not measured. */
  lagMs: z.number().nullable(),
  /** `X/Y`: replayed at the last streaming check; the primary's own position for the primary. */
  replayLsn: z.string().nullable(),
  /** pg_stat_replication.state and sync_state of the row with the node's backend_application_name; empty if unknown. */
  replicationState: z.string(),
  replicationSyncState: z.string(),
  healthCheck: healthCheckFactsSchema,
  /** ISO 8601. */
  lastStatusChange: z.string(),
  /** False: left out, until somebody or auto_failback attaches it. */
  attached: z.boolean(),
  /** It was the primary, and another node took its place: it may come back as a standby only (`recover`). */
  replaced: z.boolean(),
  /** Why it is where it is, or why the last look failed: one sentence. */
  reason: z.string().nullable(),
  /** Who decided on its state last. */
  decidedBy: z.string(),
  /** Of a primary the one that it writes, of a standby the one that it receives; null = not known. */
  timeline: z.int().nullable(),
  /** `X/Y`: received and flushed by a standby. */
  receivedLsn: z.string().nullable(),
  /** Whom a standby's WAL receiver is connected to. */
  upstream: z.object({ host: z.string(), port: z.int() }).nullable(),
  systemIdentifier: z.string().nullable(),
});
export type NodeStatus = z.infer<typeof nodeStatusSchema>;

export const workerFactsSchema = z.object({
  index: z.int(),
  pid: z.int(),
  sessions: z.int(),
  linksTotal: z.int(),
  linksIdle: z.int(),
  waiting: z.int(),
  opened: z.int(),
  reused: z.int(),
  evicted: z.int(),
  waits: z.int(),
  clients: z.int(),
  cancels: z.int(),
  wrongCancels: z.int(),
  logLinesDropped: z.int(),
  statements: z.array(z.number()),
  latency: z.array(z.number()),
  latencySumMs: z.number(),
  sqlStates: z.record(z.string(), z.number()),
  loopDelayMs: z.object({ mean: z.number(), max: z.number(), p99: z.number() }),
  rssBytes: z.number(),
});
export type WorkerFacts = z.infer<typeof workerFactsSchema>;

export const engineStatusSchema = z.object({
  version: z.string(),
  /** True when clients can be served: listeners open, a worker ready, a primary known. */
  ready: z.boolean(),
  /** Why not, one sentence each. */
  notReady: z.array(z.string()),
  startedAt: z.string(),
  epoch: z.int(),
  primary: z.int().nullable(),
  clientsMax: z.int(),
  clients: z.int(),
  clientsWaiting: z.int(),
  clientsRefused: z.int(),
  configurationId: z.int(),
  latencyBucketsMs: z.array(z.number()),
  nodes: z.array(nodeStatusSchema),
  workers: z.array(workerFactsSchema),
  supervisor: z.object({
    pid: z.int(),
    rssBytes: z.number(),
    loopDelayMs: z.object({ mean: z.number(), max: z.number(), p99: z.number() }),
    workersReplaced: z.int(),
  }),
});
export type EngineStatus = z.infer<typeof engineStatusSchema>;

export const stopModeSchema = z.enum(['smart', 'fast', 'immediate']);
export type StopMode = z.infer<typeof stopModeSchema>;

/** What one reload did. */
export interface ReloadReport {
  readonly ok: boolean;
  /** Names that changed and are in effect. */
  readonly changed: readonly string[];
  /** Names that keep their old value until a restart. */
  readonly needRestart: readonly string[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly tookMs: number;
}
