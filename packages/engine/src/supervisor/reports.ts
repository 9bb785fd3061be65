/** The rows of the proxy's own SHOW commands, from the engine's status. Column names and order as in Pgpool-II 4.7. */
import type { Settings } from '@pgherd/config';
import type { EngineStatus, NodeStatus } from '@pgherd/operations';
import type { HerdReport } from '../ipc.ts';
import { localTime } from '../log/logger.ts';
import { SHOW_COLUMNS } from '../show-columns.ts';
import { PGPOOL_CODENAME, PGPOOL_VERSION } from '../version.ts';
import { poolStatusRows } from './pool-status.ts';
import { shownDelay } from './standby-delay.ts';

/** @param sessionNode the node that the asking session reads from; @returns null for a name that cannot be answered */
export function herdReport(
  name: string,
  settings: Settings,
  status: EngineStatus,
  sessionNode: number,
): HerdReport | null {
  switch (name) {
    case 'pool_version':
      return { columns: SHOW_COLUMNS.pool_version, rows: [[`${PGPOOL_VERSION} (${PGPOOL_CODENAME})`]] };
    case 'pool_status':
      return { columns: SHOW_COLUMNS.pool_status, rows: poolStatusRows(settings, status) };
    case 'pool_cache':
      // Without a query cache Pgpool-II answers too, in zeros.
      return {
        columns: SHOW_COLUMNS.pool_cache,
        rows: [SHOW_COLUMNS.pool_cache.map((name) => (name === 'cache_hit_ratio' ? '0.00' : '0'))],
      };
    case 'pool_nodes':
      return {
        columns: SHOW_COLUMNS.pool_nodes,
        rows: status.nodes.map((node) => [
          String(node.id),
          node.hostname,
          String(node.port),
          node.status,
          node.pgStatus,
          node.weight.toFixed(6),
          shownRole(node),
          node.pgRole,
          String(node.counts.selects),
          node.id === sessionNode ? 'true' : 'false',
          shownDelay(settings, node, status.primary),
          node.replicationState,
          node.replicationSyncState,
          localTime(new Date(node.lastStatusChange)),
        ]),
      };
    case 'pool_health_check_stats':
      return { columns: SHOW_COLUMNS.pool_health_check_stats, rows: status.nodes.map(healthCheckRow) };
    case 'pool_backend_stats':
      return { columns: SHOW_COLUMNS.pool_backend_stats, rows: status.nodes.map(backendStatsRow) };
    default:
      return null;
  }
}

const shownRole = (node: NodeStatus): string => (node.role === 'unknown' ? 'standby' : node.role);

const shownTime = (time: string | null): string => (time === null ? '' : localTime(new Date(time)));

function healthCheckRow(node: NodeStatus): string[] {
  const { healthCheck: checks } = node;
  return [
    ...[String(node.id), node.hostname, String(node.port), node.status, shownRole(node)],
    localTime(new Date(node.lastStatusChange)),
    ...[checks.total, checks.success, checks.fail, checks.skip, checks.retries].map(String),
    checks.retriesAverage.toFixed(6),
    String(checks.retriesMax),
    ...[checks.durationMaxMs, checks.durationMinMs].map((ms) => String(Math.round(ms))),
    checks.durationAverageMs.toFixed(6),
    ...[checks.last, checks.lastSuccess, checks.lastSkip, checks.lastFail].map(shownTime),
  ];
}

function backendStatsRow(node: NodeStatus): string[] {
  const { counts } = node;
  return [
    ...[String(node.id), node.hostname, String(node.port), node.status, shownRole(node)],
    ...[counts.selects, counts.inserts, counts.updates, counts.deletes, counts.ddls, counts.others].map(String),
    ...[counts.panics, counts.fatals, counts.errors].map(String),
  ];
}
