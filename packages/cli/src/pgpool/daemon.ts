/** Start without -n: a process in its own session serves, and this one ends once that one does. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { formatIssue } from '@pgherd/config';
import type { CommandIo } from '../io.ts';
import { readConfig } from '../read-files.ts';

/** @param config what is worth knowing of this file is said here, where it is read: a daemon's own log may go nowhere */
export function warnAbout(config: string, io: CommandIo): void {
  if (logTarget() === 'inherit') return; // the daemon's log comes here
  if (!fs.existsSync(config)) return; // the start fails, and says so
  for (const issue of readConfig(config).warnings) {
    if (issue.severity === 'warning') io.stderr(`pgpool: WARNING:  ${formatIssue(issue)}`);
  }
}

/** What the process that will serve tells the one that waits for it. */
type Report = { readonly t: 'started' } | { readonly t: 'failed'; readonly message: string };

/** @param args the command line that starts in the foreground @returns the exit code */
export async function startDaemon(entry: string, args: readonly string[], io: CommandIo): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, entry, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', logTarget(), 'ipc'],
  });
  const cancel = (): void => void child.kill('SIGINT');
  process.once('SIGINT', cancel).once('SIGTERM', cancel);
  const report = await firstReport(child);
  if (report.t === 'failed') {
    io.stderr(`pgpool: ${report.message}`);
    return 1;
  }
  child.disconnect();
  child.unref();
  return 0;
}

/**
 * A daemon keeps nothing of its terminal, and a pipe kept open would make its reader wait for ever. A file is kept: it is
 * the only place where its log can be read.
 */
function logTarget(): 'inherit' | 'ignore' {
  return fs.fstatSync(2).isFile() ? 'inherit' : 'ignore';
}

function firstReport(child: ChildProcess): Promise<Report> {
  return new Promise((resolve) => {
    child.once('message', (report) => resolve(report as Report));
    child.once('error', (error) => resolve({ t: 'failed', message: error.message }));
    // Not `exit`: what it said last may still be on its way then.
    child.once('close', (code, signal) =>
      resolve({ t: 'failed', message: `pgpool ended while it started (${signal ?? `status ${code}`})` }),
    );
  });
}

/** For the serving process: tells the waiting one, if there is one. */
export function reportStarted(): void {
  report({ t: 'started' });
}

export function reportFailed(message: string): void {
  report({ t: 'failed', message });
}

function report(message: Report): void {
  if (process.connected) process.send?.(message);
}
