/**
 * Finds the port of a standby that pg_stat_replication names: the view has its address and its application_name, never the
 * port that it listens on. The ports that the herd's other servers use are tried, and the server has to prove who it is.
 */

import { parseConninfo } from './conninfo.ts';
import { type OpsTarget, withOps } from './ops-client.ts';

export interface StandbyInQuestion {
  readonly applicationName: string;
  readonly address: string;
  readonly systemIdentifier: string | null;
  /** Tried in this order. */
  readonly ports: readonly number[];
  /** How to sign in; host and port are replaced. */
  readonly target: OpsTarget;
}

const ASK =
  'SELECT pg_catalog.pg_is_in_recovery() AS recovering, ' +
  '(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()) AS id, ' +
  "pg_catalog.current_setting('cluster_name') AS cluster, " +
  '(SELECT conninfo FROM pg_catalog.pg_stat_wal_receiver) AS conninfo';

/** @returns null when no server there is the one: its port is not known */
export async function identifyStandby(asked: StandbyInQuestion): Promise<number | null> {
  if (asked.address === '') return null;
  for (const port of new Set(asked.ports)) {
    const found = await withOps({ ...asked.target, host: asked.address, port }, async (client) => {
      const { rows } = await client.query<Row>(ASK);
      return rows[0];
    }).catch(() => undefined);
    if (found !== undefined && isIt(found, asked)) return port;
  }
  return null;
}

interface Row {
  readonly recovering: boolean;
  readonly id: string | null;
  readonly cluster: string;
  readonly conninfo: string | null;
}

function isIt({ recovering, id, cluster, conninfo }: Row, asked: StandbyInQuestion): boolean {
  if (!recovering || id === null || id !== asked.systemIdentifier || conninfo === null) return false;
  const settings = parseConninfo(conninfo);
  // As a WAL receiver names itself: its own setting, the cluster's name, "walreceiver".
  const name = settings?.get('application_name') ?? (cluster === '' ? 'walreceiver' : cluster);
  return name === asked.applicationName;
}
