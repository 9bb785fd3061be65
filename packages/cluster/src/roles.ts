/**
 * What the roles that pgherd acts with need, and nothing else: no superuser among them. One source for the script that an
 * operator runs and for the lab, so that what is tested is what is printed.
 */

/** ALTER SYSTEM, CHECKPOINT and settings can be granted since this version; before, they are a superuser's alone. */
export const GRANTS_SINCE = 15;

/** @param role an identifier as SQL takes it */
export const probeGrants = (role: string): readonly string[] => [`GRANT pg_monitor TO ${role};`];

/** Reads primary_conninfo and pg_stat_wal_receiver, promotes, reloads, re-points; slots come with REPLICATION. */
export function opsGrants(role: string, major: number): readonly string[] {
  const always = [
    `GRANT pg_read_all_settings, pg_read_all_stats TO ${role};`,
    `GRANT EXECUTE ON FUNCTION pg_catalog.pg_promote(boolean, integer), pg_catalog.pg_reload_conf() TO ${role};`,
  ];
  if (major < GRANTS_SINCE) return always;
  return [
    ...always,
    `GRANT ALTER SYSTEM ON PARAMETER primary_conninfo, primary_slot_name, synchronous_standby_names TO ${role};`,
    `GRANT pg_checkpoint TO ${role};`,
  ];
}
