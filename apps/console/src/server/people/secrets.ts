/** Random tokens, their hashes, passwords. */
import crypto from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

/** 256 bits; never kept, only its hash is. */
export const newToken = (prefix = ''): string => prefix + crypto.randomBytes(32).toString('base64url');
export const tokenHash = (token: string): string => crypto.createHash('sha256').update(token).digest('hex');

/** OWASP's second choice for argon2id: 19 MiB, two passes. */
const ARGON = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
export const PASSWORD_MIN = 10;
/** argon2 takes any length; a megabyte of password is a way to keep the server busy. */
export const PASSWORD_MAX = 200;

export const hashPassword = (password: string): Promise<string> => hash(password, ARGON);

let decoy: Promise<string> | null = null;
/** Takes as long for a name that does not exist. */
export async function passwordMatches(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword(newToken());
  const matches = await verify(stored ?? (await decoy), password.slice(0, PASSWORD_MAX));
  return matches && stored !== null;
}

export function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && crypto.timingSafeEqual(x, y);
}
