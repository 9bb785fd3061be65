/** Counters by node, over all workers that there were since the start: a worker that ends takes nothing away. */
import type { NodeCounts } from '@pgherd/operations';
import type { WorkerStats } from '../ipc.ts';

const KINDS = ['selects', 'inserts', 'updates', 'deletes', 'ddls', 'others', 'panics', 'fatals', 'errors'] as const;
type Kind = (typeof KINDS)[number];

export class NodeCounters {
  private readonly past: Partial<Record<Kind | 'statements', number[]>> = {};

  /** The worker has ended: what it counted stays. */
  keep(stats: WorkerStats): void {
    for (const kind of [...KINDS, 'statements'] as const) {
      const sums = (this.past[kind] ??= []);
      stats[kind].forEach((count, node) => {
        sums[node] = (sums[node] ?? 0) + count;
      });
    }
  }

  /** @param running stats of the workers that run now */
  statements(running: readonly WorkerStats[], node: number): number {
    return this.sum('statements', running, node);
  }

  counts(running: readonly WorkerStats[], node: number): NodeCounts {
    return Object.fromEntries(KINDS.map((kind) => [kind, this.sum(kind, running, node)])) as NodeCounts;
  }

  private sum(kind: Kind | 'statements', running: readonly WorkerStats[], node: number): number {
    return running.reduce((total, stats) => total + (stats[kind][node] ?? 0), this.past[kind]?.[node] ?? 0);
  }
}
