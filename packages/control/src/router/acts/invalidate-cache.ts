import { procedure, type Room } from '../base.ts';
import { nothing } from '../schemas.ts';

export const invalidateCache = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'Empties the query cache.' })
    .output(nothing)
    .mutation(async ({ ctx }) => {
      await operations.invalidateCache(ctx.author);
      return { done: true } as const;
    });
