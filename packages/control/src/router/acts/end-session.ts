import { sessionResultSchema, sessionTargetsSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

export const endSession = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Ends these clients’ sessions with 57P01 and the reason. No server process is terminated, so no failover is set off. A result for each.',
    })
    .input(sessionTargetsSchema)
    .output(z.array(sessionResultSchema))
    .mutation(async ({ input, ctx }) => [...(await operations.endSessions(input, ctx.author))]);
