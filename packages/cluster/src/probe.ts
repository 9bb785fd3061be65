/**
 * Asks one node who it is. Every internal statement is schema-qualified, its search_path pinned, its time bounded.
 *
 * Each look connects anew: a connection that stayed open would tell nothing of a server that takes no new ones, and would
 * keep its smart shutdown from ending.
 */
import pg from 'pg';
import { type ConnectionTarget, withConnection } from './connection.ts';

export interface ProbeTarget extends ConnectionTarget {
  /** Ask for positions too and, of a primary, for its standbys. */
  readonly replication?: boolean;
}

/** What a node says of its replication. Null is what it cannot or may not say. */
export interface Replication {
  /** `X/Y`: where a primary writes, up to where a standby has replayed. */
  readonly position: string | null;
  /** `X/Y`: up to where a standby has received. */
  readonly received: string | null;
  /** Of a primary the one that it writes, of a standby the one that it receives. */
  readonly timeline: number | null;
  readonly systemIdentifier: string | null;
  /** Rows of pg_stat_replication; empty without the rights of pg_monitor. */
  readonly replicas: readonly Replica[];
  /** Whom a standby's WAL receiver is connected to. */
  readonly upstream: { readonly host: string; readonly port: number } | null;
  /** synchronous_standby_names; empty when nothing is said. */
  readonly syncStandbyNames: string;
  /** Subscriptions with a running worker. */
  readonly subscriptions: number;
}

export interface Replica {
  readonly applicationName: string;
  readonly state: string | null;
  readonly syncState: string | null;
  readonly replayLsn: string | null;
  readonly replayLagMs: number | null;
  /** Empty for a Unix socket. */
  readonly clientAddress: string;
  /** Streams physically and says what it has replayed; an archiver says only what it has written. */
  readonly replays: boolean;
}

export type ProbeResult =
  | {
      readonly ok: true;
      readonly inRecovery: boolean;
      readonly version: number;
      readonly tookMs: number;
      /** Null when it was not asked for. */
      readonly replication: Replication | null;
    }
  | {
      readonly ok: false;
      /** `resolver`: the name could not be looked up, which says nothing about the server. */
      readonly kind: 'refused' | 'starting' | 'timeout' | 'resolver' | 'sign-in' | 'other';
      readonly reason: string;
      readonly tookMs: number;
    };

const ROLE =
  "SELECT pg_catalog.pg_is_in_recovery() AS recovering, pg_catalog.current_setting('server_version_num') AS version";
const PRIMARY_POSITION =
  'SELECT pg_catalog.pg_current_wal_lsn()::pg_catalog.text AS position, NULL AS received, ' +
  'pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) AS file';
const STANDBY_POSITION =
  'SELECT pg_catalog.pg_last_wal_replay_lsn()::pg_catalog.text AS position, ' +
  'pg_catalog.pg_last_wal_receive_lsn()::pg_catalog.text AS received, NULL AS file';
const WAL_RECEIVER =
  'SELECT status, sender_host AS host, sender_port AS port, received_tli AS timeline FROM pg_catalog.pg_stat_wal_receiver';
const STANDBY_TIMELINE = 'SELECT timeline_id AS timeline FROM pg_catalog.pg_control_checkpoint()';
const PRIMARY_SETTINGS =
  "SELECT pg_catalog.current_setting('synchronous_standby_names') AS sync, " +
  '(SELECT pg_catalog.count(pid) FROM pg_catalog.pg_stat_subscription)::pg_catalog.int4 AS subscriptions';
const IDENTITY = 'SELECT system_identifier::pg_catalog.text AS id FROM pg_catalog.pg_control_system()';
const REPLICAS =
  'SELECT application_name AS name, state, sync_state AS sync, replay_lsn::pg_catalog.text AS replayed, ' +
  "pg_catalog.date_part('epoch', replay_lag) * 1000 AS lag, pg_catalog.host(client_addr) AS address, " +
  'EXISTS (SELECT FROM pg_catalog.pg_replication_slots s ' +
  "WHERE s.active_pid OPERATOR(pg_catalog.=) r.pid AND s.slot_type OPERATOR(pg_catalog.=) 'logical') AS logical " +
  'FROM pg_catalog.pg_stat_replication r';
/** The first version with these names for positions; of older ones none are measured. */
const WAL_NAMES_SINCE = 100_000;
/** As many standbys as there can be nodes, and base backups beside them. */
const REPLICAS_MAX = 1_000;

export async function probe(target: ProbeTarget): Promise<ProbeResult> {
  const startedMs = performance.now();
  try {
    return await withConnection(target, 'pgherd probe', async (client) => {
      const answer = await client.query<{ recovering: boolean; version: string }>(ROLE);
      const row = answer.rows[0];
      const inRecovery = row?.recovering === true;
      const version = Number(row?.version ?? 0);
      return {
        ok: true,
        inRecovery,
        version,
        replication: target.replication === true ? await measure(client, inRecovery, version) : null,
        tookMs: performance.now() - startedMs,
      };
    });
  } catch (error) {
    return { ok: false, ...classify(error), tookMs: performance.now() - startedMs };
  }
}

async function measure(client: pg.Client, inRecovery: boolean, version: number): Promise<Replication> {
  if (version < WAL_NAMES_SINCE) return NOTHING_MEASURED;
  const [at] = await rows<{ position: string | null; received: string | null; file: string | null }>(
    client,
    inRecovery ? STANDBY_POSITION : PRIMARY_POSITION,
  );
  const [identity] = await rows<{ id: string }>(client, IDENTITY);
  const common = {
    ...NOTHING_MEASURED,
    position: at?.position ?? null,
    received: at?.received ?? null,
    systemIdentifier: identity?.id ?? null,
  };
  return inRecovery
    ? { ...common, ...(await ofStandby(client)) }
    : { ...common, ...(await ofPrimary(client, at?.file ?? null)) };
}

const NOTHING_MEASURED: Replication = {
  position: null,
  received: null,
  timeline: null,
  systemIdentifier: null,
  replicas: [],
  upstream: null,
  syncStandbyNames: '',
  subscriptions: 0,
};

async function ofStandby(client: pg.Client): Promise<Partial<Replication>> {
  const [receiver] = await rows<{
    status: string | null;
    host: string | null;
    port: number | null;
    timeline: number | null;
  }>(client, WAL_RECEIVER);
  const [control] = receiver?.timeline == null ? await rows<{ timeline: number }>(client, STANDBY_TIMELINE) : [];
  const host = receiver?.status === 'streaming' ? (receiver.host ?? null) : null;
  return {
    timeline: receiver?.timeline ?? control?.timeline ?? null,
    upstream: host === null ? null : { host, port: receiver?.port ?? 5432 },
  };
}

/** @param file a WAL file's name begins with its timeline in hexadecimal */
async function ofPrimary(client: pg.Client, file: string | null): Promise<Partial<Replication>> {
  const replicas = await rows<ReplicaRow>(client, REPLICAS);
  const [settings] = await rows<{ sync: string; subscriptions: number }>(client, PRIMARY_SETTINGS);
  return {
    timeline: file === null ? null : Number.parseInt(file.slice(0, 8), 16),
    syncStandbyNames: settings?.sync ?? '',
    subscriptions: settings?.subscriptions ?? 0,
    replicas: replicas.slice(0, REPLICAS_MAX).map((row) => ({
      applicationName: row.name ?? '',
      state: row.state,
      syncState: row.sync,
      replayLsn: row.replayed,
      replayLagMs: row.lag,
      clientAddress: row.address ?? '',
      replays: row.state === 'streaming' && row.replayed !== null && !row.logical,
    })),
  };
}

interface ReplicaRow {
  readonly name: string | null;
  readonly state: string | null;
  readonly sync: string | null;
  readonly replayed: string | null;
  readonly lag: number | null;
  readonly address: string | null;
  readonly logical: boolean;
}

/** A server that refuses a question (no right, a role that has just changed) has still answered: no rows. */
async function rows<Row extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<Row[]> {
  try {
    return (await client.query<Row>(sql)).rows;
  } catch (error) {
    if (error instanceof pg.DatabaseError && !goingDown(error.code)) return [];
    throw error;
  }
}

/** 57P01 to 57P03: it is starting or stopping, and serves nobody now. */
const goingDown = (code: string | undefined): boolean => code !== undefined && /^57P0[123]$/.test(code);

function classify(error: unknown): {
  kind: 'refused' | 'starting' | 'timeout' | 'resolver' | 'sign-in' | 'other';
  reason: string;
} {
  const { code, message } = error as { code?: string; message: string };
  const reason = message === '' ? String(code ?? error) : message;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return { kind: 'resolver', reason };
  if (goingDown(code)) return { kind: 'starting', reason };
  if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ECONNRESET') return { kind: 'refused', reason };
  // Nobody answers for the host: it is powered off, or the way to it is gone.
  if (code !== undefined && /^E(?:HOST|NET)(?:UNREACH|DOWN)$/.test(code)) return { kind: 'timeout', reason };
  if (/terminated unexpectedly/.test(message)) return { kind: 'refused', reason };
  if (code === 'ETIMEDOUT' || /timeout/i.test(message)) return { kind: 'timeout', reason };
  if (typeof code === 'string' && code.startsWith('28')) return { kind: 'sign-in', reason };
  return { kind: 'other', reason };
}
