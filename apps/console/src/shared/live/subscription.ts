/** What a subscription asks for, checked. Apart from the types, so that a browser does not load the checker. */
import { z } from 'zod';
import { topics } from './topics.ts';

export const subscriptionSchema = z.object({
  cluster: z.string().max(60),
  topic: z.enum(topics),
  slow: z.boolean().default(false),
});
