import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, type ClusterOptions, createCluster } from './cluster.ts';
import { freePorts } from './ports.ts';

/** A cluster for one test file: own directory and ports, no fsync, and it goes when this process goes, killed or not.
 *  Call `destroy()` when done all the same. */
export async function ephemeralCluster(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const [basePort = 0] = options.basePort === undefined ? await freePorts(options.nodes ?? 3) : [options.basePort];
  const dir = join(tmpdir(), `pgherd-lab-${randomBytes(5).toString('hex')}`);
  return createCluster({ dir, fsync: false, ephemeral: true, ...options, basePort });
}
