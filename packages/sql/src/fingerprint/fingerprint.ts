import {
  BLANK,
  BYTE_CLASS,
  CLOSE,
  CONTINUES_WORD,
  DIGIT,
  DOLLAR,
  DOT,
  DOUBLE_QUOTE,
  FOLDED,
  LETTER,
  OPEN,
  OPERATOR,
  QUOTE,
  SEMICOLON,
} from './byte-class.ts';
import { HalfSipHash } from './half-sip-hash.ts';

/** What one pass over a statement found. Written by `Fingerprinter.read`, which uses the same object again and again. */
export interface Fingerprint {
  /** 64 bits of hash over the stripped text and the string rules it was read under, as two signed 32-bit integers. */
  high: number;
  low: number;
  /** Bytes of the stripped text. An entry keeps it, and the first keyword, as a second look at its key. */
  strippedLength: number;
  /** Range of the first unquoted word in the text; both are `start` when there is none. */
  firstKeywordStart: number;
  firstKeywordEnd: number;
  /** First byte of the range, or -1 when it is empty. */
  firstByte: number;
  /** A comment stands before the first token. */
  leadingComment: boolean;
  /** Tokens outside literal lists; never fewer than PostgreSQL's scanner would find there. */
  tokens: number;
  /** Literals and parameters inside collapsed lists. */
  listItems: number;
  /** Deepest level of parentheses and brackets. */
  nesting: number;
  /** Openings of block comments, nested ones too: each costs libpg_query a walk over the rest of the text. */
  blockComments: number;
  /** Statements that are not empty, as top-level semicolons part them. */
  statements: number;
  /** A literal, quoted identifier or comment has no end. */
  unterminated: boolean;
  /** A plain literal contains a backslash, so that its meaning hangs on standard_conforming_strings. */
  plainBackslash: boolean;
  /** An identifier contains bytes that are not ASCII: names in its class depend on client_encoding. */
  nonAsciiName: boolean;
}

export function emptyFingerprint(): Fingerprint {
  return {
    high: 0,
    low: 0,
    strippedLength: 0,
    firstKeywordStart: 0,
    firstKeywordEnd: 0,
    firstByte: -1,
    leadingComment: false,
    tokens: 0,
    listItems: 0,
    nesting: 0,
    blockComments: 0,
    statements: 0,
    unterminated: false,
    plainBackslash: false,
    nonAsciiName: false,
  };
}

// Stand-ins in the stripped text. Outside of quoted identifiers no byte of a statement is copied there below 0x09.
const STRING = 0x01;
const NUMBER = 0x02;
const BITS = 0x03;
const NATIONAL = 0x04;
const LIST = 0x05;
const LIST_WITH_PARAMETERS = 0x06;
const JUNK = 0x07;
const UNTERMINATED = 0x08;

const SPACE = 0x20;
const HASH_SLACK = 16;

// The last four bytes of a folded word. With its length they tell the words below from others, or nearly so: where only the
// key's fineness hangs on it, that is enough.
const IN = packed('in');
const ANY = packed('any');
const ALL = packed('all');
const SOME = packed('some');
const ROW = packed('row');
const NULL = packed('null');
const TRUE = packed('true');
const FALSE = packed('false');
const ARRAY = packed('array');
const VALUES = packed('values');
const DEFAULT = packed('default');
const CREATE = packed('create');
const BEGIN = packed('begin');
const ATOMIC = packed('atomic');
const CASE = packed('case');
const END = packed('end');
const UESCAPE = packed('cape');

function packed(word: string): number {
  let result = 0;
  for (let i = 0; i < word.length; i++) result = (result << 8) | word.charCodeAt(i);
  return result;
}

/** Reads statements as bytes: strips literals, comments and blanks, counts, and hashes what is left.
 *
 *  The stripped text is, token by token: words folded to lower case, quoted identifiers, `$n` and operators as written with a
 *  blank after each, punctuation, and one stand-in per literal; what UESCAPE says stays. `IN (1, 2, 3)`, `ARRAY[1, 2]` and the
 *  rows of `VALUES (1), (2)` become one stand-in, with another for lists that contain parameters. Argument lists after a function's
 *  name stay.
 *
 *  Two texts with the same stripped text have parse trees that differ only in literals, or one of them is a syntax error: never
 *  keep the outcome of a syntax error under a fingerprint. Nothing is allocated unless a text is the longest so far. */
export class Fingerprinter {
  readonly #hash: HalfSipHash;
  #words = new Int32Array(1024);
  #stripped = new Uint8Array(this.#words.buffer);

  // What the helpers below report beside their result.
  #unterminated = false;
  #plainBackslash = false;
  #listItems = 0;
  #blockComments = 0;
  #listHasParameters = false;

  /** The seeds come from the caller, fresh for each process: a known seed lets others make collisions. */
  constructor(seed0: number, seed1: number) {
    this.#hash = new HalfSipHash(seed0, seed1);
  }

  /** Reads `text[start, end)`. The bytes need not be valid in any encoding, but the encoding must be safe
   *  (`isSafeClientEncoding`). `standardConformingStrings` is the setting of the session that the text belongs to. */
  read(text: Uint8Array, start: number, end: number, standardConformingStrings: boolean, into: Fingerprint): void {
    const worstCase = (end - start) * 2 + HASH_SLACK;
    if (worstCase > this.#stripped.length) this.#grow(worstCase);
    const out = this.#stripped;
    const backslash = !standardConformingStrings;
    this.#unterminated = false;
    this.#plainBackslash = false;
    this.#listItems = 0;
    this.#blockComments = 0;

    let at = start;
    let o = 0;
    let tokens = 0;
    let depth = 0;
    let nesting = 0;
    let statements = 0;
    let statementHasTokens = false;
    let keywordStart = start;
    let keywordEnd = start;
    let leadingComment = false;
    let highBits = 0;
    // The last token, if it was a word: its last four bytes and its length; length 0 for any other token, -1 for a quoted name.
    let word = 0;
    let wordLength = 0;
    // CREATE FUNCTION ... BEGIN ATOMIC ...; END: semicolons inside part no statements.
    let creating = false;
    let atomicDepth = 0;

    out[o++] = standardConformingStrings ? 0x31 : 0x30;

    while (at < end) {
      const byte = text[at]!;
      let byteClass = BYTE_CLASS[byte]!;
      if (byteClass === BLANK) {
        at++;
        continue;
      }
      if (byte === 0x2d && at + 1 < end && text[at + 1] === 0x2d) {
        if (tokens === 0) leadingComment = true;
        at = lineEnd(text, at + 2, end);
        continue;
      }
      if (byte === 0x2f && at + 1 < end && text[at + 1] === 0x2a) {
        if (tokens === 0) leadingComment = true;
        at = this.#skipComment(text, at + 2, end);
        if (this.#unterminated) out[o++] = UNTERMINATED;
        continue;
      }

      // A letter that opens a literal, or U&"...": handled as what it opens.
      let literal = 0;
      let escapes = backslash;
      let quote = at;
      if (byteClass === LETTER && at + 1 < end) {
        const next = text[at + 1]!;
        const folded = FOLDED[byte]!;
        if (next === 0x27) {
          if (folded === 0x65) {
            literal = STRING;
            escapes = true;
          } else if (folded === 0x6e) literal = NATIONAL;
          else if (folded === 0x62 || folded === 0x78) literal = BITS;
          quote = at + 1;
        } else if (folded === 0x75 && next === 0x26 && at + 2 < end) {
          if (text[at + 2] === 0x27) {
            literal = STRING;
            escapes = false;
            quote = at + 2;
          } else if (text[at + 2] === 0x22) {
            out[o++] = 0x26;
            at += 2;
            byteClass = DOUBLE_QUOTE;
          }
        }
      } else if (byteClass === QUOTE) literal = STRING;

      if (literal !== 0) {
        const from = at;
        at = literal === BITS ? this.#skipBits(text, quote + 1, end) : this.#skipLiteral(text, quote + 1, end, escapes);
        out[o++] = literal;
        // U&"d!0061ta" UESCAPE '!' is a name: the literal belongs to it.
        if (word === UESCAPE && wordLength === 7) for (let i = from; i < at; i++) out[o++] = text[i]!;
        if (this.#unterminated) out[o++] = UNTERMINATED;
        tokens++;
        statementHasTokens = true;
        wordLength = 0;
        continue;
      }

      switch (byteClass) {
        case LETTER: {
          const from = at;
          const previous = word;
          const previousLength = wordLength;
          word = 0;
          let c = byte;
          do {
            const folded = FOLDED[c]!;
            out[o++] = folded;
            highBits |= c;
            word = (word << 8) | folded;
            c = ++at < end ? text[at]! : SPACE;
          } while (CONTINUES_WORD[c] === 1);
          out[o++] = SPACE;
          wordLength = at - from;
          if (keywordEnd === keywordStart) {
            keywordStart = from;
            keywordEnd = at;
          }
          if (!statementHasTokens) creating = word === CREATE && wordLength === 6;
          else if (creating) {
            if (atomicDepth > 0) {
              if (word === CASE && wordLength === 4) atomicDepth++;
              else if (word === END && wordLength === 3) atomicDepth--;
            } else if (word === ATOMIC && wordLength === 6 && previous === BEGIN && previousLength === 5)
              atomicDepth = 1;
          }
          break;
        }
        case DIGIT:
          at = skipNumber(text, at, end);
          out[o++] = NUMBER;
          if (at < end && CONTINUES_WORD[text[at]!] === 1) out[o++] = JUNK;
          wordLength = 0;
          break;
        case DOT:
          if (at + 1 < end && BYTE_CLASS[text[at + 1]!] === DIGIT) {
            at = skipNumber(text, at, end);
            out[o++] = NUMBER;
            if (at < end && CONTINUES_WORD[text[at]!] === 1) out[o++] = JUNK;
          } else {
            out[o++] = byte;
            at++;
          }
          wordLength = 0;
          break;
        case DOUBLE_QUOTE: {
          out[o++] = 0x22;
          at++;
          let open = true;
          while (at < end) {
            const c = text[at++]!;
            if (c === 0x22) {
              if (at < end && text[at] === 0x22) {
                at++;
                out[o++] = 0x22;
              } else {
                open = false;
                break;
              }
            }
            highBits |= c;
            out[o++] = c;
          }
          out[o++] = 0x22;
          out[o++] = SPACE;
          if (open) {
            this.#unterminated = true;
            o--;
            out[o++] = UNTERMINATED;
          }
          wordLength = -1;
          break;
        }
        case DOLLAR: {
          const next = at + 1 < end ? text[at + 1]! : SPACE;
          if (BYTE_CLASS[next] === DIGIT) {
            do {
              out[o++] = text[at]!;
              at++;
            } while (at < end && BYTE_CLASS[text[at]!] === DIGIT);
            out[o++] = SPACE;
            if (at < end && CONTINUES_WORD[text[at]!] === 1) out[o++] = JUNK;
          } else {
            const body = dollarBody(text, at, end);
            if (body < 0) {
              out[o++] = byte;
              at++;
            } else {
              at = this.#skipDollar(text, at, body, end);
              out[o++] = STRING;
              if (this.#unterminated) out[o++] = UNTERMINATED;
            }
          }
          wordLength = 0;
          break;
        }
        case OPERATOR: {
          const from = at;
          let c = byte;
          do {
            out[o++] = c;
            at++;
            if (at === end) break;
            c = text[at]!;
            // A comment ends an operator.
            if (at + 1 < end && ((c === 0x2d && text[at + 1] === 0x2d) || (c === 0x2f && text[at + 1] === 0x2a))) {
              break;
            }
          } while (BYTE_CLASS[c] === OPERATOR);
          out[o++] = SPACE;
          // PostgreSQL takes a run that ends in + or - apart into many operators: "++++1" are four of them.
          const final = text[at - 1]!;
          if (final === 0x2b || final === 0x2d) tokens += at - from - 1;
          wordLength = 0;
          break;
        }
        case OPEN: {
          out[o++] = byte;
          at++;
          depth++;
          if (depth > nesting) nesting = depth;
          const values = word === VALUES && wordLength === 6;
          if (wordLength === 0 || (wordLength > 0 && mayPrecedeList(word, wordLength))) {
            let close = this.#skipList(text, at, end, byte === 0x28 ? 0x29 : 0x5d, backslash);
            if (close >= 0) {
              let parameters = this.#listHasParameters;
              if (values) {
                for (;;) {
                  const row = this.#nextRow(text, close + 1, end, backslash);
                  if (row < 0) break;
                  parameters ||= this.#listHasParameters;
                  close = row;
                }
              }
              out[o++] = parameters ? LIST_WITH_PARAMETERS : LIST;
              at = close;
            }
          }
          wordLength = 0;
          break;
        }
        case CLOSE:
          out[o++] = byte;
          at++;
          if (depth > 0) depth--;
          wordLength = 0;
          break;
        case SEMICOLON:
          out[o++] = byte;
          at++;
          wordLength = 0;
          if (depth === 0 && atomicDepth === 0) {
            if (statementHasTokens) statements++;
            statementHasTokens = false;
            creating = false;
            tokens++;
            continue;
          }
          break;
        default:
          // COMMA, ':' and whatever PostgreSQL would refuse.
          out[o++] = byte;
          at++;
          wordLength = 0;
          break;
      }
      tokens++;
      statementHasTokens = true;
    }

    this.#hash.digest(this.#words, out, o);
    into.high = this.#hash.high;
    into.low = this.#hash.low;
    into.strippedLength = o - 1;
    into.firstKeywordStart = keywordStart;
    into.firstKeywordEnd = keywordEnd;
    into.firstByte = start < end ? text[start]! : -1;
    into.leadingComment = leadingComment;
    into.tokens = tokens;
    into.listItems = this.#listItems;
    into.nesting = nesting;
    into.blockComments = this.#blockComments;
    into.statements = statementHasTokens ? statements + 1 : statements;
    into.unterminated = this.#unterminated;
    into.plainBackslash = this.#plainBackslash;
    into.nonAsciiName = highBits >= 0x80;
  }

  /** The stripped text of the last `read` that found `fingerprint`, one byte a character: for tests and for the eye. */
  stripped(fingerprint: Fingerprint): string {
    let result = '';
    for (let i = 1; i <= fingerprint.strippedLength; i++) result += String.fromCharCode(this.#stripped[i]!);
    return result;
  }

  #grow(bytes: number): void {
    let size = this.#stripped.length;
    while (size < bytes) size *= 2;
    this.#words = new Int32Array(size / 4);
    this.#stripped = new Uint8Array(this.#words.buffer);
  }

  /** `at` is after the opening quote; the result is after the closing one, or `end`. A literal goes on after a line break. */
  #skipLiteral(text: Uint8Array, at: number, end: number, escapes: boolean): number {
    let i = at;
    while (i < end) {
      const c = text[i++]!;
      if (c === 0x5c) {
        if (escapes) i++;
        else this.#plainBackslash = true;
      } else if (c === 0x27) {
        if (i < end && text[i] === 0x27) i++;
        else {
          const more = continuation(text, i, end);
          if (more < 0) return i;
          i = more;
        }
      }
    }
    this.#unterminated = true;
    return end;
  }

  /** As `#skipLiteral`, for B'' and X'': two quotes in a row are the end of one literal and the start of another. */
  #skipBits(text: Uint8Array, at: number, end: number): number {
    let i = at;
    while (i < end) {
      if (text[i++] !== 0x27) continue;
      const more = continuation(text, i, end);
      if (more < 0) return i;
      i = more;
    }
    this.#unterminated = true;
    return end;
  }

  /** `at` is after the first slash and star. Comments nest. */
  #skipComment(text: Uint8Array, at: number, end: number): number {
    this.#blockComments++;
    let depth = 1;
    let i = at;
    while (i + 1 < end) {
      const c = text[i]!;
      if (c === 0x2a && text[i + 1] === 0x2f) {
        i += 2;
        if (--depth === 0) return i;
      } else if (c === 0x2f && text[i + 1] === 0x2a) {
        i += 2;
        depth++;
        this.#blockComments++;
      } else i++;
    }
    this.#unterminated = true;
    return end;
  }

  /** `[open, body)` is the opening tag with both dollars. */
  #skipDollar(text: Uint8Array, open: number, body: number, end: number): number {
    const tagLength = body - open;
    let i = body;
    while (i + tagLength <= end) {
      if (text[i] !== 0x24) {
        i++;
        continue;
      }
      let same = 1;
      while (same < tagLength && text[i + same] === text[open + same]) same++;
      if (same === tagLength) return i + tagLength;
      i += same;
    }
    this.#unterminated = true;
    return end;
  }

  /** Is `text[at, ...)` up to `close` a list of nothing but literals and parameters? The position of `close`, or -1. */
  #skipList(text: Uint8Array, at: number, end: number, close: number, backslash: boolean): number {
    const unterminatedBefore = this.#unterminated;
    const backslashBefore = this.#plainBackslash;
    let items = 0;
    let parameters = false;
    let i = at;
    for (;;) {
      i = this.#skipListItem(text, this.#skipBlanks(text, i, end), end, backslash);
      if (i < 0) break;
      items++;
      if (this.#listHasParameters) parameters = true;
      i = this.#skipBlanks(text, i, end);
      if (i >= end) break;
      const c = text[i]!;
      if (c === close) {
        if (this.#unterminated) break;
        this.#listItems += items;
        this.#listHasParameters = parameters;
        return i;
      }
      if (c !== 0x2c) break;
      i++;
    }
    // Not a list: its parts will be read again, one by one.
    this.#unterminated = unterminatedBefore;
    this.#plainBackslash = backslashBefore;
    return -1;
  }

  /** One literal, signed number, parameter, NULL, TRUE, FALSE or DEFAULT at `at`: the position after it, or -1. */
  #skipListItem(text: Uint8Array, at: number, end: number, backslash: boolean): number {
    this.#listHasParameters = false;
    if (at >= end) return -1;
    let i = at;
    let c = text[i]!;
    switch (BYTE_CLASS[c]!) {
      case QUOTE:
        return this.#skipLiteral(text, i + 1, end, backslash);
      case OPERATOR:
        if (c !== 0x2b && c !== 0x2d) return -1;
        i = this.#skipBlanks(text, i + 1, end);
        if (i >= end) return -1;
        c = text[i]!;
        if (BYTE_CLASS[c] !== DIGIT && c !== 0x2e) return -1;
        return number(text, i, end);
      case DIGIT:
      case DOT:
        return number(text, i, end);
      case DOLLAR: {
        const from = ++i;
        while (i < end && BYTE_CLASS[text[i]!] === DIGIT) i++;
        if (i > from) {
          this.#listHasParameters = true;
          return i < end && CONTINUES_WORD[text[i]!] === 1 ? -1 : i;
        }
        const body = dollarBody(text, at, end);
        return body < 0 ? -1 : this.#skipDollar(text, at, body, end);
      }
      case LETTER: {
        if (FOLDED[c] === 0x65 && i + 1 < end && text[i + 1] === 0x27) return this.#skipLiteral(text, i + 2, end, true);
        let word = 0;
        do {
          word = (word << 8) | FOLDED[c]!;
          c = ++i < end ? text[i]! : SPACE;
        } while (CONTINUES_WORD[c] === 1);
        return isListWord(text, at, word, i - at) && c !== 0x27 ? i : -1;
      }
      default:
        return -1;
    }
  }

  /** After a row of VALUES: a comma and another row of literals? The position of its parenthesis, or -1. */
  #nextRow(text: Uint8Array, at: number, end: number, backslash: boolean): number {
    let i = this.#skipBlanks(text, at, end);
    if (i >= end || text[i] !== 0x2c) return -1;
    i = this.#skipBlanks(text, i + 1, end);
    if (i >= end || text[i] !== 0x28) return -1;
    return this.#skipList(text, i + 1, end, 0x29, backslash);
  }

  /** Over blanks and comments. */
  #skipBlanks(text: Uint8Array, at: number, end: number): number {
    let i = at;
    while (i < end) {
      const c = text[i]!;
      if (BYTE_CLASS[c] === BLANK) i++;
      else if (c === 0x2d && i + 1 < end && text[i + 1] === 0x2d) i = lineEnd(text, i + 2, end);
      else if (c === 0x2f && i + 1 < end && text[i + 1] === 0x2a) i = this.#skipComment(text, i + 2, end);
      else break;
    }
    return i;
  }
}

function mayPrecedeList(word: number, length: number): boolean {
  switch (length) {
    case 2:
      return word === IN;
    case 3:
      return word === ANY || word === ALL || word === ROW;
    case 4:
      return word === SOME;
    case 5:
      return word === ARRAY;
    case 6:
      return word === VALUES;
    default:
      return false;
  }
}

function isListWord(text: Uint8Array, at: number, word: number, length: number): boolean {
  switch (length) {
    case 4:
      return word === NULL || word === TRUE;
    case 5:
      return word === FALSE && FOLDED[text[at]!] === 0x66;
    case 7:
      return (
        word === DEFAULT &&
        FOLDED[text[at]!] === 0x64 &&
        FOLDED[text[at + 1]!] === 0x65 &&
        FOLDED[text[at + 2]!] === 0x66
      );
    default:
      return false;
  }
}

function lineEnd(text: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && text[i] !== 0x0a && text[i] !== 0x0d) i++;
  return i;
}

/** After a literal's closing quote: does it go on behind a line break? The position after the next opening quote, or -1.
 *  As in PostgreSQL, line comments may stand between; libpg_query calls that a syntax error. */
function continuation(text: Uint8Array, at: number, end: number): number {
  let lineBreak = false;
  let i = at;
  while (i < end) {
    const c = text[i]!;
    if (c === 0x0a || c === 0x0d) {
      lineBreak = true;
      i++;
    } else if (BYTE_CLASS[c] === BLANK) i++;
    else if (c === 0x2d && i + 1 < end && text[i + 1] === 0x2d) i = lineEnd(text, i + 2, end);
    else return c === 0x27 && lineBreak ? i + 1 : -1;
  }
  return -1;
}

/** `$tag$` at `at`? The position after its second dollar, or -1. */
function dollarBody(text: Uint8Array, at: number, end: number): number {
  let i = at + 1;
  if (i < end && BYTE_CLASS[text[i]!] === LETTER) {
    i++;
    while (i < end && (BYTE_CLASS[text[i]!] === LETTER || BYTE_CLASS[text[i]!] === DIGIT)) i++;
  }
  return i < end && text[i] === 0x24 ? i + 1 : -1;
}

/** A number that is one item of a list, or -1: "1x" and a lone point are none. */
function number(text: Uint8Array, at: number, end: number): number {
  if (text[at] === 0x2e && (at + 1 >= end || BYTE_CLASS[text[at + 1]!] !== DIGIT)) return -1;
  const after = skipNumber(text, at, end);
  return after < end && CONTINUES_WORD[text[after]!] === 1 ? -1 : after;
}

/** Integers in four bases, with underscores, decimals and exponents. What follows and does not belong is left standing. */
function skipNumber(text: Uint8Array, at: number, end: number): number {
  let i = at;
  if (text[i] === 0x30 && i + 2 < end) {
    const base = FOLDED[text[i + 1]!]!;
    if (base === 0x78 || base === 0x6f || base === 0x62) {
      let j = i + 2;
      while (
        j < end &&
        (isDigitOf(base, text[j]!) || (text[j] === 0x5f && j + 1 < end && isDigitOf(base, text[j + 1]!)))
      ) {
        j++;
      }
      if (j > i + 2) return j;
    }
  }
  i = skipDigits(text, i, end);
  if (i < end && text[i] === 0x2e && !(i + 1 < end && text[i + 1] === 0x2e)) i = skipDigits(text, i + 1, end);
  if (i < end && FOLDED[text[i]!] === 0x65) {
    let j = i + 1;
    if (j < end && (text[j] === 0x2b || text[j] === 0x2d)) j++;
    if (j < end && BYTE_CLASS[text[j]!] === DIGIT) i = skipDigits(text, j, end);
  }
  return i;
}

function skipDigits(text: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end) {
    const c = text[i]!;
    if (BYTE_CLASS[c] === DIGIT) i++;
    else if (c === 0x5f && i > at && i + 1 < end && BYTE_CLASS[text[i + 1]!] === DIGIT) i++;
    else break;
  }
  return i;
}

function isDigitOf(base: number, c: number): boolean {
  if (base === 0x78) return BYTE_CLASS[c] === DIGIT || (FOLDED[c]! >= 0x61 && FOLDED[c]! <= 0x66);
  return c >= 0x30 && c <= (base === 0x6f ? 0x37 : 0x31);
}

/** Longer than any keyword. */
export const KEYWORD_BYTES_MAX = 63;

/** The first keyword of a text that was read, folded to lower case; '' when there is none. A word that is too long for a keyword is
 *  cut to `KEYWORD_BYTES_MAX`. */
export function firstKeyword(text: Uint8Array, fingerprint: Fingerprint): string {
  const start = fingerprint.firstKeywordStart;
  const end = Math.min(fingerprint.firstKeywordEnd, start + KEYWORD_BYTES_MAX);
  let result = '';
  for (let i = start; i < end; i++) result += String.fromCharCode(FOLDED[text[i]!]!);
  return result;
}
