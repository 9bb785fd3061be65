import { routeProbeQuestionSchema, routeProbeSchema } from '@pgherd/operations';
import { TRPCError } from '@trpc/server';
import { procedure, type Room } from '../base.ts';

export const probeRoute = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Runs one SELECT on a session of its own through the proxy, in a read-only transaction, and tells which node answered. Its rows are thrown away. As another user than sr_check_user for the role admin alone.',
    })
    .input(routeProbeQuestionSchema)
    .output(routeProbeSchema)
    .mutation(({ input, ctx }) => {
      if (input.user !== '' && !ctx.trusted) {
        throw new TRPCError({ code: 'FORBIDDEN', message: 'Only the role admin may run a statement as another user.' });
      }
      return operations.probeRoute(input, ctx.author);
    });
