/** The challenge of PCP. What pcp.conf stores (md5 of the password) is all that a client needs to know. */
import { createHash, timingSafeEqual } from 'node:crypto';

export const SALT_BYTES = 4;

const md5 = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

export const storedHash = (password: string): string => md5(password);

/** The answer to a salt: md5(md5(stored || user) || salt), 32 lower-case hexadecimal digits, no prefix. */
export function challengeResponse(stored: string, user: string, salt: Buffer): string {
  return md5(md5(stored, user), salt);
}

export function responsesEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
