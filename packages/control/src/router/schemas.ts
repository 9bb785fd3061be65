/** Shapes that several procedures share, beyond those of the operations. */
import { type Operation, operationSchema } from '@pgherd/operations';
import { z } from 'zod';

export const nothing = z.object({ done: z.literal(true) });
export const shownSchema = z.object({ columns: z.array(z.string()), rows: z.array(z.array(z.string())) });

export function deltaSchema<T extends z.ZodType, K extends z.ZodType>(item: T, key: K) {
  return z.object({
    /** True: `changed` is everything, forget what you had. */
    all: z.boolean(),
    changed: z.array(item),
    gone: z.array(key),
  });
}

export const operationsSchema = z.array(operationSchema);
export const isOver = (operation: Operation): boolean => operation.state !== 'running';
