/**
 * Prisma fixes the database when a client is generated. The one source, prisma/schema.prisma, is written out once for each:
 * prisma/sqlite/schema.prisma and prisma/postgresql/schema.prisma. A test compares.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const providers = ['sqlite', 'postgresql'] as const;
export type Provider = (typeof providers)[number];

export function derivedSchema(source: string, provider: Provider): string {
  const output = `../../apps/console/generated/${provider}`;
  const head = '// Derived from ../schema.prisma: change that one, then `npm run prisma:derive`.\n\n';
  return head + source.replace('OUTPUT', output).replace('PROVIDER', provider);
}

export const schemaFile = (provider: Provider): string => path.join(root, 'prisma', provider, 'schema.prisma');

export function deriveSchemas(): void {
  const source = fs.readFileSync(path.join(root, 'prisma/schema.prisma'), 'utf8');
  for (const provider of providers) fs.writeFileSync(schemaFile(provider), derivedSchema(source, provider));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) deriveSchemas();
