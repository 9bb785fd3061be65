/** The files of a version or draft, as they are kept in the database. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

const FILE_CHARS_MAX = 1_000_000;

export const filesSchema = z.object({
  'pgpool.conf': z.string().max(FILE_CHARS_MAX),
  'pool_hba.conf': z.string().max(FILE_CHARS_MAX).optional(),
});
export type Files = z.infer<typeof filesSchema>;

export const filesOf = (stored: string): Files => filesSchema.parse(JSON.parse(stored));

/** Engines take a missing pool_hba.conf for the one on disk, so it is left out rather than empty. */
export function given(files: Files): { 'pgpool.conf': string; 'pool_hba.conf'?: string } {
  const hba = files['pool_hba.conf'];
  return { 'pgpool.conf': files['pgpool.conf'], ...(hba === undefined ? {} : { 'pool_hba.conf': hba }) };
}

export const textHash = (files: Files): string =>
  createHash('sha256')
    .update(JSON.stringify(given(files)))
    .digest('hex');
