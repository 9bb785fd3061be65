import { authentication } from './authentication.ts';
import { backends } from './backends.ts';
import { clusteringMode } from './clustering-mode.ts';
import { connectionPooling } from './connection-pooling.ts';
import { connections } from './connections.ts';
import { controlAndMetrics } from './control-and-metrics.ts';
import type { ParameterSpec, ValueOf } from './entry.ts';
import { failoverAndFailback } from './failover-and-failback.ts';
import { healthCheck } from './health-check.ts';
import { loadBalancing } from './load-balancing.ts';
import { loggingWhat } from './logging-what.ts';
import { loggingWhen } from './logging-when.ts';
import { loggingWhere } from './logging-where.ts';
import { miscellaneous } from './miscellaneous.ts';
import { onlineRecovery } from './online-recovery.ts';
import { processManagement } from './process-management.ts';
import { queryCache } from './query-cache.ts';
import { ssl } from './ssl.ts';
import { streamingReplicationCheck } from './streaming-replication-check.ts';
import { watchdogEscalation } from './watchdog-escalation.ts';
import { watchdogFailoverControl } from './watchdog-failover-control.ts';
import { watchdogGeneral } from './watchdog-general.ts';
import { watchdogHeartbeat } from './watchdog-heartbeat.ts';
import { watchdogLifecheck } from './watchdog-lifecheck.ts';
import { watchdogMembership } from './watchdog-membership.ts';
import { watchdogQueryLifecheck } from './watchdog-query-lifecheck.ts';
import { watchdogVirtualIp } from './watchdog-virtual-ip.ts';

/** The groups in the order of the sample file and the reference page. */
export const groups = [
  { title: 'Connections', parameters: connections },
  { title: 'Authentication', parameters: authentication },
  { title: 'Process management', parameters: processManagement },
  { title: 'Clustering mode', parameters: clusteringMode },
  { title: 'Backends', parameters: backends },
  { title: 'Connection pooling', parameters: connectionPooling },
  { title: 'Logging - where', parameters: loggingWhere },
  { title: 'Logging - when', parameters: loggingWhen },
  { title: 'Logging - what', parameters: loggingWhat },
  { title: 'Load balancing', parameters: loadBalancing },
  { title: 'Health check', parameters: healthCheck },
  { title: 'Failover and failback', parameters: failoverAndFailback },
  { title: 'Online recovery', parameters: onlineRecovery },
  { title: 'Streaming replication check', parameters: streamingReplicationCheck },
  { title: 'Query cache', parameters: queryCache },
  { title: 'SSL', parameters: ssl },
  { title: 'Watchdog - general', parameters: watchdogGeneral },
  { title: 'Watchdog - virtual IP', parameters: watchdogVirtualIp },
  { title: 'Watchdog - escalation', parameters: watchdogEscalation },
  { title: 'Watchdog - failover control', parameters: watchdogFailoverControl },
  { title: 'Watchdog - membership', parameters: watchdogMembership },
  { title: 'Watchdog - lifecheck', parameters: watchdogLifecheck },
  { title: 'Watchdog - heartbeat', parameters: watchdogHeartbeat },
  { title: 'Watchdog - query lifecheck', parameters: watchdogQueryLifecheck },
  { title: 'Miscellaneous', parameters: miscellaneous },
  { title: 'Control and metrics', parameters: controlAndMetrics },
] as const;

const table = {
  ...connections,
  ...authentication,
  ...processManagement,
  ...clusteringMode,
  ...backends,
  ...connectionPooling,
  ...loggingWhere,
  ...loggingWhen,
  ...loggingWhat,
  ...loadBalancing,
  ...healthCheck,
  ...failoverAndFailback,
  ...onlineRecovery,
  ...streamingReplicationCheck,
  ...queryCache,
  ...ssl,
  ...watchdogGeneral,
  ...watchdogVirtualIp,
  ...watchdogEscalation,
  ...watchdogFailoverControl,
  ...watchdogMembership,
  ...watchdogLifecheck,
  ...watchdogHeartbeat,
  ...watchdogQueryLifecheck,
  ...miscellaneous,
  ...controlAndMetrics,
} as const;

export type ParameterTable = typeof table;
export type ParameterName = keyof ParameterTable;

/** Names that have one value for the whole program: those without a number, and those that may stand without one. */
export type ScalarName = {
  [K in ParameterName]: ParameterTable[K] extends { readonly aliasOf: string }
    ? never
    : ParameterTable[K] extends { readonly indexed: { readonly free: false } }
      ? never
      : K;
}[ParameterName];

export type ScalarSettings = { readonly [K in ScalarName]: ValueOf<ParameterTable[K]> };

/** One parameter with its name and group. */
export type Parameter = ParameterSpec & { readonly name: string; readonly group: string };

/** Every parameter, in the order of the groups. */
export const parameters: readonly Parameter[] = groups.flatMap(({ title, parameters: members }) =>
  Object.entries<ParameterSpec>(members).map(([name, spec]) => ({ ...spec, name, group: title })),
);

const byName: ReadonlyMap<string, Parameter> = new Map(parameters.map((p) => [p.name, p]));
const byFoldedName: ReadonlyMap<string, Parameter> = new Map(
  [...parameters].reverse().map((p) => [p.name.toLowerCase(), p] as const),
);

/** A parameter by its name without number. Exact spelling first (`delegate_IP` is an old name of `delegate_ip`), then
 *  without regard to case. */
export function findParameter(name: string): Parameter | undefined {
  return byName.get(name) ?? byFoldedName.get(name.toLowerCase());
}

export function isScalarName(name: string): name is ScalarName {
  const p = byName.get(name);
  return p !== undefined && p.aliasOf === undefined && (p.indexed === undefined || p.indexed.free);
}

export type NameLookup =
  | { readonly kind: 'known'; readonly parameter: Parameter; readonly index: number | null; readonly canonical: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'bad-index'; readonly parameter: Parameter; readonly message: string };

/** Resolves a name as written in a file, such as `port`, `backend_port1` or `health_check_period`. */
export function lookUpName(written: string): NameLookup {
  const whole = findParameter(written);
  if (whole !== undefined) {
    if (whole.indexed !== undefined && !whole.indexed.free) {
      const last = whole.indexed.max - 1;
      const message = `needs a number right after the name, from ${whole.name}0 to ${whole.name}${last}`;
      return { kind: 'bad-index', parameter: whole, message };
    }
    return { kind: 'known', parameter: whole, index: null, canonical: whole.name };
  }
  const split = splitIndex(written);
  if (split === null) return { kind: 'unknown' };
  const parameter = findParameter(split.base);
  if (parameter === undefined) return { kind: 'unknown' };
  if (parameter.indexed === undefined) {
    return { kind: 'unknown' };
  }
  if (split.rest !== '' || split.digits.length > 6 || Number(split.digits) >= parameter.indexed.max) {
    const last = parameter.indexed.max - 1;
    const message = `is not known: the number after ${parameter.name} must be from 0 to ${last}`;
    return { kind: 'bad-index', parameter, message };
  }
  const index = Number(split.digits);
  return { kind: 'known', parameter, index, canonical: `${parameter.name}${index}` };
}

/** Cuts `backend_port1x` into `backend_port`, `1` and `x`, at the first name of the table that digits follow. */
function splitIndex(written: string): { base: string; digits: string; rest: string } | null {
  if (written.length > 200) return null;
  for (let at = 1; at < written.length; at++) {
    if (!isDigit(written.charCodeAt(at)) || isDigit(written.charCodeAt(at - 1))) continue;
    const base = written.slice(0, at);
    if (findParameter(base)?.indexed === undefined) continue;
    let end = at;
    while (end < written.length && isDigit(written.charCodeAt(end))) end++;
    return { base, digits: written.slice(at, end), rest: written.slice(end) };
  }
  return null;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

export * from './entry.ts';
export * from './value.ts';
