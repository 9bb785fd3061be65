import { type Operation, operationSchema } from '@pgherd/operations';
import { procedure, type Room } from '../base.ts';
import { watching } from './watching.ts';

export const operations = ({ operations: engine }: Room) =>
  procedure
    .meta({
      doc: 'Acts as they go on: first those of the list, then each one when it changed, the newest state only.',
      yields: operationSchema,
    })
    .subscription(async function* ({ ctx, signal }) {
      const waiting = new Map<string, Operation>();
      const heard = new Set<string>();
      const watch = (listener: (more: true) => void): (() => void) => {
        const end = engine.watchOperations((operation) => {
          heard.add(operation.id);
          waiting.delete(operation.id); // it goes to the end
          waiting.set(operation.id, operation);
          listener(true);
        });
        Promise.resolve(engine.operations()).then(
          (known) => {
            for (const operation of known) if (!heard.has(operation.id)) waiting.set(operation.id, operation);
            listener(true);
          },
          () => {},
        );
        return end;
      };
      for await (const _ of watching(watch, ctx, signal)) {
        for (const [id, operation] of waiting) {
          waiting.delete(id);
          yield operationSchema.parse(operation);
          await ctx.drained();
        }
      }
    });
