export type { Account } from './account.ts';
export { embeddedBinaries, findBinaries, findSystemBinaries, type PgBinaries } from './binaries.ts';
export {
  Cluster,
  type ClusterOptions,
  type ClusterStatus,
  clusterExists,
  createCluster,
  destroyCluster,
  type NodeStatus,
  openCluster,
} from './cluster.ts';
export { ephemeralCluster } from './ephemeral.ts';
export { LabError, type LabErrorCode } from './errors.ts';
export { type ConnectionInfo, type NodeRole, PostgresNode, type QueryOptions, type StopMode } from './node.ts';
export { freePorts, portIsFree } from './ports.ts';
export type { Credentials, Secrets } from './secrets.ts';
