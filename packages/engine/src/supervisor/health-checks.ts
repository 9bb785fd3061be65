/** Health checks: each node on its own period, with its own retries. One check of a node at a time. */
import type { HealthCheckSettings } from '@pgherd/config';
import { HealthStats } from './health-stats.ts';

/** What one look found: `null` when it says nothing about the server (its name could not be looked up). */
export type Look = { readonly up: boolean; readonly reason: string | null } | null;

export interface HealthCheckPorts {
  look(check: HealthCheckSettings): Promise<Look>;
  /** A look failed, and another one follows in `delayMs`. */
  retrying(nodeId: number, reason: string | null, retry: number, max: number): void;
  /** A check is over. `news`: a check of a node that was not known to be down yet. */
  verdict(nodeId: number, look: NonNullable<Look>, news: boolean): void;
}

export class HealthChecks {
  private readonly ports: HealthCheckPorts;
  private readonly stats = new Map<number, HealthStats>();
  private readonly underWay = new Set<number>();
  private timers: NodeJS.Timeout[] = [];
  private checks: readonly HealthCheckSettings[] = [];
  /** Raised by each `schedule`: what an older one began stops at its next pause. */
  private round = 0;

  constructor(ports: HealthCheckPorts) {
    this.ports = ports;
  }

  /** Begins anew with these checks; counters stay. */
  schedule(checks: readonly HealthCheckSettings[]): void {
    this.stop();
    this.checks = checks;
    for (const check of checks) {
      if (check.periodSeconds === 0) continue;
      this.timers.push(setInterval(() => void this.check(check.nodeId), check.periodSeconds * 1000));
    }
    for (const id of [...this.stats.keys()]) if (!checks.some((check) => check.nodeId === id)) this.stats.delete(id);
  }

  stop(): void {
    this.round++;
    for (const timer of this.timers.splice(0)) clearInterval(timer);
  }

  of(nodeId: number): HealthStats {
    let stats = this.stats.get(nodeId);
    if (stats === undefined) {
      stats = new HealthStats();
      this.stats.set(nodeId, stats);
    }
    return stats;
  }

  /** One check: looks again after health_check_retry_delay, up to health_check_max_retries times. */
  async check(nodeId: number): Promise<void> {
    const check = this.checks.find((candidate) => candidate.nodeId === nodeId);
    if (check === undefined || this.underWay.has(nodeId)) return;
    this.underWay.add(nodeId);
    try {
      await this.checkNow(check);
    } finally {
      this.underWay.delete(nodeId);
    }
  }

  private async checkNow(check: HealthCheckSettings): Promise<void> {
    const { nodeId } = check;
    const { round } = this;
    const stats = this.of(nodeId);
    const startedMs = performance.now();
    // One look is enough to see that a node is still down.
    const retriesMax = stats.down ? 0 : check.maxRetries;
    for (let retries = 0; ; retries++) {
      const look = await this.ports.look(check);
      if (round !== this.round || look === null) return;
      if (look.up || retries >= retriesMax) {
        const news = !look.up && !stats.down;
        stats.note({ up: look.up, retries, tookMs: performance.now() - startedMs, at: new Date() });
        this.ports.verdict(nodeId, look, news);
        return;
      }
      this.ports.retrying(nodeId, look.reason, retries + 1, retriesMax);
      await new Promise((resolve) => setTimeout(resolve, check.retryDelaySeconds * 1000));
      if (round !== this.round) return;
    }
  }
}
