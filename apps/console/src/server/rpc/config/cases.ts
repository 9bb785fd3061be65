/** Routing cases: statements whose route is looked at with every draft. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { inCluster, procedure } from '../base.ts';

const question = z.object({
  sql: z.string().min(1).max(100_000),
  database: z.string().max(200),
  user: z.string().max(200),
  application: z.string().max(200).default(''),
  inTransaction: z.boolean().default(false),
  afterWrite: z.boolean().default(false),
});

export const listCases = procedure
  .meta({
    need: 'view.sql',
    doc: 'The saved routing cases.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/routing-cases' },
  })
  .input(inCluster)
  .output(z.array(z.object({ id: z.string(), name: z.string(), question, expected: z.array(z.int()), by: z.string() })))
  .query(async ({ ctx }) => {
    const rows = await ctx.console.prisma.routingCase.findMany({
      where: { clusterId: ctx.cluster.id },
      orderBy: { createdAt: 'asc' },
    });
    return rows.map((row) => ({
      ...{ id: row.id, name: row.name, by: row.byName },
      ...{
        question: question.parse(JSON.parse(row.question)),
        expected: z.array(z.int()).parse(JSON.parse(row.expected)),
      },
    }));
  });

export const saveCase = procedure
  .meta({
    need: 'config.draft',
    doc: 'Keeps a statement and the nodes that it may go to.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/routing-cases' },
    audited: ['name', 'expected'],
  })
  .input(
    inCluster.extend({
      name: z.string().trim().min(1).max(100),
      question,
      expected: z.array(z.int().nonnegative()).max(128),
    }),
  )
  .output(z.object({ id: z.string() }))
  .mutation(async ({ ctx, input }) => {
    const expected = JSON.stringify([...input.expected].sort((a, b) => a - b));
    const data = {
      id: randomUUID(),
      clusterId: ctx.cluster.id,
      name: input.name,
      question: JSON.stringify(input.question),
      expected,
      byName: ctx.person.name,
    };
    return { id: (await ctx.console.prisma.routingCase.create({ data })).id };
  });

export const deleteCase = procedure
  .meta({
    need: 'config.draft',
    doc: 'Forgets a routing case.',
    openapi: { method: 'DELETE', path: '/clusters/{cluster}/routing-cases/{id}' },
    audited: ['id'],
  })
  .input(inCluster.extend({ id: z.string().max(60) }))
  .output(z.object({ done: z.literal(true) }))
  .mutation(async ({ ctx, input }) => {
    await ctx.console.prisma.routingCase.deleteMany({ where: { id: input.id, clusterId: ctx.cluster.id } });
    return { done: true as const };
  });
