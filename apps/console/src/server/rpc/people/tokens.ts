import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isPermission, permissions } from '../../../shared/permissions.ts';
import { listed, permissionsOn } from '../../people/caller.ts';
import { newToken, tokenHash } from '../../people/secrets.ts';
import { refuse } from '../../refusal.ts';
import { procedure } from '../base.ts';

const DAYS_MAX = 366;

export const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  by: z.string(),
  scopes: z.array(z.string()),
  clusters: z.array(z.string()),
  createdAt: z.string(),
  expiresAt: z.string(),
  lastUsedAt: z.string().nullable(),
  revoked: z.boolean(),
});

/** One's own; an administrator sees all. */
export const listTokens = procedure
  .meta({
    need: 'signedIn',
    tokenScope: 'tokens',
    doc: 'API tokens: names, scopes, last use. Never the tokens.',
    openapi: { method: 'GET', path: '/tokens' },
  })
  .input(z.void())
  .output(z.array(tokenSchema))
  .query(async ({ ctx }) => {
    const { prisma, engines } = ctx.console;
    const { admin, userId } = ctx.person;
    const slugs = new Map(engines.clusters.map((cluster) => [cluster.id, cluster.slug]));
    const rows = await prisma.apiToken.findMany({
      where: admin ? {} : { userId },
      orderBy: { createdAt: 'desc' },
      include: { user: true },
    });
    return rows.map((token) => ({
      ...{ id: token.id, name: token.name, by: token.user.name, revoked: token.revokedAt !== null },
      scopes: listed(token.scopes).filter(isPermission),
      clusters: listed(token.clusters).map((cluster) => slugs.get(cluster) ?? ''),
      createdAt: token.createdAt.toISOString(),
      expiresAt: token.expiresAt.toISOString(),
      lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    }));
  });

export const createToken = procedure
  .meta({
    need: 'signedIn',
    fresh: true,
    doc: 'Makes a token with a part of one’s own permissions. It is shown once.',
    audited: ['name', 'scopes', 'clusters', 'days'],
  })
  .input(
    z.object({
      name: z.string().trim().min(1).max(100),
      scopes: z.array(z.enum(permissions)).min(1),
      /** Empty: all of one's own. */
      clusters: z.array(z.string().max(60)).default([]),
      days: z.int().min(1).max(DAYS_MAX).default(90),
    }),
  )
  .output(z.object({ id: z.string(), token: z.string() }))
  .mutation(async ({ ctx, input }) => {
    const { prisma, engines } = ctx.console;
    const { person } = ctx;
    if (person.via !== 'session')
      throw refuse('FORBIDDEN', 'SESSION_NEEDED', 'A token cannot make tokens: it takes a person.');
    const clusters = input.clusters.map((slug) => {
      const cluster = engines.clusters.find((one) => one.slug === slug);
      if (cluster === undefined || !permissionsOn(person, cluster.id).includes('view')) {
        throw refuse('NOT_FOUND', 'NO_CLUSTER', `There is no cluster "${slug}" for you.`);
      }
      return cluster.id;
    });
    const held = new Set(permissionsOn(person, null));
    const missing = input.scopes.filter((scope) => !held.has(scope));
    if (missing.length > 0) {
      throw refuse('FORBIDDEN', 'PERMISSION', `You do not hold ${missing.join(', ')} yourself.`, {
        permission: missing[0] ?? '',
      });
    }
    const token = newToken('pgh_');
    const expiresAt = new Date(Date.now() + input.days * 86_400_000);
    const { id } = await prisma.apiToken.create({
      data: {
        ...{ id: randomUUID(), name: input.name, tokenHash: tokenHash(token), userId: person.userId },
        ...{ scopes: input.scopes.join(','), clusters: clusters.join(','), expiresAt },
      },
    });
    return { id, token };
  });

export const revokeToken = procedure
  .meta({
    need: 'signedIn',
    tokenScope: 'tokens',
    doc: 'Ends a token. Administrators end anybody’s.',
    audited: ['id'],
  })
  .input(z.object({ id: z.string().max(60) }))
  .output(z.object({ done: z.literal(true) }))
  .mutation(async ({ ctx, input }) => {
    const { prisma, access } = ctx.console;
    const where = ctx.person.admin ? { id: input.id } : { id: input.id, userId: ctx.person.userId };
    const { count } = await prisma.apiToken.updateMany({
      where: { ...where, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    if (count === 0) throw refuse('NOT_FOUND', 'NO_TOKEN', 'There is no such token.');
    access.changed();
    return { done: true as const };
  });
