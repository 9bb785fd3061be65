/** Versions: import, history, comparison, export, going back. */
import { z } from 'zod';
import { changesBetween } from '../../../shared/config/changes.ts';
import { ask } from '../../engines/ask.ts';
import { refuse } from '../../refusal.ts';
import { filesOf, filesSchema, given } from '../../versions/files.ts';
import { localised } from '../../versions/localised.ts';
import { ownText, withoutPlainSecrets } from '../../versions/secrets.ts';
import { Versions } from '../../versions/versions.ts';
import { inCluster, procedure } from '../base.ts';
import type { ClusterContext } from './shapes.ts';
import { authorOf, changeSchema, versionSchema, versionsOf, versionView } from './shapes.ts';

const reason = z.string().trim().max(500).default('');

export const list = procedure
  .meta({
    need: 'view',
    doc: 'All versions of the configuration, newest first.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/versions' },
  })
  .input(inCluster)
  .output(z.array(versionSchema))
  .query(async ({ ctx }) => {
    const versions = versionsOf(ctx);
    const [rows, wanted, runs] = await Promise.all([
      versions.list(),
      versions.wanted(),
      ctx.console.prisma.applyRun.findMany({ where: { clusterId: ctx.cluster.id }, orderBy: { startedAt: 'desc' } }),
    ]);
    return rows.map((row) => versionView(row, rows, wanted?.id ?? null, runs));
  });

export const get = procedure
  .meta({
    need: 'view',
    doc: 'The files of one version, with references in place of secrets.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/versions/{number}' },
  })
  .input(inCluster.extend({ number: z.coerce.number().int().positive() }))
  .output(versionSchema.extend({ files: filesSchema }))
  .query(async ({ ctx, input }) => {
    const versions = versionsOf(ctx);
    const [row, wanted] = await Promise.all([versions.byNumber(input.number), versions.wanted()]);
    return { ...versionView(row, [row], wanted?.id ?? null, []), files: filesOf(row.files) };
  });

export const compare = procedure
  .meta({
    need: 'view',
    doc: 'What differs between two versions, parameter by parameter.',
    openapi: { method: 'GET', path: '/clusters/{cluster}/versions/{from}/compare/{to}' },
  })
  .input(inCluster.extend({ from: z.coerce.number().int().positive(), to: z.coerce.number().int().positive() }))
  .output(z.object({ changes: z.array(changeSchema), hbaChanged: z.boolean(), from: filesSchema, to: filesSchema }))
  .query(async ({ ctx, input }) => {
    const versions = versionsOf(ctx);
    const [from, to] = (await Promise.all([versions.byNumber(input.from), versions.byNumber(input.to)])).map(
      ({ files }) => filesOf(files),
    );
    const [a, b] = [from ?? { 'pgpool.conf': '' }, to ?? { 'pgpool.conf': '' }];
    return {
      changes: changesBetween(a['pgpool.conf'], b['pgpool.conf']),
      hbaChanged: (a['pool_hba.conf'] ?? '') !== (b['pool_hba.conf'] ?? ''),
      from: a,
      to: b,
    };
  });

export const importRunning = procedure
  .meta({
    need: 'config.apply',
    doc: 'Takes the files of a proxy as they are as a new version, which is then what is wanted.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/versions/import' },
    audited: ['proxy', 'reason'],
  })
  .input(inCluster.extend({ proxy: z.string().max(100).nullable().default(null), reason }))
  .output(z.object({ number: z.int(), proxy: z.string() }))
  .mutation(async ({ ctx, input }) => importFrom(ctx, input.proxy, input.reason, authorOf(ctx)));

/** Also what a console does by itself with the engine that was started beside it. */
export async function importFrom(
  ctx: ClusterContext,
  proxy: string | null,
  why: string,
  author: { readonly id: string | null; readonly name: string },
): Promise<{ number: number; proxy: string }> {
  const { engines, hub, prisma, keyring } = ctx.console;
  const link = engines.acting(ctx.cluster.id, proxy);
  const found = await ask(link, author.name, (api, options) => api.configuration.files.query(undefined, options));
  const text = found.files.find(({ name }) => name === 'pgpool.conf')?.text ?? null;
  if (text === null)
    throw refuse('PRECONDITION_FAILED', 'UNREADABLE', `${link.place.name} cannot read its pgpool.conf.`);
  const hba = found.files.find(({ name }) => name === 'pool_hba.conf')?.text ?? null;
  const versions = new Versions(prisma, keyring, ctx.cluster.id);
  const wanted = await versions.wanted();
  const version = await versions.create({
    // The proxy tells references; whatever came in plain all the same is kept sealed.
    files: await withoutPlainSecrets(
      prisma,
      keyring,
      ctx.cluster.id,
      { 'pgpool.conf': text, ...(hba === null ? {} : { 'pool_hba.conf': hba }) },
      author.name,
    ),
    ...{ parentId: wanted?.id ?? null, author, reason: why, source: 'import', rollbackOf: null },
  });
  if (found.hash !== null) await versions.noteHash(version.id, link.place.id, found.hash, found.keyId);
  // Of the others: what they would call this version, where they can tell.
  for (const other of engines.cluster(ctx.cluster.id).links) {
    if (other === link || other.connection !== 'up') continue;
    const check = await ask(other, author.name, async (api, options) => {
      const own = await api.configuration.files.query(undefined, options);
      const files = given(localised(filesOf(version.files), ownText(own), other.place.ownParameters));
      return api.configuration.check.query({ files, secrets: {}, testNodes: false }, options);
    }).catch(() => null);
    if (check !== null && check.missingSecrets.length === 0)
      await versions.noteHash(version.id, other.place.id, check.versionHash, check.keyId);
  }
  await versions.setWanted(version.id);
  await hub.of(ctx.cluster.id)?.wanted.read();
  return { number: version.number, proxy: link.place.name };
}

export const rollback = procedure
  .meta({
    need: 'config.rollback',
    doc: 'A new draft with the files of an old version. It takes effect when it is applied.',
    openapi: { method: 'POST', path: '/clusters/{cluster}/versions/{number}/rollback' },
    audited: ['number', 'reason'],
  })
  .input(inCluster.extend({ number: z.coerce.number().int().positive(), reason: z.string().trim().min(1).max(500) }))
  .output(z.object({ draft: z.string() }))
  .mutation(async ({ ctx, input }) => {
    const versions = versionsOf(ctx);
    const old = await versions.byNumber(input.number);
    const draft = await versions.createDraft({
      ...{ title: input.reason, files: filesOf(old.files), author: authorOf(ctx) },
      ...{ source: 'rollback', rollbackOf: old.number },
    });
    await ctx.console.hub.of(ctx.cluster.id)?.wanted.read();
    return { draft: draft.id };
  });
