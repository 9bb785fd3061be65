import { findParameter, lookUpName, parseBool } from '../table/index.ts';
import type { ConfigIssue } from './issue.ts';
import { deadReason, RENAMED } from './renamed.ts';

/** One setting of a file, included files flattened in. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

/** A setting under today's name. */
export interface CurrentAssignment extends Assignment {
  /** As the file had it. */
  readonly written: string;
}

/** Carries the settings of an older file over to today's names, so that it loads and means the same. Each old name gives
 *  one warning. A plain renaming takes part in "the last one wins"; a setting that has to be worked out from old ones
 *  (the clustering mode, the log prefix, the watchdog's node list) never replaces one that the file gives itself. */
export function modernise(given: readonly Assignment[]): {
  readonly current: readonly CurrentAssignment[];
  readonly issues: readonly ConfigIssue[];
} {
  const issues: ConfigIssue[] = [];
  const current: CurrentAssignment[] = [];
  const old = new Map<string, Assignment>();
  const told = new Set<string>();
  const tell = (severity: ConfigIssue['severity'], a: Assignment, message: string): void => {
    if (severity !== 'error' && told.has(a.name)) return;
    told.add(a.name);
    issues.push({ severity, file: a.file, line: a.line, parameter: shown(a.name), message });
  };
  const replaces = (a: Assignment, name: string): void =>
    tell('warning', a, `is an old name of ${name}; its value was taken over`);
  const oldHeartbeats = given.some((a) => /^heartbeat_destination[0-9]/.test(a.name));

  for (const a of given) {
    const shifted = watchdogName(a.name, oldHeartbeats);
    if (shifted !== null) {
      old.set(a.name, { ...a, name: shifted });
      if (shifted !== a.name) replaces(a, shifted);
      continue;
    }
    if (WORKED_OUT.has(a.name)) {
      old.set(a.name, a);
      if (a.name !== 'replication_mode') continue;
    }
    const renamed = Object.hasOwn(RENAMED, a.name) ? RENAMED[a.name] : findParameter(a.name)?.aliasOf;
    if (renamed !== undefined) {
      replaces(a, renamed);
      current.push({ ...a, written: a.name, name: renamed });
      continue;
    }
    const found = lookUpName(a.name);
    if (found.kind === 'bad-index') tell('error', a, found.message);
    else if (found.kind === 'known') current.push(modernValue({ ...a, written: a.name, name: found.canonical }, tell));
    else {
      const dead = deadReason(a.name);
      if (dead !== undefined) tell('warning', a, `is ignored: ${dead}`);
      else tell('warning', a, 'is not a known parameter and is ignored');
    }
  }
  workOut(old, current, tell);
  return { current, issues };
}

type Tell = (severity: ConfigIssue['severity'], a: Assignment, message: string) => void;

const WORKED_OUT: ReadonlySet<string> = new Set([
  'master_slave_mode',
  'master_slave_sub_mode',
  'replication_mode',
  'debug_level',
  'print_timestamp',
  'print_user',
  'backend_socket_dir',
]);

function modernValue(a: CurrentAssignment, tell: Tell): CurrentAssignment {
  if (a.name !== 'relcache_query_target' || a.value.trim().toLowerCase() !== 'master') return a;
  tell('warning', a, 'had the value master, which is an old name of primary; it was taken over');
  return { ...a, value: 'primary' };
}

/** Until 4.1 a watchdog file named its own host apart and counted the others from 0. Here the own host becomes node 0
 *  and the others follow. Returns today's name, or null for a name that needs no such treatment. */
function watchdogName(name: string, oldHeartbeats: boolean): string | null {
  if (name === 'wd_hostname') return 'hostname0';
  if (name === 'wd_port') return 'wd_port0';
  if (name === 'wd_heartbeat_port') return 'heartbeat_port0';
  const match = /^([a-z_]+?)([0-9]{1,4})$/.exec(name);
  const base = OTHER_NODES[match?.[1] ?? ''];
  if (match === null || base === undefined) return null;
  if (match[1] === 'heartbeat_device' && !oldHeartbeats) return null;
  return `${base}${Number(match[2]) + 1}`;
}

const OTHER_NODES: Readonly<Record<string, string>> = {
  other_pgpool_hostname: 'hostname',
  other_pgpool_port: 'pgpool_port',
  other_wd_port: 'wd_port',
  heartbeat_destination: 'heartbeat_hostname',
  heartbeat_destination_port: 'heartbeat_port',
  heartbeat_device: 'heartbeat_device',
};

function workOut(old: ReadonlyMap<string, Assignment>, current: CurrentAssignment[], tell: Tell): void {
  const given = new Set(current.map((a) => a.name));
  const derive = (from: Assignment, written: string, name: string, value: string): void => {
    const found = lookUpName(name);
    if (found.kind === 'bad-index') tell('error', from, found.message);
    else if (!given.has(name)) current.push({ name, value, file: from.file, line: from.line, written });
  };
  for (const [written, a] of old) if (!WORKED_OUT.has(written)) derive(a, written, a.name, a.value);

  const wdHostname = old.get('wd_hostname');
  const port = current.findLast((a) => a.name === 'port');
  if (wdHostname !== undefined) {
    if (old.has('wd_heartbeat_port')) derive(wdHostname, 'wd_hostname', 'heartbeat_hostname0', wdHostname.value);
    derive(port ?? wdHostname, port?.written ?? 'wd_hostname', 'pgpool_port0', port?.value ?? '9999');
  }
  workOutMode(old, derive, tell);
  workOutLogging(old, derive, tell);

  const socketDir = old.get('backend_socket_dir');
  if (socketDir !== undefined) {
    tell(
      'warning',
      socketDir,
      'is an old name: a backend_hostname that starts with / is a socket directory; it was taken over',
    );
    for (const a of [...current]) {
      const slot = /^backend_port([0-9]+)$/.exec(a.name)?.[1];
      if (slot === undefined) continue;
      const hostname = current.findLast((c) => c.name === `backend_hostname${slot}`);
      if (hostname !== undefined && hostname.value !== '') continue;
      current.push({ ...socketDir, written: 'backend_socket_dir', name: `backend_hostname${slot}` });
    }
  }
}

type Derive = (from: Assignment, written: string, name: string, value: string) => void;

function workOutMode(old: ReadonlyMap<string, Assignment>, derive: Derive, tell: Tell): void {
  const replication = old.get('replication_mode');
  const standby = old.get('master_slave_mode');
  const sub = old.get('master_slave_sub_mode');
  for (const a of [replication, standby, sub]) {
    if (a !== undefined) tell('warning', a, 'is an old name of backend_clustering_mode; its meaning was taken over');
  }
  if (replication !== undefined && parseBool(replication.value) === true) {
    derive(replication, replication.name, 'backend_clustering_mode', 'native_replication');
  } else if (standby !== undefined && parseBool(standby.value) === true) {
    const mode = sub?.value.trim().toLowerCase() ?? 'stream';
    derive(sub ?? standby, standby.name, 'backend_clustering_mode', SUB_MODES[mode] ?? mode);
  } else if (standby !== undefined && parseBool(standby.value) === false) {
    // A file that says neither of the two modes is on meant the plain proxy.
    derive(standby, standby.name, 'backend_clustering_mode', 'raw');
  } else if (standby !== undefined) {
    tell('error', standby, 'is not a truth value');
  }
}

const SUB_MODES: Readonly<Record<string, string>> = { stream: 'streaming_replication', logical: 'logical_replication' };

function workOutLogging(old: ReadonlyMap<string, Assignment>, derive: Derive, tell: Tell): void {
  const level = old.get('debug_level');
  if (level !== undefined) {
    tell('warning', level, 'is an old name of log_min_messages; its meaning was taken over');
    const depth = Math.min(5, Math.trunc(Number(level.value)) || 0);
    if (depth > 0) derive(level, 'debug_level', 'log_min_messages', `debug${depth}`);
  }
  const time = old.get('print_timestamp');
  const user = old.get('print_user');
  for (const a of [time, user]) {
    if (a !== undefined)
      tell('warning', a, 'is an old name: log_line_prefix now says what precedes a line; it was taken over');
  }
  const from = time ?? user;
  if (from === undefined) return;
  const showTime = time === undefined || parseBool(time.value) === true;
  const showUser = user !== undefined && parseBool(user.value) === true;
  derive(from, from.name, 'log_line_prefix', `${showTime ? '%t: ' : ''}${showUser ? '%u: ' : ''}pid %p: `);
}

const shown = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name);
