/** failover_command and its kin: run by the shell, their output logged line by line, their exit told. */
import { spawn } from 'node:child_process';
import readline from 'node:readline';

export interface CommandResult {
  /** Null when a signal ended it, or it could not be started. */
  readonly code: number | null;
  readonly error: string | null;
}

/** A command that takes longer is left running, and no longer waited for. */
const LIMIT_MS = 600_000;

/** As Pgpool-II: inherited, but for what is this program's own. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE: _own, ...inherited } = process.env;
  return inherited;
}

export function runCommand(command: string, line: (text: string) => void, limitMs = LIMIT_MS): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
    const limit = setTimeout(() => {
      resolve({ code: null, error: `it has not ended within ${Math.round(limitMs / 1000)} s and is left running` });
    }, limitMs);
    limit.unref();
    for (const stream of [child.stdout, child.stderr]) {
      readline.createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', line);
    }
    child.once('error', (error) => {
      clearTimeout(limit);
      resolve({ code: null, error: error.message });
    });
    // Not 'close': a program that the command left in the background may keep its output open.
    child.once('exit', (code, signal) => {
      clearTimeout(limit);
      setImmediate(() => resolve({ code, error: code === null ? `it was ended by ${signal}` : null }));
    });
  });
}
