import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { signIn as enter } from '../../people/accounts.ts';
import { PASSWORD_MAX } from '../../people/secrets.ts';
import { procedure, worthNoting } from '../base.ts';
import { noteSignIn } from './note-sign-in.ts';

export const signIn = procedure
  .meta({
    need: 'public',
    doc: 'Signs a person in; the answer sets a cookie. Asks for the second factor where there is one.',
  })
  .input(
    z.object({
      name: z.string().min(1).max(200),
      password: z.string().min(1).max(PASSWORD_MAX),
      code: z.string().max(40).nullable().default(null),
    }),
  )
  .output(z.object({ outcome: z.enum(['signedIn', 'codeNeeded']) }))
  .mutation(async ({ ctx, input }) => {
    const { prisma, keyring } = ctx.console;
    const { address, userAgent } = ctx;
    try {
      const entered = await enter(prisma, keyring, { ...input, address, userAgent });
      if (entered.outcome === 'signedIn') {
        ctx.setSession(entered.token);
        await noteSignIn(ctx, input.name, entered.userId, 'done', 'auth.signIn');
      }
      return { outcome: entered.outcome };
    } catch (error) {
      // Each guess is written down; those that were not even looked at, once a minute.
      const unseen = error instanceof TRPCError && error.code === 'TOO_MANY_REQUESTS';
      if (!unseen || worthNoting(ctx, null, 'auth.signIn', null))
        await noteSignIn(ctx, input.name, null, 'refused', 'auth.signIn');
      throw error;
    }
  });
