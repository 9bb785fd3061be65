import { z } from 'zod';
import { may } from '../../people/caller.ts';
import { procedure } from '../base.ts';

const entry = z.object({
  seq: z.int(),
  at: z.string(),
  actor: z.string(),
  via: z.string(),
  address: z.string(),
  cluster: z.string(),
  action: z.string(),
  target: z.string(),
  details: z.unknown(),
  result: z.string(),
  hash: z.string(),
});

export const listAudit = procedure
  .meta({
    need: 'audit.read',
    doc: 'The audit log, newest first, refused attempts included.',
    openapi: { method: 'GET', path: '/audit' },
  })
  .input(
    z.object({
      before: z.coerce.number().int().positive().optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      actor: z.string().max(100).optional(),
      action: z.string().max(100).optional(),
      result: z.enum(['done', 'refused', 'failed']).optional(),
    }),
  )
  .output(z.array(entry))
  .query(async ({ ctx, input }) => {
    const { prisma, engines } = ctx.console;
    // Of clusters that one may not see, nothing is told.
    const visible = engines.clusters.filter(({ id }) => may(ctx.person, 'audit.read', id)).map(({ id }) => id);
    const scope = ctx.person.admin ? {} : { clusterId: { in: visible } };
    const rows = await prisma.auditEntry.findMany({
      where: {
        ...scope,
        ...(input.before === undefined ? {} : { seq: { lt: input.before } }),
        ...(input.actor === undefined ? {} : { actor: input.actor }),
        ...(input.action === undefined ? {} : { action: { contains: input.action } }),
        ...(input.result === undefined ? {} : { result: input.result }),
      },
      orderBy: { seq: 'desc' },
      take: input.limit,
    });
    const slugs = new Map(engines.clusters.map(({ id, slug }) => [id, slug]));
    return rows.map((row) => ({
      ...{ seq: row.seq, at: row.at.toISOString(), actor: row.actor, via: row.via, address: row.address },
      ...{ cluster: slugs.get(row.clusterId ?? '') ?? '', action: row.action, target: row.target },
      ...{ details: parsed(row.details), result: row.result, hash: row.hash },
    }));
  });

export const verifyAudit = procedure
  .meta({
    need: 'audit.export',
    doc: 'Whether the chain of the audit log is whole.',
    openapi: { method: 'GET', path: '/audit/verify' },
  })
  .input(z.void())
  .output(z.object({ whole: z.boolean(), why: z.string() }))
  .query(async ({ ctx }) => {
    const broken = await ctx.console.audit.broken();
    return { whole: broken === null, why: broken?.why ?? '' };
  });

function parsed(details: string): unknown {
  try {
    return JSON.parse(details);
  } catch {
    return details;
  }
}
