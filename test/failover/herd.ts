/** A herd and an engine with the settings that `pgherd up` writes. */
import { type Cluster, type ClusterOptions, ephemeralCluster } from '@pgherd/lab';
import {
  type Engine,
  type EngineOptions,
  engineFor,
  type SettingValue,
} from '../../packages/engine/test-support/engine.ts';
import { until } from '../../packages/engine/test-support/wait.ts';

export function herdOf(nodes: number, sql: string, more: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const initSql = [{ database: 'app', sql }];
  return ephemeralCluster({ nodes, pgBin: 'embedded', maxConnections: 300, initSql, ...more });
}

/** Ready when every node and its timeline is known. */
export async function engineLikeUp(
  cluster: Cluster,
  settings: Readonly<Record<string, SettingValue>>,
  more: Partial<EngineOptions> = {},
  ready: 'all nodes are known' | 'whatever answers' = 'all nodes are known',
): Promise<Engine> {
  const { probe } = cluster.secrets;
  const engine = await engineFor(cluster, {
    ...more,
    settings: {
      load_balance_mode: true,
      read_after_write: 'session',
      failover_by: 'builtin',
      auto_failback: true,
      auto_failback_interval: 5,
      health_check_period: 1,
      health_check_timeout: 2,
      health_check_max_retries: 1,
      health_check_retry_delay: 1,
      health_check_user: probe.user,
      health_check_password: probe.password,
      connect_timeout: 1000,
      sr_check_period: 1,
      ...Object.fromEntries(
        cluster.nodes.flatMap((node) => [
          [`backend_application_name${node.id}`, node.applicationName],
          [`backend_weight${node.id}`, 1],
        ]),
      ),
      ...settings,
    },
  });
  if (ready === 'all nodes are known') {
    await until(ready, async () =>
      (await engine.status()).nodes.every((node) => node.timeline !== null && node.status !== 'down'),
    );
  }
  return engine;
}
