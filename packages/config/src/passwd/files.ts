import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type PoolPasswd, parsePoolPasswd, withPoolPasswdEntry } from './pool-passwd.ts';

/** Reads pool_passwd; a file that is not there holds no users.
 *  @throws the error of the file system for a file that is there and cannot be read. */
export function readPoolPasswd(path: string): PoolPasswd {
  return parsePoolPasswd(readIfThere(path), path);
}

/** Stores one user's line. Readers see the old file or the new one, never a part: the new text goes to a file beside it
 *  that then takes its name. Mode and owner of the file are kept; a new file gets 0600.
 *  `field` is stored as given, e.g. `md5` with the hash of `pgMd5(password, user)`, or `TEXT` with a password.
 *  @throws RangeError for what a line cannot hold, and the errors of the file system. */
export function storePoolPasswdEntry(path: string, user: string, field: string): void {
  const text = withPoolPasswdEntry(readIfThere(path), user, field);
  const present = statSync(path, { throwIfNoEntry: false });
  const target = present === undefined ? path : realpathSync(path);
  const beside = join(dirname(target), `.pool_passwd.${process.pid}.${randomBytes(6).toString('hex')}`);
  const fd = openSync(beside, 'wx', 0o600);
  try {
    try {
      const bytes = Buffer.from(text, 'utf8');
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
      if (present !== undefined) {
        keepOwner(fd, present.uid, present.gid);
        fchmodSync(fd, present.mode & 0o7777);
      }
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, target);
  } catch (error) {
    unlinkSync(beside);
    throw error;
  }
}

function keepOwner(fd: number, uid: number, gid: number): void {
  try {
    fchownSync(fd, uid, gid);
  } catch {
    // Only root may give a file away; anyone else owns what they could replace.
  }
}

function readIfThere(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? '' : readFileSync(path, 'utf8');
}
