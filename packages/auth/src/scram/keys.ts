import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { decodeBase64 } from './base64.ts';
import { preparePassword } from './saslprep.ts';

/** SHA-256. */
export const KEY_BYTES = 32;
export const ITERATIONS_DEFAULT = 4096;
/** A peer or a stored verifier that asks for more is refused: each iteration is our CPU time. */
export const ITERATIONS_MAX = 1_000_000;

const pbkdf2Async = promisify(pbkdf2);

export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** What proves a password to a server without the password. */
export interface ScramKeys {
  readonly clientKey: Buffer;
  readonly serverKey: Buffer;
}

/** PostgreSQL's stored form, `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. Null when it is not that. */
export function parseVerifier(text: string): ScramVerifier | null {
  const match = /^SCRAM-SHA-256\$([0-9]{1,10}):([^$:]{1,1024})\$([^$:]{44}):([^$:]{44})$/.exec(text);
  if (match === null) return null;
  const [, iterationsText = '', saltText = '', storedText = '', serverText = ''] = match;
  const iterations = Number(iterationsText);
  const salt = decodeBase64(saltText);
  const storedKey = decodeBase64(storedText);
  const serverKey = decodeBase64(serverText);
  if (iterations < 1 || iterations > ITERATIONS_MAX || salt === null || salt.length === 0) return null;
  if (storedKey?.length !== KEY_BYTES || serverKey?.length !== KEY_BYTES) return null;
  return { iterations, salt, storedKey, serverKey };
}

export function formatVerifier({ iterations, salt, storedKey, serverKey }: ScramVerifier): string {
  const [s, stored, server] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'));
  return `SCRAM-SHA-256$${iterations}:${s}$${stored}:${server}`;
}

export async function buildVerifier(
  password: string,
  salt: Buffer,
  iterations: number = ITERATIONS_DEFAULT,
): Promise<ScramVerifier> {
  const { clientKey, serverKey } = await deriveKeys(password, salt, iterations);
  return { iterations, salt, storedKey: sha256(clientKey), serverKey };
}

/** ClientKey and ServerKey of a password; runs off the event loop, and remembers the last few answers. */
export async function deriveKeys(password: string, salt: Buffer, iterations: number): Promise<ScramKeys> {
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > ITERATIONS_MAX) {
    throw new RangeError(`SCRAM iterations must be from 1 to ${ITERATIONS_MAX}`);
  }
  const salted = await saltedPassword(preparePassword(password), salt, iterations);
  return { clientKey: hmac(salted, 'Client Key'), serverKey: hmac(salted, 'Server Key') };
}

/** Whether a clear-text password is the one a verifier was made of. */
export async function matchesVerifier(password: string, verifier: ScramVerifier): Promise<boolean> {
  const { clientKey, serverKey } = await deriveKeys(password, verifier.salt, verifier.iterations);
  const stored = timingSafeEqual(sha256(clientKey), verifier.storedKey);
  const server = timingSafeEqual(serverKey, verifier.serverKey);
  return stored && server;
}

export function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

export function hmac(key: Buffer, data: string | Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

export function xor(a: Buffer, b: Buffer): Buffer {
  const result = Buffer.alloc(a.length);
  for (let i = 0; i < a.length; i++) result.writeUInt8(a.readUInt8(i) ^ b.readUInt8(i), i);
  return result;
}

const CACHE_ENTRIES_MAX = 256;
const cacheKey = randomBytes(KEY_BYTES);
/** Salted passwords, oldest first, under a keyed hash: the password itself is not kept. */
const cache = new Map<string, Promise<Buffer>>();

function saltedPassword(password: Buffer, salt: Buffer, iterations: number): Promise<Buffer> {
  const fields = createHmac('sha256', cacheKey).update(`${iterations}:${salt.length}:`).update(salt).update(password);
  const key = fields.digest('base64');
  const known = cache.get(key);
  if (known !== undefined) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const made = pbkdf2Async(password, salt, iterations, KEY_BYTES, 'sha256');
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  if (cache.size > CACHE_ENTRIES_MAX) cache.delete(cache.keys().next().value as string);
  return made;
}

/** For reload and tests: forgets every salted password. */
export function clearKeyCache(): void {
  cache.clear();
}
