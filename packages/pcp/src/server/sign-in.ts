/** Who may use PCP: pcp.conf, read at each sign-in, and the answer to the salt that was given. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parsePcpConf } from '@pgherd/config';
import { challengeResponse, responsesEqual, SALT_BYTES, storedHash } from '../wire/password.ts';
import { decodeTexts } from '../wire/texts.ts';
import type { FailedSignIns } from './failed-sign-ins.ts';
import { fatal, PcpRefusal } from './refusal.ts';

export const NAME_BYTES_MAX = 128;
const WRONG = 'username and/or password does not match';
/** Compared with where there is no such user, so that both take as long. */
const NOBODY = storedHash(randomBytes(16).toString('hex'));

export interface SignInContext {
  /** pcp.conf */
  readonly usersFile: string;
  readonly failures: FailedSignIns;
  readonly address: string;
  nowMs(): number;
}

export const newSalt = (): Buffer => randomBytes(SALT_BYTES);

/** @param salt null: none was asked for @returns the user @throws PcpRefusal FATAL */
export async function signIn(body: Buffer, salt: Buffer | null, context: SignInContext): Promise<string> {
  const [user, response] = decodeTexts(body);
  if (salt === null || user === undefined || response === undefined) throw fatal('authentication failed', WRONG);
  if (Buffer.byteLength(user) > NAME_BYTES_MAX) throw fatal('authentication failed', 'username is too long');
  const { failures, address } = context;
  const wait = failures.waitSeconds(user, address, context.nowMs());
  if (wait > 0) {
    const hint = `There were too many failed attempts: wait ${wait} s, and the next one is looked at again.`;
    throw new PcpRefusal('FATAL', `authentication failed for user "${user}"`, WRONG, hint);
  }
  failures.attempt(user, address, context.nowMs());
  if (!(await isRight(user, response, salt, context.usersFile))) {
    throw fatal(`authentication failed for user "${user}"`, WRONG);
  }
  failures.succeeded(user, address);
  return user;
}

async function isRight(user: string, response: string, salt: Buffer, usersFile: string): Promise<boolean> {
  let text = '';
  try {
    text = await readFile(usersFile, 'utf8');
  } catch {
    // Without the file nobody is known; whoever opens the door has said so in the log.
  }
  const stored = parsePcpConf(text, usersFile).entries.filter((entry) => entry.user === user);
  let right = false;
  for (const { hash } of stored.length === 0 ? [{ hash: NOBODY }] : stored) {
    if (responsesEqual(response, challengeResponse(hash, user, salt)) && stored.length > 0) right = true;
  }
  return right;
}
