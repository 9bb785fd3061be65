/** Points of charts from samples of engines: rates from counters, over all proxies of a cluster. Pure. */
import type { MetricsSample } from '@pgherd/control/client';
import type { MetricsPoint } from '../../shared/live/topics.ts';

/** Fifteen minutes, a point each second. */
export const POINTS_KEPT = 900;

interface Known {
  before: MetricsSample | null;
  last: MetricsSample | null;
  heardMs: number;
}

export class ClusterMetrics {
  readonly points: MetricsPoint[] = [];
  readonly #known = new Map<string, Known>();

  take(proxyId: string, sample: MetricsSample, nowMs: number): void {
    const known = this.#known.get(proxyId);
    this.#known.set(proxyId, { before: known?.last ?? null, last: sample, heardMs: nowMs });
  }

  forget(proxyId: string): void {
    this.#known.delete(proxyId);
  }

  /** Once a second. @returns null when no proxy has said anything for three seconds: charts show a gap */
  tick(nowMs: number): MetricsPoint | null {
    const fresh = [...this.#known.values()].filter(({ heardMs }) => nowMs - heardMs < 3_000);
    if (fresh.length === 0) return null;
    const statements: Record<number, number> = {};
    const lagMs: Record<number, number | null> = {};
    const lagBytes: Record<number, number | null> = {};
    const errors: Record<string, number> = {};
    const buckets: number[] = [];
    let ends: readonly number[] = [];
    const sessions = { active: 0, inTransaction: 0, idle: 0, waiting: 0 };
    for (const { before, last } of fresh) {
      if (last === null) continue;
      const busy = Math.max(0, last.linksTotal - last.linksIdle);
      const active = Math.min(last.clients, busy);
      const inTransaction = 0;
      sessions.active += active;
      sessions.inTransaction += inTransaction;
      sessions.idle += Math.max(0, last.clients - active - inTransaction);
      sessions.waiting += last.clientsWaiting;
      const seconds = before === null ? 0 : (Date.parse(last.at) - Date.parse(before.at)) / 1000;
      for (const node of last.nodes) {
        const was = before?.nodes.find(({ id }) => id === node.id);
        statements[node.id] = (statements[node.id] ?? 0) + rate(node.statements, was?.statements, seconds);
        lagMs[node.id] ??= node.lagMs;
        lagBytes[node.id] ??= node.lagBytes;
      }
      if (before !== null) {
        for (const [state, count] of Object.entries(last.sqlStates)) {
          const more = count - (before.sqlStates[state] ?? 0);
          if (more > 0) errors[state] = (errors[state] ?? 0) + more;
        }
        ends = last.latency.bucketsMs;
        last.latency.counts.forEach((count, i) => {
          buckets[i] = (buckets[i] ?? 0) + Math.max(0, count - (before.latency.counts[i] ?? 0));
        });
      }
    }
    const latencyMs = { p50: quantile(buckets, ends, 0.5), p95: quantile(buckets, ends, 0.95) };
    const point: MetricsPoint = { at: nowMs, sessions, statements, lagMs, lagBytes, errors, latencyMs };
    this.points.push(point);
    if (this.points.length > POINTS_KEPT) this.points.shift();
    return point;
  }

  /** Share of the statements of the last minute, by node. */
  shares(): Map<number, number> {
    const sums = new Map<number, number>();
    for (const { statements } of this.points.slice(-60)) {
      for (const [id, count] of Object.entries(statements)) sums.set(Number(id), (sums.get(Number(id)) ?? 0) + count);
    }
    const total = [...sums.values()].reduce((sum, value) => sum + value, 0);
    return total === 0 ? new Map() : new Map([...sums].map(([id, value]) => [id, value / total]));
  }
}

/** A counter that fell back belongs to an engine that was started anew. */
function rate(now: number, before: number | undefined, seconds: number): number {
  if (before === undefined || seconds <= 0 || now < before) return 0;
  return (now - before) / seconds;
}

function quantile(counts: readonly number[], ends: readonly number[], part: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  for (const [i, count] of counts.entries()) {
    seen += count;
    if (seen >= total * part) return ends[i] ?? ends.at(-1) ?? null;
  }
  return null;
}
