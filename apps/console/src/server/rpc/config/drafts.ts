/** Drafts: begun, saved, checked, moved on to what is wanted now, discarded. */
import { configurationCheckSchema, routeVerdictSchema } from '@pgherd/operations';
import { z } from 'zod';
import { changesBetween } from '../../../shared/config/changes.ts';
import { ask } from '../../engines/ask.ts';
import { may } from '../../people/caller.ts';
import { refuse } from '../../refusal.ts';
import { filesOf, filesSchema, given } from '../../versions/files.ts';
import { localised } from '../../versions/localised.ts';
import { ownText, secretsFor } from '../../versions/secrets.ts';
import { inCluster, procedure } from '../base.ts';
import { authorOf, changeSchema, versionsOf } from './shapes.ts';

const id = z.string().max(60);
const title = z.string().trim().max(200);

const draftSchema = z.object({
  id: z.string(),
  title: z.string(),
  revision: z.int(),
  changes: z.int(),
  author: z.string(),
  source: z.string(),
  rollbackOf: z.int().nullable(),
  base: z.int().nullable(),
  updatedAt: z.string(),
});
type Draft = z.infer<typeof draftSchema>;

interface Row {
  readonly id: string;
  readonly title: string;
  readonly revision: number;
  readonly changes: number;
  readonly authorName: string;
  readonly source: string;
  readonly rollbackOf: number | null;
  readonly baseVersionId: string | null;
  readonly updatedAt: Date;
}

function draftView(row: Row, base: number | null): Draft {
  const { id: draft, revision, changes, source, rollbackOf } = row;
  return {
    ...{ id: draft, title: row.title, revision, changes, source, rollbackOf, base },
    ...{ author: row.authorName, updatedAt: row.updatedAt.toISOString() },
  };
}

export const list = procedure
  .meta({
    need: 'view',
    doc: 'Open drafts, the one that was worked on last first.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/drafts' },
  })
  .input(inCluster)
  .output(z.array(draftSchema))
  .query(async ({ ctx }) => {
    const versions = versionsOf(ctx);
    const [rows, all] = await Promise.all([versions.drafts(), versions.list()]);
    return rows.map((row) => draftView(row, all.find((version) => version.id === row.baseVersionId)?.number ?? null));
  });

export const get = procedure
  .meta({
    need: 'view',
    doc: 'One draft: its files, what it changes, and whether what is wanted moved on meanwhile.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/drafts/{id}' },
  })
  .input(inCluster.extend({ id }))
  .output(
    draftSchema.extend({
      files: filesSchema,
      /** The files that it began with. */
      baseFiles: filesSchema,
      differences: z.array(changeSchema),
      hbaChanged: z.boolean(),
      conflict: z
        .object({
          baseNumber: z.int().nullable(),
          wantedNumber: z.int(),
          theirs: z.array(changeSchema),
          both: z.array(z.string()),
        })
        .nullable(),
    }),
  )
  .query(async ({ ctx, input }) => {
    const versions = versionsOf(ctx);
    const row = await versions.draft(input.id);
    const base =
      row.baseVersionId === null
        ? null
        : await ctx.console.prisma.version.findUnique({ where: { id: row.baseVersionId } });
    const files = filesOf(row.files);
    const baseFiles = base === null ? { 'pgpool.conf': '' } : filesOf(base.files);
    const conflict = await versions.conflict(row);
    return {
      ...draftView(row, base?.number ?? null),
      ...{ files, baseFiles, differences: changesBetween(baseFiles['pgpool.conf'], files['pgpool.conf']) },
      hbaChanged: (baseFiles['pool_hba.conf'] ?? '') !== (files['pool_hba.conf'] ?? ''),
      conflict: conflict === null ? null : { ...conflict, theirs: [...conflict.theirs], both: [...conflict.both] },
    };
  });

export const create = procedure
  .meta({
    need: 'config.draft',
    doc: 'Begins a draft: with what is wanted now, or with the files that are given (an import).',
    openapi: { method: 'POST', path: '/clusters/{cluster}/drafts' },
    audited: ['title'],
  })
  .input(inCluster.extend({ title: title.default(''), files: filesSchema.optional() }))
  .output(draftSchema)
  .mutation(async ({ ctx, input }) => {
    const versions = versionsOf(ctx);
    const source = input.files === undefined ? 'ui' : 'import';
    const row = await versions.createDraft({
      title: input.title,
      files: input.files ?? null,
      author: authorOf(ctx),
      source,
      rollbackOf: null,
    });
    await ctx.console.hub.of(ctx.cluster.id)?.wanted.read();
    return draftView(row, (await versions.wanted())?.number ?? null);
  });

export const save = procedure
  .meta({
    need: 'config.draft',
    doc: 'Saves a draft. A revision that is not the newest is refused with DRAFT_MOVED.',
    openapi: { method: 'PUT', path: '/clusters/{cluster}/drafts/{id}' },
    audited: ['id', 'revision', 'title'],
  })
  .input(inCluster.extend({ id, revision: z.int().positive(), files: filesSchema.optional(), title: title.optional() }))
  .output(draftSchema.extend({ files: filesSchema }))
  .mutation(async ({ ctx, input }) => {
    const versions = versionsOf(ctx);
    const row = await versions.saveDraft(input.id, input.revision, {
      files: input.files,
      title: input.title,
      by: ctx.person.name,
    });
    await ctx.console.hub.of(ctx.cluster.id)?.wanted.read();
    return { ...draftView(row, null), files: filesOf(row.files) };
  });

export const discard = procedure
  .meta({
    need: 'config.draft',
    doc: 'Discards a draft.',
    openapi: { method: 'DELETE', path: '/clusters/{cluster}/drafts/{id}' },
    audited: ['id'],
  })
  .input(inCluster.extend({ id }))
  .output(z.object({ done: z.literal(true) }))
  .mutation(async ({ ctx, input }) => {
    await versionsOf(ctx).discardDraft(input.id);
    await ctx.console.hub.of(ctx.cluster.id)?.wanted.read();
    return { done: true as const };
  });

export const rebase = procedure
  .meta({
    need: 'config.draft',
    doc: 'Puts the draft’s own changes on top of what is wanted now.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/drafts/{id}/rebase' },
    audited: ['id'],
  })
  .input(inCluster.extend({ id, revision: z.int().positive() }))
  .output(draftSchema)
  .mutation(async ({ ctx, input }) => {
    const versions = versionsOf(ctx);
    const row = await versions.rebase(input.id, input.revision, ctx.person.name);
    await ctx.console.hub.of(ctx.cluster.id)?.wanted.read();
    return draftView(row, (await versions.wanted())?.number ?? null);
  });

export const checkedSchema = z.object({
  proxies: z.array(
    z.object({ proxy: z.string(), check: configurationCheckSchema.nullable(), error: z.string().nullable() }),
  ),
  cases: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      passes: z.boolean(),
      expected: z.array(z.int()),
      found: routeVerdictSchema.nullable(),
      error: z.string().nullable(),
    }),
  ),
  ok: z.boolean(),
});

/** By each proxy's own validator, with a try to reach new nodes, and the saved routing cases. */
export const check = procedure
  .meta({
    need: 'view',
    doc: 'What each proxy says of the files: findings, changes and their effect, new nodes tried (for those who hold config.draft), saved routing cases. Changes nothing.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/check' },
  })
  .input(inCluster.extend({ files: filesSchema, testNodes: z.boolean().default(true) }))
  .output(checkedSchema)
  .query(async ({ ctx, input }) => {
    const { engines, prisma, keyring } = ctx.console;
    const { links } = engines.cluster(ctx.cluster.id);
    if (links.length === 0) throw refuse('PRECONDITION_FAILED', 'NO_PROXY', 'There is no proxy to ask.');
    const files = given(input.files);
    const secrets = await secretsFor(prisma, keyring, ctx.cluster.id, files);
    // Whoever only looks does not send the proxies knocking at hosts of their choice.
    const testNodes = input.testNodes && may(ctx.person, 'config.draft', ctx.cluster.id);
    const proxies = await Promise.all(
      links.map(async (link) => {
        try {
          const onDisk = await ask(link, ctx.person.name, (api, options) =>
            api.configuration.files.query(undefined, options),
          );
          const own = given(localised(files, ownText(onDisk), link.place.ownParameters));
          const found = await ask(
            link,
            ctx.person.name,
            (api, options) => api.configuration.check.query({ files: own, secrets, testNodes }, options),
            30_000,
          );
          return { proxy: link.place.name, check: found, error: null };
        } catch (error) {
          return { proxy: link.place.name, check: null, error: (error as Error).message };
        }
      }),
    );
    const cases = await routingCases(ctx, files['pgpool.conf']);
    const ok = proxies.every(({ check: found }) => found?.ok === true) && cases.every(({ passes }) => passes);
    return { proxies, cases, ok };
  });

const questionSchema = z.object({
  ...{ sql: z.string(), database: z.string(), user: z.string(), application: z.string() },
  inTransaction: z.boolean().default(false),
  afterWrite: z.boolean().default(false),
});

async function routingCases(
  ctx: Parameters<typeof versionsOf>[0] & { readonly person: { readonly name: string } },
  configuration: string,
): Promise<z.infer<typeof checkedSchema>['cases']> {
  const rows = await ctx.console.prisma.routingCase.findMany({
    where: { clusterId: ctx.cluster.id },
    orderBy: { createdAt: 'asc' },
  });
  const link = ctx.console.engines.cluster(ctx.cluster.id).links.find(({ connection }) => connection === 'up');
  return Promise.all(
    rows.map(async (row) => {
      const { sql, ...who } = questionSchema.parse(JSON.parse(row.question));
      const expected = z.array(z.int()).parse(JSON.parse(row.expected));
      const base = { id: row.id, name: row.name, expected };
      if (link === undefined) return { ...base, passes: false, found: null, error: 'No proxy answers.' };
      try {
        const [one] = await ask(link, ctx.person.name, (api, options) =>
          api.compareRoutes.query({ statements: [sql], ...who, configuration }, options),
        );
        const found = one?.draft ?? null;
        const nodes = found?.shares.map(({ node }) => node).sort((a, b) => a - b) ?? [];
        return {
          ...base,
          passes: JSON.stringify(nodes) === JSON.stringify(expected),
          found,
          error: found?.error ?? null,
        };
      } catch (error) {
        return { ...base, passes: false, found: null, error: (error as Error).message };
      }
    }),
  );
}
