/** The console about itself. */
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { may } from '../../people/caller.ts';
import { procedure } from '../base.ts';

const { version } = createRequire(import.meta.url)('../../../../package.json') as { version: string };

export const about = procedure
  .meta({
    need: 'signedIn',
    doc: 'Version and health of the console: its database, what it holds, versions of the proxies.',
    openapi: { method: 'GET', path: '/about' },
  })
  .input(z.void())
  .output(
    z.object({
      version: z.string(),
      node: z.string(),
      /** Since when this process runs, ISO 8601. */
      startedAt: z.string(),
      readOnly: z.boolean(),
      rssBytes: z.number(),
      database: z.object({
        kind: z.enum(['sqlite', 'postgresql']),
        /** Bytes of the file and its journal; null for PostgreSQL. */
        bytes: z.number().nullable(),
        /** How long a small question to it took. */
        answersMs: z.number(),
        /** What had to be done to open it, a sentence; null = nothing. */
        healed: z.string().nullable(),
        /** Copies that were made before migrations, newest first. */
        copies: z.array(z.object({ name: z.string(), at: z.string(), bytes: z.number() })),
        versions: z.int(),
        reports: z.int(),
        auditEntries: z.int(),
        auditSince: z.string().nullable(),
      }),
      proxies: z.array(
        z.object({ cluster: z.string(), name: z.string(), connection: z.string(), version: z.string().nullable() }),
      ),
    }),
  )
  .query(async ({ ctx }) => {
    const { prisma, engines, options, database } = ctx.console;
    const began = performance.now();
    const auditEntries = await prisma.auditEntry.count();
    const answersMs = performance.now() - began;
    const [versions, reports, oldest] = await Promise.all([
      prisma.version.count(),
      prisma.operationReport.count(),
      prisma.auditEntry.findFirst({ orderBy: { seq: 'asc' } }),
    ]);
    const file = database.provider === 'sqlite' ? options.databaseUrl.replace(/^file:(\/\/)?/, '') : null;
    const bytes = file === null ? null : (await sizeOf(file)) + (await sizeOf(`${file}-wal`));
    const visible = new Set(engines.clusters.filter(({ id }) => may(ctx.person, 'view', id)).map(({ id }) => id));
    return {
      ...{ version, node: process.versions.node, readOnly: options.readOnly, rssBytes: process.memoryUsage.rss() },
      startedAt: new Date(Date.now() - process.uptime() * 1_000).toISOString(),
      database: {
        kind: database.provider,
        ...{ bytes, answersMs, versions, reports, auditEntries },
        ...{ healed: database.healed, copies: file === null ? [] : await copiesOf(file) },
        auditSince: oldest?.at.toISOString() ?? null,
      },
      proxies: engines.clusters
        .filter(({ id }) => visible.has(id))
        .flatMap(({ slug, links }) =>
          links.map((link) => ({
            ...{ cluster: slug, name: link.place.name, connection: link.connection },
            version: link.status?.version ?? null,
          })),
        ),
    };
  });

async function copiesOf(file: string): Promise<{ name: string; at: string; bytes: number }[]> {
  const folder = path.dirname(file);
  const names = await readdir(folder).catch(() => []);
  const copies = names.filter((name) => name.startsWith(`${path.basename(file)}.before-`));
  const told = await Promise.all(
    copies.map(async (name) => {
      const facts = await stat(path.join(folder, name)).catch(() => null);
      return facts === null ? [] : [{ name, at: facts.mtime.toISOString(), bytes: facts.size }];
    }),
  );
  return told.flat().sort((a, b) => (a.at > b.at ? -1 : 1));
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );
