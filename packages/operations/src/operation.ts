/** An act under way or over: its steps as they happen, what it moved, how it ended. */
import { z } from 'zod';
import { authorSchema } from './author.ts';
import { checkSchema } from './wish.ts';

export const operationStepSchema = z.object({
  name: z.string(),
  state: z.enum(['running', 'done', 'failed', 'skipped']),
  /** ISO 8601. */
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  detail: z.string().nullable(),
});
export type OperationStep = z.infer<typeof operationStepSchema>;

export const operationSchema = z.object({
  id: z.string(),
  act: z.enum(['attach', 'detach', 'relabel', 'switchover', 'failover', 'recover']),
  node: z.int().nullable(),
  by: authorSchema,
  state: z.enum(['running', 'done', 'failed']),
  steps: z.array(operationStepSchema),
  /** Bytes copied, where a copy is under way; the total may be unknown. */
  progress: z.object({ doneBytes: z.number(), totalBytes: z.number().nullable() }).nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** One sentence: why it failed. */
  error: z.string().nullable(),
  /** The last lines that commands and agents said, at most 200. */
  output: z.array(z.string()),
});
export type Operation = z.infer<typeof operationSchema>;

/** What a wish would do, without doing it. */
export const rehearsalSchema = z.object({
  possible: z.boolean(),
  /** The node that would become the primary, be attached …; null when nobody would. */
  node: z.int().nullable(),
  /** One sentence: what happens to clients. */
  effect: z.string(),
  checks: z.array(checkSchema),
});
export type Rehearsal = z.infer<typeof rehearsalSchema>;
