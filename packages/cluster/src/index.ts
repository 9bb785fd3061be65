export { type Lag, lagOfPrimary, lagOfStandby, NO_LAG_KNOWN } from './lag.ts';
export { formatLsn, parseLsn } from './lsn.ts';
export { type ProbeResult, type ProbeTarget, probe, type Replica, type Replication } from './probe.ts';
export { reachable } from './reachable.ts';
export { judgeRoles, type NodeFacts, type Role, type Roles } from './roles.ts';
