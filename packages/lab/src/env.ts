/** The one place in this package that reads the environment. */
export const env = {
  /** Same meaning as `--pg-bin`: a directory, `embedded` or `system`. */
  pgBin: (): string | undefined => process.env['PGHERD_PG_BIN'] || undefined,
  path: (): string[] => (process.env['PATH'] ?? '').split(':').filter((entry) => entry !== ''),
  user: (): string => process.env['USER'] || process.env['LOGNAME'] || 'postgres',
  timeZone: (): string | undefined => process.env['TZ'] || undefined,
};
