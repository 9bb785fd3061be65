import { type NodeStatus, nodeStatusSchema } from '@pgherd/operations';
import { z } from 'zod';
import { DeltaMaker } from '../../feeds/delta.ts';
import { procedure, type Room } from '../base.ts';
import { deltaSchema } from '../schemas.ts';
import { watching } from './watching.ts';

const herdSchema = z.object({
  ready: z.boolean(),
  notReady: z.array(z.string()),
  epoch: z.int(),
  primary: z.int().nullable(),
});

const newsSchema = z.object({ herd: herdSchema, nodes: deltaSchema(nodeStatusSchema, z.int()) });

export const nodes = ({ feeds }: Room) =>
  procedure
    .meta({
      doc: 'The nodes as they change: first all, then those that changed, with what holds for the whole herd.',
      yields: newsSchema,
    })
    .subscription(async function* ({ ctx, signal }) {
      const nodes = new DeltaMaker<NodeStatus, number>(({ id }) => id);
      let told = '';
      for await (const status of watching(feeds.status, ctx, signal)) {
        const { ready, notReady, epoch, primary } = status;
        const herd = { ready, notReady, epoch, primary };
        const delta = nodes.next(status.nodes);
        if (delta === null && JSON.stringify(herd) === told) continue;
        told = JSON.stringify(herd);
        yield newsSchema.parse({ herd, nodes: delta ?? { all: false, changed: [], gone: [] } });
      }
    });
