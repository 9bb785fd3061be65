import { z } from 'zod';
import { refuseWeakPassword } from '../../people/accounts.ts';
import { hashPassword, PASSWORD_MAX } from '../../people/secrets.ts';
import { procedure } from '../base.ts';

const done = z.object({ done: z.literal(true) });

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export const setPreferences = procedure
  .meta({ need: 'signedIn', doc: 'Language, theme and time zone of the caller.' })
  .input(
    z.object({
      locale: z.enum(['en', 'ja']).optional(),
      theme: z.enum(['light', 'dark', 'system']).optional(),
      timeZone: z.string().max(60).refine(isTimeZone, 'no such time zone').nullable().optional(),
    }),
  )
  .output(done)
  .mutation(async ({ ctx, input }) => {
    const data = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    await ctx.console.prisma.user.update({ where: { id: ctx.person.userId }, data });
    return { done: true as const };
  });

export const changePassword = procedure
  .meta({ need: 'signedIn', fresh: true, doc: 'Sets a new password; other sign-ins of the caller end.' })
  .input(z.object({ password: z.string().max(PASSWORD_MAX) }))
  .output(done)
  .mutation(async ({ ctx, input }) => {
    const { prisma, access } = ctx.console;
    const { userId, name, credentialId } = ctx.person;
    refuseWeakPassword(input.password, name);
    await prisma.user.update({ where: { id: userId }, data: { passwordHash: await hashPassword(input.password) } });
    await prisma.session.updateMany({
      where: { userId, id: { not: credentialId }, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    access.changed();
    return { done: true as const };
  });
