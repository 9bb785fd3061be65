import { type Operation, operationSchema } from '@pgherd/operations';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';

const WAIT_MAX_MS = 60_000;

export const ended = ({ operations }: Room) => {
  /** Whoever asks again and again waits for the same end. */
  const ends = new Map<string, Promise<Operation>>();
  const endOf = (id: string): Promise<Operation> => {
    const known = ends.get(id);
    if (known !== undefined) return known;
    const end = operations.ended(id).finally(() => ends.delete(id));
    end.catch(() => {}); // told to those who wait, if any still do
    ends.set(id, end);
    return end;
  };
  return procedure
    .meta({ doc: 'An act when it has ended, or as it is after `waitMs`: look at its `state`.' })
    .input(z.object({ id: z.string().max(128), waitMs: z.int().min(0).max(WAIT_MAX_MS).default(30_000) }))
    .output(operationSchema)
    .query(async ({ input, signal }) => {
      const end = endOf(input.id);
      const over = await Promise.race([end, pause(input.waitMs, signal).then(() => null)]);
      if (over !== null) return over;
      return (await operations.operations()).find(({ id }) => id === input.id) ?? end;
    });
};

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
