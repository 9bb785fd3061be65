/** The nodes as a table for people. Pure. */
import type { NodeStatus } from '@pgherd/operations';
import { formatTable } from '../table.ts';
import { bytes, clock, duration, plain } from './words.ts';

export function nodeTable(nodes: readonly NodeStatus[], details: boolean): string {
  const head = ['node', 'address', 'status', 'role', 'lag', 'reads', 'since', 'why'];
  const more = ['measured', 'replication', 'position', 'checks', 'failed'];
  const all = nodes.reduce((sum, node) => sum + (servesReads(node) ? node.weight : 0), 0);
  return formatTable(
    details ? [...head.slice(0, -1), ...more, 'why'] : head,
    nodes.map((node) => {
      const share = servesReads(node) && all > 0 ? `${Math.round((node.weight / all) * 100)} %` : '';
      const row = [
        String(node.id),
        `${node.hostname}:${node.port}`,
        node.status,
        node.role,
        lagOf(node),
        share,
        clock(node.lastStatusChange),
      ];
      const why = plain(node.reason ?? '');
      return details ? [...row, ...detailsOf(node), why] : [...row, why];
    }),
  );
}

/** Reads are drawn among the nodes that are there, by their weights. */
const servesReads = ({ status, attached }: NodeStatus): boolean =>
  attached && (status === 'up' || status === 'waiting');

function detailsOf({
  pgStatus,
  pgRole,
  replicationState,
  replicationSyncState,
  replayLsn,
  healthCheck,
}: NodeStatus): string[] {
  return [
    `${pgStatus}, ${pgRole}`,
    [replicationState, replicationSyncState].filter((word) => word !== '').join(', '),
    replayLsn ?? '',
    String(healthCheck.total),
    String(healthCheck.fail),
  ];
}

function lagOf({ role, lagBytes, lagMs }: NodeStatus): string {
  if (role === 'primary') return '';
  if (lagBytes === null) return 'not measured';
  return lagMs === null ? bytes(lagBytes) : `${bytes(lagBytes)}, ${duration(lagMs)}`;
}
