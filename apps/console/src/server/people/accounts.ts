/** Accounts and sign-ins: what the procedures under `auth` and `people` do. */
import { randomUUID } from 'node:crypto';
import type { Prisma } from '../data/database.ts';
import type { Keyring } from '../keys/keyring.ts';
import { refuse } from '../refusal.ts';
import { SESSION_MAX_MS } from './caller.ts';
import { stepOfCode, withoutRecoveryCode } from './second-factor.ts';
import { hashPassword, newToken, PASSWORD_MIN, passwordMatches, tokenHash } from './secrets.ts';
import { forgive, noteFailure, oneAtATime, refuseGuessing } from './throttle.ts';

export const totpPurpose = (userId: string): string => `totp:${userId}`;
export const INVITATION_MS = 72 * 3_600_000;

export interface SignInFacts {
  readonly name: string;
  readonly password: string;
  readonly code: string | null;
  readonly address: string;
  readonly userAgent: string;
}

export type SignedIn =
  | { readonly outcome: 'signedIn'; readonly token: string; readonly userId: string }
  | { readonly outcome: 'codeNeeded' };

/** @throws refusal WRONG_SIGN_IN, TOO_MANY_ATTEMPTS: the same for a name that does not exist */
export async function signIn(prisma: Prisma, keyring: Keyring, facts: SignInFacts): Promise<SignedIn> {
  const user = await proven(prisma, keyring, facts);
  if (user === 'codeNeeded') return { outcome: 'codeNeeded' };
  return { outcome: 'signedIn', userId: user.id, token: await openSession(prisma, user.id, facts) };
}

/**
 * Password and second factor are right. Throttled; tries for one account are taken one after the other, and so are those from one
 * address, so that the limits hold for tries at once too.
 */
export function proven(
  prisma: Prisma,
  keyring: Keyring,
  facts: SignInFacts,
): Promise<{ readonly id: string } | 'codeNeeded'> {
  return oneAtATime(`address:${facts.address}`, () =>
    oneAtATime(`name:${facts.name.toLowerCase()}`, () => tried(prisma, keyring, facts)),
  );
}

async function tried(
  prisma: Prisma,
  keyring: Keyring,
  { name, password, code, address }: SignInFacts,
): Promise<{ readonly id: string } | 'codeNeeded'> {
  await refuseGuessing(prisma, name, address);
  const wrong = async (): Promise<never> => {
    await noteFailure(prisma, name, address);
    throw refuse('UNAUTHORIZED', 'WRONG_SIGN_IN', 'Name, password or code is wrong.');
  };
  const user = await prisma.user.findUnique({ where: { name } });
  const matches = await passwordMatches(user?.passwordHash ?? null, password);
  if (!matches || user === null || user.disabledAt !== null) return wrong();
  if (user.totpEnabledAt !== null && user.totpSecret !== null) {
    if (code === null || code === '') return 'codeNeeded';
    const secret = keyring.open(user.totpSecret, totpPurpose(user.id));
    const step = stepOfCode(secret, code, user.totpLastStep);
    const left = step === null ? withoutRecoveryCode(user.recoveryCodes, code) : null;
    if (step === null && left === null) return wrong();
    const data = step === null ? { recoveryCodes: left ?? '' } : { totpLastStep: step };
    await prisma.user.update({ where: { id: user.id }, data });
  }
  await forgive(prisma, name);
  return { id: user.id };
}

export async function openSession(
  prisma: Prisma,
  userId: string,
  { address, userAgent }: Pick<SignInFacts, 'address' | 'userAgent'>,
): Promise<string> {
  const token = newToken();
  const expiresAt = new Date(Date.now() + SESSION_MAX_MS);
  await prisma.session.create({
    data: {
      id: randomUUID(),
      tokenHash: tokenHash(token),
      userId,
      expiresAt,
      address,
      userAgent: userAgent.slice(0, 300),
    },
  });
  return token;
}

/** @returns the token of a one-time link; earlier unused ones of the same kind end */
export async function invite(prisma: Prisma, options: { userId: string | null; admin: boolean }): Promise<string> {
  const { userId, admin } = options;
  const now = new Date();
  await prisma.invitation.updateMany({ where: { userId, admin, usedAt: null }, data: { usedAt: now } });
  const token = newToken();
  const expiresAt = new Date(now.getTime() + INVITATION_MS);
  await prisma.invitation.create({ data: { id: randomUUID(), tokenHash: tokenHash(token), userId, admin, expiresAt } });
  return token;
}

/** Whose invitation it is. @throws refusal INVITATION_ENDED */
export async function invitationOf(prisma: Prisma, token: string) {
  const found = await prisma.invitation.findUnique({ where: { tokenHash: tokenHash(token) } });
  if (found === null || found.usedAt !== null || found.expiresAt.getTime() < Date.now()) {
    throw refuse('NOT_FOUND', 'INVITATION_ENDED', 'This link was used or has expired. Ask for a new one.');
  }
  const user = found.userId === null ? null : await prisma.user.findUnique({ where: { id: found.userId } });
  return { id: found.id, admin: found.admin, user };
}

/** Uses a one-time link up and sets the password. @returns the account */
export async function acceptInvitation(
  prisma: Prisma,
  facts: { readonly token: string; readonly name: string; readonly password: string },
): Promise<{ readonly id: string; readonly name: string }> {
  const invitation = await invitationOf(prisma, facts.token);
  const name = invitation.user?.name ?? facts.name;
  refuseWeakPassword(facts.password, name);
  const passwordHash = await hashPassword(facts.password);
  const taken = await prisma.user.findUnique({ where: { name } });
  if (invitation.user === null && taken !== null) throw refuse('CONFLICT', 'NAME_TAKEN', `The name ${name} is taken.`);
  return prisma.$transaction(async (tx) => {
    const used = await tx.invitation.updateMany({
      where: { id: invitation.id, usedAt: null },
      data: { usedAt: new Date() },
    });
    if (used.count !== 1) throw refuse('NOT_FOUND', 'INVITATION_ENDED', 'This link was used already.');
    if (invitation.user !== null) {
      await tx.user.update({ where: { id: invitation.user.id }, data: { passwordHash } });
      return { id: invitation.user.id, name };
    }
    const user = await tx.user.create({ data: { id: randomUUID(), name, passwordHash, admin: invitation.admin } });
    return { id: user.id, name };
  });
}

/** @throws refusal WEAK_PASSWORD */
export function refuseWeakPassword(password: string, name: string): void {
  const weak =
    password.length < PASSWORD_MIN
      ? `A password has at least ${PASSWORD_MIN} characters.`
      : password.toLowerCase().includes(name.toLowerCase()) && name.length > 2
        ? 'A password does not contain the name.'
        : new Set(password).size < 4
          ? 'This password is too simple.'
          : null;
  if (weak !== null) throw refuse('BAD_REQUEST', 'WEAK_PASSWORD', weak);
}
