/**
 * What supervisor and workers say to each other. Facts go up coalesced, snapshots come down whole; a message is small
 * plain data, a socket travels beside it as a handle.
 */

import v8 from 'node:v8';
import type { Settings } from '@pgherd/config';
import type { Entry } from './log/logger.ts';

/** How the herd looks to a worker. Immutable; a new epoch makes every older link unusable. */
export interface ClusterSnapshot {
  readonly epoch: number;
  /** Node that takes writes, or null while none is known. */
  readonly primary: number | null;
  /** Of the primary in this epoch, recorded when it was found or promoted; null = not known. A link proves it before its
   * first use: the same system, not in recovery, on this timeline. */
  readonly timeline: number | null;
  readonly systemIdentifier: string | null;
  /**
   * While the primary changes. `clients`: who needs the primary waits (new clients, the first write of a session).
   * `transactions`: nobody begins a transaction either, and each worker tells how many are still open (`held`).
   * After `untilMs` (milliseconds since the epoch) whoever waited gets 57P03 with `reason`.
   */
  readonly hold: {
    readonly kind: 'clients' | 'transactions';
    readonly untilMs: number;
    readonly reason: string;
  } | null;
  readonly nodes: readonly {
    readonly id: number;
    readonly host: string;
    readonly port: number;
    readonly weight: number;
    readonly status: 'waiting' | 'up' | 'down' | 'unused' | 'quarantine';
    readonly role: 'primary' | 'standby' | 'unknown';
    /** Bytes behind the primary at the last streaming check, 0 for the primary itself; null = not measured. */
    readonly lagBytes: number | null;
    /** pg_stat_replication.replay_lag of the row with backend_application_nameN, 0 for the primary; null = not measured. */
    readonly lagMs: number | null;
    /** `X/Y`: replayed at the last streaming check; the primary's own position for the primary. Null = not measured. */
    readonly replayLsn: string | null;
  }[];
}

/** Nothing is known of the herd yet. */
export const NO_HERD: ClusterSnapshot = {
  epoch: 0,
  primary: null,
  timeline: null,
  systemIdentifier: null,
  hold: null,
  nodes: [],
};

/** The files of one configuration, by name as given, with what they include. */
export interface ConfigSnapshot {
  readonly id: number;
  readonly settings: Settings;
  readonly configDirectory: string;
  /** What makes users without an entry unremarkable: the same in all workers. */
  readonly mockSecret: Buffer;
  readonly hba: { readonly file: string; readonly text: string; readonly includes: Record<string, string> } | null;
  readonly passwd: { readonly file: string; readonly text: string } | null;
}

/** Settings hold Maps and Sets, which plain messages do not carry. */
export function packSnapshot(snapshot: ConfigSnapshot): string {
  return v8.serialize(snapshot).toString('base64');
}

export function unpackSnapshot(packed: string): ConfigSnapshot {
  return v8.deserialize(Buffer.from(packed, 'base64')) as ConfigSnapshot;
}

export const packSettings = (settings: Settings): string => v8.serialize(settings).toString('base64');
export const unpackSettings = (packed: string): Settings => v8.deserialize(Buffer.from(packed, 'base64')) as Settings;

/** A row of the proxy's own SHOW commands that needs facts from everywhere. */
export interface HerdReport {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What the supervisor may want to know of a worker. */
export type WorkerQuestion =
  /** Its clients and its idle connections. @param viewer whose own statements and addresses may be told; null = all */
  | { readonly about: 'slots'; readonly viewer: string | null; readonly statements: boolean }
  /** Opens connections to a standby that is about to become the primary, for sessions of the present one. Answered with
   *  how many stand ready, after `limitMs` at most. `cool` closes what no session took. */
  | { readonly about: 'warm'; readonly node: number; readonly limitMs: number }
  /** Cancels what its sessions run, or ends them; answered with a SessionResult for each. */
  | {
      readonly about: 'sessions';
      readonly act: 'cancel' | 'end';
      readonly targets: readonly {
        /** As doors name it. */
        readonly id: string;
        /** Of the session, in its worker. */
        readonly session: number;
        /** What must be true of it; null: anything. */
        readonly user: string | null;
        readonly connectedAtMs: number | null;
      }[];
      readonly reason: string;
    }
  /** Which configuration it goes by: `id` and settingsDigest. */
  | { readonly about: 'configuration' }
  /** Answered when no session waits for a connection to the primary, or after `limitMs`: with how many still do. */
  | { readonly about: 'housed'; readonly limitMs: number }
  | {
      readonly about: 'route';
      readonly sql: string;
      readonly database: string;
      readonly user: string;
      readonly application: string;
      readonly inTransaction?: boolean | undefined;
      readonly afterWrite?: boolean | undefined;
      /** The settings to go by (packSettings); null: those that run. */
      readonly draft: string | null;
    }
  /** Each statement by the settings that run, and by the draft (packSettings). */
  | {
      readonly about: 'routes';
      readonly statements: readonly string[];
      readonly database: string;
      readonly user: string;
      readonly application: string;
      readonly inTransaction?: boolean | undefined;
      readonly afterWrite?: boolean | undefined;
      readonly draft: string;
    };

/** One connection to a server. Times are milliseconds since the epoch. */
export interface LinkFacts {
  readonly node: number;
  readonly pid: number;
  readonly database: string;
  readonly user: string;
  readonly openedAtMs: number;
  /** Sessions that it has served, the present one included. */
  readonly uses: number;
}

/** One client. Its address and statement are empty where the viewer may not see them. */
export interface ClientSlot {
  /** Of the session, in its worker. */
  readonly id: number;
  readonly database: string;
  readonly user: string;
  readonly application: string;
  readonly status: string;
  readonly state: 'active' | 'idle' | 'idle in transaction' | 'idle in failed transaction';
  readonly stateSinceMs: number;
  /** When the transaction that is open began; null: none is. */
  readonly openSinceMs: number | null;
  readonly connectedAtMs: number;
  readonly idleMs: number;
  /** client_idle_limit in seconds; 0 = none */
  readonly idleLimit: number;
  readonly protocol: number;
  readonly readNode: number;
  readonly host: string;
  readonly port: string;
  readonly links: readonly LinkFacts[];
  readonly statement: string;
  /** Nodes that it was sent to. */
  readonly sentTo: readonly number[];
}

export interface WorkerSlots {
  readonly startedAtMs: number;
  /** Clients served. */
  readonly clients: number;
  readonly sessions: readonly ClientSlot[];
  /** Clients that have a slot and have not signed in yet. */
  readonly connecting: number;
  /** Connections in the pools. */
  readonly idle: readonly LinkFacts[];
}

export type ToWorker =
  | { t: 'config'; packed: string }
  | { t: 'cluster'; snapshot: ClusterSnapshot }
  /** A connection; the handle travels along. `admitted` says that it already has a client slot. */
  | { t: 'conn'; id: number; admitted: boolean; unix: boolean }
  /** A bound socket to listen on; the handle travels along. Connections are accepted and admitted by the worker itself. */
  | { t: 'listen'; unix: boolean; backlog: number }
  | { t: 'admit'; id: number }
  | { t: 'refuse'; id: number }
  /** Clients are waiting for slots: ended connections are worth a message at once. */
  | { t: 'tight' }
  | { t: 'cancel'; request: number; pid: number; secret: string }
  | { t: 'cancelled'; request: number; found: boolean }
  | { t: 'guard'; request: number; database: string }
  | { t: 'guarded'; request: number }
  /** The catalog changed: what names mean has to be asked anew. */
  | { t: 'catalog' }
  | { t: 'replicate'; request: number; granted: boolean }
  /** So many more connections per node may be open. */
  | { t: 'lease'; more: number }
  | { t: 'shed'; links: number }
  | { t: 'report'; request: number; report: HerdReport | null }
  | { t: 'question'; request: number; question: WorkerQuestion }
  /** Sessions with a transaction at the primary have waited long enough for its end: they end with 57P01. */
  | { t: 'cut'; reason: string }
  /** A switchover for which connections were opened ahead does not take place. */
  | { t: 'cool' }
  /** The log is written to this file from now on. */
  | { t: 'logTo'; file: string; mode: number }
  | { t: 'stop'; mode: 'smart' | 'fast' };

export type ToSupervisor =
  | { t: 'ready' }
  | { t: 'applied'; snapshot: number; error: string | null }
  /** A client needs a slot. From one that has it: it said too little for too long, gives it back, and asks again later. */
  | { t: 'listening'; error: string | null }
  | { t: 'want'; id: number }
  /** Connections that ended (their slots are free) since the last message. */
  | { t: 'ended'; ids: number[] }
  | { t: 'cancel'; request: number; pid: number; secret: string }
  | { t: 'cancelled'; request: number; found: boolean }
  | { t: 'guard'; request: number; database: string }
  | { t: 'guarded'; request: number }
  | { t: 'catalog' }
  /** May this connection be one of replication_connections? Until it ends it is, if granted. */
  | { t: 'replicate'; request: number; id: number }
  | { t: 'short'; waiting: number }
  /** So many connections per node are given up. */
  | { t: 'gave'; links: number }
  | { t: 'report'; request: number; name: string; session: number; database: string; user: string }
  | { t: 'answer'; request: number; answer: unknown }
  /** The snapshot of this epoch is in force: no link of an older one is open any more. */
  | { t: 'fenced'; epoch: number }
  /** While transactions are held: so many are still open at the primary. Sent at once, at changes, and at 0. */
  | { t: 'held'; epoch: number; open: number }
  | { t: 'suspect'; node: number; reason: string }
  /** Lines that it has written. */
  | { t: 'logged'; entries: readonly Entry[]; dropped: number }
  | { t: 'stats'; stats: WorkerStats };

/** Counters of one worker, cumulative since it started; sent about once a second. */
export interface WorkerStats {
  readonly sessions: number;
  /** Client slots, where the worker gives them itself. */
  readonly slots?: { readonly busy: number; readonly waiting: number; readonly refused: number };
  readonly linksTotal: number;
  readonly linksIdle: number;
  readonly waiting: number;
  readonly opened: number;
  readonly reused: number;
  readonly evicted: number;
  readonly waits: number;
  readonly clients: number;
  readonly cancels: number;
  readonly wrongCancels: number;
  readonly logLinesDropped: number;
  /** statements sent, by node id */
  readonly statements: readonly number[];
  /** What SHOW pool_backend_stats tells: statements sent by kind, error messages received by severity; by node id. */
  readonly selects: readonly number[];
  readonly inserts: readonly number[];
  readonly updates: readonly number[];
  readonly deletes: readonly number[];
  readonly ddls: readonly number[];
  readonly others: readonly number[];
  readonly panics: readonly number[];
  readonly fatals: readonly number[];
  readonly errors: readonly number[];
  /** histogram counts over LATENCY_BUCKETS_MS, plus one for larger */
  readonly latency: readonly number[];
  readonly latencySumMs: number;
  readonly sqlStates: Readonly<Record<string, number>>;
  readonly loopDelayMs: { readonly mean: number; readonly max: number; readonly p99: number };
  readonly rssBytes: number;
}

export const LATENCY_BUCKETS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000,
];
