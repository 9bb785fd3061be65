/** What is asked of the herd once, beside what is watched. */
import {
  nodeActivitySchema,
  parameterTableSchema,
  planSchema,
  rehearsalSchema,
  routeComparisonSchema,
  routeExplanationSchema,
  routeProbeSchema,
  wishSchema,
} from '@pgherd/operations';
import { z } from 'zod';
import type { ClusterStatus, EventView } from '../../../shared/live/topics.ts';
import { typed } from '../../../shared/typed.ts';
import { ask, askAt } from '../../engines/ask.ts';
import { snapshotOf } from '../../hub/hub.ts';
import { may } from '../../people/caller.ts';
import { refuse } from '../../refusal.ts';
import { inCluster, procedure } from '../base.ts';
import { shown } from '../live/watch.ts';

/** Null: the first proxy that answers. */
const proxy = z.string().max(100).nullable().default(null);

export const status = procedure
  .meta({
    need: 'view',
    doc: 'The picture of a cluster as it is now: health, nodes, proxies, problems.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/status' },
  })
  .input(inCluster)
  .output(typed<ClusterStatus>())
  .query(({ ctx }) => {
    const watched = ctx.console.hub.of(ctx.cluster.id);
    if (watched === null) throw refuse('NOT_FOUND', 'NO_CLUSTER', 'There is no such cluster any more.');
    const logs = may(ctx.person, 'view.logs', ctx.cluster.id);
    return shown('status', snapshotOf(watched, 'status'), false, logs) as ClusterStatus;
  });

export const plan = procedure
  .meta({
    need: 'view',
    doc: 'For each node: what happens if it dies now, by the last known figures.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/plan' },
  })
  .input(inCluster.extend({ proxy }))
  .output(z.array(planSchema))
  .query(({ ctx, input }) => askAt(ctx, input.proxy, (api, options) => api.plan.query(undefined, options)));

export const rehearse = procedure
  .meta({
    need: 'view',
    doc: 'What an act would do, and every check it has to pass, without doing it.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/rehearse' },
  })
  .input(inCluster.extend({ proxy, wish: wishSchema }))
  .output(rehearsalSchema)
  .query(({ ctx, input }) => askAt(ctx, input.proxy, (api, options) => api.rehearse.query(input.wish, options)));

const question = z.object({
  sql: z.string().min(1).max(100_000),
  database: z.string().max(200),
  user: z.string().max(200),
  application: z.string().max(200).default(''),
  inTransaction: z.boolean().default(false),
  afterWrite: z.boolean().default(false),
  /** The text of another pgpool.conf to go by: a draft's or a version's. */
  configuration: z.string().max(1_000_000).optional(),
});

export const explainRoute = procedure
  .meta({
    need: 'view.sql',
    doc: 'Where a statement would go, rule by rule. Nothing is executed.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/routes/explain' },
  })
  .input(inCluster.extend({ proxy, question }))
  .output(routeExplanationSchema)
  .query(({ ctx, input: { question: asked, proxy: at } }) => {
    const { configuration, ...rest } = asked;
    const whole = configuration === undefined ? rest : { ...rest, configuration };
    return askAt(ctx, at, (api, options) => api.explainRoute.query(whole, options));
  });

export const compareRoutes = procedure
  .meta({
    need: 'view.sql',
    doc: 'Statements by the running configuration and by another one.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/routes/compare' },
  })
  .input(
    inCluster.extend({
      proxy,
      statements: z.array(z.string().min(1).max(100_000)).min(1).max(200),
      database: z.string().max(200),
      user: z.string().max(200),
      application: z.string().max(200).default(''),
      inTransaction: z.boolean().default(false),
      afterWrite: z.boolean().default(false),
      configuration: z.string().max(1_000_000),
    }),
  )
  .output(z.array(routeComparisonSchema))
  .query(({ ctx, input: { proxy: at, cluster: _, ...asked } }) =>
    askAt(ctx, at, (api, options) => api.compareRoutes.query(asked, options)),
  );

export const probeRoute = procedure
  .meta({
    need: 'view.sql',
    doc: 'Runs one SELECT through the proxy, read-only, and tells which node answered.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/routes/probe' },
    audited: ['proxy'],
  })
  .input(
    inCluster.extend({
      proxy,
      sql: z.string().min(1).max(100_000),
      database: z.string().max(200),
      user: z.string().max(200).default(''),
      application: z.string().max(200).default(''),
    }),
  )
  .output(routeProbeSchema)
  .mutation(({ ctx, input: { proxy: at, cluster: _, ...asked } }) =>
    askAt(ctx, at, (api, options) => api.probeRoute.mutate(asked, options)),
  );

export const sessionActivity = procedure
  .meta({
    need: 'view',
    doc: 'What the server processes of sessions do, by pg_stat_activity.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/sessions/activity' },
  })
  .input(
    inCluster.extend({
      proxy,
      nodes: z
        .array(z.object({ node: z.int().nonnegative(), pids: z.array(z.int().positive()).max(1_000) }))
        .min(1)
        .max(128),
    }),
  )
  .output(z.array(nodeActivitySchema))
  .query(({ ctx, input }) =>
    askAt(ctx, input.proxy, (api, options) => api.sessionActivity.query({ nodes: input.nodes }, options)),
  );

export const parameters = procedure
  .meta({
    need: 'view',
    doc: 'The parameter table of the proxies: types, units, ranges, defaults, what a change needs, documentation.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/parameters' },
  })
  .input(inCluster.extend({ proxy }))
  .output(parameterTableSchema)
  .query(({ ctx, input }) =>
    askAt(ctx, input.proxy, (api, options) => api.configuration.table.query(undefined, options)),
  );

export const cacheFigures = procedure
  .meta({
    need: 'view',
    doc: 'SHOW pool_cache of each proxy; null where there is no query cache.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/cache' },
  })
  .input(inCluster)
  .output(z.array(z.object({ proxy: z.string(), figures: z.record(z.string(), z.string()).nullable() })))
  .query(({ ctx }) =>
    Promise.all(
      ctx.console.engines.cluster(ctx.cluster.id).links.map(async (link) => {
        const shown = await ask(
          link,
          ctx.person.name,
          (api, options) => api.show.query({ name: 'pool_cache' }, options),
          5_000,
        ).catch(() => null);
        const [row] = shown?.rows ?? [];
        const figures =
          shown === null || row === undefined
            ? null
            : Object.fromEntries(shown.columns.map((name, i) => [name, row[i] ?? '']));
        return { proxy: link.place.name, figures };
      }),
    ),
  );

export const events = procedure
  .meta({
    need: 'view',
    doc: 'What has happened, newest last: the journals of all proxies, as far as they are kept.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/events' },
  })
  .input(inCluster.extend({ limit: z.coerce.number().int().min(1).max(300).default(100) }))
  .output(z.array(typed<EventView>()))
  .query(({ ctx, input }) => {
    const watched = ctx.console.hub.of(ctx.cluster.id);
    if (watched === null) throw refuse('NOT_FOUND', 'NO_CLUSTER', 'There is no such cluster any more.');
    return snapshotOf(watched, 'events').slice(-input.limit);
  });

/** Reports of acts that ended, also those the proxy no longer knows. */
export const reports = procedure
  .meta({
    need: 'view',
    doc: 'Acts that ended, newest first.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/operations' },
  })
  .input(inCluster.extend({ limit: z.coerce.number().int().min(1).max(200).default(50) }))
  .output(z.array(z.object({ proxy: z.string(), by: z.string(), reason: z.string(), operation: z.unknown() })))
  .query(async ({ ctx, input }) => {
    const { prisma, engines } = ctx.console;
    const names = new Map(engines.cluster(ctx.cluster.id).links.map(({ place }) => [place.id, place.name]));
    const rows = await prisma.operationReport.findMany({
      where: { clusterId: ctx.cluster.id },
      orderBy: { startedAt: 'desc' },
      take: input.limit,
    });
    const output = may(ctx.person, 'view.logs', ctx.cluster.id);
    return rows.map((row) => {
      const operation = JSON.parse(row.operation) as { output?: unknown };
      return {
        ...{ proxy: names.get(row.proxyId) ?? '', by: row.byName, reason: row.reason },
        operation: output ? operation : { ...operation, output: [] },
      };
    });
  });
