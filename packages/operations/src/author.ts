/** Who wished something: written into the event journal with every act. */
import { z } from 'zod';

export const authorSchema = z.object({
  door: z.enum(['pcp', 'control', 'cli', 'signal', 'sql', 'engine']),
  /** PCP user, token name or operating-system user; of the engine itself the part that decided (`health check`). */
  user: z.string(),
  /** Where from: an address, or empty for this host. */
  address: z.string(),
});
export type Author = z.infer<typeof authorSchema>;
