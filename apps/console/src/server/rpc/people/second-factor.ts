import { renderSVG } from 'uqr';
import { z } from 'zod';
import { totpPurpose } from '../../people/accounts.ts';
import { newRecoveryCodes, newSecondFactor, stepOfCode } from '../../people/second-factor.ts';
import { refuse } from '../../refusal.ts';
import { procedure } from '../base.ts';

/** The secret is shown once, here, and counts only when a code proves that it arrived. */
export const beginSecondFactor = procedure
  .meta({ need: 'signedIn', fresh: true, doc: 'Begins to set a second factor up: the secret for an authenticator.' })
  .input(z.void())
  .output(z.object({ secret: z.string(), uri: z.string(), svg: z.string() }))
  .mutation(async ({ ctx }) => {
    const { prisma, keyring } = ctx.console;
    const { userId, name } = ctx.person;
    const made = newSecondFactor(name);
    const user = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
    if (user.totpEnabledAt !== null)
      throw refuse('CONFLICT', 'SECOND_FACTOR_ON', 'There is a second factor already: take it off first.');
    await prisma.user.update({
      where: { id: userId },
      data: { totpSecret: keyring.seal(made.secret, totpPurpose(userId)) },
    });
    return { ...made, svg: renderSVG(made.uri) };
  });

export const enableSecondFactor = procedure
  .meta({ need: 'signedIn', doc: 'Takes the second factor into use by its first code; gives recovery codes, once.' })
  .input(z.object({ code: z.string().min(6).max(10) }))
  .output(z.object({ recoveryCodes: z.array(z.string()) }))
  .mutation(async ({ ctx, input }) => {
    const { prisma, keyring } = ctx.console;
    const { userId } = ctx.person;
    const user = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
    if (user.totpSecret === null || user.totpEnabledAt !== null)
      throw refuse('CONFLICT', 'NOT_BEGUN', 'Begin with a new secret.');
    const step = stepOfCode(keyring.open(user.totpSecret, totpPurpose(userId)), input.code, 0);
    if (step === null)
      throw refuse('BAD_REQUEST', 'WRONG_CODE', 'The code is not right. Is the clock of the telephone?');
    const { codes, stored } = newRecoveryCodes();
    const data = { totpEnabledAt: new Date(), totpLastStep: step, recoveryCodes: stored };
    await prisma.user.update({ where: { id: userId }, data });
    return { recoveryCodes: [...codes] };
  });

export const disableSecondFactor = procedure
  .meta({ need: 'signedIn', fresh: true, doc: 'Takes the second factor off.' })
  .input(z.void())
  .output(z.object({ done: z.literal(true) }))
  .mutation(async ({ ctx }) => {
    const data = { totpEnabledAt: null, totpSecret: null, recoveryCodes: '', totpLastStep: 0 };
    await ctx.console.prisma.user.update({ where: { id: ctx.person.userId }, data });
    return { done: true as const };
  });
