import { workerFactsSchema } from '@pgherd/operations';
import { z } from 'zod';
import { DeltaMaker } from '../../feeds/delta.ts';
import { procedure, type Room } from '../base.ts';
import { deltaSchema } from '../schemas.ts';
import { watching } from './watching.ts';

export const poolSchema = workerFactsSchema.pick({
  index: true,
  pid: true,
  sessions: true,
  linksTotal: true,
  linksIdle: true,
  waiting: true,
  opened: true,
  reused: true,
  evicted: true,
  waits: true,
});

const newsSchema = deltaSchema(poolSchema, z.int());

export const pools = ({ feeds }: Room) =>
  procedure
    .meta({
      doc: "Each worker's pool of connections to nodes: first all, then those that changed.",
      yields: newsSchema,
    })
    .subscription(async function* ({ ctx, signal }) {
      const workers = new DeltaMaker<z.infer<typeof poolSchema>, number>(({ index }) => index);
      for await (const status of watching(feeds.status, ctx, signal)) {
        const delta = workers.next(status.workers.map((worker) => poolSchema.parse(worker)));
        if (delta !== null) yield newsSchema.parse(delta);
      }
    });
