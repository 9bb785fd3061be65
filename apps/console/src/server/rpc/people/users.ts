import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isPermission, isRole, optional, permissions, roles } from '../../../shared/permissions.ts';
import { invite } from '../../people/accounts.ts';
import { listed } from '../../people/caller.ts';
import { refuse } from '../../refusal.ts';
import { procedure } from '../base.ts';

const done = z.object({ done: z.literal(true) });
const id = z.string().max(60);
const userName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[\p{L}\p{N}._@ -]+$/u, 'letters, digits, . _ @ - and spaces');
const grantsSchema = z.array(
  z.object({
    cluster: z.string().max(60),
    roles: z.array(z.enum(roles)).max(roles.length),
    extra: z.array(z.enum(permissions)).default([]),
  }),
);

export const userSchema = z.object({
  id: z.string(),
  name: z.string(),
  admin: z.boolean(),
  secondFactor: z.boolean(),
  /** The invitation was not used yet. */
  invited: z.boolean(),
  disabled: z.boolean(),
  createdAt: z.string(),
  lastSeenAt: z.string().nullable(),
  grants: z.array(z.object({ cluster: z.string(), roles: z.array(z.string()), extra: z.array(z.string()) })),
});

export const listUsers = procedure
  .meta({ need: 'users', doc: 'Everybody with an account.', openapi: { method: 'GET', path: '/users' } })
  .input(z.void())
  .output(z.array(userSchema))
  .query(async ({ ctx }) => {
    const { prisma, engines } = ctx.console;
    const slugs = new Map(engines.clusters.map((cluster) => [cluster.id, cluster.slug]));
    const rows = await prisma.user.findMany({
      orderBy: { name: 'asc' },
      include: { memberships: true, sessions: { orderBy: { lastSeenAt: 'desc' }, take: 1 } },
    });
    return rows.map((user) => ({
      ...{ id: user.id, name: user.name, admin: user.admin, secondFactor: user.totpEnabledAt !== null },
      ...{
        invited: user.passwordHash === null,
        disabled: user.disabledAt !== null,
        createdAt: user.createdAt.toISOString(),
      },
      lastSeenAt: user.sessions[0]?.lastSeenAt.toISOString() ?? null,
      grants: user.memberships.map(({ clusterId, roles: held, extra }) => ({
        cluster: slugs.get(clusterId) ?? '',
        roles: listed(held).filter(isRole),
        extra: listed(extra).filter(isPermission),
      })),
    }));
  });

export const inviteUser = procedure
  .meta({
    need: 'users',
    fresh: true,
    doc: 'Makes an account and a one-time link for its password.',
    audited: ['name', 'admin', 'grants'],
  })
  .input(z.object({ name: userName, admin: z.boolean().default(false), grants: grantsSchema.default([]) }))
  .output(z.object({ id: z.string(), link: z.string() }))
  .mutation(async ({ ctx, input }) => {
    const { prisma, engines, access } = ctx.console;
    if ((await prisma.user.findUnique({ where: { name: input.name } })) !== null) {
      throw refuse('CONFLICT', 'NAME_TAKEN', `The name ${input.name} is taken.`);
    }
    const memberships = await membershipsOf(input.grants, (slug) => engines.clusterBySlug(slug));
    const user = await prisma.user.create({
      data: { id: randomUUID(), name: input.name, admin: input.admin, memberships: { create: memberships } },
    });
    access.changed();
    const token = await invite(prisma, { userId: user.id, admin: false });
    return { id: user.id, link: `${ctx.origin}/invite#${token}` };
  });

export const setUser = procedure
  .meta({
    need: 'users',
    fresh: true,
    doc: 'Changes what somebody may do, or disables the account. The last administrator stays.',
    audited: ['id', 'admin', 'disabled', 'grants'],
  })
  .input(
    z.object({ id, admin: z.boolean().optional(), disabled: z.boolean().optional(), grants: grantsSchema.optional() }),
  )
  .output(done)
  .mutation(async ({ ctx, input }) => {
    const { prisma, engines, access } = ctx.console;
    const memberships =
      input.grants === undefined ? null : await membershipsOf(input.grants, (slug) => engines.clusterBySlug(slug));
    await prisma.$transaction(async (tx) => {
      const user = await tx.user.findUnique({ where: { id: input.id } });
      if (user === null) throw refuse('NOT_FOUND', 'NO_USER', 'There is no such account.');
      const disabledAt =
        input.disabled === undefined ? user.disabledAt : input.disabled ? (user.disabledAt ?? new Date()) : null;
      await tx.user.update({ where: { id: user.id }, data: { admin: input.admin ?? user.admin, disabledAt } });
      const admins = await tx.user.count({ where: { admin: true, disabledAt: null, passwordHash: { not: null } } });
      if (admins === 0) throw refuse('CONFLICT', 'LAST_ADMIN', 'Somebody has to be able to administer the console.');
      if (memberships === null) return;
      await tx.membership.deleteMany({ where: { userId: user.id } });
      await tx.membership.createMany({ data: memberships.map((membership) => ({ ...membership, userId: user.id })) });
    });
    if (input.disabled === true) {
      await prisma.session.updateMany({
        where: { userId: input.id, revokedAt: null },
        data: { revokedAt: new Date() },
      });
    }
    access.changed();
    return { done: true as const };
  });

export const reinviteUser = procedure
  .meta({
    need: 'users',
    fresh: true,
    doc: 'A new one-time link, with which a password can be set. Sign-ins and second factor end.',
    audited: ['id'],
  })
  .input(z.object({ id }))
  .output(z.object({ link: z.string() }))
  .mutation(async ({ ctx, input }) => {
    const { prisma, access } = ctx.console;
    const user = await prisma.user.findUnique({ where: { id: input.id } });
    if (user === null) throw refuse('NOT_FOUND', 'NO_USER', 'There is no such account.');
    await prisma.user.update({
      where: { id: user.id },
      data: { totpEnabledAt: null, totpSecret: null, recoveryCodes: '', totpLastStep: 0 },
    });
    await prisma.session.updateMany({ where: { userId: user.id, revokedAt: null }, data: { revokedAt: new Date() } });
    access.changed();
    return { link: `${ctx.origin}/invite#${await invite(prisma, { userId: user.id, admin: false })}` };
  });

async function membershipsOf(
  grants: z.infer<typeof grantsSchema>,
  find: (slug: string) => Promise<{ readonly id: string } | null>,
): Promise<{ clusterId: string; roles: string; extra: string }[]> {
  const made = [];
  for (const { cluster, roles: held, extra } of grants) {
    const found = await find(cluster);
    if (found === null) throw refuse('NOT_FOUND', 'NO_CLUSTER', `There is no cluster "${cluster}".`);
    const allowed = extra.filter((permission) => held.some((role) => optional[role].includes(permission)));
    if (held.length > 0) made.push({ clusterId: found.id, roles: held.join(','), extra: allowed.join(',') });
  }
  return made;
}
