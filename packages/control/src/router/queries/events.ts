import { herdEventSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

export const events = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'The event journal after the number `since`, oldest first, at most 1,000: ask again from the last one.',
    })
    .input(z.object({ since: z.int().nonnegative().default(0) }))
    .output(z.array(herdEventSchema))
    .query(async ({ input }) => [...(await operations.events(input.since))]);
