/**
 * Makes a running standby receive from another primary: its slot there, primary_conninfo by ALTER SYSTEM and a reload
 * (PostgreSQL 13 and later), then proof that it streams. Whatever else its primary_conninfo says (user, passfile, TLS) stays.
 */
import { escapeLiteral } from 'pg';
import { formatLsn, parseLsn } from '../lsn.ts';
import { repointed } from './conninfo.ts';
import { ActionError, type OpsTarget, withOps } from './ops-client.ts';

export interface FollowOptions {
  readonly standby: OpsTarget;
  readonly primary: OpsTarget;
  /** Host and port of the primary as the standby shall use them. */
  readonly address: { readonly host: string; readonly port: number };
  /** The end of the old timeline; a standby that has received more cannot follow without pg_rewind. */
  readonly forkAt: bigint | null;
  readonly timeoutMs: number;
}

const POLL_MS = 100;

/** @throws ActionError */
export async function follow(options: FollowOptions): Promise<void> {
  const { standby, primary, address, forkAt } = options;
  const before = await withOps(standby, async (client) => {
    const answer = await client.query<{ recovering: boolean; info: string; slot: string; received: string | null }>(
      "SELECT pg_catalog.pg_is_in_recovery() AS recovering, pg_catalog.current_setting('primary_conninfo') AS info, " +
        "pg_catalog.current_setting('primary_slot_name') AS slot, pg_catalog.pg_last_wal_receive_lsn()::pg_catalog.text AS received",
    );
    return answer.rows[0];
  });
  if (before === undefined || !before.recovering) throw new ActionError('it is not a standby');
  const received = parseLsn(before.received ?? '');
  if (forkAt !== null && received !== null && received > forkAt) {
    throw new ActionError(
      `it has received up to ${formatLsn(received)}, beyond ${formatLsn(forkAt)} where the new timeline begins: it must be rewound or copied anew`,
    );
  }
  const conninfo = repointed(before.info, address);
  if (conninfo === null || before.info === '') {
    throw new ActionError('its primary_conninfo is empty or not of the form name=value');
  }
  if (before.slot !== '') await ensureSlot(primary, before.slot);
  await withOps(standby, async (client) => {
    await client.query(`ALTER SYSTEM SET primary_conninfo = ${escapeLiteral(conninfo)}`);
    await client.query('SELECT pg_catalog.pg_reload_conf()');
  });
  await untilStreaming(options);
}

export function ensureSlot(primary: OpsTarget, name: string): Promise<void> {
  return withOps(primary, async (client) => {
    await client.query(
      'SELECT pg_catalog.pg_create_physical_replication_slot($1::name, true) WHERE NOT EXISTS ' +
        '(SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = $1::name)',
      [name],
    );
  });
}

/** @throws ActionError when it does not within the limit */
export async function untilStreaming({ standby, address, timeoutMs }: FollowOptions): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let last = 'it has no WAL receiver';
  while (performance.now() < deadline) {
    const found = await withOps(standby, async (client) => {
      const answer = await client.query<{ status: string | null; host: string | null; port: number | null }>(
        'SELECT status, sender_host AS host, sender_port AS port FROM pg_catalog.pg_stat_wal_receiver',
      );
      return answer.rows[0];
    }).catch((error: Error) => {
      last = error.message;
      return undefined;
    });
    if (found?.status === 'streaming' && found.port === address.port && sameHost(found.host, address.host)) return;
    if (found !== undefined) last = `its WAL receiver is ${found.status ?? 'starting'}`;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new ActionError(`it does not stream within ${Math.round(timeoutMs / 1000)} s: ${last}`);
}

const sameHost = (found: string | null, wanted: string): boolean => found === null || found === wanted;
