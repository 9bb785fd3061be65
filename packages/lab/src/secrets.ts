import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from './errors.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** The accounts of a lab, kept in `secrets.json` (0600) and nowhere else in the lab's own files. */
export interface Secrets {
  readonly superuser: Credentials;
  /** Owns the application database. */
  readonly app: Credentials;
  /** pg_monitor: health checks. */
  readonly probe: Credentials;
  /** Nothing but EXECUTE of the lookup function that another package prints. */
  readonly auth: Credentials;
  /** REPLICATION and what a failover needs. */
  readonly ops: Credentials;
  /** What standbys stream with. */
  readonly replication: Credentials;
  /** For the PCP port of a proxy before this lab. */
  readonly pcp: Credentials;
}

export const newPassword = (): string => randomBytes(18).toString('base64url');

const pathOf = (dir: string): string => join(dir, 'secrets.json');

export function writeSecrets(dir: string, secrets: Secrets): void {
  const draft = `${pathOf(dir)}.new`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, pathOf(dir));
}

export function readSecrets(dir: string): Secrets {
  try {
    return JSON.parse(readFileSync(pathOf(dir), 'utf8')) as Secrets;
  } catch (error) {
    throw new LabError(
      'LAB_UNREADABLE',
      `cannot read ${pathOf(dir)}.`,
      'Run this as the account that made the lab, or destroy it and create it again.',
      { cause: error },
    );
  }
}
