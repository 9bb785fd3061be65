import { z } from 'zod';
import { procedure } from '../base.ts';

export const signOut = procedure
  .meta({ need: 'signedIn', doc: 'Ends the sign-in of this cookie.' })
  .input(z.void())
  .output(z.object({ done: z.literal(true) }))
  .mutation(async ({ ctx }) => {
    if (ctx.person.via === 'session') {
      await ctx.console.prisma.session.update({
        where: { id: ctx.person.credentialId },
        data: { revokedAt: new Date() },
      });
    }
    ctx.setSession(null);
    ctx.console.access.changed();
    return { done: true as const };
  });
