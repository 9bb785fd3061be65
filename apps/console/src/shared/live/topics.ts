/**
 * The live data contract: one connection for each tab, topics on it. Each message carries its number within the topic; a gap
 * means that something was missed, and whoever sees it subscribes anew for a snapshot. Types and constants only: browsers load this.
 */
import type { HerdEvent, NodeStatus, Operation, SessionFacts } from '@pgherd/operations';

export const topics = ['status', 'metrics', 'events', 'operations', 'sessions', 'logs', 'config'] as const;
export type Topic = (typeof topics)[number];

export interface Subscription {
  readonly cluster: string;
  readonly topic: Topic;
  /** A hidden tab: at most one message in ten seconds. */
  readonly slow: boolean;
}

export interface LiveMessage<T> {
  readonly cluster: string;
  readonly topic: Topic;
  /** Grows by one within one subscription; a snapshot begins with 1. */
  readonly seq: number;
  readonly kind: 'snapshot' | 'delta';
  /** ISO 8601: when the engine said it; the oldest of several. Null: no engine has said anything yet. */
  readonly sourceAt: string | null;
  /** ISO 8601: when the console sent it. */
  readonly at: string;
  readonly data: T;
}

// status ---------------------------------------------------------------------------------------------------------------

export const healths = ['ok', 'degraded', 'down', 'changing', 'out', 'unknown'] as const;
export type Health = (typeof healths)[number];
export const configurationStates = ['inStep', 'pending', 'drifted', 'failed'] as const;
export type ConfigurationState = (typeof configurationStates)[number];

export interface ProxyView {
  readonly id: string;
  readonly name: string;
  /** Host and port of its control API. */
  readonly place: string;
  readonly connection: 'connecting' | 'up' | 'lost';
  /** Why it is lost: a sentence. */
  readonly error: string | null;
  /** ISO 8601: last news of it. */
  readonly heardAt: string | null;
  readonly version: string | null;
  readonly startedAt: string | null;
  readonly ready: boolean;
  readonly notReady: readonly string[];
  readonly clients: number;
  readonly clientsMax: number;
  readonly clientsWaiting: number;
  readonly links: { readonly total: number; readonly idle: number };
  readonly workers: number;
  readonly configuration: {
    /** Null: not known (the proxy is lost, or nothing was imported yet). */
    readonly state: ConfigurationState | null;
    readonly currentHash: string | null;
    /** Parameters that wait for a restart. */
    readonly pending: readonly string[];
    readonly externallyManaged: boolean;
    readonly message: string | null;
  };
}

export interface NodeView extends NodeStatus {
  readonly health: Health;
  /** Why, one sentence; empty when it is well. */
  readonly why: string;
  /** Believed and measured role differ. */
  readonly split: boolean;
  /** Share of the clients' statements in the last minute, 0 to 1; null = none were sent. */
  readonly share: number | null;
  /** Proxies (names) that believe something else of it. */
  readonly disagree: readonly string[];
}

export interface ProblemView {
  /** The same while the problem lasts. */
  readonly id: string;
  readonly code: string;
  /** error: something does not work. warning: it works, with this against it. */
  readonly severity: 'error' | 'warning';
  readonly axis: 'health' | 'configuration';
  /** Subject first, one sentence. */
  readonly title: string;
  readonly cause: string;
  readonly remedy: string;
  readonly node: number | null;
  readonly proxy: string | null;
  /** ISO 8601 */
  readonly since: string;
  /** A page of the console that helps, within the cluster, as `nodes/2`; null = none. */
  readonly page: string | null;
  readonly acknowledged: { readonly by: string; readonly note: string; readonly at: string } | null;
}

export interface ClusterStatus {
  readonly slug: string;
  readonly name: string;
  readonly environment: string;
  readonly health: Health;
  /** One sentence, the loudest thing. Key into the messages of `verdict`, with its values. */
  readonly verdict: { readonly key: VerdictKey; readonly values: Readonly<Record<string, string | number>> };
  /** Facts are older than the limit: acts are locked. */
  readonly stale: boolean;
  readonly proxies: readonly ProxyView[];
  readonly nodes: readonly NodeView[];
  readonly primary: number | null;
  /** ISO 8601; null = not known */
  readonly primarySince: string | null;
  readonly epoch: number;
  readonly sessions: { readonly used: number; readonly max: number };
  readonly worstLag: { readonly node: number; readonly ms: number | null; readonly bytes: number | null } | null;
  readonly problems: readonly ProblemView[];
  readonly configuration: {
    readonly state: ConfigurationState | null;
    readonly wantedNumber: number | null;
    readonly lastChange: { readonly number: number; readonly by: string; readonly at: string } | null;
    /** Changes in open drafts. */
    readonly draft: { readonly id: string; readonly title: string; readonly changes: number } | null;
  };
  readonly running: readonly OperationView[];
}

export const verdictKeys = [
  'well',
  'noProxy',
  'proxyLost',
  'noPrimary',
  'notServing',
  'changing',
  'nodeDown',
  'nodeDegraded',
  'nodeOut',
  'problems',
  'noStandby',
] as const;
export type VerdictKey = (typeof verdictKeys)[number];

// the others -----------------------------------------------------------------------------------------------------------

export interface MetricsPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly sessions: {
    readonly active: number;
    readonly inTransaction: number;
    readonly idle: number;
    readonly waiting: number;
  };
  /** Per second, by node id. */
  readonly statements: Readonly<Record<number, number>>;
  /** Milliseconds, by node id; null = not measured. */
  readonly lagMs: Readonly<Record<number, number | null>>;
  readonly lagBytes: Readonly<Record<number, number | null>>;
  /** In this second, by SQLSTATE; `*` where only the sum is known. */
  readonly errors: Readonly<Record<string, number>>;
  /** p50 and p95 of this second; null = no statements. */
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null };
}

export interface EventView extends HerdEvent {
  readonly proxy: string;
  /** Unique in the cluster. */
  readonly key: string;
}

export interface OperationView extends Operation {
  readonly proxy: string;
  /** Given with the wish; empty if it was not begun here. */
  readonly reason: string;
}

export interface SessionView extends SessionFacts {
  readonly proxy: string;
  /** Unique in the cluster. */
  readonly key: string;
}

/** What came, changed or went, by key. */
export interface ListDelta<T> {
  readonly changed: readonly T[];
  readonly gone: readonly string[];
}

export interface LogLine {
  readonly key: string;
  readonly proxy: string;
  /** ISO 8601 */
  readonly at: string;
  readonly level: string;
  readonly process: string;
  readonly pid: number;
  readonly text: string;
}

export interface LogNews {
  readonly lines: readonly LogLine[];
  /** Lines that were not kept, since the start of the engines. */
  readonly dropped: number;
}

export interface ConfigNews {
  /** Drafts, versions, secrets or what runs changed: ask again. */
  readonly stamp: number;
  readonly run: ApplyRunView | null;
}

export interface ApplyStepView {
  readonly proxy: string;
  readonly name: 'connect' | 'check' | 'apply' | 'readBack' | 'verify';
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped';
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly detail: string;
}

export interface ApplyRunView {
  readonly id: string;
  readonly version: number;
  readonly strategy: string;
  readonly state: 'running' | 'done' | 'failed' | 'stopped';
  readonly by: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly error: string | null;
  readonly steps: readonly ApplyStepView[];
  /** Proxy name → how it ended. */
  readonly outcome: Readonly<Record<string, 'inStep' | 'restartPending' | 'rejected' | 'unreachable' | 'waiting'>>;
}

export interface TopicData {
  readonly status: { readonly snapshot: ClusterStatus; readonly delta: ClusterStatus };
  readonly metrics: { readonly snapshot: readonly MetricsPoint[]; readonly delta: MetricsPoint };
  readonly events: { readonly snapshot: readonly EventView[]; readonly delta: readonly EventView[] };
  readonly operations: { readonly snapshot: readonly OperationView[]; readonly delta: OperationView };
  readonly sessions: { readonly snapshot: readonly SessionView[]; readonly delta: ListDelta<SessionView> };
  readonly logs: { readonly snapshot: LogNews; readonly delta: LogNews };
  readonly config: { readonly snapshot: ConfigNews; readonly delta: ConfigNews };
}

/** Three missed seconds dim, ten lock (console.md §5). */
export const STALE_AFTER_MS = 3_000;
export const LOCK_AFTER_MS = 10_000;
