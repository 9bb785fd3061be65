import { z } from 'zod';
import { proven } from '../../people/accounts.ts';
import { PASSWORD_MAX } from '../../people/secrets.ts';
import { refuse } from '../../refusal.ts';
import { procedure } from '../base.ts';

export const confirm = procedure
  .meta({
    need: 'signedIn',
    doc: 'Password and second factor once more: acts that may lose data need them to be a few minutes old at most.',
  })
  .input(z.object({ password: z.string().min(1).max(PASSWORD_MAX), code: z.string().max(40).nullable().default(null) }))
  .output(z.object({ outcome: z.enum(['confirmed', 'codeNeeded']) }))
  .mutation(async ({ ctx, input }) => {
    const { person } = ctx;
    if (person.via !== 'session')
      throw refuse('FORBIDDEN', 'SESSION_NEEDED', 'A token cannot do this: it takes a person.');
    const { prisma, keyring } = ctx.console;
    const facts = { ...input, name: person.name, address: ctx.address, userAgent: ctx.userAgent };
    if ((await proven(prisma, keyring, facts)) === 'codeNeeded') return { outcome: 'codeNeeded' as const };
    await prisma.session.update({ where: { id: person.credentialId }, data: { confirmedAt: new Date() } });
    return { outcome: 'confirmed' as const };
  });
