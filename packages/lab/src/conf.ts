/** A value for postgresql.conf, in quotes. */
export const confQuote = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** A value inside a conninfo text. */
export const conninfoQuote = (value: string): string =>
  /^[\w./:@+-]+$/.test(value) ? value : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

export const sqlLiteral = (value: string): string =>
  value.includes('\\')
    ? `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${value.replaceAll("'", "''")}'`;

export const sqlIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A field of a passfile. */
export const passfileField = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll(':', '\\:');

export function confLines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${confQuote(value)}\n`)
    .join('');
}
