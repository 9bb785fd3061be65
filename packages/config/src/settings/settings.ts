import {
  defaultValue,
  findParameter,
  isScalarName,
  parameters,
  type ScalarName,
  type ScalarSettings,
  type Value,
} from '../table/index.ts';

/** A PostgreSQL server behind the proxy (`backend_hostnameN` and its companions). */
export interface BackendSettings {
  /** The N of the parameter names. Gaps are allowed: the id is not the place in the list. */
  readonly id: number;
  /** Host name or address, or the directory of a Unix socket (starts with `/`). */
  readonly hostname: string;
  readonly port: number;
  readonly weight: number;
  readonly dataDirectory: string;
  readonly flags: BackendFlags;
  /** The application_name under which the standby shows itself in pg_stat_replication; empty: not given. */
  readonly applicationName: string;
}

export interface BackendFlags {
  readonly allowToFailover: boolean;
  readonly alwaysPrimary: boolean;
}

/** The health check of one node: its own values where given, else those without a number. */
export interface HealthCheckSettings {
  readonly nodeId: number;
  /** 0: no health check of this node. */
  readonly periodSeconds: number;
  /** 0: no limit. */
  readonly timeoutSeconds: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly maxRetries: number;
  readonly retryDelaySeconds: number;
  /** Limit of one connect to this node, in sessions as well. 0: no limit. */
  readonly connectTimeoutMs: number;
}

export interface WatchdogNodeSettings {
  readonly id: number;
  readonly hostname: string;
  /** 0: not given. */
  readonly pgpoolPort: number;
  readonly wdPort: number;
}

export interface HeartbeatSettings {
  readonly id: number;
  /** One address for each network between the watchdog nodes. */
  readonly hostnames: readonly string[];
  readonly port: number;
  /** In the order of `hostnames`; empty: the system chooses. */
  readonly devices: readonly string[];
}

/** The configuration in effect: one immutable value. Parameters without a number stand under their own name, in the unit
 *  that the table gives. It is plain data (with Map and Set) and survives a structured clone. */
export interface Settings extends ScalarSettings {
  /** Slots in use, by ascending id. */
  readonly backends: readonly BackendSettings[];
  /** One entry for each of `backends`, in the same order. */
  readonly healthChecks: readonly HealthCheckSettings[];
  readonly watchdogNodes: readonly WatchdogNodeSettings[];
  readonly heartbeats: readonly HeartbeatSettings[];
  /** Text of each setting under the name that the file used. Holds secrets as written. */
  readonly raw: ReadonlyMap<string, string>;
  /** Names (of today, with number) that the file set. */
  readonly explicit: ReadonlySet<string>;
}

/** Values by today's name, numbers included (`port`, `backend_port1`), already of the type of the table. */
export type AssignedValues = ReadonlyMap<string, Value>;

/** Everything at its default, and no backends. */
export function defaults(): Settings {
  return buildSettings(new Map(), new Map());
}

/** The health check that applies to a node; `undefined` for an id that is not in use. */
export function healthCheckOf(settings: Settings, nodeId: number): HealthCheckSettings | undefined {
  return settings.healthChecks.find((h) => h.nodeId === nodeId);
}

export function backendOf(settings: Settings, nodeId: number): BackendSettings | undefined {
  return settings.backends.find((b) => b.id === nodeId);
}

/** Each backend's share of the reads by weight, in the order of `backends`. All weights 0: all shares 0. */
export function weightShares(settings: Settings): readonly number[] {
  const sum = settings.backends.reduce((total, b) => total + b.weight, 0);
  return settings.backends.map((b) => (sum === 0 ? 0 : b.weight / sum));
}

export function buildSettings(assigned: AssignedValues, raw: ReadonlyMap<string, string>): Settings {
  const scalars: Record<string, Value> = {};
  for (const p of parameters) {
    if (isScalarName(p.name)) scalars[p.name] = freeze(assigned.get(p.name) ?? defaultValue(p));
  }
  const backends = usedSlots(assigned, 'backend_port').map((id) => readBackend(assigned, id));
  // The loop above filled every scalar name, which the type checker cannot see.
  const typedScalars = scalars as unknown as ScalarSettings;
  return Object.freeze({
    ...typedScalars,
    backends: Object.freeze(backends),
    healthChecks: Object.freeze(backends.map((b) => readHealthCheck(assigned, typedScalars, b.id))),
    watchdogNodes: Object.freeze(usedSlots(assigned, 'wd_port').map((id) => readWatchdogNode(assigned, id))),
    heartbeats: Object.freeze(usedSlots(assigned, 'heartbeat_port').map((id) => readHeartbeat(assigned, id))),
    raw,
    explicit: new Set(assigned.keys()),
  });
}

const freeze = (value: Value): Value => (typeof value === 'object' ? Object.freeze([...value]) : value);

/** ALLOW_TO_FAILOVER, DISALLOW_TO_FAILOVER and ALWAYS_PRIMARY, joined by `|`. */
export function parseBackendFlags(text: string): { readonly flags: BackendFlags } | { readonly message: string } {
  const words = text
    .split('|')
    .map((w) => w.trim().toUpperCase())
    .filter((w) => w !== '');
  const unknown = words.find((w) => !BACKEND_FLAGS.includes(w));
  if (unknown !== undefined) return { message: 'holds an unknown flag' };
  const disallow = words.includes('DISALLOW_TO_FAILOVER');
  if (disallow && words.includes('ALLOW_TO_FAILOVER')) {
    return { message: 'cannot hold both ALLOW_TO_FAILOVER and DISALLOW_TO_FAILOVER' };
  }
  return { flags: { allowToFailover: !disallow, alwaysPrimary: words.includes('ALWAYS_PRIMARY') } };
}

export const BACKEND_FLAGS: readonly string[] = ['ALLOW_TO_FAILOVER', 'DISALLOW_TO_FAILOVER', 'ALWAYS_PRIMARY'];

function readBackend(assigned: AssignedValues, id: number): BackendSettings {
  const parsed = parseBackendFlags(text(assigned, `backend_flag${id}`, 'backend_flag'));
  const hostname = text(assigned, `backend_hostname${id}`, 'backend_hostname');
  return Object.freeze({
    id,
    hostname: hostname === '' ? '/tmp' : hostname,
    port: numeric(assigned, `backend_port${id}`, 'backend_port'),
    weight: numeric(assigned, `backend_weight${id}`, 'backend_weight'),
    dataDirectory: text(assigned, `backend_data_directory${id}`, 'backend_data_directory'),
    flags: Object.freeze('flags' in parsed ? parsed.flags : { allowToFailover: true, alwaysPrimary: false }),
    applicationName: text(assigned, `backend_application_name${id}`, 'backend_application_name'),
  });
}

function readHealthCheck(assigned: AssignedValues, all: ScalarSettings, nodeId: number): HealthCheckSettings {
  const of = <N extends ScalarName>(name: N): ScalarSettings[N] => {
    const own = assigned.get(`${name}${nodeId}`);
    // Both come from the same table entry, so they have the same type.
    return own === undefined ? all[name] : (own as ScalarSettings[N]);
  };
  return Object.freeze({
    nodeId,
    periodSeconds: of('health_check_period'),
    timeoutSeconds: of('health_check_timeout'),
    user: of('health_check_user'),
    password: of('health_check_password'),
    database: of('health_check_database') || 'postgres',
    maxRetries: of('health_check_max_retries'),
    retryDelaySeconds: of('health_check_retry_delay'),
    connectTimeoutMs: of('connect_timeout'),
  });
}

function readWatchdogNode(assigned: AssignedValues, id: number): WatchdogNodeSettings {
  return Object.freeze({
    id,
    hostname: text(assigned, `hostname${id}`, 'hostname'),
    pgpoolPort: numeric(assigned, `pgpool_port${id}`, 'pgpool_port'),
    wdPort: numeric(assigned, `wd_port${id}`, 'wd_port'),
  });
}

function readHeartbeat(assigned: AssignedValues, id: number): HeartbeatSettings {
  return Object.freeze({
    id,
    hostnames: Object.freeze(semicolonList(text(assigned, `heartbeat_hostname${id}`, 'heartbeat_hostname'))),
    port: numeric(assigned, `heartbeat_port${id}`, 'heartbeat_port'),
    devices: Object.freeze(semicolonList(text(assigned, `heartbeat_device${id}`, 'heartbeat_device'))),
  });
}

const semicolonList = (list: string): string[] => {
  const elements = list.split(';').map((e) => e.trim());
  return elements.filter((e) => e !== '');
};

/** Ids whose port parameter has a value, ascending. */
function usedSlots(assigned: AssignedValues, portName: string): number[] {
  const max = findParameter(portName)?.indexed?.max ?? 0;
  return Array.from({ length: max }, (_, id) => id).filter((id) => (assigned.get(`${portName}${id}`) ?? 0) !== 0);
}

function text(assigned: AssignedValues, name: string, base: string): string {
  return String(assigned.get(name) ?? findParameter(base)?.default ?? '');
}

function numeric(assigned: AssignedValues, name: string, base: string): number {
  return Number(assigned.get(name) ?? findParameter(base)?.default ?? 0);
}
