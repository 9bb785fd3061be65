import { operationSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

const WAIT_MAX_MS = 60_000;

export const ended = ({ operations }: Room) =>
  procedure
    .meta({ doc: 'An act when it has ended, or as it is after `waitMs`: look at its `state`.' })
    .input(z.object({ id: z.string().max(128), waitMs: z.int().min(0).max(WAIT_MAX_MS).default(30_000) }))
    .output(operationSchema)
    .query(async ({ input, signal }) => {
      const end = operations.ended(input.id);
      end.catch(() => {}); // told below, or nobody waits for it any more
      const over = await Promise.race([end, pause(input.waitMs, signal).then(() => null)]);
      if (over !== null) return over;
      return (await operations.operations()).find(({ id }) => id === input.id) ?? end;
    });

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
