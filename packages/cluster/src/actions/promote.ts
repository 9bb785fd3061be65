import { ActionError, type OpsTarget, withOps } from './ops-client.ts';

/** pg_promote() and wait until the server takes writes. @throws ActionError */
export function promote(target: OpsTarget): Promise<void> {
  return withOps(target, async (client) => {
    const recovering = await client.query<{ r: boolean }>('SELECT pg_catalog.pg_is_in_recovery() AS r');
    if (recovering.rows[0]?.r === false) return; // somebody was faster
    const seconds = Math.max(1, Math.floor(target.timeoutMs / 1000));
    const answer = await client.query<{ done: boolean }>('SELECT pg_catalog.pg_promote(true, $1) AS done', [seconds]);
    if (answer.rows[0]?.done !== true) throw new ActionError(`it was not promoted within ${seconds} s`);
  });
}
