import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Account, asAccount } from './account.ts';
import { errnoOf } from './errors.ts';

/** What /proc/<pid>/stat says. A zombie counts as gone: nobody may ever reap it in a container without an init. */
export interface ProcessState {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
  /** Clock ticks since boot; with the pid it identifies a process. */
  readonly startTime: number;
}

export function processState(pid: number): ProcessState | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return existsSync('/proc/self/stat') ? undefined : processStateWithoutProc(pid);
  }
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const rest = text.slice(close + 2).split(' ');
  const state = rest[0] ?? '';
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, name: text.slice(open + 1, close), state, parent: Number(rest[1]), startTime: Number(rest[19]) };
}

function processStateWithoutProc(pid: number): ProcessState | undefined {
  try {
    process.kill(pid, 0);
    return { pid, name: 'postgres', state: 'S', parent: 0, startTime: 0 };
  } catch (error) {
    return errnoOf(error) === 'EPERM' ? { pid, name: 'postgres', state: 'S', parent: 0, startTime: 0 } : undefined;
  }
}

function allProcesses(): ProcessState[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  const found: ProcessState[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const state = processState(Number(name));
    if (state) found.push(state);
  }
  return found;
}

const isPostgres = (process: ProcessState): boolean => process.name === 'postgres' || process.name === 'postmaster';

/** Working directories by pid. Root without CAP_SYS_PTRACE (a container's default) may not look at another account's
 *  processes; that account itself may, so it is asked. */
function workingDirectories(pids: readonly number[], account: Account | undefined): Map<number, string> {
  const found = new Map<number, string>();
  const refused: number[] = [];
  for (const pid of pids) {
    try {
      found.set(pid, readlinkSync(`/proc/${pid}/cwd`));
    } catch (error) {
      if (errnoOf(error) === 'EACCES') refused.push(pid);
    }
  }
  if (refused.length > 0 && account) {
    const script = 'for p; do printf "%s\\t%s\\n" "$p" "$(readlink "/proc/$p/cwd" 2>/dev/null)"; done';
    const answer = spawnSync('/bin/sh', ['-c', script, 'sh', ...refused.map(String)], {
      ...asAccount(account),
      encoding: 'utf8',
    });
    for (const line of (answer.stdout ?? '').split('\n')) {
      const [pid, cwd] = line.split('\t');
      if (pid && cwd) found.set(Number(pid), cwd);
    }
  }
  return found;
}

/** The pid if it is a PostgreSQL process that works in this data directory, else undefined. */
export function postgresIn(pid: number, dataDir: string, account: Account | undefined): ProcessState | undefined {
  const state = processState(pid);
  if (!state || !isPostgres(state)) return undefined;
  if (!existsSync('/proc/self/stat')) return state;
  const cwd = workingDirectories([pid], account).get(pid);
  return cwd === dataDir || cwd === `${dataDir} (deleted)` ? state : undefined;
}

/** Every PostgreSQL process that works in this data directory, with or without a living postmaster, and what the
 *  postmaster started (an archive command, say). A shell that somebody opened there is not among them. */
export function processesOf(dataDir: string, account: Account | undefined): ProcessState[] {
  const all = allProcesses();
  const servers = all.filter(isPostgres);
  const cwds = workingDirectories(
    servers.map((server) => server.pid),
    account,
  );
  const mine = new Map<number, ProcessState>();
  for (const server of servers) {
    const cwd = cwds.get(server.pid);
    if (cwd === dataDir || cwd === `${dataDir} (deleted)`) mine.set(server.pid, server);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const candidate of all) {
      if (!mine.has(candidate.pid) && mine.has(candidate.parent)) {
        mine.set(candidate.pid, candidate);
        grown = true;
      }
    }
  }
  return [...mine.values()];
}

/** Sends a signal; a process that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
