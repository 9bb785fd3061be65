/** Where the project's own files are, seen from a source file of this package. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = path.resolve(fileURLToPath(new URL('.', import.meta.url)), '../../..');

export const programs = {
  pgherd: path.join(projectRoot, 'packages/cli/bin/pgherd'),
  pgpool: path.join(projectRoot, 'compat/bin/pgpool'),
} as const;

/** Where the drop-in programs look for files that the command line does not name. */
export const configurationDirectory = path.join(projectRoot, 'compat/etc');
