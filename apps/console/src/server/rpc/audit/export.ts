/** The audit log as a file. */
import { z } from 'zod';
import { procedure } from '../base.ts';
import { type auditEntry, auditFilter, viewOf, whereOf } from './audit.ts';

/** More than that is asked for in parts, by time. */
const ENTRIES_MAX = 50_000;
const COLUMNS = [
  ...['seq', 'at', 'actor', 'via', 'address', 'cluster'],
  ...['action', 'target', 'details', 'result', 'hash'],
] as const;

export const exportAudit = procedure
  .meta({
    need: 'audit.export',
    doc: `Entries of the audit log as a file, oldest first, at most ${ENTRIES_MAX}; \`more\` says that there are others.`,
    openapi: { method: 'GET', path: '/audit/export' },
  })
  .input(auditFilter.extend({ format: z.enum(['csv', 'json']).default('csv') }))
  .output(z.object({ name: z.string(), type: z.string(), text: z.string(), entries: z.int(), more: z.boolean() }))
  .query(async ({ ctx, input }) => {
    const { format, ...filter } = input;
    const rows = await ctx.console.prisma.auditEntry.findMany({
      where: whereOf(ctx, filter),
      orderBy: { seq: 'asc' },
      take: ENTRIES_MAX + 1,
    });
    const slugs = new Map(ctx.console.engines.clusters.map(({ id, slug }) => [id, slug]));
    const entries = rows.slice(0, ENTRIES_MAX).map((row) => viewOf(row, slugs));
    const text = format === 'json' ? `${JSON.stringify(entries, null, 2)}\n` : csvOf(entries);
    const name = `pgherd-audit-${new Date().toISOString().slice(0, 10)}.${format}`;
    const type = format === 'json' ? 'application/json' : 'text/csv';
    return { name, type, text, entries: entries.length, more: rows.length > ENTRIES_MAX };
  });

/** RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe. */
export function csvOf(entries: readonly z.infer<typeof auditEntry>[]): string {
  const cell = (value: unknown): string => {
    const raw = typeof value === 'string' ? value : JSON.stringify(value);
    const text = /^[=+\-@\t\r\n＝＋－＠]/.test(raw) ? `'${raw}` : raw;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = entries.map((entry) => COLUMNS.map((column) => cell(entry[column])).join(','));
  return [COLUMNS.join(','), ...lines, ''].join('\r\n');
}
