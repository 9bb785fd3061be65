/** Where each kind of statement goes that is no read, and what it counts as. */
import type { StatementClass, StatementDetail } from '@pgherd/sql';
import { isolationChange, readOnlyChange, setNeedsPrimary } from './settings-statements.ts';
import type { StatementRoute } from './types.ts';

export interface Placement {
  readonly destination: 'primary' | 'both' | 'prepared';
  readonly found: string;
}

/** For what is neither a read nor a PREPARE. */
export function placementOf({ kind, detail }: StatementClass): Placement {
  switch (detail.kind) {
    case 'transaction':
      return isTwoPhase(detail) ? primary('two-phase commit') : both('transaction control');
    case 'set': {
      const why = setNeedsPrimary(detail);
      return why === null ? both('a setting of the session') : primary(`sets ${why}`);
    }
    case 'discard':
      return both('DISCARD');
    case 'execute':
      return { destination: 'prepared', found: `as ${detail.name} was prepared` };
    case 'deallocate':
      return detail.name === null
        ? both('DEALLOCATE ALL')
        : { destination: 'prepared', found: `where ${detail.name} was prepared` };
    case 'lock':
      return detail.mode === 'ACCESS SHARE' || detail.mode === 'ROW SHARE'
        ? both('a lock that a standby can take')
        : primary(`LOCK TABLE IN ${detail.mode} MODE`);
    case 'explain':
      return primary('EXPLAIN');
    default:
      return primary(kind === 'select' ? 'a SELECT that writes or locks rows' : `${kind} runs on the primary only`);
  }
}

const primary = (found: string): Placement => ({ destination: 'primary', found });
const both = (found: string): Placement => ({ destination: 'both', found });

function isTwoPhase({ verb }: Extract<StatementDetail, { kind: 'transaction' }>): boolean {
  return verb === 'prepare-transaction' || verb === 'commit-prepared' || verb === 'rollback-prepared';
}

/** Sets the flag of sql-surface 6. Called for what is no read by 5.1. */
export function countsAsWrite({ detail }: StatementClass): boolean {
  switch (detail.kind) {
    case 'transaction':
      return detail.verb === 'savepoint' || detail.verb === 'release' || detail.verb === 'rollback-to';
    case 'set':
      return isolationChange(detail)?.level !== 'serializable' && readOnlyChange(detail) !== true;
    default:
      return true;
  }
}

/** May leave WAL behind. Called for what is no read. */
export function leavesWal({ detail }: StatementClass): boolean {
  switch (detail.kind) {
    case 'transaction':
      return isTwoPhase(detail);
    case 'set':
    case 'show':
    case 'listen':
    case 'discard':
    case 'deallocate':
    case 'prepare':
      return false;
    default:
      return true;
  }
}

/** As in SHOW pool_backend_stats: what upstream has no column for is counted as DDL. */
export function countedAs(kind: StatementClass['kind'] | undefined): StatementRoute['countedAs'] {
  switch (kind) {
    case 'select':
    case 'insert':
    case 'update':
    case 'delete':
      return kind;
    case 'merge':
    case 'ddl':
    case 'copy':
    case 'call':
    case 'do':
    case 'cursor':
    case 'set-constraints':
      return 'ddl';
    default:
      return 'other';
  }
}

/** Settings whose value is the server's own, or that of its connection, whoever the client is. */
export const SERVER_SETTINGS: ReadonlySet<string> = new Set([
  ...['all', 'in_hot_standby', 'transaction_read_only', 'transaction_isolation', 'transaction_deferrable'],
  ...['cluster_name', 'config_file', 'data_directory', 'external_pid_file', 'hba_file', 'ident_file'],
  ...['listen_addresses', 'port', 'unix_socket_directories', 'primary_conninfo', 'primary_slot_name'],
  ...['hot_standby', 'hot_standby_feedback', 'synchronous_standby_names', 'synchronized_standby_slots'],
  ...['recovery_target', 'recovery_target_timeline', 'restore_command', 'archive_command', 'archive_mode'],
  ...['shared_memory_size', 'shared_memory_size_in_huge_pages', 'huge_pages_status'],
]);
