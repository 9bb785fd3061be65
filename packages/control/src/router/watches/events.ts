import { type HerdEvent, herdEventSchema } from '@pgherd/operations';
import { tracked } from '@trpc/server';
import { z } from 'zod';
import { procedure, type Room } from '../base.ts';
import { watching } from './watching.ts';

const newsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), event: herdEventSchema }),
  /** There is no such number any more: the journal began anew, and is told from its beginning. */
  z.object({ kind: z.literal('restarted') }),
  /** The journal does not reach back so far: these are gone. */
  z.object({ kind: z.literal('lost'), from: z.int(), to: z.int() }),
]);

export const events = ({ operations }: Room) =>
  procedure
    .meta({
      doc: 'Every event after the number `since`, in order and without gaps, then each new one. A client that comes back goes on after the last id it got. Without a number: from now on. Each comes with its number as id.',
      yields: newsSchema,
    })
    .input(
      z.object({
        since: z.int().nonnegative().optional(),
        lastEventId: z
          .string()
          .regex(/^\d{1,15}$/)
          .optional(),
      }),
    )
    .subscription(async function* ({ input, ctx, signal }) {
      const asked = input.lastEventId === undefined ? input.since : Number(input.lastEventId);
      let told = asked ?? (await lastOf(operations));
      if (told > 0 && (await operations.events(told - 1)).length === 0) {
        told = 0;
        yield tracked('0', { kind: 'restarted' as const });
      }
      // The journal is the queue: news of an event only say that there is more to read, so a slow reader holds up nothing.
      const watch = (listener: (more: true) => void): (() => void) => {
        const end = operations.watchEvents(() => listener(true));
        listener(true);
        return end;
      };
      for await (const _ of watching(watch, ctx, signal)) {
        for (;;) {
          const found: readonly HerdEvent[] = await operations.events(told);
          const [first] = found;
          if (first === undefined) break;
          if (first.seq > told + 1 && asked !== undefined) {
            yield tracked(String(first.seq - 1), { kind: 'lost' as const, from: told + 1, to: first.seq - 1 });
          }
          for (const event of found) {
            if (event.seq <= told) continue;
            await ctx.drained();
            told = event.seq;
            yield tracked(String(event.seq), { kind: 'event' as const, event: herdEventSchema.parse(event) });
          }
        }
      }
    });

async function lastOf(operations: Room['operations']): Promise<number> {
  let last = 0;
  for (;;) {
    const found = await operations.events(last);
    const newest = found.at(-1);
    if (newest === undefined || newest.seq <= last) return last;
    last = newest.seq;
  }
}
