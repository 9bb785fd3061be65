import { metricsSampleSchema, sampleOf } from '../../metrics/sample.ts';
import { procedure, type Room } from '../base.ts';
import { watching } from './watching.ts';

/** A little less than the second in which the engine looks at itself. */
const PERIOD_MS = 900;

export const metrics = ({ feeds }: Room) =>
  procedure
    .meta({
      doc: 'Load and latency, each second. Counters grow from the start of the engine: two samples give a rate.',
      yields: metricsSampleSchema,
    })
    .subscription(async function* ({ ctx, signal }) {
      let sentMs = Number.NEGATIVE_INFINITY;
      for await (const status of watching(feeds.status, ctx, signal)) {
        const nowMs = performance.now();
        if (nowMs - sentMs < PERIOD_MS) continue;
        sentMs = nowMs;
        yield sampleOf(status, new Date());
      }
    });
