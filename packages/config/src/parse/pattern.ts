/** POSIX extended regular expressions, as Pgpool-II's lists and PostgreSQL's pg_hba.conf use them, turned into the source
 *  of a JavaScript expression. Back-references and look-around are refused: without them matching can be done in linear
 *  time. */
export type PatternResult =
  | { readonly ok: true; readonly source: string }
  | { readonly ok: false; readonly message: string };

const PATTERN_LENGTH_MAX = 10_000;

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** An element of a pattern list: `\'` means a quote and `\;` a semicolon, and the whole name must match, so `^` and `$`
 *  are added unless they are there. The flag `i` belongs to it. */
export function translateListPattern(element: string): PatternResult {
  const pattern = element.replaceAll("\\'", "'").replaceAll('\\;', ';');
  const inner = translatePattern(pattern);
  if (!inner.ok) return inner;
  const starts = pattern.startsWith('^');
  const ends = pattern.endsWith('$') && !pattern.endsWith('\\$');
  const source = `${starts ? '' : '^'}${inner.source}${ends ? '' : '$'}`;
  return { ok: true, source };
}

export function translatePattern(pattern: string): PatternResult {
  if (pattern.length > PATTERN_LENGTH_MAX) return refuse(`is longer than ${PATTERN_LENGTH_MAX} characters`);
  let source = '';
  for (let i = 0; i < pattern.length; ) {
    const c = pattern[i] ?? '';
    if (c === '[') {
      const bracket = translateBracket(pattern, i);
      if ('message' in bracket) return refuse(bracket.message);
      source += bracket.source;
      i = bracket.end;
    } else if (c === '\\') {
      const escaped = translateEscape(pattern[i + 1]);
      if (escaped === null) return refuse('holds a back-reference or ends with a single backslash');
      source += escaped;
      i += 2;
    } else if (c === '(' && pattern[i + 1] === '?') {
      return refuse('holds (?, which is not part of extended regular expressions');
    } else {
      source += c === '{' && !/^\{[0-9]+(?:,[0-9]*)?\}/.test(pattern.slice(i, i + 32)) ? '\\{' : c === '/' ? '\\/' : c;
      i++;
    }
  }
  try {
    new RegExp(source, 'i');
  } catch {
    return refuse('is not a valid regular expression');
  }
  return { ok: true, source };
}

function translateEscape(next: string | undefined): string | null {
  if (next === undefined || /[0-9]/.test(next)) return null;
  if (next === '<' || next === '>') return '\\b';
  if (/[wWsSbB]/.test(next)) return `\\${next}`;
  return /[A-Za-z]/.test(next) ? next : next.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');
}

type Bracket = { readonly source: string; readonly end: number } | { readonly message: string };

function translateBracket(pattern: string, start: number): Bracket {
  let i = start + 1;
  let source = '[';
  if (pattern[i] === '^') {
    source += '^';
    i++;
  }
  for (let first = true; i < pattern.length; first = false) {
    const c = pattern[i] ?? '';
    if (c === ']' && !first) return { source: `${source}]`, end: i + 1 };
    const named = c === '[' ? /^\[([:.=])([^\]]{1,16})\1\]/.exec(pattern.slice(i, i + 24)) : null;
    if (named !== null) {
      const members = named[1] === ':' ? CLASSES[named[2] ?? ''] : undefined;
      if (members === undefined) return { message: 'holds an unknown character class' };
      source += members;
      i += named[0].length;
    } else {
      source += /[\\[\]^]/.test(c) ? `\\${c}` : c;
      i++;
    }
  }
  return { message: 'holds a [ without its ]' };
}

const refuse = (message: string): PatternResult => ({ ok: false, message });
