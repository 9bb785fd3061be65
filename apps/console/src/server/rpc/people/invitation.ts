import { z } from 'zod';
import { acceptInvitation, invitationOf, openSession } from '../../people/accounts.ts';
import { PASSWORD_MAX } from '../../people/secrets.ts';
import { procedure } from '../base.ts';
import { noteSignIn } from './note-sign-in.ts';

const token = z.string().min(20).max(100);

/** POSTed, since a token in an address is written into logs. */
export const invitation = procedure
  .meta({ need: 'public', doc: 'For whom a one-time link is.' })
  .input(z.object({ token }))
  .output(z.object({ name: z.string().nullable(), admin: z.boolean() }))
  .mutation(async ({ ctx, input }) => {
    const { user, admin } = await invitationOf(ctx.console.prisma, input.token);
    return { name: user?.name ?? null, admin: user?.admin ?? admin };
  });

export const accept = procedure
  .meta({ need: 'public', doc: 'Uses a one-time link: makes the account or sets its password, and signs in.' })
  .input(
    z.object({
      token,
      name: z
        .string()
        .trim()
        .min(1)
        .max(100)
        .regex(/^[\p{L}\p{N}._@ -]+$/u, 'letters, digits, . _ @ - and spaces'),
      password: z.string().max(PASSWORD_MAX),
    }),
  )
  .output(z.object({ done: z.literal(true) }))
  .mutation(async ({ ctx, input }) => {
    const { prisma } = ctx.console;
    try {
      // The account's own name: whoever uses a link does not choose who is written down.
      const { id, name } = await acceptInvitation(prisma, input);
      ctx.setSession(await openSession(prisma, id, ctx));
      await noteSignIn(ctx, name, id, 'done', 'auth.accept');
    } catch (error) {
      await noteSignIn(ctx, 'nobody', null, 'refused', 'auth.accept');
      throw error;
    }
    return { done: true as const };
  });
