import { routeExplanationSchema, routeQuestionSchema } from '@pgherd/operations';
import { TRPCError } from '@trpc/server';
import { procedure, type Room } from '../base.ts';

export const explainRoute = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'Where a statement of such a client would go, rule by rule. Nothing is executed.' })
    .input(routeQuestionSchema)
    .output(routeExplanationSchema)
    .query(async ({ input }) => {
      try {
        return await operations.explainRoute(input);
      } catch (error) {
        throw new TRPCError({ code: 'PRECONDITION_FAILED', message: (error as Error).message, cause: error });
      }
    });
