/** The only place that reads the environment. Each flag of `pgherd up` has a variable: PGHERD_ and its name in capitals. */
import os from 'node:os';

export function environment(name: string): string | undefined {
  const value = process.env[`PGHERD_${name.toUpperCase().replaceAll('-', '_')}`];
  return value === undefined || value === '' ? undefined : value;
}

/** What users of Pgpool-II set for its tools. Empty counts as not set. */
export function programVariable(name: 'PCPPASSFILE' | 'PCPPASSWORD' | 'PGPASSWORD'): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** What users of Pgpool-II set for pgpool_setup. Empty counts as not set. */
export function setupVariable(
  name:
    | 'PGPOOL_INSTALL_DIR'
    | 'PGPOOLDIR'
    | 'PGBIN'
    | 'PGSOCKET_DIR'
    | 'INITDBARG'
    | 'USE_REPLICATION_SLOT'
    | 'USE_PG_REWIND'
    | 'ENABLE_TEST',
): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** The operating system's user, whom tools mean when none is named; `USER` where the system has no name for the number. */
export function loginName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return process.env['USER'] ?? process.env['LOGNAME'] ?? 'postgres';
  }
}
