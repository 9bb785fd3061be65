import { NODE_ROLE, NODE_STATUS, type NodeInfo } from '@pgherd/pcp';
import { localTime, titled, visible } from './layout.ts';
import { nodeOperand, type Tool } from './tool.ts';

const ALL_NODES = -1;
const MICROSECONDS = 1_000_000;

const TITLES = [
  ...['Hostname', 'Port', 'Status', 'Weight', 'Status Name', 'Backend Status Name', 'Role', 'Backend Role'],
  ...['Replication Delay', 'Replication State', 'Replication Sync State', 'Last Status Change'],
] as const;

export const nodeInfoTool: Tool = {
  name: 'pcp_node_info',
  summary: 'what is known of a node, or of all',
  operand: { ...nodeOperand(false), doc: 'number of a node (default: all of them)' },
  options: [{ short: 'a', long: 'all', takesValue: false, doc: 'all nodes, those without a host name too' }],
  async run(client, { operand, own, verbose }) {
    const nodes = await client.nodeInfo(own.has('a') ? ALL_NODES : (operand ?? ALL_NODES));
    return formatNodes(
      nodes.filter(({ hostname }) => own.has('a') || hostname !== ''),
      verbose,
    );
  },
};

export function formatNodes(nodes: readonly NodeInfo[], verbose: boolean): string {
  if (nodes.length === 0) return 'No node information available\n';
  const values = nodes.map((node) => valuesOf(node, verbose).map(visible));
  if (!verbose) return values.map((row) => row.join(' ')).join('\n');
  return values.map((row) => titled(TITLES.map((title, at) => [title, row[at] ?? '']))).join('\n');
}

function valuesOf(node: NodeInfo, verbose: boolean): readonly string[] {
  return [
    node.hostname,
    node.port,
    String(node.status),
    node.weight.toFixed(6),
    node.quarantine ? 'quarantine' : (NODE_STATUS[node.status] ?? 'unknown'),
    node.pgStatus,
    NODE_ROLE[node.role] ?? 'unknown',
    node.pgRole,
    delayOf(node, verbose),
    node.replicationState || 'none',
    node.replicationSyncState || 'none',
    localTime(node.statusChangedAt),
  ];
}

function delayOf({ delayByTime, delay }: NodeInfo, verbose: boolean): string {
  if (!delayByTime) return String(delay);
  const seconds = delay / MICROSECONDS;
  const unit = seconds >= 2 ? ' seconds' : ' second';
  return `${seconds.toFixed(6)}${verbose ? unit : ''}`;
}
