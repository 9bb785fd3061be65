/** Bringing a draft, or a version once more, to the proxies. */
import { z } from 'zod';
import type { ApplyRunView } from '../../../shared/live/topics.ts';
import { typed } from '../../../shared/typed.ts';
import { refuse } from '../../refusal.ts';
import { filesOf } from '../../versions/files.ts';
import { inCluster, procedure } from '../base.ts';
import { authorOf, versionsOf } from './shapes.ts';

const strategy = z.enum(['all', 'oneByOne']).default('all');

export const apply = procedure
  .meta({
    need: 'config.apply',
    doc: 'Makes the draft a version and brings it to all proxies. What moved meanwhile is a CONFLICT: rebase first. In production the cluster’s name is repeated.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/drafts/{id}/apply' },
    audited: ['id', 'reason', 'strategy', 'overwriteDrift'],
  })
  .input(
    inCluster.extend({
      id: z.string().max(60),
      revision: z.int().positive(),
      reason: z.string().trim().min(1).max(500),
      strategy,
      overwriteDrift: z.boolean().default(false),
      confirm: z.string().max(100).default(''),
    }),
  )
  .output(z.object({ run: z.string(), version: z.int() }))
  .mutation(async ({ ctx, input }) => {
    refuseUnconfirmed(ctx.cluster, input.confirm);
    const versions = versionsOf(ctx);
    const by = authorOf(ctx);
    let number = 0;
    const run = await ctx.console.runs.startNew(ctx.cluster.id, null, async () => {
      const draft = await versions.draft(input.id);
      if (draft.revision !== input.revision)
        throw refuse('CONFLICT', 'DRAFT_MOVED', 'The draft was saved again since you looked at it.');
      const conflict = await versions.conflict(draft);
      if (conflict !== null) {
        throw refuse(
          'CONFLICT',
          'WANTED_MOVED',
          `Version ${conflict.wantedNumber} was applied since the draft was begun: rebase it first.`,
        );
      }
      const wanted = await versions.wanted();
      const version = await versions.create({
        ...{ files: filesOf(draft.files), parentId: wanted?.id ?? null, author: by, reason: input.reason },
        ...{ source: draft.source as 'ui', rollbackOf: draft.rollbackOf },
      });
      number = version.number;
      return {
        ...{ clusterId: ctx.cluster.id, versionId: version.id, strategy: input.strategy, by },
        ...{ only: null, overwriteDrift: input.overwriteDrift },
      };
    });
    // Somebody may have saved it since: that revision stays open.
    await versions.closeDraft(input.id, input.revision);
    await ctx.console.hub.of(ctx.cluster.id)?.wanted.read();
    return { run, version: number };
  });

export const pushBack = procedure
  .meta({
    need: 'config.apply',
    doc: 'Brings what is wanted once more to a proxy, over what was changed there.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/proxies/{proxy}/push-back' },
    audited: ['proxy', 'reason'],
  })
  .input(
    inCluster.extend({
      proxy: z.string().max(100),
      reason: z.string().trim().min(1).max(500),
      confirm: z.string().max(100).default(''),
    }),
  )
  .output(z.object({ run: z.string(), version: z.int() }))
  .mutation(async ({ ctx, input }) => {
    refuseUnconfirmed(ctx.cluster, input.confirm);
    const wanted = await versionsOf(ctx).wanted();
    if (wanted === null) throw refuse('PRECONDITION_FAILED', 'NOT_IMPORTED', 'There is no version yet.');
    const run = await ctx.console.runs.start({
      ...{ clusterId: ctx.cluster.id, versionId: wanted.id, strategy: 'all', by: authorOf(ctx) },
      ...{ only: [input.proxy], overwriteDrift: true },
    });
    return { run, version: wanted.number };
  });

export const run = procedure
  .meta({
    need: 'view',
    doc: 'How an apply goes on, step by step and proxy by proxy.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/runs/{id}' },
  })
  .input(inCluster.extend({ id: z.string().max(60) }))
  .output(typed<ApplyRunView>())
  .query(async ({ ctx, input }) => {
    const row = await ctx.console.prisma.applyRun.findFirst({ where: { id: input.id, clusterId: ctx.cluster.id } });
    const view = row === null ? null : await ctx.console.runs.view(row.id);
    if (view === null) throw refuse('NOT_FOUND', 'NO_RUN', 'There is no such run.');
    return view;
  });

export const stop = procedure
  .meta({
    need: 'config.apply',
    doc: 'Begins with no further proxy.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/runs/{id}/stop' },
    audited: ['id'],
  })
  .input(inCluster.extend({ id: z.string().max(60) }))
  .output(z.object({ stopped: z.boolean() }))
  .mutation(async ({ ctx, input }) => {
    const row = await ctx.console.prisma.applyRun.findFirst({ where: { id: input.id, clusterId: ctx.cluster.id } });
    return { stopped: row !== null && ctx.console.runs.stop(row.id) };
  });

function refuseUnconfirmed(
  { environment, slug }: { readonly environment: string; readonly slug: string },
  confirm: string,
): void {
  if (environment === 'production' && confirm !== slug)
    throw refuse('BAD_REQUEST', 'CONFIRM_NAME', `In production, type the name: ${slug}.`);
}
