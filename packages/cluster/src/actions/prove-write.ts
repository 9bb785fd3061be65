import { type OpsTarget, withOps } from './ops-client.ts';

/**
 * Proves that the server acknowledges a write: a transaction with an id is committed and flushed, and waits for synchronous
 * standbys as any other does. Nothing is stored. @throws ActionError
 */
export function proveWrite(target: OpsTarget): Promise<void> {
  return withOps(target, async (client) => {
    await client.query('BEGIN READ WRITE');
    await client.query('SELECT pg_catalog.txid_current()');
    await client.query('SELECT pg_catalog.pg_logical_emit_message(true, $1, $2)', [
      'pgherd',
      'a primary proves that it writes',
    ]);
    await client.query('COMMIT');
  });
}
