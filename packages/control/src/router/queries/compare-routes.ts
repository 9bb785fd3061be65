import { routeComparisonQuestionSchema, routeComparisonSchema } from '@pgherd/operations';
import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

export const compareRoutes = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Up to 200 statements, each by the configuration that runs and by a draft: where both send it, and whether that differs. Nothing is executed.',
    })
    .input(routeComparisonQuestionSchema)
    .output(z.array(routeComparisonSchema))
    .query(async ({ input }) => {
      try {
        return [...(await operations.compareRoutes(input))];
      } catch (error) {
        throw new TRPCError({ code: 'PRECONDITION_FAILED', message: (error as Error).message, cause: error });
      }
    });
