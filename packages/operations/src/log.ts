/** The newest lines of the engine's log, of all its processes. */
import { z } from 'zod';

export const logLevels = [
  'debug5',
  'debug4',
  'debug3',
  'debug2',
  'debug1',
  'info',
  'notice',
  'warning',
  'error',
  'log',
  'fatal',
  'panic',
] as const;

export const logLineSchema = z.object({
  /** Grows by one while the engine runs. */
  seq: z.int(),
  /** ISO 8601. */
  at: z.string(),
  level: z.enum(logLevels),
  /** `main` or `worker`. */
  process: z.string(),
  pid: z.int(),
  /** The node that it names; null when it names none. */
  node: z.int().nullable(),
  /** About a client's session: its text may hold a statement or an address. */
  client: z.boolean(),
  text: z.string(),
  detail: z.string().nullable(),
  hint: z.string().nullable(),
});
export type LogLine = z.infer<typeof logLineSchema>;

export const logFilterSchema = z.object({
  /** The least level, in the order of log_min_messages. */
  level: z.enum(logLevels).optional(),
  /** A part of the text, in any case. */
  text: z.string().max(200).optional(),
  process: z.string().max(40).optional(),
  node: z.int().nonnegative().optional(),
});
export type LogFilter = z.infer<typeof logFilterSchema>;

export const logQuestionSchema = logFilterSchema.extend({
  /** Lines after this number. Absent: the newest ones. */
  since: z.int().nonnegative().optional(),
  limit: z.int().min(1).max(1_000).default(500),
});
export type LogQuestion = z.infer<typeof logQuestionSchema>;

export const logPartSchema = z.object({
  /** Oldest first. */
  lines: z.array(logLineSchema),
  /** The oldest and the newest number that is kept; 0: none. */
  first: z.int(),
  last: z.int(),
  /** Lines that were written and did not come here, because there were too many at once. */
  dropped: z.int(),
});
export type LogPart = z.infer<typeof logPartSchema>;
