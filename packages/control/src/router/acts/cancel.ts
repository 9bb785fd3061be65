import { operationSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

export const cancel = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Calls a recovery off: it ends soon, as failed, and the herd is as it was before. No other act can be called off, nor can a recovery while pg_rewind or a script is at work.',
    })
    .input(z.object({ id: z.string().max(128) }))
    .output(operationSchema)
    .mutation(({ input, ctx }) => operations.cancel(input.id, ctx.author));
