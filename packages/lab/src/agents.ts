/** The agent of a lab's node runs by itself: starting, stopping, rewinding and copying need no service here. */
import { DataDirectoryAgent } from '@pgherd/agent';
import type { HostAgent } from '@pgherd/cluster';
import type { Cluster } from './cluster.ts';

/** @returns null when the lab has no such node */
export function labAgent(cluster: Cluster, id: number): HostAgent | null {
  const find = () => cluster.nodes.find((candidate) => candidate.id === id);
  if (find() === undefined) cluster.findNewNodes();
  const node = find();
  if (node === undefined) return null;
  const { replication, superuser } = cluster.secrets;
  return new DataDirectoryAgent({
    dataDirectory: node.dataDir,
    server: {
      isRunning: () => node.isRunning(),
      start: (limitMs) => node.start({ timeoutMs: limitMs }),
      stop: (mode, limitMs) => node.stop(mode, { timeoutMs: limitMs }),
    },
    replication,
    followSettings: (primary) => node.followSettings(primary),
    mayFollow: ({ host, port }) =>
      cluster.nodes.some((other) => other.host === host && other.port === port && other !== node),
    owner: node.account,
    pgRewind: cluster.binaries.pgRewind,
    rewind: superuser,
    ownFiles: ['lab.conf', 'lab.pgpass'],
  });
}
