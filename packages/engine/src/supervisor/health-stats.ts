/** What SHOW pool_health_check_stats tells of one node. Pure: outcomes and times in, counters out. */
import type { HealthCheckFacts } from '@pgherd/operations';

export interface CheckOutcome {
  readonly up: boolean;
  /** Looks after the first one. */
  readonly retries: number;
  readonly tookMs: number;
  readonly at: Date;
}

export class HealthStats {
  private success = 0;
  private fail = 0;
  private skip = 0;
  private retries = 0;
  private retriesMax = 0;
  private durationMs = 0;
  private durationMaxMs = 0;
  private durationMinMs = Number.POSITIVE_INFINITY;
  private last: Date | null = null;
  private lastSuccess: Date | null = null;
  private lastSkip: Date | null = null;
  private lastFail: Date | null = null;
  /** The last check failed: what follows is only a look whether the node is back. */
  down = false;

  /** A check of a node that is down and stays so counts as skipped, as in Pgpool-II, which does not look at all. */
  note(outcome: CheckOutcome): void {
    const { up, at, tookMs } = outcome;
    this.last = at;
    if (!up && this.down) {
      this.skip++;
      this.lastSkip = at;
      return;
    }
    this.down = !up;
    if (up) {
      this.success++;
      this.lastSuccess = at;
    } else {
      this.fail++;
      this.lastFail = at;
    }
    this.retries += outcome.retries;
    this.retriesMax = Math.max(this.retriesMax, outcome.retries);
    this.durationMs += tookMs;
    this.durationMaxMs = Math.max(this.durationMaxMs, tookMs);
    this.durationMinMs = Math.min(this.durationMinMs, tookMs);
  }

  get facts(): HealthCheckFacts {
    const done = this.success + this.fail;
    return {
      total: done + this.skip,
      success: this.success,
      fail: this.fail,
      skip: this.skip,
      retries: this.retries,
      retriesAverage: done === 0 ? 0 : this.retries / done,
      retriesMax: this.retriesMax,
      durationMaxMs: this.durationMaxMs,
      durationMinMs: done === 0 ? 0 : this.durationMinMs,
      durationAverageMs: done === 0 ? 0 : this.durationMs / done,
      last: text(this.last),
      lastSuccess: text(this.lastSuccess),
      lastSkip: text(this.lastSkip),
      lastFail: text(this.lastFail),
    };
  }
}

const text = (date: Date | null): string | null => date?.toISOString() ?? null;
