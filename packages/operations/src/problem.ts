/** What is wrong with the herd or its proxy, each with its remedy: what `pgherd doctor` says of a running engine. */
import { z } from 'zod';
import { wishSchema } from './wish.ts';

export const problemSchema = z.object({
  /** Stable, as `node-down`. With `node` it names the problem. */
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  node: z.int().nullable(),
  /** What is wrong, one sentence. */
  sentence: z.string(),
  /** Why, as far as it is known; null when the sentence says it. */
  cause: z.string().nullable(),
  remedy: z.string(),
  /** The act that would help; null: none does. */
  wish: wishSchema.nullable(),
  /** ISO 8601: when it was first seen. */
  since: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

export const problemsSchema = z.object({
  /** The worst first. */
  problems: z.array(problemSchema),
  /** ISO 8601: when the servers were looked at last; null: not yet. What the engine knows by itself is always new. */
  lookedAt: z.string().nullable(),
});
export type Problems = z.infer<typeof problemsSchema>;
