import { stopModeSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';
import { nothing } from '../schemas.ts';

/** The answer must be out before the door closes with the engine. */
const ANSWER_FIRST_MS = 100;

export const stop = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Stops the engine: smart waits for clients to leave, fast ends their sessions, immediate asks nobody.',
    })
    .input(z.object({ mode: stopModeSchema }))
    .output(nothing)
    .mutation(({ input, ctx }) => {
      setTimeout(() => void operations.stop(input.mode, ctx.author).catch(() => {}), ANSWER_FIRST_MS);
      return { done: true } as const;
    });
