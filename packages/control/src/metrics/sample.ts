/** One second of the engine for a chart: what `/metrics` tells, without what only a scraper needs. Pure. */
import type { EngineStatus } from '@pgherd/operations';
import { z } from 'zod';

export const metricsSampleSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  clients: z.int(),
  clientsWaiting: z.int(),
  clientsRefused: z.int(),
  /** Statements of clients since the start. */
  statements: z.number(),
  /** Error answers since the start, all SQLSTATEs together. */
  errors: z.number(),
  /** The same by SQLSTATE. */
  sqlStates: z.record(z.string(), z.number()),
  latency: z.object({
    /** Upper ends of the buckets. */
    bucketsMs: z.array(z.number()),
    /** Statements in each bucket, one more for all above. */
    counts: z.array(z.number()),
    sumMs: z.number(),
  }),
  nodes: z.array(
    z.object({
      id: z.int(),
      statements: z.number(),
      errors: z.number(),
      lagBytes: z.number().nullable(),
      lagMs: z.number().nullable(),
    }),
  ),
  linksTotal: z.int(),
  linksIdle: z.int(),
  rssBytes: z.number(),
  /** The longest of all processes. */
  loopDelayMaxMs: z.number(),
});
export type MetricsSample = z.infer<typeof metricsSampleSchema>;

export function sampleOf(status: EngineStatus, at: Date): MetricsSample {
  const { workers, supervisor } = status;
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
  const bucketCount = Math.max(0, ...workers.map(({ latency }) => latency.length));
  return {
    at: at.toISOString(),
    clients: status.clients,
    clientsWaiting: status.clientsWaiting,
    clientsRefused: status.clientsRefused,
    statements: sum(workers.map((worker) => sum(worker.statements))),
    errors: sum(workers.map(({ sqlStates }) => sum(Object.values(sqlStates)))),
    sqlStates: bySqlState(workers.map(({ sqlStates }) => sqlStates)),
    latency: {
      bucketsMs: [...status.latencyBucketsMs],
      counts: Array.from({ length: bucketCount }, (_, i) => sum(workers.map(({ latency }) => latency[i] ?? 0))),
      sumMs: sum(workers.map(({ latencySumMs }) => latencySumMs)),
    },
    nodes: status.nodes.map(({ id, statements, counts, lagBytes, lagMs }) => ({
      id,
      statements,
      errors: counts.errors + counts.fatals + counts.panics,
      lagBytes,
      lagMs,
    })),
    linksTotal: sum(workers.map(({ linksTotal }) => linksTotal)),
    linksIdle: sum(workers.map(({ linksIdle }) => linksIdle)),
    rssBytes: supervisor.rssBytes + sum(workers.map(({ rssBytes }) => rssBytes)),
    loopDelayMaxMs: Math.max(supervisor.loopDelayMs.max, ...workers.map(({ loopDelayMs }) => loopDelayMs.max)),
  };
}

function bySqlState(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const of of counts) for (const [state, count] of Object.entries(of)) all[state] = (all[state] ?? 0) + count;
  return all;
}
