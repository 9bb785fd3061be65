/** Calls a recovery off. */
import { type Operation, operationSchema } from '@pgherd/operations';
import { z } from 'zod';
import { neededFor } from '../../../shared/acts.ts';
import { ask } from '../../engines/ask.ts';
import { may } from '../../people/caller.ts';
import { refuse } from '../../refusal.ts';
import { inCluster, procedure } from '../base.ts';
import { seenBy } from './begin.ts';

export const cancel = procedure
  .meta({
    need: 'view',
    doc: 'Calls a running recovery off: it ends as failed, and the herd is as it was. Needs what beginning it needs. Other acts cannot be called off.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/operations/{id}/cancel' },
    audited: ['id', 'proxy', 'reason'],
  })
  .input(
    inCluster.extend({
      id: z.string().min(1).max(60),
      proxy: z.string().max(100).nullable().default(null),
      reason: z.string().trim().max(500).default(''),
    }),
  )
  .output(operationSchema)
  .mutation(async ({ ctx, input }): Promise<Operation> => {
    const { engines, hub } = ctx.console;
    const known = hub
      .of(ctx.cluster.id)
      ?.operations()
      .find(({ id }) => id === input.id);
    if (known === undefined) throw refuse('NOT_FOUND', 'NO_OPERATION', 'No proxy knows this operation any more.');
    const needed = neededFor[known.act];
    if (!may(ctx.person, needed, ctx.cluster.id)) {
      throw refuse('FORBIDDEN', 'PERMISSION', `This needs the permission ${needed}.`, { permission: needed });
    }
    const link = engines.acting(ctx.cluster.id, input.proxy ?? known.proxy);
    const ended = await ask(link, ctx.person.name, (api, options) => api.cancel.mutate({ id: input.id }, options));
    return seenBy(ctx.person, ended, ctx.cluster.id);
  });
