/** pg_stat_replication of a node as one text: "streaming, async"; empty where nothing is known. The server's own words. */
import type { NodeView } from '../../shared/live/topics.ts';

export const syncText = ({ replicationState, replicationSyncState }: NodeView): string =>
  [replicationState, replicationSyncState].filter(Boolean).join(', ');

/** Share of the health checks that passed, 0 to 1; null: none was made. */
export const passedShare = ({ healthCheck: { success, fail } }: NodeView): number | null =>
  success + fail === 0 ? null : success / (success + fail);
