/**
 * What a version is known by: SHA-256 over its files in canonical form, where each secret is a keyed fingerprint. Engine
 * and console compare hashes only, so both must have the same key; whoever has no key learns nothing about a secret.
 */
import { createHash, createHmac } from 'node:crypto';
import { referenceOf, replaceSecrets } from './secrets.ts';

/** HMAC-SHA-256 of one secret, in hexadecimal. @param key 32 bytes @param name today's name, with number */
export function fingerprintOf(key: Buffer, name: string, value: string): string {
  return createHmac('sha256', key).update(`${name}\0${value}`).digest('hex');
}

/** Names a key without telling it: 16 hexadecimal digits. */
export function keyIdOf(key: Buffer): string {
  return createHmac('sha256', key).update('pgherd: the name of this key').digest('hex').slice(0, 16);
}

/** The text of one file with fingerprints in place of secrets. A reference without value stands for itself.
 *  @param secretOf the value of a reference; null: not known */
export function canonicalText(text: string, key: Buffer, secretOf: (reference: string) => string | null): string {
  return replaceSecrets(text, (name, written) => {
    const reference = referenceOf(written);
    const value = reference === null ? written : secretOf(reference);
    return value === null ? `unknown:${reference}` : `hmac:${fingerprintOf(key, name, value)}`;
  });
}

/** Of one file. */
export function fileHash(
  name: string,
  text: string,
  key: Buffer,
  secretOf: (reference: string) => string | null,
): string {
  return sha256(name === 'pgpool.conf' ? canonicalText(text, key, secretOf) : text);
}

/** Of a whole version: `SHA-256("name:hash\n" …)` in the order of the names. @param files by name */
export function versionHash(
  files: Readonly<Record<string, string>>,
  key: Buffer,
  secretOf: (reference: string) => string | null,
): string {
  const lines = Object.entries(files)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${name}:${fileHash(name, text, key, secretOf)}\n`);
  return sha256(lines.join(''));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
