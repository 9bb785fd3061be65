/** Secrets of a configuration: written, never read. */
import { secretName } from '@pgherd/config/version';
import { z } from 'zod';
import { refuse } from '../../refusal.ts';
import { keepSecret } from '../../versions/secrets.ts';
import { inCluster, procedure } from '../base.ts';

export const setSecret = procedure
  .meta({
    need: 'config.draft',
    doc: 'Keeps a secret and gives its reference, for a draft’s text. It cannot be read again.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/secrets' },
    audited: ['name'],
  })
  .input(inCluster.extend({ name: z.string().max(100), value: z.string().min(1).max(4_096) }))
  .output(z.object({ reference: z.string() }))
  .mutation(async ({ ctx, input }) => {
    const name = secretName(input.name);
    if (name === null) throw refuse('BAD_REQUEST', 'NO_SECRET', `${input.name} is not a secret parameter.`);
    const { prisma, keyring } = ctx.console;
    const facts = { clusterId: ctx.cluster.id, name, value: input.value, by: ctx.person.name };
    return { reference: await keepSecret(prisma, keyring, facts) };
  });

export const listSecrets = procedure
  .meta({
    need: 'view',
    doc: 'Which secrets are kept: names, numbers, when and by whom. Never the values.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/secrets' },
  })
  .input(inCluster)
  .output(z.array(z.object({ name: z.string(), n: z.int(), by: z.string(), createdAt: z.string() })))
  .query(async ({ ctx }) => {
    const rows = await ctx.console.prisma.secret.findMany({
      where: { clusterId: ctx.cluster.id },
      orderBy: [{ name: 'asc' }, { n: 'desc' }],
    });
    return rows.map(({ name, n, byName, createdAt }) => ({ name, n, by: byName, createdAt: createdAt.toISOString() }));
  });
