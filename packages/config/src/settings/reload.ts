import { findParameter, formatValue, isScalarName, lookUpName, parameters, type Value } from '../table/index.ts';
import type { BackendSettings, Settings } from './settings.ts';

export interface SettingChange {
  /** Today's name, with number where it has one. */
  readonly name: string;
  /** As `PGPOOL SHOW` prints it, secrets as `*****`; null: the slot is not in use. */
  readonly old: string | null;
  readonly new: string | null;
  /** What brings the new value into effect. `new sessions`: a reload, from each client's next session on. */
  readonly effect: 'reload' | 'restart' | 'new sessions';
}

/** Every parameter whose value differs, in the order of the table. */
export function diffSettings(old: Settings, next: Settings): readonly SettingChange[] {
  const changes: SettingChange[] = [];
  const before = namedValues(old);
  const after = namedValues(next);
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const a = before.get(name);
    const b = after.get(name);
    if (same(a, b) || !(isOwn(name, old) || isOwn(name, next))) continue;
    changes.push({ name, old: shownAs(name, a), new: shownAs(name, b), effect: effectOf(name, old, next) });
  }
  return changes;
}

/** A node's health check value that only repeats the one for all nodes is not a setting of its own. */
function isOwn(name: string, settings: Settings): boolean {
  const found = lookUpName(name);
  return (
    found.kind !== 'known' || found.index === null || !found.parameter.indexed?.free || settings.explicit.has(name)
  );
}

/** The settings to run with after a reload, and the names of those changes that only a start brings into effect. */
export function applyReload(
  old: Settings,
  next: Settings,
): { readonly settings: Settings; readonly ignored: readonly string[] } {
  const ignored = diffSettings(old, next)
    .filter((c) => c.effect === 'restart')
    .map((c) => c.name);
  const kept: Record<string, Value> = {};
  for (const p of parameters) {
    if (p.context === 'start' && isScalarName(p.name)) kept[p.name] = old[p.name];
  }
  const backends = mergeBackends(old, next);
  const settings = Object.freeze({
    ...next,
    ...kept,
    backends: Object.freeze(backends),
    healthChecks: Object.freeze(
      backends.flatMap(({ id }) => {
        const isHere = (h: { readonly nodeId: number }): boolean => h.nodeId === id;
        return next.healthChecks.find(isHere) ?? old.healthChecks.find(isHere) ?? [];
      }),
    ),
  });
  return { settings, ignored };
}

/** Host and port of a backend that is there stay as they are, and a backend is never taken away: sessions use it. */
function mergeBackends(old: Settings, next: Settings): readonly BackendSettings[] {
  const merged = new Map(old.backends.map((b) => [b.id, b]));
  for (const b of next.backends) {
    const present = merged.get(b.id);
    merged.set(
      b.id,
      present === undefined ? b : Object.freeze({ ...b, hostname: present.hostname, port: present.port }),
    );
  }
  return [...merged.values()].sort((a, b) => a.id - b.id);
}

/** All values by name, slots in use included, in the order of the table. */
export function namedValues(settings: Settings): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>();
  for (const p of parameters) {
    if (p.aliasOf !== undefined) continue;
    if (isScalarName(p.name)) values.set(p.name, settings[p.name]);
    if (p.indexed === undefined) continue;
    for (const [id, value] of slotValues(settings, p.name)) values.set(`${p.name}${id}`, value);
  }
  return values;
}

/** The values of an indexed parameter for each slot in use. */
export function slotValues(settings: Settings, base: string): readonly (readonly [number, Value])[] {
  const backend = BACKEND_FIELDS[base];
  if (backend !== undefined) return settings.backends.map((b) => [b.id, backend(b)]);
  const health = HEALTH_FIELDS[base];
  if (health !== undefined) return settings.healthChecks.map((h) => [h.nodeId, health(h)]);
  const watchdog = WATCHDOG_FIELDS[base];
  if (watchdog !== undefined) return settings.watchdogNodes.map((w) => [w.id, watchdog(w)]);
  const heartbeat = HEARTBEAT_FIELDS[base];
  if (heartbeat !== undefined) return settings.heartbeats.map((h) => [h.id, heartbeat(h)]);
  return [];
}

type Fields<T> = Readonly<Record<string, (slot: T) => Value>>;

/** The flags of a backend as they are written. */
export function formatBackendFlags(flags: BackendSettings['flags']): string {
  return `${flags.allowToFailover ? 'ALLOW' : 'DISALLOW'}_TO_FAILOVER${flags.alwaysPrimary ? '|ALWAYS_PRIMARY' : ''}`;
}

const BACKEND_FIELDS: Fields<BackendSettings> = {
  backend_hostname: (b) => b.hostname,
  backend_port: (b) => b.port,
  backend_weight: (b) => b.weight,
  backend_data_directory: (b) => b.dataDirectory,
  backend_application_name: (b) => b.applicationName,
  backend_flag: (b) => formatBackendFlags(b.flags),
};
const HEALTH_FIELDS: Fields<Settings['healthChecks'][number]> = {
  health_check_period: (h) => h.periodSeconds,
  health_check_timeout: (h) => h.timeoutSeconds,
  health_check_user: (h) => h.user,
  health_check_password: (h) => h.password,
  health_check_database: (h) => h.database,
  health_check_max_retries: (h) => h.maxRetries,
  health_check_retry_delay: (h) => h.retryDelaySeconds,
  connect_timeout: (h) => h.connectTimeoutMs,
};
const WATCHDOG_FIELDS: Fields<Settings['watchdogNodes'][number]> = {
  hostname: (w) => w.hostname,
  pgpool_port: (w) => w.pgpoolPort,
  wd_port: (w) => w.wdPort,
};
const HEARTBEAT_FIELDS: Fields<Settings['heartbeats'][number]> = {
  heartbeat_device: (h) => h.devices.join(';'),
  heartbeat_hostname: (h) => h.hostnames.join(';'),
  heartbeat_port: (h) => h.port,
};

function effectOf(name: string, old: Settings, next: Settings): SettingChange['effect'] {
  const found = lookUpName(name);
  if (found.kind !== 'known') return 'restart';
  const { parameter, index } = found;
  if (parameter.group === 'Backends') {
    const was = old.backends.some((b) => b.id === index);
    const is = next.backends.some((b) => b.id === index);
    if (!is) return 'restart';
    if (was && (parameter.name === 'backend_hostname' || parameter.name === 'backend_port')) return 'restart';
    if (was && parameter.name === 'backend_weight') return 'new sessions';
    return 'reload';
  }
  return parameter.context === 'start' ? 'restart' : 'reload';
}

function shownAs(name: string, value: Value | undefined): string | null {
  if (value === undefined) return null;
  const found = lookUpName(name);
  const parameter = found.kind === 'known' ? found.parameter : findParameter(name);
  if (parameter === undefined) return String(value);
  return parameter.secret ? '*****' : formatValue(parameter, value);
}

function same(a: Value | undefined, b: Value | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return a.length === b.length && a.every((element, i) => element === b[i]);
}
