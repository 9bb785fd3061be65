/**
 * Statements that the engine must see before a server does: its own SHOW and PGPOOL commands, and those that idle pooled
 * connections would block. A few byte comparisons decide for all other statements.
 */

/** What the engine answers itself. */
export type OwnCommand =
  | { readonly kind: 'show'; readonly name: string }
  | { readonly kind: 'pgpool-show'; readonly name: string }
  /** `value` null = TO DEFAULT, and RESET. */
  | { readonly kind: 'pgpool-set'; readonly name: string; readonly value: string | null }
  | { readonly kind: 'pgpool-reset-all' }
  | { readonly kind: 'pgpool-delete-cache'; readonly query: string }
  | { readonly kind: 'pgpool-explain'; readonly sql: string };

export type Interception = OwnCommand | { readonly kind: 'guard'; readonly database: string };

const SLASH = 0x2f;
const DASH = 0x2d;
const NEWLINE = 0x0a;
const LINE_COMMENT = 0x2d2d;
const COMMENT_OPENS = 0x2f2a;
const COMMENT_CLOSES = 0x2a2f;
const SHOW = 0x73686f77;
const PGPO = 0x7067706f;
const DROP = 0x64726f70;
const CREA = 0x63726561;
const ALTE = 0x616c7465;

// These run on what any client sends: no two parts of a pattern may share a run of blanks.
// Any other name is an ordinary SHOW, which the server refuses.
const SHOW_POOL = /^show\s+(pool_(?:status|nodes|processes|pools|version|cache|health_check_stats|backend_stats))$/i;
const NAME = String.raw`("(?:[^"]|"")*"|[^\s";()]+)`;
const PGPOOL_NAMED = /^pgpool\s+(show|reset)\s+("(?:[^"]|"")*"|[^\s";]+)$/i;
const PGPOOL_SET = /^pgpool\s+set\s+("(?:[^"]|"")*"|\w+)(?:\s*=\s*|\s+to\s+)('(?:[^']|'')*'|[-+.\w]+)$/i;
const DELETE_CACHE = /^pgpool\s+set\s+cache\s+delete\s+('(?:[^']|'')*')$/i;
const EXPLAIN_ROUTE = /^pgpool\s+explain\s+route\s+/i;
const DROP_DATABASE = new RegExp(String.raw`^drop\s+database\s+(?:if\s+exists\s+)?${NAME}`, 'i');
const CREATE_DATABASE = new RegExp(String.raw`^create\s+database\s[\s\S]*?\btemplate(?:\s*=\s*|\s+|(?="))${NAME}`, 'i');
const ALTER_DATABASE = new RegExp(String.raw`^alter\s+database\s+${NAME}\s+(?:rename\s+to|set\s+tablespace)\b`, 'i');
/** Statements of this kind are short; a longer text is not one of them. */
const LOOK_BYTES_MAX = 4096;
const COMMENTS = /\/\*[\s\S]*?\*\/|--[^\n]*/g;
const QUOTED_OR_COMMENT = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\/\*[\s\S]*?\*\/|--[^\n]*/g;

/** What is between quotes, where there are any. */
function literal(token: string): string {
  return token.startsWith("'") ? token.slice(1, -1).replaceAll("''", "'") : token;
}

function withoutComments(text: string): string {
  return text.replace(QUOTED_OR_COMMENT, (found) => (found.startsWith("'") || found.startsWith('"') ? found : ' '));
}

/** The name as the catalog has it: quotes removed, unquoted names in lower case. */
function identifier(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token.toLowerCase();
}

/** @param end one past the last byte of the text (its final zero excluded) */
export function intercept(buffer: Buffer, start: number, end: number): Interception | null {
  let pos = start;
  while (pos < end && (buffer[pos] as number) <= 0x20) pos++;
  if (buffer[pos] === SLASH || buffer[pos] === DASH)
    pos = afterComments(buffer, pos, Math.min(end, pos + LOOK_BYTES_MAX));
  if (end - pos < 8) return null;
  // the first four letters, in lower case
  const word =
    ((buffer[pos] as number) << 24) |
    ((buffer[pos + 1] as number) << 16) |
    ((buffer[pos + 2] as number) << 8) |
    (buffer[pos + 3] as number) |
    0x20202020;
  if (word !== SHOW && word !== PGPO && word !== DROP && word !== CREA && word !== ALTE) return null;
  if (end - pos > LOOK_BYTES_MAX && word !== PGPO) return null;
  return match(word, buffer.toString('utf8', pos, end));
}

/** Where the statement begins behind comments, which may be nested; `end` when all of it is comment. */
function afterComments(buffer: Buffer, start: number, end: number): number {
  let pos = start;
  while (pos + 1 < end) {
    const two = ((buffer[pos] as number) << 8) | (buffer[pos + 1] as number);
    if (two === LINE_COMMENT) {
      while (pos < end && buffer[pos] !== NEWLINE) pos++;
    } else if (two === COMMENT_OPENS) {
      let depth = 0;
      do {
        const here = ((buffer[pos] as number) << 8) | (buffer[pos + 1] ?? 0);
        depth += here === COMMENT_OPENS ? 1 : here === COMMENT_CLOSES ? -1 : 0;
        pos += here === COMMENT_OPENS || here === COMMENT_CLOSES ? 2 : 1;
      } while (depth > 0 && pos < end);
    } else if ((buffer[pos] as number) <= 0x20) pos++;
    else return pos;
  }
  return end;
}

/** The same for a Parse body. */
export function interceptParse(buffer: Buffer, start: number, end: number): Interception | null {
  const nameEnd = buffer[start] === 0 ? start : buffer.indexOf(0, start);
  if (nameEnd < 0 || nameEnd >= end) return null;
  return intercept(buffer, nameEnd + 1, end);
}

/** A statement without blanks around it and without its semicolon. */
function one(text: string): string {
  const bare = text.trim();
  return bare.endsWith(';') ? bare.slice(0, -1).trimEnd() : bare;
}

function match(word: number, text: string): Interception | null {
  const nul = text.indexOf('\0');
  const raw = nul < 0 ? text : text.slice(0, nul);
  if (word === SHOW) {
    const found = SHOW_POOL.exec(one(raw.replace(COMMENTS, ' ')));
    return found === null ? null : { kind: 'show', name: (found[1] as string).toLowerCase() };
  }
  if (word === PGPO) return pgpoolCommand(raw);
  const pattern = word === DROP ? DROP_DATABASE : word === CREA ? CREATE_DATABASE : ALTER_DATABASE;
  const found = pattern.exec(raw.replace(COMMENTS, ' '));
  return found === null ? null : { kind: 'guard', database: identifier(found[1] as string) };
}

function pgpoolCommand(raw: string): OwnCommand | null {
  const explain = EXPLAIN_ROUTE.exec(raw);
  // Its statement is taken as it is: a comment in front of it matters.
  if (explain !== null) return { kind: 'pgpool-explain', sql: raw.slice(explain[0].length) };
  if (raw.length > LOOK_BYTES_MAX) return null;
  const text = one(withoutComments(raw));
  const named = PGPOOL_NAMED.exec(text);
  if (named !== null) {
    const name = identifier(named[2] as string);
    if (named[1]?.toLowerCase() === 'show') return { kind: 'pgpool-show', name };
    if (named[2]?.toLowerCase() === 'all') return { kind: 'pgpool-reset-all' };
    return { kind: 'pgpool-set', name, value: null };
  }
  const set = PGPOOL_SET.exec(text);
  if (set !== null) {
    const value = set[2] as string;
    const name = identifier(set[1] as string);
    return { kind: 'pgpool-set', name, value: value.toLowerCase() === 'default' ? null : literal(value) };
  }
  const deleted = DELETE_CACHE.exec(text);
  return deleted === null ? null : { kind: 'pgpool-delete-cache', query: literal(deleted[1] as string) };
}
