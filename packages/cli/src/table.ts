/** Rows as a table for the terminal, in the way psql prints them: a line break in a value shows as `+`. */
export function formatTable(columns: readonly string[], rows: readonly (readonly (string | null)[])[]): string {
  const cells = rows.map((row) => columns.map((_, i) => (row[i] ?? '').split('\n')));
  const widths = columns.map((name, i) => Math.max(width(name), ...cells.flatMap((row) => (row[i] ?? []).map(width))));
  const line = (texts: readonly string[], ends: readonly string[]): string =>
    texts
      .map((text, i) => ` ${text}${' '.repeat((widths[i] ?? 0) - width(text))}${ends[i]}`)
      .join('|')
      .trimEnd();
  const lines = cells.flatMap((row) =>
    Array.from({ length: Math.max(1, ...row.map((cell) => cell.length)) }, (_, n) =>
      line(
        row.map((cell) => cell[n] ?? ''),
        row.map((cell) => (n + 1 < cell.length ? '+' : ' ')),
      ),
    ),
  );
  const head = line(
    columns,
    columns.map(() => ' '),
  );
  const rule = widths.map((size) => '-'.repeat(size + 2)).join('+');
  return [head, rule, ...lines, `(${rows.length} row${rows.length === 1 ? '' : 's'})`].join('\n');
}

/** In characters, which is right for all but wide and combining ones. */
const width = (text: string): number => [...text].length;
