/** What runs, for the form: each proxy's values beside the wanted one. */
import { runningParameterSchema } from '@pgherd/operations';
import { z } from 'zod';
import { ask } from '../../engines/ask.ts';
import { filesOf, filesSchema } from '../../versions/files.ts';
import { inCluster, procedure } from '../base.ts';
import { versionsOf } from './shapes.ts';

export const running = procedure
  .meta({
    need: 'view',
    doc: 'The running values of each proxy.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/running' },
  })
  .input(inCluster)
  .output(
    z.array(
      z.object({
        proxy: z.string(),
        error: z.string().nullable(),
        loadedAt: z.string().nullable(),
        pending: z.array(z.string()),
        parameters: z.array(runningParameterSchema),
      }),
    ),
  )
  .query(({ ctx }) =>
    Promise.all(
      ctx.console.engines.cluster(ctx.cluster.id).links.map(async (link) => {
        const proxy = link.place.name;
        try {
          const found = await ask(link, ctx.person.name, (api, options) =>
            api.configuration.running.query(undefined, options),
          );
          return {
            proxy,
            error: null,
            loadedAt: found.loadedAt,
            pending: found.restartPending,
            parameters: found.parameters,
          };
        } catch (error) {
          return { proxy, error: (error as Error).message, loadedAt: null, pending: [], parameters: [] };
        }
      }),
    ),
  );

/** pool_passwd and pcp.conf: names, never hashes. */
export const accounts = procedure
  .meta({
    need: 'view',
    doc: 'Names in pool_passwd and pcp.conf of each proxy.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/accounts' },
  })
  .input(inCluster)
  .output(
    z.array(
      z.object({
        proxy: z.string(),
        poolPasswd: z.array(z.string()),
        pcpUsers: z.array(z.string()),
        mayChangeCommands: z.boolean(),
        externallyManaged: z.boolean(),
        error: z.string().nullable(),
      }),
    ),
  )
  .query(({ ctx }) =>
    Promise.all(
      ctx.console.engines.cluster(ctx.cluster.id).links.map(async (link) => {
        const proxy = link.place.name;
        try {
          const found = await ask(link, ctx.person.name, (api, options) =>
            api.configuration.files.query(undefined, options),
          );
          const { mayChangeCommands, externallyManaged } = found;
          return {
            proxy,
            poolPasswd: found.poolPasswd.users,
            pcpUsers: found.pcpUsers.users,
            mayChangeCommands,
            externallyManaged,
            error: null,
          };
        } catch (error) {
          return {
            proxy,
            poolPasswd: [],
            pcpUsers: [],
            mayChangeCommands: false,
            externallyManaged: false,
            error: (error as Error).message,
          };
        }
      }),
    ),
  );

export const wanted = procedure
  .meta({
    need: 'view',
    doc: 'What is wanted now: number and files; null before the first import.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/wanted' },
  })
  .input(inCluster)
  .output(z.object({ number: z.int(), files: filesSchema }).nullable())
  .query(async ({ ctx }) => {
    const found = await versionsOf(ctx).wanted();
    return found === null ? null : { number: found.number, files: filesOf(found.files) };
  });
