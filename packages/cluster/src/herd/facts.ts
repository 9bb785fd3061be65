/** What one look at a node found. */

/** The node answered. Positions are WAL bytes; null is what it cannot or may not say. */
export interface Answer {
  readonly inRecovery: boolean;
  /** Of a primary: the timeline that it writes; of a standby: the one that it receives. */
  readonly timeline: number | null;
  readonly systemIdentifier: string | null;
  /** Where a primary writes; up to where a standby has replayed. */
  readonly position: bigint | null;
  /** Up to where a standby has received and flushed. */
  readonly received: bigint | null;
  /** Rows of pg_stat_replication. */
  readonly replicas: readonly ReplicaRow[];
  /** Of a standby: whom its WAL receiver is connected to; null = it has none, or may not say. */
  readonly upstream: { readonly host: string; readonly port: number } | null;
  /** synchronous_standby_names of a primary. */
  readonly syncStandbyNames: string;
  /** Enabled subscriptions: two writable nodes that both have some replicate to each other. */
  readonly subscriptions: number;
}

export interface ReplicaRow {
  readonly applicationName: string;
  readonly state: string;
  readonly syncState: string;
  /** Where the primary sees it connect from; empty for a Unix socket, or when it may not be seen. */
  readonly clientAddress: string;
  /** A server that replays what it receives: no base backup, no archiver, no logical replication. */
  readonly replays: boolean;
}

export interface Failure {
  /**
   * `refused`: nobody listens. `starting`: a server says that it starts or stops (57P03). `timeout`: no answer in time.
   * `resolver`: its name could not be looked up, which says nothing about the server. `refusal`: it lives, but does not let
   * us in.
   */
  readonly kind: 'refused' | 'starting' | 'timeout' | 'resolver' | 'refusal';
  readonly reason: string;
}

export const NO_ANSWER_YET: Answer = {
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
