/** A word of pool_hba.conf. Quoted words are always literal: `"all"` is a database of that name. */
export interface HbaToken {
  readonly text: string;
  readonly quoted: boolean;
}

/** The words of one field: those that commas join. */
export type HbaField = readonly HbaToken[];

/** Splits a line into fields at blanks, and fields into words at commas. A `#` outside of quotes starts a comment; within
 *  quotes a doubled quote is one quote.
 *  @returns null when a quote is not closed. */
export function splitLine(line: string): readonly HbaField[] | null {
  const fields: HbaToken[][] = [];
  let afterComma = false;
  let i = 0;
  while (i < line.length) {
    const c = line[i] ?? '';
    if (c === '#') break;
    if (c === ',') {
      afterComma = fields.length > 0;
      i++;
      continue;
    }
    if (isBlank(c)) {
      i++;
      continue;
    }
    const word = readWord(line, i);
    if (word === null) return null;
    const field = fields.at(-1);
    // PostgreSQL's rule: a comma right behind a word continues the field, also across blanks.
    if (afterComma && field !== undefined) field.push(word.token);
    else fields.push([word.token]);
    afterComma = false;
    i = word.end;
    if (line[i] === ',') {
      afterComma = true;
      i++;
    }
  }
  return fields;
}

function readWord(line: string, start: number): { readonly token: HbaToken; readonly end: number } | null {
  const pieces: string[] = [];
  let inQuotes = false;
  let from = start;
  let i = start;
  for (; i < line.length; i++) {
    const c = line[i] ?? '';
    if (c === '"') {
      pieces.push(line.slice(from, i));
      from = i + 1;
      if (inQuotes && line[i + 1] === '"') {
        pieces.push('"');
        i++;
        from = i + 1;
      } else inQuotes = !inQuotes;
    } else if (!inQuotes && (isBlank(c) || c === ',' || c === '#')) break;
  }
  if (inQuotes) return null;
  pieces.push(line.slice(from, i));
  return { token: { text: pieces.join(''), quoted: line[start] === '"' }, end: i };
}

const isBlank = (c: string): boolean => c === ' ' || c === '\t' || c === '\r' || c === '\f' || c === '\v' || c === '\n';
