/** Tokens of pgpool.conf. Offsets are into the text, `line` counts from 1.
 *  `word`  a letter or _ and then letters, digits and _ - . : /   (only letters, digits and _ where a name is wanted)
 *  `number` integer (decimal, hexadecimal, octal, with sign and unit) or real
 *  `string` in single quotes; `value` is what stands between them, backslashes included
 *  `bad` anything else, up to the next blank */
export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'equals' | 'eol' | 'bad' | 'end';
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly value: string;
  /** Why a `bad` token is one. */
  readonly why?: string;
}

const INTEGER = /[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)[A-Za-z]*/y;
const REAL = /[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
// A leading slash is accepted as well, so that a path needs no quotes.
const WORD = /[A-Za-z_/\u0080-\uffff][A-Za-z0-9_\-.:/\u0080-\uffff]*/y;
const BLANKS = /[ \t\r\f\v]*/y;
const COMMENT = /#[^\n]*/y;

export class Lexer {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
    if (text.startsWith('\ufeff')) this.#at = 1;
  }

  next(): Token {
    const text = this.#text;
    this.#skip(BLANKS);
    this.#skip(COMMENT);
    const start = this.#at;
    const line = this.#line;
    const make = (kind: Token['kind'], end: number, value: string): Token => {
      this.#at = end;
      return { kind, start, end, line, value };
    };
    if (start >= text.length) return make('end', start, '');
    const c = text[start];
    if (c === '\n') {
      this.#line++;
      return make('eol', start + 1, '');
    }
    if (c === '=') return make('equals', start + 1, '=');
    if (c === "'") return this.#string(start, line);
    const integer = this.#match(INTEGER);
    const real = this.#match(REAL);
    const number = Math.max(integer, real);
    if (number > 0) return make('number', start + number, text.slice(start, start + number));
    const word = this.#match(WORD);
    if (word > 0) return make('word', start + word, text.slice(start, start + word));
    return { ...make('bad', this.#endOfRun(start), ''), why: `unexpected character ${JSON.stringify(c)}` };
  }

  /** After a syntax error: the rest of the line is not read. */
  skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  #string(start: number, line: number): Token {
    const text = this.#text;
    for (let i = start + 1; i < text.length; i++) {
      const c = text[i];
      if (c === '\n') break;
      if (c === "'") {
        this.#at = i + 1;
        return { kind: 'string', start, end: i + 1, line, value: text.slice(start + 1, i) };
      }
      if (c === '\\' && text[i + 1] !== '\n') i++;
    }
    const end = text.indexOf('\n', start);
    this.#at = end === -1 ? text.length : end;
    return { kind: 'bad', start, end: this.#at, line, value: '', why: 'the closing quote is missing on this line' };
  }

  #skip(pattern: RegExp): void {
    this.#at += this.#match(pattern);
  }

  #match(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0].length ?? 0;
  }

  #endOfRun(start: number): number {
    let end = start + 1;
    while (end < this.#text.length && !/[\s=']/.test(this.#text[end] ?? ' ')) end++;
    return end;
  }
}
