import { z } from 'zod';
import { procedure } from '../base.ts';

export const mySignIns = procedure
  .meta({ need: 'signedIn', doc: 'Where the caller is signed in.' })
  .input(z.void())
  .output(
    z.array(
      z.object({
        id: z.string(),
        createdAt: z.string(),
        lastSeenAt: z.string(),
        address: z.string(),
        userAgent: z.string(),
        current: z.boolean(),
      }),
    ),
  )
  .query(async ({ ctx }) => {
    const { userId, credentialId } = ctx.person;
    const rows = await ctx.console.prisma.session.findMany({
      where: { userId, revokedAt: null, expiresAt: { gt: new Date() } },
      orderBy: { lastSeenAt: 'desc' },
      take: 50,
    });
    return rows.map(({ id, createdAt, lastSeenAt, address, userAgent }) => ({
      ...{ id, address, userAgent, current: id === credentialId },
      ...{ createdAt: createdAt.toISOString(), lastSeenAt: lastSeenAt.toISOString() },
    }));
  });

export const endMySignIn = procedure
  .meta({ need: 'signedIn', doc: 'Ends one of the caller’s sign-ins.', audited: ['id'] })
  .input(z.object({ id: z.string().max(60) }))
  .output(z.object({ done: z.literal(true) }))
  .mutation(async ({ ctx, input }) => {
    const { prisma, access } = ctx.console;
    await prisma.session.updateMany({
      where: { id: input.id, userId: ctx.person.userId },
      data: { revokedAt: new Date() },
    });
    access.changed();
    return { done: true as const };
  });
