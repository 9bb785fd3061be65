/** What the decisions depend on; the supervisor derives it from the configuration. Times are milliseconds. */
export interface HerdSettings {
  readonly nodes: readonly HerdNodeSettings[];
  /** backend_clustering_mode is streaming_replication: there are a primary and standbys. */
  readonly streaming: boolean;
  /** Roles can be asked for (sr_check_user is set). */
  readonly canAsk: boolean;
  readonly failoverBy: 'external' | 'command' | 'builtin';
  /** failover_command, failback_command, follow_primary_command are set. */
  readonly commands: { readonly failover: boolean; readonly failback: boolean; readonly follow: boolean };
  readonly failoverOnBackendError: boolean;
  readonly failoverOnBackendShutdown: boolean;
  readonly detachFalsePrimary: boolean;
  readonly autoFailback: boolean;
  readonly autoFailbackIntervalMs: number;
  /** search_primary_node_timeout; 0 = for ever */
  readonly searchPrimaryMs: number;
  /** failover_max_lost_bytes; null = no guard */
  readonly maxLostBytes: bigint | null;
  /** failover_relax_sync_after; 0 = synchronous_standby_names is never touched */
  readonly relaxSyncAfterMs: number;
  /** Standbys that no node stands for are told of. */
  readonly discoverStandbys: boolean;
}

export interface HerdNodeSettings {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly applicationName: string;
  /** Not DISALLOW_TO_FAILOVER. */
  readonly allowToFailover: boolean;
  readonly alwaysPrimary: boolean;
  /** It stands in the configuration. One that was discovered came by its own word alone, and is never made the primary. */
  readonly configured: boolean;
}
