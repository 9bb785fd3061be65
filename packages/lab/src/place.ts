import { createHash } from 'node:crypto';
import { accessSync, chmodSync, chownSync, constants, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Account, reachable } from './account.ts';
import { explainWrite, LabError } from './errors.ts';

/** Where the parts of a lab live. `dataRoot` is `dir` itself, unless the account cannot enter it (a checkout in
 *  root's own home, say): then a directory of its own below /var/lib, or below /var/tmp for a short life, with links in `dir`.
 *  (Cleaners of temporary files take old files out of /var/tmp.) */
export interface Place {
  readonly dir: string;
  readonly dataRoot: string;
  readonly socketDir: string;
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** sun_path holds 107 bytes and a NUL. */
const SOCKET_PATH_MAX = 107;

/** Decides the place and makes its directories. The same `dir` always gives the same place. */
export function makePlace(dir: string, account: Account | undefined, ephemeral: boolean): Place {
  makeOpenDirectory(dir);
  const inside = account === undefined || reachable(dir, account);
  const dataRoot = inside ? dir : join(outsidePlace(account, ephemeral), `pgherd-${shortHash(dir)}`);
  if (!inside) makeOwnDirectory(dataRoot, account);
  const near = join(dataRoot, 'run');
  const fits = Buffer.byteLength(join(near, '.s.PGSQL.65535')) <= SOCKET_PATH_MAX;
  const socketDir = fits ? near : join(tmpdir().length < 60 ? tmpdir() : '/tmp', `pgherd-run-${shortHash(dir)}`);
  makeOwnDirectory(socketDir, account);
  makeOwnDirectory(join(dataRoot, 'log'), account);
  return { dir, dataRoot, socketDir };
}

function outsidePlace(account: Account | undefined, ephemeral: boolean): string {
  if (ephemeral || !reachable('/var/lib', account)) return '/var/tmp';
  try {
    accessSync('/var/lib', constants.W_OK);
    return '/var/lib';
  } catch {
    return '/var/tmp';
  }
}

/** Like mkdir -p, but what it makes can be entered by others whatever the umask; what existed stays as it is. */
function makeOpenDirectory(dir: string): void {
  if (existsSync(dir)) {
    if (!statSync(dir).isDirectory()) {
      throw new LabError('BAD_OPTION', `${dir} is a file.`, 'Name a directory with --dir DIR.');
    }
    return;
  }
  makeOpenDirectory(dirname(dir));
  try {
    mkdirSync(dir);
    chmodSync(dir, 0o755);
  } catch (error) {
    throw explainWrite(error, dir);
  }
}

/** A directory of the account's. One that exists must be a directory, not a link, and the account's own. */
export function makeOwnDirectory(path: string, account: Account | undefined, mode = 0o755): void {
  try {
    if (!lstatSync(path, { throwIfNoEntry: false })) {
      mkdirSync(path);
      chmodSync(path, mode);
      if (account) chownSync(path, account.uid, account.gid);
    }
  } catch (error) {
    throw explainWrite(error, path);
  }
  const found = lstatSync(path);
  const owner = account?.uid ?? process.getuid?.() ?? found.uid;
  if (!found.isDirectory() || found.uid !== owner) {
    throw new LabError(
      'DIRECTORY_NOT_OURS',
      `${path} exists and does not belong to ${account ? `the account "${account.name}"` : 'this account'}.`,
      'Remove it, or choose another directory with --dir DIR.',
    );
  }
}
