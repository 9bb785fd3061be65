import { sessionResultSchema, sessionTargetsSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

export const cancelStatement = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Cancels what these sessions run, as their clients could. A result for each; a session that is not the one that was meant is left alone.',
    })
    .input(sessionTargetsSchema)
    .output(z.array(sessionResultSchema))
    .mutation(async ({ input, ctx }) => [...(await operations.cancelStatements(input, ctx.author))]);
