export { type ProbeResult, type ProbeTarget, probe } from './probe.ts';
export { reachable } from './reachable.ts';
export { judgeRoles, type NodeFacts, type Role, type Roles } from './roles.ts';
