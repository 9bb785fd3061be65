/** Where a statement would go, and why. */
import { z } from 'zod';

const CONFIGURATION_CHARS_MAX = 256 * 1024;
const STATEMENT_CHARS_MAX = 256 * 1024;

/** What the session is supposed to have done before. */
const supposed = {
  /** BEGIN came before it, and the transaction is open. */
  inTransaction: z.boolean().optional(),
  /** The session has just written: with `inTransaction` in the open transaction, and to what the statement reads. */
  afterWrite: z.boolean().optional(),
};

export const routeQuestionSchema = z.object({
  sql: z.string().max(STATEMENT_CHARS_MAX),
  database: z.string(),
  user: z.string(),
  /** application_name */
  application: z.string(),
  ...supposed,
  /** The text of a pgpool.conf to go by in place of the one that runs. */
  configuration: z.string().max(CONFIGURATION_CHARS_MAX).optional(),
});
export type RouteQuestion = z.infer<typeof routeQuestionSchema>;

export const routeExplanationSchema = z.object({
  /** The rules in the order in which they were asked; the last one decides. */
  rows: z.array(
    z.object({
      rule: z.string(),
      verdict: z.enum(['passes', 'decides']),
      /** What was found: a name, a lag with its unit, a probability, the number drawn. */
      value: z.string(),
      /** The node that the row is about; in the last row, where the statement goes. */
      node: z.int().nullable(),
    }),
  ),
});
export type RouteExplanation = z.infer<typeof routeExplanationSchema>;

const BATCH_MAX = 200;

export const routeComparisonQuestionSchema = z.object({
  statements: z.array(z.string().max(STATEMENT_CHARS_MAX)).min(1).max(BATCH_MAX),
  database: z.string(),
  user: z.string(),
  application: z.string(),
  ...supposed,
  /** The text of the pgpool.conf to compare with the one that runs. */
  configuration: z.string().max(CONFIGURATION_CHARS_MAX),
});
export type RouteComparisonQuestion = z.infer<typeof routeComparisonQuestionSchema>;

/** Where a statement may go; a draw among several is told with its shares. */
export const routeVerdictSchema = z.object({
  /** The rule that decides. */
  rule: z.string(),
  value: z.string(),
  /** By node: the probability, which sums to 1. Empty when nobody can serve it. */
  shares: z.array(z.object({ node: z.int(), probability: z.number() })),
  /** Why nobody can tell; null: somebody can. */
  error: z.string().nullable(),
});
export type RouteVerdict = z.infer<typeof routeVerdictSchema>;

export const routeComparisonSchema = z.object({
  sql: z.string(),
  running: routeVerdictSchema,
  draft: routeVerdictSchema,
  changed: z.boolean(),
});
export type RouteComparison = z.infer<typeof routeComparisonSchema>;

export const routeProbeQuestionSchema = z.object({
  /** One SELECT. It runs in a read-only transaction, and its rows are thrown away. */
  sql: z.string().max(STATEMENT_CHARS_MAX),
  database: z.string().max(200),
  /** Empty: sr_check_user. */
  user: z.string().max(200).default(''),
  application: z.string().max(200).default(''),
});
export type RouteProbeQuestion = z.infer<typeof routeProbeQuestionSchema>;

export const routeProbeSchema = z.object({
  /** Who answered; null: no server was asked. */
  node: z.int().nullable(),
  predicted: routeVerdictSchema,
  /** The node is one of those that were predicted. */
  agrees: z.boolean(),
  rows: z.int(),
  /** What the server said instead of rows. */
  error: z.string().nullable(),
  tookMs: z.number(),
});
export type RouteProbe = z.infer<typeof routeProbeSchema>;
