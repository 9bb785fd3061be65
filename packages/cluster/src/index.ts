export { parseConninfo, repointed } from './actions/conninfo.ts';
export { ensureSlot, type FollowOptions, follow, untilStreaming } from './actions/follow.ts';
export { identifyStandby, type StandbyInQuestion } from './actions/identify-standby.ts';
export { ActionError, type OpsTarget, withOps } from './actions/ops-client.ts';
export { promote } from './actions/promote.ts';
export { proveWrite } from './actions/prove-write.ts';
export { setSyncNames } from './actions/set-sync-names.ts';
export { type CommandFacts, type CommandNode, expandCommand, UnsafePlaceError } from './commands/expand.ts';
export { type ConnectionTarget, withConnection } from './connection.ts';
export { type RankedNode, type Ranking, rankCandidates } from './herd/candidates.ts';
export type { Effect, HerdEvent, Told, ToldKind } from './herd/events.ts';
export type { Answer, Failure } from './herd/facts.ts';
export { type HerdMemory, memoryOf } from './herd/memory.ts';
export type { HerdNodeSettings, HerdSettings } from './herd/settings.ts';
export {
  type FailoverAct,
  type HerdState,
  NO_HERD_STATE,
  type NodeState,
  type RelaxedSync,
  type SuspectedBy,
} from './herd/state.ts';
export { type Step, step } from './herd/step.ts';
export { whyNoPrimary } from './herd/why-no-primary.ts';
export type { AgentJob, ControlData, HostAddress, HostAgent } from './host-agent.ts';
export { type Lag, lagOfPrimary, lagOfStandby, NO_LAG_KNOWN } from './lag.ts';
export { formatLsn, parseLsn } from './lsn.ts';
export { type ProbeResult, type ProbeTarget, probe, type Replica, type Replication } from './probe.ts';
export { probeRead, type ReadProbe } from './probe-read.ts';
export { reachable } from './reachable.ts';
export { GRANTS_SINCE, opsGrants, probeGrants } from './roles.ts';
