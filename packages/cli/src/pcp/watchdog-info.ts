import { CommandError } from '../errors.ts';
import type { Tool } from './tool.ts';

const ALL = -1;
const CLUSTER_WIDTH = 25;
const NODE_WIDTH = 18;

const QUORUM: Readonly<Record<string, string>> = {
  '1': 'QUORUM EXIST',
  '0': 'QUORUM IS ON THE EDGE',
  '-1': 'QUORUM ABSENT',
  '-2': 'NO LEADER NODE',
};

export const watchdogInfoTool: Tool = {
  name: 'pcp_watchdog_info',
  summary: 'the watchdog cluster, or one of its nodes',
  operand: {
    option: { short: 'n', long: 'node-id', takesValue: true },
    name: 'watchdog-id',
    required: false,
    min: 0,
    max: 127,
    doc: 'one watchdog node, 0 for the one that is asked (default: all of them)',
  },
  async run(client, { operand, verbose }) {
    return formatWatchdog(await client.watchdogInfo(operand ?? ALL), verbose);
  },
};

type Facts = Readonly<Record<string, unknown>>;

/** @param json one object, compact. @throws CommandError when it is none */
export function formatWatchdog(json: string, verbose: boolean): string {
  const cluster = parsed(json);
  const text = (facts: Facts, key: string): string => String(facts[key] ?? '');
  const nodes = (Array.isArray(cluster['WatchdogNodes']) ? cluster['WatchdogNodes'] : []) as readonly Facts[];
  const total = Number(cluster['RemoteNodeCount']) + 1;
  const members = Number(cluster['MemberRemoteNodeCount']) + 1;
  const escalated = Number(cluster['Escalated']) === 0 ? 'NO' : 'YES';
  if (!verbose) {
    const head = [total, members, escalated, text(cluster, 'LeaderNodeName'), text(cluster, 'LeaderHostName')];
    const keys = [
      'NodeName',
      'HostName',
      'PgpoolPort',
      'WdPort',
      'State',
      'StateName',
      'Membership',
      'MembershipString',
    ];
    const rows = nodes.map((node) => keys.map((key) => text(node, key)).join(' '));
    return `${head.join(' ')}\n\n${rows.join('\n')}`;
  }
  const block = (width: number, rows: readonly (readonly [string, string | number])[]): string =>
    rows.map(([title, value]) => `${title.padEnd(width)}: ${value}\n`).join('');
  const parts = [
    `Watchdog Cluster Information \n${block(CLUSTER_WIDTH, [
      ['Total Nodes', total],
      ['Remote Nodes', text(cluster, 'RemoteNodeCount')],
      ['Member Remote Nodes', text(cluster, 'MemberRemoteNodeCount')],
      ['Alive Remote Nodes', text(cluster, 'AliveNodeCount')],
      ['Nodes required for quorum', text(cluster, 'NodesRequireForQuorum')],
      ['Quorum state', QUORUM[text(cluster, 'QuorumStatus')] ?? 'UNKNOWN'],
      ['Local node escalation', escalated],
      ['Leader Node Name', text(cluster, 'LeaderNodeName')],
      ['Leader Host Name', text(cluster, 'LeaderHostName')],
    ])}`,
    `Watchdog Node Information \n${nodes
      .map((node) =>
        block(NODE_WIDTH, [
          ['Node Name', text(node, 'NodeName')],
          ['Host Name', text(node, 'HostName')],
          ['Delegate IP', text(node, 'DelegateIP')],
          ['Pgpool port', text(node, 'PgpoolPort')],
          ['Watchdog port', text(node, 'WdPort')],
          ['Node priority', text(node, 'Priority')],
          ['Status', text(node, 'State')],
          ['Status Name', text(node, 'StateName')],
          ['Membership Status', text(node, 'MembershipString')],
        ]),
      )
      .join('\n')}`,
  ];
  return parts.join('\n');
}

function parsed(json: string): Facts {
  try {
    const facts: unknown = JSON.parse(json);
    if (typeof facts === 'object' && facts !== null) return facts as Facts;
  } catch {
    // said below
  }
  throw new CommandError('The server answered with something that is no watchdog information.');
}
