import { z } from 'zod';
import { permissionsOn } from '../../people/caller.ts';
import { procedure } from '../base.ts';

export const meSchema = z.object({
  user: z
    .object({
      id: z.string(),
      name: z.string(),
      admin: z.boolean(),
      locale: z.string(),
      theme: z.string(),
      timeZone: z.string().nullable(),
      secondFactor: z.boolean(),
    })
    .nullable(),
  via: z.enum(['session', 'token']).nullable(),
  /** Held anywhere. */
  permissions: z.array(z.string()),
  clusters: z.array(
    z.object({
      slug: z.string(),
      name: z.string(),
      environment: z.string(),
      proxies: z.array(z.string()),
      roles: z.array(z.string()),
      permissions: z.array(z.string()),
    }),
  ),
  readOnly: z.boolean(),
  /** Somebody has to make the first account. */
  fresh: z.boolean(),
});
export type Me = z.infer<typeof meSchema>;

export const me = procedure
  .meta({ need: 'public', doc: 'Who calls, and what may be done where.', openapi: { method: 'GET', path: '/me' } })
  .input(z.void())
  .output(meSchema)
  .query(async ({ ctx }) => {
    const { prisma, engines, options } = ctx.console;
    const caller = ctx.signedIn;
    const user = caller === null ? null : await prisma.user.findUnique({ where: { id: caller.userId } });
    if (caller === null || user === null) {
      const fresh = (await prisma.user.count()) === 0;
      return { user: null, via: null, permissions: [], clusters: [], readOnly: options.readOnly, fresh };
    }
    return {
      user: {
        ...{ id: user.id, name: user.name, admin: user.admin, locale: user.locale, theme: user.theme },
        ...{ timeZone: user.timeZone, secondFactor: user.totpEnabledAt !== null },
      },
      via: caller.via,
      permissions: permissionsOn(caller, null),
      clusters: engines.clusters
        .map(({ id, slug, name, environment, links }) => ({
          ...{ slug, name, environment, proxies: links.map(({ place }) => place.name) },
          roles: [...(caller.grants.get(id)?.roles ?? [])],
          permissions: permissionsOn(caller, id) as string[],
        }))
        .filter((cluster) => cluster.permissions.includes('view')),
      readOnly: options.readOnly,
      fresh: false,
    };
  });
