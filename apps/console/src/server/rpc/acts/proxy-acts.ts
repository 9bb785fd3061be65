/** Acts on a proxy: reload, rotate the log, empty the query cache; on sessions: cancel, end. */
import { randomUUID } from 'node:crypto';
import { sessionResultSchema } from '@pgherd/operations';
import { z } from 'zod';
import { ask, askAt } from '../../engines/ask.ts';
import { may } from '../../people/caller.ts';
import { refuse } from '../../refusal.ts';
import { inCluster, procedure } from '../base.ts';
import { refuseStale } from './begin.ts';

const atProxy = inCluster.extend({ proxy: z.string().min(1).max(100), reason: z.string().trim().max(500).default('') });
const done = z.object({ done: z.literal(true) });

export const reload = procedure
  .meta({
    need: 'proxy.reload',
    doc: 'The proxy reads its configuration again.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/proxies/{proxy}/reload' },
    audited: ['proxy', 'reason'],
  })
  .input(atProxy)
  .output(
    z.object({
      ok: z.boolean(),
      changed: z.array(z.string()),
      needRestart: z.array(z.string()),
      errors: z.array(z.string()),
      warnings: z.array(z.string()),
      tookMs: z.number(),
    }),
  )
  .mutation(({ ctx, input }) => askAt(ctx, input.proxy, (api, options) => api.reload.mutate(undefined, options)));

export const rotateLog = procedure
  .meta({
    need: 'proxy.reload',
    doc: 'The proxy opens its log file anew.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/proxies/{proxy}/rotate-log' },
    audited: ['proxy', 'reason'],
  })
  .input(atProxy)
  .output(done)
  .mutation(async ({ ctx, input }) => {
    await askAt(ctx, input.proxy, (api, options) => api.rotateLog.mutate(undefined, options));
    return { done: true as const };
  });

export const clearCache = procedure
  .meta({
    need: 'proxy.reload',
    doc: 'The proxy empties its query cache.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/proxies/{proxy}/clear-cache' },
    audited: ['proxy', 'reason'],
  })
  .input(atProxy)
  .output(done)
  .mutation(async ({ ctx, input }) => {
    await askAt(ctx, input.proxy, (api, options) => api.invalidateCache.mutate(undefined, options));
    return { done: true as const };
  });

const targets = atProxy.extend({
  sessions: z
    .array(
      z.object({
        id: z.string().max(64),
        user: z.string().max(200).optional(),
        connectedAt: z.string().max(40).optional(),
      }),
    )
    .min(1)
    .max(1_000),
});
const results = z.array(sessionResultSchema);

export const cancelStatements = procedure
  .meta({
    need: 'session.cancel',
    doc: 'Cancels what sessions run, as their clients could.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/proxies/{proxy}/sessions/cancel' },
    audited: ['proxy', 'sessions', 'reason'],
  })
  .input(targets)
  .output(results)
  .mutation(({ ctx, input }) => {
    const link = ctx.console.engines.acting(ctx.cluster.id, input.proxy);
    refuseStale(link);
    return ask(link, ctx.person.name, (api, options) => api.cancelStatement.mutate(named(input), options));
  });

/** A server process that is terminated looks like a server that shuts down (failover_on_backend_shutdown): none is, here. */
export const endSessions = procedure
  .meta({
    need: 'session.kill',
    doc: 'Ends clients’ sessions at the proxy; server processes are not terminated.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/proxies/{proxy}/sessions/end' },
    audited: ['proxy', 'sessions', 'reason'],
  })
  .input(targets)
  .output(results)
  .mutation(({ ctx, input }) => {
    const link = ctx.console.engines.acting(ctx.cluster.id, input.proxy);
    refuseStale(link);
    if (input.reason === '')
      throw refuse('BAD_REQUEST', 'REASON_NEEDED', 'Say why: the reason goes into the audit log.');
    return ask(link, ctx.person.name, (api, options) => api.endSession.mutate(named(input), options));
  });

function named({ sessions, reason }: z.infer<typeof targets>) {
  return {
    reason: reason.slice(0, 200),
    sessions: sessions.map(({ id, user, connectedAt }) => ({
      id,
      ...(user === undefined ? {} : { user }),
      ...(connectedAt === undefined ? {} : { connectedAt }),
    })),
  };
}

/** A problem that somebody has seen: it stays in the list, and no longer counts as news. */
export const acknowledge = procedure
  .meta({
    need: 'view',
    doc: 'Notes that somebody has seen a problem.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/problems/acknowledge' },
    audited: ['problem', 'note'],
  })
  .input(inCluster.extend({ problem: z.string().min(1).max(300), note: z.string().trim().max(500).default('') }))
  .output(done)
  .mutation(async ({ ctx, input }) => {
    const { prisma, hub } = ctx.console;
    if (
      !['node.attach', 'config.draft'].some((permission) =>
        may(ctx.person, permission as 'node.attach', ctx.cluster.id),
      )
    ) {
      throw refuse('FORBIDDEN', 'PERMISSION', 'This needs the permission node.attach.', { permission: 'node.attach' });
    }
    await prisma.acknowledgement.create({
      data: {
        id: randomUUID(),
        clusterId: ctx.cluster.id,
        problem: input.problem,
        note: input.note,
        byName: ctx.person.name,
      },
    });
    await hub.of(ctx.cluster.id)?.wanted.read();
    return { done: true as const };
  });
