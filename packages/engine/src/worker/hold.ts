/**
 * Waits while the primary changes. Whoever needs the primary waits for a snapshot that has one and holds nobody; not
 * longer than the snapshot says, and then gets 57P03 with the reason.
 */
import { BackendUnavailableError } from '../backend/open-link.ts';
import type { ClusterSnapshot } from '../ipc.ts';
import { homeNode } from '../routing/home-node.ts';

/** Told to the supervisor: how many sessions have a transaction at the primary. */
export type HeldReport = (epoch: number, open: number) => void;

/** Counts are reported once for all changes within this time. */
const COUNT_DELAY_MS = 10;

export class Hold {
  private current: ClusterSnapshot;
  private readonly waiters = new Set<() => void>();
  private readonly countOpen: () => number;
  private readonly report: HeldReport;
  private reported: { readonly epoch: number; readonly open: number } | null = null;
  private counting: NodeJS.Timeout | null = null;
  /** Nobody begins a transaction at the primary, nor a statement outside one. Read for each statement. */
  held = false;

  /** @param countOpen how many sessions have something open at the primary */
  constructor(cluster: ClusterSnapshot, countOpen: () => number, report: HeldReport) {
    this.current = cluster;
    this.countOpen = countOpen;
    this.report = report;
  }

  /** Nobody may open what is for the primary now. */
  get blocks(): boolean {
    return this.current.hold !== null || this.current.primary === null;
  }

  set(cluster: ClusterSnapshot): void {
    this.current = cluster;
    this.held = cluster.hold?.kind === 'transactions';
    if (this.held) this.count();
    else this.reported = null;
    const waiters = [...this.waiters];
    this.waiters.clear();
    for (const wake of waiters) wake();
  }

  /** Something that was open at the primary may have ended. */
  mayHaveDrained(): void {
    if (!this.held || this.counting !== null) return;
    this.counting = setTimeout(() => {
      this.counting = null;
      if (this.held) this.count();
    }, COUNT_DELAY_MS);
    this.counting.unref();
  }

  private count(): void {
    const { epoch } = this.current;
    const open = this.countOpen();
    if (this.reported?.epoch === epoch && this.reported.open === open) return;
    this.reported = { epoch, open };
    this.report(epoch, open);
  }

  /**
   * The herd, once its primary may be used.
   * @param patienceMs how long to wait while no primary is known and nobody said how long that may take
   * @throws BackendUnavailableError 57P03
   */
  async primary(patienceMs = 0): Promise<ClusterSnapshot> {
    const startedMs = performance.now();
    for (;;) {
      const cluster = this.current;
      const { hold, primary } = cluster;
      if (hold === null && primary !== null) return cluster;
      const leftMs = hold !== null ? hold.untilMs - Date.now() : patienceMs - (performance.now() - startedMs);
      if (leftMs <= 0) throw new BackendUnavailableError(primary ?? -1, whyNot(cluster), { sqlstate: '57P03' });
      await this.change(leftMs);
    }
  }

  /** Resolves at the next snapshot, or when the time is over. */
  change(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      timer.unref();
      this.waiters.add(done);
    });
  }
}

function whyNot(cluster: ClusterSnapshot): string {
  if (cluster.hold !== null) return cluster.hold.reason;
  const { why } = homeNode(cluster);
  return `no backend node can serve this session: ${why.map((reason) => reason.found).join('; ')}`;
}
