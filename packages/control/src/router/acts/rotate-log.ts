import { procedure, type Room } from '../base.ts';
import { nothing } from '../schemas.ts';

export const rotateLog = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'Opens the log file anew (logging_collector).' })
    .output(nothing)
    .mutation(async ({ ctx }) => {
      await operations.rotateLog(ctx.author);
      return { done: true } as const;
    });
