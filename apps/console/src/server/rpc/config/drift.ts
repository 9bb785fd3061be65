/** Wanted, file and running of each proxy, and what to do about a difference. */
import { findParameter } from '@pgherd/config/table';
import { isGuarded } from '@pgherd/config/version';
import { z } from 'zod';
import { changesBetween, sameMeaning, withChanges } from '../../../shared/config/changes.ts';
import { ask } from '../../engines/ask.ts';
import { refuse } from '../../refusal.ts';
import { driftLines } from '../../versions/drift.ts';
import { filesOf } from '../../versions/files.ts';
import { localised } from '../../versions/localised.ts';
import { inCluster, procedure } from '../base.ts';
import { authorOf, versionsOf } from './shapes.ts';

const lineSchema = z.object({
  name: z.string(),
  wanted: z.string().nullable(),
  file: z.string().nullable(),
  running: z.string().nullable(),
  secret: z.boolean(),
});

export const drift = procedure
  .meta({
    need: 'view',
    doc: 'Where the wanted version, a proxy’s file and what it runs differ.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/drift' },
  })
  .input(inCluster)
  .output(
    z.object({
      wanted: z.int().nullable(),
      proxies: z.array(
        z.object({
          proxy: z.string(),
          error: z.string().nullable(),
          lines: z.array(lineSchema),
          hbaDiffers: z.boolean(),
          /** The file was changed after it was loaded. */
          unloaded: z.boolean(),
          fileModifiedAt: z.string().nullable(),
          pending: z.array(z.string()),
          externallyManaged: z.boolean(),
        }),
      ),
    }),
  )
  .query(async ({ ctx }) => {
    const wanted = await versionsOf(ctx).wanted();
    const files = wanted === null ? null : filesOf(wanted.files);
    const proxies = await Promise.all(
      ctx.console.engines.cluster(ctx.cluster.id).links.map(async (link) => {
        const base = {
          proxy: link.place.name,
          lines: [],
          hbaDiffers: false,
          unloaded: false,
          fileModifiedAt: null,
          pending: [],
          externallyManaged: false,
        };
        try {
          const [found, running] = await Promise.all([
            ask(link, ctx.person.name, (api, options) => api.configuration.files.query(undefined, options)),
            ask(link, ctx.person.name, (api, options) => api.configuration.running.query(undefined, options)),
          ]);
          const conf = found.files.find(({ name }) => name === 'pgpool.conf');
          const hba = found.files.find(({ name }) => name === 'pool_hba.conf');
          const loaded = found.hash === running.hash;
          return {
            ...{
              proxy: link.place.name,
              error: null,
              pending: running.restartPending,
              externallyManaged: found.externallyManaged,
            },
            lines: driftLines({
              ...{
                wanted:
                  files === null
                    ? (conf?.text ?? '')
                    : localised(files, conf?.text ?? null, link.place.ownParameters)['pgpool.conf'],
              },
              ...{ file: conf?.text ?? '', loaded },
              running: new Map(running.parameters.map(({ name, value }) => [name, value])),
              secret: (name) => (findParameter(name) ?? findParameter(name.replace(/\d+$/, '')))?.secret ?? false,
              // What waits for a restart differs as it should.
              same: (name, written, runs) => running.restartPending.includes(name) || sameMeaning(name, written, runs),
            }),
            hbaDiffers: files?.['pool_hba.conf'] !== undefined && files['pool_hba.conf'] !== (hba?.text ?? ''),
            unloaded: !loaded,
            fileModifiedAt: conf?.modifiedAt ?? null,
          };
        } catch (error) {
          return { ...base, error: (error as Error).message };
        }
      }),
    );
    return { wanted: wanted?.number ?? null, proxies };
  });

export const adopt = procedure
  .meta({
    need: 'config.draft',
    doc: 'A draft that takes over what somebody changed in a proxy’s file.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/drift/adopt' },
    audited: ['proxy', 'names'],
  })
  .input(inCluster.extend({ proxy: z.string().max(100), names: z.array(z.string().max(100)).min(1).max(500) }))
  .output(z.object({ draft: z.string() }))
  .mutation(async ({ ctx, input }) => {
    const versions = versionsOf(ctx);
    const wanted = await versions.wanted();
    if (wanted === null) throw refuse('PRECONDITION_FAILED', 'NOT_IMPORTED', 'There is no version yet.');
    const link = ctx.console.engines.acting(ctx.cluster.id, input.proxy);
    const found = await ask(link, ctx.person.name, (api, options) => api.configuration.files.query(undefined, options));
    const text = found.files.find(({ name }) => name === 'pgpool.conf')?.text;
    if (text == null) throw refuse('PRECONDITION_FAILED', 'UNREADABLE', `${input.proxy} cannot read its pgpool.conf.`);
    const files = filesOf(wanted.files);
    const changes = changesBetween(files['pgpool.conf'], text).filter(({ name }) => input.names.includes(name));
    if (changes.length === 0) throw refuse('NOT_FOUND', 'NO_DRIFT', 'These parameters do not differ any more.');
    const guarded = changes.filter(({ name }) => isGuarded(name)).map(({ name }) => name);
    const draft = await versions.createDraft({
      title: `${input.proxy}: ${changes.map(({ name }) => name).join(', ')}`.slice(0, 200),
      files: { ...files, 'pgpool.conf': withChanges(files['pgpool.conf'], changes) },
      ...{ author: authorOf(ctx), source: 'drift', rollbackOf: null },
    });
    ctx.console.log.info({ draft: draft.id, guarded }, 'drift was adopted into a draft');
    await ctx.console.hub.of(ctx.cluster.id)?.wanted.read();
    return { draft: draft.id };
  });
