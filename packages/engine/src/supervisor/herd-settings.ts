/** What the herd's decisions depend on, from the configuration. */
import type { HerdSettings } from '@pgherd/cluster';
import type { Settings } from '@pgherd/config';

export function herdSettings(settings: Settings): HerdSettings {
  return {
    nodes: settings.backends.map((backend) => ({
      id: backend.id,
      host: backend.hostname,
      port: backend.port,
      weight: backend.weight,
      applicationName: backend.applicationName,
      allowToFailover: backend.flags.allowToFailover,
      alwaysPrimary: backend.flags.alwaysPrimary,
      configured: settings.explicit.has(`backend_port${backend.id}`),
    })),
    streaming: settings.backend_clustering_mode === 'streaming_replication',
    canAsk: canAsk(settings),
    failoverBy: failoverBy(settings),
    commands: {
      failover: settings.failover_command !== '',
      failback: settings.failback_command !== '',
      follow: settings.follow_primary_command !== '',
    },
    failoverOnBackendError: settings.failover_on_backend_error,
    failoverOnBackendShutdown: settings.failover_on_backend_shutdown,
    detachFalsePrimary: settings.detach_false_primary,
    autoFailback: settings.auto_failback,
    autoFailbackIntervalMs: settings.auto_failback_interval * 1000,
    searchPrimaryMs: settings.search_primary_node_timeout * 1000,
    relaxSyncAfterMs: settings.failover_relax_sync_after * 1000,
    discoverStandbys: settings.auto_discover_standby !== 'off',
    maxLostBytes: settings.failover_max_lost_bytes < 0 ? null : BigInt(settings.failover_max_lost_bytes),
  };
}

/** Can roles be asked for at all? */
export function canAsk(settings: Settings): boolean {
  return settings.sr_check_period > 0 && settings.sr_check_user !== '';
}

export function failoverBy(settings: Settings): HerdSettings['failoverBy'] {
  const { failover_by: chosen } = settings;
  if (chosen === 'external' || chosen === 'command' || chosen === 'builtin') return chosen;
  return settings.failover_command === '' ? 'external' : 'command';
}
