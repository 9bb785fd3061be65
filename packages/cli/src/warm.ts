/**
 * Loads what the program consists of and writes Node's compile cache. It is a convenience: without it the first process does
 * the same while it works. Nothing that goes wrong here keeps an installation from being complete.
 */
import { fork } from 'node:child_process';
import { flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { loadControl } from '@pgherd/control';
import { WORKER_FLAGS } from '@pgherd/engine';
import { COMMANDS } from './commands.ts';

const LIMIT_MS = 20_000;

/** A worker keeps a cache of its own, since it runs with flags of its own. It leaves when nobody is connected to it. */
function worker(): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(import.meta.resolve('@pgherd/engine/worker')), {
      execArgv: WORKER_FLAGS,
      stdio: 'ignore',
    });
    child.once('message', () => child.disconnect());
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}

const parts: (() => Promise<unknown>)[] = [
  ...Object.values(COMMANDS),
  worker,
  loadControl,
  // It does nothing outside a thread, but to be read.
  () => import('./doors/thread.ts'),
];

setTimeout(() => process.exit(0), LIMIT_MS).unref();
for (const load of parts) await load().catch(() => {});
flushCompileCache();
process.exit(0);
