/** A server that pg_ctl starts and stops: what an agent on a plain host has. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { ServerPort } from './data-directory-agent.ts';

export interface PgCtlOptions {
  readonly dataDirectory: string;
  readonly pgCtl: string;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Where the server's output goes until it logs by itself. */
  readonly logFile: string;
}

export function pgCtlServer(options: PgCtlOptions): ServerPort {
  const run = (args: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = spawn(options.pgCtl, ['-D', options.dataDirectory, ...args], {
        cwd: '/',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
        stdio: ['ignore', 'ignore', 'pipe'],
        ...(options.owner === undefined ? {} : { uid: options.owner.uid, gid: options.owner.gid }),
      });
      let said = '';
      child.stderr.on('data', (data: Buffer) => {
        said = (said + data.toString('utf8')).slice(-2_000);
      });
      child.once('error', reject);
      child.once('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`pg_ctl ${args[0]} exited with ${code}: ${said.trim()}`));
      });
    });
  const seconds = (limitMs: number): string => String(Math.max(1, Math.ceil(limitMs / 1000)));
  return {
    isRunning: () => livingPostmaster(options.dataDirectory),
    start: (limitMs) => run(['start', '-w', '-t', seconds(limitMs), '-l', options.logFile]),
    stop: (mode, limitMs) => run(['stop', '-w', '-t', seconds(limitMs), '-m', mode]),
  };
}

/** postmaster.pid names a living process that works in this directory. */
function livingPostmaster(dataDirectory: string): boolean {
  try {
    const [pid = ''] = fs.readFileSync(path.join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 0);
    const cwd = fs.realpathSync(`/proc/${Number(pid)}/cwd`);
    return cwd === fs.realpathSync(dataDirectory);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
