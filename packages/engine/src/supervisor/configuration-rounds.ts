/** A configuration goes to all workers, and each says whether it can work with it. */
import { type ConfigSnapshot, packSnapshot, type ToSupervisor } from '../ipc.ts';
import type { WorkerProcess } from './worker-process.ts';

const RELOAD_LIMIT_MS = 5_000;

interface Round {
  readonly missing: Set<WorkerProcess>;
  readonly errors: string[];
  readonly done: () => void;
}

export class ConfigurationRounds {
  /** By the configuration's id. */
  private readonly rounds = new Map<number, Round>();

  /** @returns why it cannot be, when all workers have answered or the time is over */
  begin(snapshot: ConfigSnapshot, workers: readonly WorkerProcess[]): Promise<string[]> {
    if (workers.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const errors: string[] = [];
      const finish = (): void => {
        clearTimeout(timer);
        this.rounds.delete(snapshot.id);
        resolve(errors);
      };
      const timer = setTimeout(() => {
        errors.push(`${this.rounds.get(snapshot.id)?.missing.size ?? 0} workers did not acknowledge in time`);
        finish();
      }, RELOAD_LIMIT_MS);
      this.rounds.set(snapshot.id, { missing: new Set(workers), errors, done: finish });
      const packed = packSnapshot(snapshot);
      for (const worker of workers) worker.send({ t: 'config', packed });
    });
  }

  /** @returns false when it was in no round: the worker is new */
  answered(worker: WorkerProcess, { snapshot, error }: Extract<ToSupervisor, { t: 'applied' }>): boolean {
    const round = this.rounds.get(snapshot);
    if (round === undefined) return false;
    if (error !== null) round.errors.push(error);
    round.missing.delete(worker);
    if (round.missing.size === 0) round.done();
    return true;
  }

  /** A worker that has ended takes part in nothing. */
  left(worker: WorkerProcess): void {
    for (const round of this.rounds.values()) {
      round.missing.delete(worker);
      if (round.missing.size === 0) round.done();
    }
  }
}
