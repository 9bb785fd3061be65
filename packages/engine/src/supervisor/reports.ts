/** The rows of the proxy's own SHOW commands, from the engine's status. Column names and order as in Pgpool-II 4.7. */
import type { Settings } from '@pgherd/config';
import type { EngineStatus } from '@pgherd/operations';
import type { HerdReport } from '../ipc.ts';
import { localTime } from '../log/logger.ts';
import { PGPOOL_CODENAME, PGPOOL_VERSION } from '../version.ts';
import { poolStatusRows } from './pool-status.ts';

const NODE_COLUMNS = [
  'node_id',
  'hostname',
  'port',
  'status',
  'pg_status',
  'lb_weight',
  'role',
  'pg_role',
  'select_cnt',
  'load_balance_node',
  'replication_delay',
  'replication_state',
  'replication_sync_state',
  'last_status_change',
] as const;

const CACHE_COLUMNS = [
  'num_cache_hits',
  'num_selects',
  'cache_hit_ratio',
  'num_hash_entries',
  'used_hash_entries',
  'num_cache_entries',
  'used_cache_entries_size',
  'free_cache_entries_size',
  'fragment_cache_entries_size',
] as const;

/** @param sessionNode the node that the asking session reads from; @returns null for a name that cannot be answered */
export function herdReport(
  name: string,
  settings: Settings,
  status: EngineStatus,
  sessionNode: number,
): HerdReport | null {
  switch (name) {
    case 'pool_version':
      return { columns: ['pool_version'], rows: [[`${PGPOOL_VERSION} (${PGPOOL_CODENAME})`]] };
    case 'pool_status':
      return { columns: ['item', 'value', 'description'], rows: poolStatusRows(settings, status) };
    case 'pool_cache':
      // Without a query cache Pgpool-II answers too, in zeros.
      return {
        columns: CACHE_COLUMNS,
        rows: [CACHE_COLUMNS.map((name) => (name === 'cache_hit_ratio' ? '0.00' : '0'))],
      };
    case 'pool_nodes':
      return {
        columns: NODE_COLUMNS,
        rows: status.nodes.map((node) => [
          String(node.id),
          node.hostname,
          String(node.port),
          node.status,
          node.pgStatus,
          node.weight.toFixed(6),
          node.role === 'unknown' ? 'standby' : node.role,
          node.pgRole,
          String(node.statements),
          node.id === sessionNode ? 'true' : 'false',
          '0',
          '',
          '',
          localTime(new Date(node.lastStatusChange)),
        ]),
      };
    default:
      return null;
  }
}
