/** Who wished something: written into the event journal with every act. */
import { z } from 'zod';

export const authorSchema = z.object({
  door: z.enum(['pcp', 'control', 'cli', 'signal', 'sql', 'engine']),
  /** PCP user, token name or operating-system user; of the engine itself the part that decided (`health check`). For whom
   *  a token's holder acts stands behind it: `console: alice`. */
  user: z.string(),
  /** Where from: an address, or empty for this host. */
  address: z.string(),
});
export type Author = z.infer<typeof authorSchema>;

export const ON_BEHALF_OF_CHARS_MAX = 100;

/** @returns null when it is no name: empty, too long, or with control characters */
export function onBehalfOf(user: string, whom: string): string | null {
  if (whom === '' || whom.length > ON_BEHALF_OF_CHARS_MAX) return null;
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(whom)) return null;
  return `${user}: ${whom}`;
}
