import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fchownSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { env } from './env.ts';
import { LabError } from './errors.ts';

/** The unprivileged account that PostgreSQL runs under. PostgreSQL refuses to run as root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The account to switch to, or undefined when this process is unprivileged already and starts PostgreSQL as itself. */
export function labAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const wanted of ['postgres', 'nobody']) {
    for (const line of lines) {
      const [name, , uid, gid] = line.split(':');
      if (name === wanted && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new LabError(
    'ACCOUNT_MISSING',
    'PostgreSQL refuses to run as root, and this machine has neither an account "postgres" nor "nobody".',
    'Run this as an ordinary user, or create the account: useradd --system postgres.',
  );
}

/** spawn options that run a child as the account, in a directory that it can always enter, with nothing inherited
 *  that PostgreSQL would listen to (PGPORT, PGDATA, LC_*). */
export function asAccount(account: Account | undefined): {
  cwd: string;
  env: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
} {
  const zone = env.timeZone();
  return {
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', ...(zone ? { TZ: zone } : {}) },
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  };
}

/** Can the account enter this directory and read it? Asks the kernel as that account, so ACLs and mounts count. */
export function reachable(directory: string, account: Account | undefined): boolean {
  const probe = spawnSync('/bin/sh', ['-c', 'test -x "$1" && test -r "$1"', 'sh', directory], {
    ...asAccount(account),
    stdio: 'ignore',
  });
  if (probe.error && account) {
    throw new LabError(
      'ACCOUNT_MISSING',
      `PostgreSQL refuses to run as root, and this process may not switch to the account "${account.name}".`,
      'Run this as an ordinary user.',
      { cause: probe.error },
    );
  }
  return probe.status === 0;
}

/** Writes a file for the account, by rename: in a directory that belongs to the account a link it planted is replaced,
 *  never followed. */
export function writeOwned(path: string, text: string, account: Account | undefined, mode = 0o600): void {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  const fd = openSync(draft, 'wx', mode);
  try {
    writeSync(fd, text);
    fchmodSync(fd, mode);
    if (account) fchownSync(fd, account.uid, account.gid);
    renameSync(draft, path);
  } catch (error) {
    unlinkSync(draft);
    throw error;
  } finally {
    closeSync(fd);
  }
}
