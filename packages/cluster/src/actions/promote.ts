import { ActionError, type OpsTarget, withOps } from './ops-client.ts';

/** pg_promote(true) itself looks ten times a second; clients wait meanwhile. */
const LOOK_MS = 20;

/** pg_promote() and wait until the server takes writes. @throws ActionError */
export function promote(target: OpsTarget): Promise<void> {
  return withOps(target, async (client) => {
    const recovers = async (): Promise<boolean> => {
      const answer = await client.query<{ r: boolean }>('SELECT pg_catalog.pg_is_in_recovery() AS r');
      return answer.rows[0]?.r !== false;
    };
    if (!(await recovers())) return; // somebody was faster
    const deadline = performance.now() + target.timeoutMs;
    const answer = await client.query<{ told: boolean }>('SELECT pg_catalog.pg_promote(false) AS told');
    if (answer.rows[0]?.told !== true) throw new ActionError('its postmaster could not be told to promote it');
    while (await recovers()) {
      if (performance.now() >= deadline) {
        throw new ActionError(`it was not promoted within ${Math.round(target.timeoutMs / 1000)} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  });
}
