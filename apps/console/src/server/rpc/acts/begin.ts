/** Acts on nodes: attach, detach, relabel, switchover, failover, recover. */
import { type Operation, operationSchema, type Wish, wishSchema } from '@pgherd/operations';
import { z } from 'zod';
import { neededFor, objectOf } from '../../../shared/acts.ts';
import { LOCK_AFTER_MS } from '../../../shared/live/topics.ts';
import { ask } from '../../engines/ask.ts';
import type { EngineLink } from '../../engines/engine-link.ts';
import { type Caller, FRESH_MS, may } from '../../people/caller.ts';
import { refuse } from '../../refusal.ts';
import { inCluster, procedure } from '../base.ts';

/** Acts after which something may be gone for good: a person signs them with the password. */
const FRESH: readonly Wish['act'][] = ['failover'];
const REASONED: readonly Wish['act'][] = ['detach', 'relabel', 'switchover', 'failover', 'recover'];

export const begin = procedure
  .meta({
    need: 'view',
    doc: 'Begins an act: attach, detach, relabel, switchover, failover, recover. Each needs its own permission; those beyond attach need a reason. In production the name of the object is repeated. It goes on when nobody waits.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/acts' },
    audited: ['wish', 'reason', 'proxy'],
  })
  .input(
    inCluster.extend({
      proxy: z.string().max(100).nullable().default(null),
      wish: wishSchema,
      reason: z.string().trim().max(500).default(''),
      /** In production: the object's name, as `node 2` or the cluster's. */
      confirm: z.string().max(100).default(''),
    }),
  )
  .output(operationSchema)
  .mutation(async ({ ctx, input }): Promise<Operation> => {
    const { wish, reason } = input;
    const {
      console: { engines, hub },
      cluster,
      person,
    } = ctx;
    const needed = neededFor[wish.act];
    if (!may(person, needed, cluster.id)) {
      throw refuse('FORBIDDEN', 'PERMISSION', `This needs the permission ${needed}.`, { permission: needed });
    }
    if (REASONED.includes(wish.act) && reason === '')
      throw refuse('BAD_REQUEST', 'REASON_NEEDED', 'Say why: the reason goes into the audit log.');
    if (
      cluster.environment === 'production' &&
      wish.act !== 'attach' &&
      input.confirm !== objectOf(wish, cluster.slug)
    ) {
      throw refuse('BAD_REQUEST', 'CONFIRM_NAME', `In production, type the name: ${objectOf(wish, cluster.slug)}.`);
    }
    if (FRESH.includes(wish.act) && person.via === 'session' && person.confirmedAt.getTime() + FRESH_MS < Date.now()) {
      throw refuse('PRECONDITION_FAILED', 'CONFIRM_SIGN_IN', 'Give your password again before this.');
    }
    const link = engines.acting(cluster.id, input.proxy);
    refuseStale(link);
    const watched = hub.of(cluster.id);
    const [running] = watched?.status.running ?? [];
    if (running !== undefined && wish.act !== 'attach') {
      throw refuse(
        'CONFLICT',
        'BUSY',
        `An operation is under way: ${running.act}${running.node === null ? '' : ` of node ${running.node}`}.`,
      );
    }
    const operation = await ask(link, person.name, (api, options) => api.begin.mutate(wish, options), 60_000);
    watched?.reasons.set(`${link.place.id}:${operation.id}`, reason);
    await ctx.console.prisma.operationReport
      .upsert({
        where: { proxyId_engineId: { proxyId: link.place.id, engineId: operation.id } },
        create: {
          ...{
            id: `${link.place.id}:${operation.id}`,
            clusterId: cluster.id,
            proxyId: link.place.id,
            engineId: operation.id,
          },
          ...{ operation: JSON.stringify(operation), reason, byName: person.name },
        },
        update: { reason, byName: person.name },
      })
      .catch((error: unknown) => ctx.console.log.warn({ err: error }, 'the report of an operation cannot be kept'));
    return seenBy(person, operation, cluster.id);
  });

/** What commands printed is for those who hold view.logs, also where an act answers. */
export const seenBy = (person: Caller, operation: Operation, clusterId: string): Operation =>
  may(person, 'view.logs', clusterId) ? operation : { ...operation, output: [] };

/** Nothing dangerous happens on stale data. */
export function refuseStale(link: EngineLink): void {
  const age = link.ageMs();
  if (age === null || age > LOCK_AFTER_MS) {
    throw refuse(
      'PRECONDITION_FAILED',
      'STALE',
      'The facts are older than 10 s: acts are locked until the proxy answers.',
    );
  }
}
