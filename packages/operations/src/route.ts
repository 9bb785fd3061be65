/** Where a statement would go, and why. */
import { z } from 'zod';

export const routeQuestionSchema = z.object({
  sql: z.string(),
  database: z.string(),
  user: z.string(),
  /** application_name */
  application: z.string(),
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
