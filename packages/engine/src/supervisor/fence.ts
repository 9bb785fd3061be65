/** Closing an epoch: every worker has to say that it has left the old primary. One that is silent is ended. */
import type { WorkerProcess } from './worker-process.ts';

/** A worker has so long; its loop is never blocked for more than 50 ms. */
const SILENT_MS = 500;

export class Fences {
  private readonly waiting = new Map<
    number,
    { missing: Set<WorkerProcess>; closed: Promise<void>; done: () => void }
  >();
  private readonly silent: (worker: WorkerProcess) => void;

  /** @param silent is called for each worker that did not answer in time; it must end it */
  constructor(silent: (worker: WorkerProcess) => void) {
    this.silent = silent;
  }

  /** Resolves when all of them have left the old epoch, or are gone. */
  close(epoch: number, workers: readonly WorkerProcess[]): Promise<void> {
    const asked = this.waiting.get(epoch);
    if (asked !== undefined) return asked.closed; // a worker answers once
    if (workers.length === 0) return Promise.resolve();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const missing = new Set(workers);
    const timer = setTimeout(() => {
      for (const worker of missing) this.silent(worker);
    }, SILENT_MS);
    this.waiting.set(epoch, {
      missing,
      closed,
      done: () => {
        clearTimeout(timer);
        this.waiting.delete(epoch);
        resolve();
      },
    });
    return closed;
  }

  answered(worker: WorkerProcess, epoch: number): void {
    const fence = this.waiting.get(epoch);
    if (fence === undefined) return;
    fence.missing.delete(worker);
    if (fence.missing.size === 0) fence.done();
  }

  /** A worker that has ended has no links any more. */
  left(worker: WorkerProcess): void {
    for (const epoch of [...this.waiting.keys()]) this.answered(worker, epoch);
  }
}
