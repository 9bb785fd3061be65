import { operationSchema, wishSchema } from '@pgherd/operations';
import { TRPCError } from '@trpc/server';
import { procedure, type Room } from '../base.ts';

export const begin = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Begins an act (attach, detach, relabel, switchover, failover, recover). It goes on when nobody waits for it. `acceptLoss` needs the role admin.',
    })
    .input(wishSchema)
    .output(operationSchema)
    .mutation(({ input, ctx }) => {
      if (input.act === 'failover' && input.acceptLoss && !ctx.trusted) {
        throw new TRPCError({ code: 'FORBIDDEN', message: 'Only the role admin may accept the loss of data.' });
      }
      return operations.begin(input, ctx.author);
    });
