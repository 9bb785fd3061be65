import { z } from 'zod';
import type { AuditRow } from '../../audit/audit.ts';
import type { Console } from '../../console.ts';
import { type Caller, may } from '../../people/caller.ts';
import { procedure } from '../base.ts';

export const auditEntry = z.object({
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

/** Which entries, by what is written in them. */
export const auditFilter = z.object({
  /** A cluster's slug; entries that are about none are left out then. */
  of: z.string().max(60).optional(),
  actor: z.string().max(100).optional(),
  action: z.string().max(100).optional(),
  /** Anywhere in target and details. */
  text: z.string().max(200).optional(),
  result: z.enum(['done', 'refused', 'failed']).optional(),
  /** ISO 8601 */
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
});

export const listAudit = procedure
  .meta({
    need: 'audit.read',
    doc: 'The audit log, newest first, refused attempts included.',
    openapi: { method: 'GET', path: '/audit' },
  })
  .input(
    auditFilter.extend({
      before: z.coerce.number().int().positive().optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
  )
  .output(z.array(auditEntry))
  .query(async ({ ctx, input }) => {
    const rows = await ctx.console.prisma.auditEntry.findMany({
      where: {
        AND: [whereOf(ctx, input), input.before === undefined ? {} : { seq: { lt: input.before } }],
      },
      orderBy: { seq: 'desc' },
      take: input.limit,
    });
    const slugs = new Map(ctx.console.engines.clusters.map(({ id, slug }) => [id, slug]));
    return rows.map((row) => viewOf(row, slugs));
  });

interface Asker {
  readonly console: Console;
  readonly person: Caller;
}

/** Of clusters that one may not see, nothing is told. */
export function whereOf({ console: { engines }, person }: Asker, filter: z.infer<typeof auditFilter>) {
  const visible = engines.clusters.filter(({ id }) => may(person, 'audit.read', id)).map(({ id }) => id);
  const scope = person.admin && person.tokenClusters === null ? {} : { clusterId: { in: visible } };
  const of = engines.clusters.find(({ slug }) => slug === filter.of)?.id;
  const { from, to } = filter;
  return {
    AND: [
      scope,
      filter.of === undefined ? {} : { clusterId: of ?? '' },
      filter.actor === undefined ? {} : { actor: filter.actor },
      filter.action === undefined ? {} : { action: { contains: filter.action } },
      filter.result === undefined ? {} : { result: filter.result },
      filter.text === undefined
        ? {}
        : { OR: [{ target: { contains: filter.text } }, { details: { contains: filter.text } }] },
      from === undefined ? {} : { at: { gte: new Date(from) } },
      to === undefined ? {} : { at: { lt: new Date(to) } },
    ],
  };
}

export const viewOf = (row: AuditRow, slugs: ReadonlyMap<string, string>): z.infer<typeof auditEntry> => ({
  ...{ seq: row.seq, at: row.at.toISOString(), actor: row.actor, via: row.via, address: row.address },
  ...{ cluster: slugs.get(row.clusterId ?? '') ?? '', action: row.action, target: row.target },
  ...{ details: parsed(row.details), result: row.result, hash: row.hash },
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
