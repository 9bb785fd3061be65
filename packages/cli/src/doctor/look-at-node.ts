/** One server: can it be reached, who gets in, and what it says of itself. Nothing is changed. */
import type { BackendSettings, Settings } from '@pgherd/config';
import type pg from 'pg';
import { connectTo, reasonOf } from '../servers.ts';
import { isActor } from './accounts.ts';
import type { Account, NodeFacts, Rights, ServerFacts, SignInResult } from './facts.ts';
import { reach } from './look-at-network.ts';

export async function lookAtNode(
  settings: Settings,
  backend: BackendSettings,
  accounts: readonly Account[],
): Promise<NodeFacts> {
  const found = await reach(backend.hostname, backend.port);
  if (!found.ok) return { backend, reach: found, signIns: [], server: null, rights: null };
  let server: ServerFacts | null = null;
  let rights: Rights | null = null;
  const signIns: { account: Account; result: SignInResult }[] = [];
  for (const account of accounts) {
    const result = await asAccount(settings, backend, account, async (client) => {
      if (account.parameter === 'sr_check_user') server = await serverFacts(client);
      if (isActor(account)) rights = await rightsOf(client);
    });
    signIns.push({ account, result });
  }
  return { backend, reach: found, signIns, server, rights };
}

async function asAccount(
  settings: Settings,
  backend: BackendSettings,
  account: Account,
  ask: (client: pg.Client) => Promise<void>,
): Promise<SignInResult> {
  let client: pg.Client | undefined;
  try {
    const { user, password, database } = account;
    client = await connectTo(settings, backend, { user, password, database, application: 'pgherd doctor' });
    await ask(client);
    return { ok: true };
  } catch (error) {
    const { code } = error as { code?: string };
    return { ok: false, reason: reasonOf(error), code: /^[0-9A-Z]{5}$/.test(code ?? '') ? (code ?? null) : null };
  } finally {
    await client?.end().catch(() => {});
  }
}

/** Parameters that a version does not have are null; what a role may not see is, too. */
const SERVER = `
SELECT pg_catalog.pg_is_in_recovery() AS "isRecovering",
       pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version,
       pg_catalog.pg_has_role('pg_monitor', 'MEMBER') AS "isMonitor",
       (SELECT c.system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system() c) AS "systemIdentifier",
       (SELECT c.timeline_id FROM pg_catalog.pg_control_checkpoint() c) AS timeline,
       coalesce(pg_catalog.current_setting('recovery_target_timeline', true), '') AS "recoveryTargetTimeline",
       coalesce(pg_catalog.current_setting('wal_keep_size', true), '0') AS "walKeepSize",
       pg_catalog.current_setting('max_wal_senders')::pg_catalog.int4 AS "walSendersMax",
       pg_catalog.current_setting('max_replication_slots')::pg_catalog.int4 AS "slotsMax",
       coalesce(pg_catalog.current_setting('primary_slot_name', true), '') AS "primarySlotName",
       pg_catalog.current_setting('allow_alter_system', true) OPERATOR(pg_catalog.=) 'on' AS "allowAlterSystem",
       (SELECT r.status FROM pg_catalog.pg_stat_wal_receiver r) AS receiver`;

async function serverFacts(client: pg.Client): Promise<ServerFacts | null> {
  return (await client.query<ServerFacts>(SERVER)).rows[0] ?? null;
}

/** Before PostgreSQL 15 only a superuser may use ALTER SYSTEM. */
async function rightsOf(client: pg.Client): Promise<Rights | null> {
  const { rows: versions } = await client.query<{ version: number }>(
    "SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version",
  );
  const alter =
    (versions[0]?.version ?? 0) >= 150_000
      ? "pg_catalog.has_parameter_privilege('primary_conninfo', 'ALTER SYSTEM')"
      : 'r.rolsuper';
  const { rows } = await client.query<Rights>(`
SELECT pg_catalog.has_function_privilege('pg_catalog.pg_promote(boolean,integer)', 'EXECUTE') AS promote,
       pg_catalog.has_function_privilege('pg_catalog.pg_reload_conf()', 'EXECUTE') AS "reloadConf",
       ${alter} AS "alterSystem",
       r.rolsuper OR r.rolreplication AS replication,
       r.rolsuper OR pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE') AS "readSettings"
  FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user`);
  return rows[0] ?? null;
}
