/** What server processes do, by pg_stat_activity: asked as sr_check_user, all nodes at once, each within three seconds. */
import { type ConnectionTarget, withConnection } from '@pgherd/cluster';
import type { ActivityQuestion, NodeActivity } from '@pgherd/operations';

const LIMIT_MS = 3_000;

/** Statements stay where they are: what clients say is told by their sessions, to those who may read it. */
const ACTIVITY = `
SELECT a.pid, a.state, a.wait_event_type AS "waitEventType", a.wait_event AS "waitEvent",
       a.query_start AS "queryStart", a.xact_start AS "transactionStart", a.state_change AS "stateChange",
       a.backend_type AS "backendType"
  FROM pg_catalog.pg_stat_activity a WHERE a.pid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.int4[])`;

interface Row {
  readonly pid: number;
  readonly state: string | null;
  readonly waitEventType: string | null;
  readonly waitEvent: string | null;
  readonly queryStart: Date | null;
  readonly transactionStart: Date | null;
  readonly stateChange: Date | null;
  readonly backendType: string | null;
}

/** @param targetOf a sentence where there is nobody to ask */
export function sessionActivity(
  { nodes }: ActivityQuestion,
  targetOf: (node: number) => ConnectionTarget | string,
): Promise<NodeActivity[]> {
  return Promise.all(
    nodes.map(async ({ node, pids }): Promise<NodeActivity> => {
      const target = targetOf(node);
      if (typeof target === 'string') return { node, error: target, rows: [] };
      try {
        const { rows } = await withConnection({ ...target, timeoutMs: LIMIT_MS }, 'pgherd sessions', (client) =>
          client.query<Row>(ACTIVITY, [pids]),
        );
        return { node, error: null, rows: rows.map(plain) };
      } catch (error) {
        return { node, error: (error as Error).message, rows: [] };
      }
    }),
  );
}

function plain(row: Row): NodeActivity['rows'][number] {
  return {
    ...row,
    queryStart: row.queryStart?.toISOString() ?? null,
    transactionStart: row.transactionStart?.toISOString() ?? null,
    stateChange: row.stateChange?.toISOString() ?? null,
  };
}
