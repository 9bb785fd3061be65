/** The only place that reads the environment. Each flag of `pgherd up` has a variable: PGHERD_ and its name in capitals. */
export function environment(name: string): string | undefined {
  const value = process.env[`PGHERD_${name.toUpperCase().replaceAll('-', '_')}`];
  return value === undefined || value === '' ? undefined : value;
}

/** The user that a tool signs in as when none is named. */
export function loginName(): string {
  return process.env['USER'] ?? process.env['LOGNAME'] ?? 'postgres';
}
