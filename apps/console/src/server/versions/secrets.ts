/**
 * Secrets of a cluster's configuration: sealed in the database, referred to in texts as `secret:<name>#<n>`, sent to proxies with
 * an apply. Nothing here ever gives one to a person.
 */
import { randomUUID } from 'node:crypto';
import { quoteValue } from '@pgherd/config/document';
import { referenceOf, replaceSecrets, secretsIn } from '@pgherd/config/version';
import type { ConfigurationFilesFacts } from '@pgherd/operations';
import type { Prisma } from '../data/database.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Files } from './files.ts';

const purpose = (clusterId: string, reference: string): string => `secret:${clusterId}:${reference}`;

/** References of the console begin with c, so that they never meet those an engine gave out (which are plain numbers). */
const PREFIX = 'c';

/** What stands in plain in a text goes into the store, and a reference takes its place. */
export async function withoutPlainSecrets(
  prisma: Prisma,
  keyring: Keyring,
  clusterId: string,
  files: Files,
  by: string,
): Promise<Files> {
  const text = files['pgpool.conf'];
  const plain = secretsIn(text).filter(({ value }) => value !== '' && referenceOf(value) === null && !isMask(value));
  if (plain.length === 0) return files;
  const references = new Map<string, string>();
  for (const { name, value } of plain) {
    references.set(`${name}\0${value}`, await keepSecret(prisma, keyring, { clusterId, name, value, by }));
  }
  const masked = replaceSecrets(text, (name, value) => {
    const reference = references.get(`${name}\0${value}`);
    return reference === undefined ? quoteValue(value) : `'${reference}'`;
  });
  return { ...files, 'pgpool.conf': masked };
}

const isMask = (value: string): boolean => /^\*+$/.test(value);

/** @returns the reference, as `secret:sr_check_password#c3` */
export async function keepSecret(
  prisma: Prisma,
  keyring: Keyring,
  {
    clusterId,
    name,
    value,
    by,
  }: { readonly clusterId: string; readonly name: string; readonly value: string; readonly by: string },
): Promise<string> {
  return prisma.$transaction(async (tx) => {
    const newest = await tx.secret.findFirst({ where: { clusterId, name }, orderBy: { n: 'desc' } });
    if (newest !== null && keyring.open(newest.value, purpose(clusterId, `${name}#${newest.n}`)) === value) {
      return `secret:${name}#${PREFIX}${newest.n}`;
    }
    const n = (newest?.n ?? 0) + 1;
    const sealed = keyring.seal(value, purpose(clusterId, `${name}#${n}`));
    await tx.secret.create({ data: { id: randomUUID(), clusterId, name, n, value: sealed, byName: by } });
    return `secret:${name}#${PREFIX}${n}`;
  });
}

/** Values for the references of a text that are the console's own: `<name>#<n>` → value. Engines know the others. */
export async function secretsFor(
  prisma: Prisma,
  keyring: Keyring,
  clusterId: string,
  files: Files,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { value } of secretsIn(files['pgpool.conf'])) {
    const reference = referenceOf(value);
    const [, name, n] = /^(.+)#c(\d+)$/.exec(reference ?? '') ?? [];
    if (reference === null || name === undefined || n === undefined) continue;
    const row = await prisma.secret.findUnique({ where: { clusterId_name_n: { clusterId, name, n: Number(n) } } });
    if (row !== null) found[reference] = keyring.open(row.value, purpose(clusterId, `${name}#${row.n}`));
  }
  return found;
}

/** The key that the proxies of a cluster make fingerprints with. 32 bytes in hexadecimal. */
export const clusterKey = (keyring: Keyring, clusterId: string): string => keyring.digest(clusterId, 'cluster-key');

/**
 * The same text for one proxy: what was imported from another proxy names secrets that only that one knows. Where this proxy's own
 * file has the parameter, it keeps the value that it has, until somebody sets one here.
 * @param own the proxy's pgpool.conf, with its references; null when it cannot be read
 */
export function withOwnSecrets(files: Files, own: string | null): Files {
  if (own === null) return files;
  const mine = new Map(secretsIn(own).map(({ name, value }) => [name, value]));
  const known = new Set(mine.values());
  const text = replaceSecrets(files['pgpool.conf'], (name, value) => {
    const reference = referenceOf(value);
    const foreign = reference !== null && !/#c\d+$/.test(reference) && !known.has(value);
    return foreign ? `'${mine.get(name) ?? value}'` : value === '' ? "''" : quoteValue(value);
  });
  return { ...files, 'pgpool.conf': text };
}

export const ownText = ({ files }: ConfigurationFilesFacts): string | null =>
  files.find(({ name }) => name === 'pgpool.conf')?.text ?? null;
