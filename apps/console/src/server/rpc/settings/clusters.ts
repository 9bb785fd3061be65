import { randomUUID } from 'node:crypto';
import { controlFailure, createControlClient } from '@pgherd/control/client';
import { nodeTransport } from '@pgherd/control/node-client';
import { z } from 'zod';
import { refuseControlUrl } from '../../engines/control-url.ts';
import { tokenPurpose } from '../../engines/engines.ts';
import { refuse } from '../../refusal.ts';
import { inCluster, procedure } from '../base.ts';

const environments = ['production', 'staging', 'development', 'demo'] as const;
const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'a-z, 0-9 and hyphens');
const name = z.string().trim().min(1).max(100);
const done = z.object({ done: z.literal(true) });
const place = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, 'letters, digits, dots and hyphens'),
  controlUrl: z.string().url().max(300),
  /** Write-only. */
  token: z.string().min(8).max(500),
  caCert: z.string().max(50_000).nullable().default(null),
  /** Parameters that stay as they are in its file, whatever a version says: `port` of two proxies on one host. */
  ownParameters: z
    .array(z.string().regex(/^[a-z_0-9]{1,63}$/))
    .max(100)
    .default([]),
});

export const listClusters = procedure
  .meta({
    need: 'clusters',
    doc: 'Clusters and their proxies, without credentials.',
    openapi: { method: 'GET', path: '/clusters' },
  })
  .input(z.void())
  .output(
    z.array(
      z.object({
        slug: z.string(),
        name: z.string(),
        environment: z.string(),
        proxies: z.array(
          z.object({
            id: z.string(),
            name: z.string(),
            controlUrl: z.string(),
            connection: z.string(),
            error: z.string().nullable(),
            version: z.string().nullable(),
          }),
        ),
      }),
    ),
  )
  .query(({ ctx }) =>
    ctx.console.engines.clusters.map((cluster) => ({
      ...{ slug: cluster.slug, name: cluster.name, environment: cluster.environment },
      proxies: cluster.links.map((link) => ({
        ...{ id: link.place.id, name: link.place.name, controlUrl: link.place.controlUrl },
        ...{ connection: link.connection, error: link.error, version: link.status?.version ?? null },
      })),
    })),
  );

export const createCluster = procedure
  .meta({ need: 'clusters', doc: 'Makes a cluster without proxies.', audited: ['slug', 'name', 'environment'] })
  .input(z.object({ slug, name, environment: z.enum(environments).default('development') }))
  .output(done)
  .mutation(async ({ ctx, input }) => {
    const { prisma, engines, access } = ctx.console;
    if ((await engines.clusterBySlug(input.slug)) !== null)
      throw refuse('CONFLICT', 'SLUG_TAKEN', `There is a cluster "${input.slug}" already.`);
    await prisma.cluster.create({ data: { id: randomUUID(), ...input } });
    await engines.load();
    access.changed();
    return { done: true as const };
  });

export const setCluster = procedure
  .meta({ need: 'clusters', doc: 'Name and environment of a cluster.', audited: ['name', 'environment'] })
  .input(inCluster.extend({ name: name.optional(), environment: z.enum(environments).optional() }))
  .output(done)
  .mutation(async ({ ctx, input }) => {
    const data = Object.fromEntries(
      Object.entries({ name: input.name, environment: input.environment }).filter(([, value]) => value !== undefined),
    );
    await ctx.console.prisma.cluster.update({ where: { id: ctx.cluster.id }, data });
    await ctx.console.engines.load();
    return { done: true as const };
  });

export const testProxy = procedure
  .meta({
    need: 'clusters',
    doc: 'Tries the address and token of a proxy, without keeping them.',
    audited: ['controlUrl'],
  })
  .input(place.omit({ name: true }))
  .output(z.object({ ok: z.boolean(), detail: z.string(), version: z.string().nullable(), nodes: z.int() }))
  .mutation(async ({ input }) => {
    await refuseControlUrl(input.controlUrl);
    const transport = input.controlUrl.startsWith('https:')
      ? nodeTransport(input.caCert === null ? {} : { ca: input.caCert })
      : {};
    const client = createControlClient({ url: input.controlUrl, token: input.token, ...transport });
    try {
      const found = await client.api.status.query(undefined, { signal: AbortSignal.timeout(5_000) });
      return {
        ok: true,
        detail: `pgherd ${found.version} answers.`,
        version: found.version,
        nodes: found.nodes.length,
      };
    } catch (error) {
      const failure = controlFailure(error);
      const detail =
        failure.kind === 'denied'
          ? 'It answers, and the token is not right.'
          : failure.kind === 'unreachable'
            ? `It cannot be reached: ${failure.message}`
            : 'What answers there is not a control API.';
      return { ok: false, detail, version: null, nodes: 0 };
    } finally {
      void client.close().catch(() => {});
    }
  });

export const addProxy = procedure
  .meta({ need: 'clusters', doc: 'Makes a proxy known.', audited: ['name', 'controlUrl'] })
  .input(inCluster.extend(place.shape))
  .output(done)
  .mutation(async ({ ctx, input }) => {
    await refuseControlUrl(input.controlUrl);
    const { prisma, engines, keyring } = ctx.console;
    const links = engines.cluster(ctx.cluster.id).links;
    if (links.some((link) => link.place.name === input.name))
      throw refuse('CONFLICT', 'NAME_TAKEN', `There is a proxy "${input.name}" already.`);
    const id = randomUUID();
    await prisma.proxy.create({
      data: {
        ...{
          id,
          clusterId: ctx.cluster.id,
          name: input.name,
          controlUrl: input.controlUrl,
          caCert: input.caCert,
          ownParameters: input.ownParameters.join(','),
        },
        ...{ token: keyring.seal(input.token, tokenPurpose(id)), position: links.length },
      },
    });
    await engines.load();
    return { done: true as const };
  });

export const removeProxy = procedure
  .meta({ need: 'clusters', fresh: true, doc: 'Forgets a proxy. It goes on serving.', audited: ['name'] })
  .input(inCluster.extend({ name: z.string().max(60) }))
  .output(done)
  .mutation(async ({ ctx, input }) => {
    const { count } = await ctx.console.prisma.proxy.deleteMany({
      where: { clusterId: ctx.cluster.id, name: input.name },
    });
    if (count === 0) throw refuse('NOT_FOUND', 'NO_PROXY', `There is no proxy "${input.name}".`);
    await ctx.console.engines.load();
    return { done: true as const };
  });
