import type { NodeStatus, Shown } from '@pgherd/operations';
import { encodeNodeInfo, NODE_ROLE, NODE_STATUS, type NodeInfo } from '../../wire/node-info.ts';
import { rowsReply } from '../../wire/replies.ts';
import { decodeNumber } from '../../wire/requests.ts';
import { decodeTexts } from '../../wire/texts.ts';
import { error } from '../refusal.ts';
import { column } from './column.ts';
import type { Command } from './command.ts';

const ALL = -1;

/** 'I' node id z (-1: all) -> several 'i'. */
export const nodeInfo: Command = async (body, { operations }) => {
  const wanted = decodeNumber(body);
  const [{ nodes }, shown] = await Promise.all([operations.status(), operations.show('pool_nodes')]);
  const asked = wanted === ALL ? nodes : nodes.filter(({ id }) => id === wanted);
  if (asked.length === 0 && wanted !== ALL) {
    throw error('informing node info failed', `invalid node ID : ${decodeTexts(body)[0] ?? ''}`);
  }
  return {
    bytes: rowsReply(
      'i',
      asked.map((node) => encodeNodeInfo(infoOf(node, shown))),
    ),
  };
};

/** What people read of a node is what SHOW pool_nodes says; figures come unrounded from the status. */
function infoOf(node: NodeStatus, shown: Shown): NodeInfo {
  const row = shown.rows.find((cells) => column(shown, cells, 'node_id') === String(node.id)) ?? [];
  const role = NODE_ROLE.indexOf(column(shown, row, 'role'));
  const quarantine = node.status === 'quarantine';
  const delayByTime = /second/.test(column(shown, row, 'replication_delay'));
  return {
    hostname: node.hostname,
    port: String(node.port),
    status: NODE_STATUS.indexOf(quarantine ? 'down' : node.status),
    quarantine,
    pgStatus: node.pgStatus,
    weight: node.weight,
    role: role === -1 ? NODE_ROLE.indexOf(node.role === 'primary' ? 'primary' : 'standby') : role,
    pgRole: node.pgRole,
    delayByTime,
    delay: delayByTime ? Math.round((node.lagMs ?? 0) * 1000) : (node.lagBytes ?? 0),
    replicationState: node.replicationState,
    replicationSyncState: node.replicationSyncState,
    statusChangedAt: Math.floor(Date.parse(node.lastStatusChange) / 1000),
  };
}
