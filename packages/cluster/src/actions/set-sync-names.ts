import { escapeLiteral } from 'pg';
import { type OpsTarget, withOps } from './ops-client.ts';

/** ALTER SYSTEM SET synchronous_standby_names, and a reload: writes that wait for too many go on. @throws ActionError */
export function setSyncNames(target: OpsTarget, names: string): Promise<void> {
  return withOps(target, async (client) => {
    await client.query(`ALTER SYSTEM SET synchronous_standby_names = ${escapeLiteral(names)}`);
    await client.query('SELECT pg_catalog.pg_reload_conf()');
  });
}
