import { createHash, timingSafeEqual } from 'node:crypto';
import { textToBytes } from '@pgherd/wire';

/** The stored form of a password: `md5` and the hex digest of password and user name. */
export function md5Hash(password: string, user: string): string {
  return `md5${hex(Buffer.concat([textToBytes(password), textToBytes(user)]))}`;
}

export function isMd5Hash(text: string): boolean {
  return /^md5[0-9a-f]{32}$/i.test(text);
}

/** The answer to AuthenticationMD5Password: `md5` and the hex digest of (the stored hash's 32 digits and the salt). */
export function md5Response(storedHash: string, salt: Buffer): string {
  return `md5${hex(Buffer.concat([Buffer.from(storedHash.slice(3).toLowerCase(), 'latin1'), salt]))}`;
}

export function verifyMd5Response(response: Buffer, storedHash: string, salt: Buffer): boolean {
  return sameBytes(response, Buffer.from(md5Response(storedHash, salt), 'latin1'));
}

/** Compares secrets of any length without telling where they differ. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function hex(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
