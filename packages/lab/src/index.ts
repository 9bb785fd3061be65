export { type Account, labAccount } from './account.ts';
export { labAgent } from './agents.ts';
export { embeddedBinaries, findBinaries, findSystemBinaries, type PgBinaries } from './binaries.ts';
export { type LabIo, labCommand } from './cli.ts';
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
export { type ProxyMode, TcpProxy } from './faults/tcp-proxy.ts';
export { type ConnectionInfo, type NodeRole, PostgresNode, type QueryOptions, type StopMode } from './node.ts';
export { freePorts, portIsFree } from './ports.ts';
export * from './scripted-backend.ts';
export type { Credentials, Secrets } from './secrets.ts';
export { type SetupFiles, type SetupOptions, writeSetup } from './setup.ts';
