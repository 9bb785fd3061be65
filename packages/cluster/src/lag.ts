/** How far each standby is behind the primary: pure. */
import { parseLsn } from './lsn.ts';
import type { Replica, Replication } from './probe.ts';

export interface Lag {
  /** Bytes of WAL that the primary has and the standby has not replayed. */
  readonly bytes: number | null;
  /** pg_stat_replication.replay_lag */
  readonly ms: number | null;
  /** `X/Y`: replayed by the standby; the primary's own position for the primary. */
  readonly replayLsn: string | null;
  /** pg_stat_replication.state and sync_state; empty when there is no such row, or no right to see it. */
  readonly state: string;
  readonly syncState: string;
}

export const NO_LAG_KNOWN: Lag = { bytes: null, ms: null, replayLsn: null, state: '', syncState: '' };

/** @param measured what the primary itself said at the last check, null when it did not answer */
export function lagOfPrimary(measured: Replication | null): Lag {
  return { ...NO_LAG_KNOWN, bytes: 0, ms: 0, replayLsn: measured?.position ?? null };
}

/**
 * Servers are asked side by side, so a standby may report a position that is newer than the primary's: it is not behind
 * then.
 * @param applicationName backend_application_nameN; the standby's row is found by it alone
 */
export function lagOfStandby(primary: Replication | null, standby: Replication | null, applicationName: string): Lag {
  const row = primary === null ? undefined : rowOf(primary.replicas, applicationName);
  const replayLsn = standby?.position ?? null;
  const ahead = parseLsn(primary?.position ?? '');
  const behind = parseLsn(replayLsn ?? '');
  const comparable = !strangers(primary, standby);
  return {
    bytes: ahead === null || behind === null || !comparable ? null : Number(ahead > behind ? ahead - behind : 0n),
    ms: row === undefined ? null : lagMs(row, ahead),
    replayLsn,
    state: row?.state ?? '',
    syncState: row?.syncState ?? '',
  };
}

/** Positions of two databases that never were one have nothing to do with each other. */
function strangers(one: Replication | null, other: Replication | null): boolean {
  const [a, b] = [one?.systemIdentifier ?? null, other?.systemIdentifier ?? null];
  return a !== null && b !== null && a !== b;
}

/** Two standbys that go by one name cannot be told apart: the slower one counts for both. */
function rowOf(rows: readonly Replica[], applicationName: string): Replica | undefined {
  if (applicationName === '') return undefined;
  let slowest: Replica | undefined;
  for (const row of rows) {
    if (row.applicationName !== applicationName) continue;
    if (slowest === undefined || (row.replayLagMs ?? 0) > (slowest.replayLagMs ?? 0)) slowest = row;
  }
  return slowest;
}

/** PostgreSQL leaves replay_lag empty once an idle standby has caught up, but also before it has measured anything. */
function lagMs(row: Replica, primary: bigint | null): number | null {
  if (row.replayLagMs !== null) return Math.max(0, row.replayLagMs);
  const replayed = parseLsn(row.replayLsn ?? '');
  return replayed !== null && primary !== null && replayed >= primary ? 0 : null;
}
