/** The running pgpool as its pid file knows it: how `stop` and `reload` find it and tell it. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { defaults } from '@pgherd/config';
import { livePid } from '@pgherd/engine';
import type { StopMode } from '@pgherd/operations';
import { CommandError } from '../errors.ts';
import { lifeOf } from '../process-life.ts';
import { oneSetting } from '../read-files.ts';

const SIGNALS: Readonly<Record<StopMode, NodeJS.Signals>> = {
  smart: 'SIGTERM',
  fast: 'SIGINT',
  immediate: 'SIGQUIT',
};
const LOOK_MS = 20;
const DOT_MS = 1_000;
const REPEAT_MS = 5_000;

/** Sends the signal, again every five seconds, and returns when the process is gone. @throws CommandError */
export async function stopRunning(config: string, mode: StopMode, write: (text: string) => void): Promise<void> {
  const pid = runningPid(config);
  const life = lifeOf(pid);
  tell(pid, SIGNALS[mode]);
  write(`stop request sent to pgpool (pid: ${pid}). waiting for termination...\n`);
  const startedMs = performance.now();
  let nextDotMs = DOT_MS;
  let nextRepeatMs = REPEAT_MS;
  while (life !== null && lifeOf(pid) === life) {
    await pause(LOOK_MS);
    const waitedMs = performance.now() - startedMs;
    if (waitedMs >= nextDotMs) {
      write('.');
      nextDotMs += DOT_MS;
    }
    if (waitedMs >= nextRepeatMs) {
      tell(pid, SIGNALS[mode]);
      nextRepeatMs += REPEAT_MS;
    }
  }
  write('done.\n');
}

/** @throws CommandError */
export function reloadRunning(config: string): void {
  tell(runningPid(config), 'SIGHUP');
}

function runningPid(config: string): number {
  const file = path.resolve(pidFileName(config));
  const pid = livePid(file);
  if (pid !== null) return pid;
  const why = fs.existsSync(file) ? 'names a process that is gone' : 'does not exist';
  throw new CommandError(`pgpool is not running: its pid file ${file} (pid_file_name in ${config}) ${why}.`);
}

/** A configuration that can no longer be used must not keep a running pgpool from being stopped. */
function pidFileName(config: string): string {
  try {
    return oneSetting(config, 'pid_file_name');
  } catch {
    return defaults().pid_file_name; // the file that it was started with is gone
  }
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return;
    throw new CommandError(
      `Cannot send ${signal} to pgpool (pid ${pid}): ${code === 'EPERM' ? 'it belongs to another user' : code}.`,
    );
  }
}
