import { lookUpName } from '../table/index.ts';
import type { ConfigIssue } from './issue.ts';
import { Lexer, type Token } from './lexer.ts';
import { RENAMED, renamedTo } from './renamed.ts';

/** A stretch of the text that is not a setting: comments, blanks, line ends, and lines that could not be read. */
export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
}

/** `name = value` as written. `separator` is what stands between the two. */
export interface SettingPart {
  readonly kind: 'setting' | 'include';
  readonly name: string;
  readonly separator: string;
  /** As written, with quotes. */
  readonly valueText: string;
  /** Without quotes; backslashes are part of it. */
  readonly value: string;
  readonly line: number;
}

export type Part = TextPart | SettingPart;

/** The text of one file as parts. Joined they are the text, byte for byte, so an edit keeps comments and order. Edits
 *  change the document itself. Included files are not part of it. */
export class ConfDocument {
  readonly file: string;
  #parts: readonly Part[];

  private constructor(file: string, parts: readonly Part[]) {
    this.file = file;
    this.#parts = parts;
  }

  static read(
    text: string,
    file: string,
  ): { readonly document: ConfDocument; readonly issues: readonly ConfigIssue[] } {
    const parts: Part[] = [];
    const issues: ConfigIssue[] = [];
    const lexer = new Lexer(text);
    let copied = 0;
    let ahead: Token | null = null;
    const refuse = (token: Token, message: string): void => {
      issues.push({ severity: 'error', file, line: token.line, message: `syntax error: ${message}` });
      if (token.kind !== 'eol' && token.kind !== 'end') lexer.skipLine();
    };
    for (;;) {
      const name: Token = ahead ?? lexer.next();
      ahead = null;
      if (name.kind === 'end') break;
      if (name.kind === 'eol') continue;
      if (name.kind !== 'word' || !isName(name.value)) {
        refuse(name, name.why ?? `a parameter name was expected, not ${describe(name)}`);
        continue;
      }
      let value = lexer.next();
      if (value.kind === 'equals') value = lexer.next();
      if (value.kind !== 'word' && value.kind !== 'number' && value.kind !== 'string') {
        if (isSecret(name.value)) {
          refuse(value, `${name.value} has no readable value; use single quotes`);
          continue;
        }
        const hint = value.kind === 'bad' ? '; text with such characters needs single quotes' : '';
        refuse(value, `${shortName(name.value)} has no readable value: ${value.why ?? describe(value)}${hint}`);
        continue;
      }
      if (name.start > copied) parts.push({ kind: 'text', text: text.slice(copied, name.start) });
      parts.push({
        kind: name.value === 'include' ? 'include' : 'setting',
        name: name.value,
        separator: text.slice(name.end, value.start),
        valueText: text.slice(value.start, value.end),
        value: value.value,
        line: name.line,
      });
      copied = value.end;
      if (!isSecret(name.value)) continue;
      // What is neither the end of the line nor a setting is the rest of an unquoted secret: no message may show it.
      ahead = lexer.next();
      if (ahead.kind === 'eol' || ahead.kind === 'end' || isKnown(ahead)) continue;
      refuse(ahead, `more text behind the value of ${name.value}; use single quotes`);
      ahead = null;
    }
    if (copied < text.length) parts.push({ kind: 'text', text: text.slice(copied) });
    return { document: new ConfDocument(file, parts), issues };
  }

  /** The document alone, for editing: what cannot be read stays in it as it is. */
  static parse(text: string, file = 'pgpool.conf'): ConfDocument {
    return ConfDocument.read(text, file).document;
  }

  get settings(): readonly SettingPart[] {
    return this.#parts.filter((p) => p.kind !== 'text');
  }

  /** All of it, in order. */
  get parts(): readonly Part[] {
    return this.#parts;
  }

  toString(): string {
    return this.#parts.map(partText).join('');
  }

  /** The value that counts: the last one given under this name or one of its old spellings. */
  get(name: string): string | undefined {
    return this.#parts.findLast((p): p is SettingPart => p.kind === 'setting' && sameParameter(p.name, name))?.value;
  }

  /** Changes the last setting of this name in place, or adds a line at the end.
   *  @throws RangeError when no line of the file can hold the value, see `quoteValue`. */
  set(name: string, value: string): this {
    const valueText = quoteValue(value);
    const at = this.#parts.findLastIndex((p) => p.kind === 'setting' && sameParameter(p.name, name));
    const old = this.#parts[at];
    if (old !== undefined && old.kind === 'setting') {
      this.#parts = this.#parts.with(at, { ...old, name, valueText, value: unquote(valueText) });
      return this;
    }
    const before = this.toString();
    const lineEnd = before === '' || before.endsWith('\n') ? '' : '\n';
    return this.#reread(`${before}${lineEnd}${name} = ${valueText}\n`);
  }

  /** Takes out every setting of this name. A line that held nothing else goes with it; a comment behind it stays. */
  remove(name: string): this {
    const parts = [...this.#parts];
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i];
      if (part?.kind !== 'setting' || !sameParameter(part.name, name)) continue;
      const before = parts[i - 1];
      const after = parts[i + 1];
      parts.splice(i, 1);
      const startsLine = before === undefined || (before.kind === 'text' && /(?:^|\n)[ \t]*$/.test(before.text));
      const restOfLine = after?.kind === 'text' ? /^[ \t\r]*(?:\n|$)/.exec(after.text)?.[0] : undefined;
      if (startsLine && restOfLine !== undefined && after?.kind === 'text') {
        parts[i] = { kind: 'text', text: after.text.slice(restOfLine.length) };
      }
    }
    return this.#reread(parts.map(partText).join(''));
  }

  #reread(text: string): this {
    this.#parts = ConfDocument.read(text, this.file).document.#parts;
    return this;
  }
}

/** A value as it must be written. A quote is written `\'`, and the backslash then belongs to the value: that is the
 *  file format, which has no way to hold a bare quote.
 *  @throws RangeError for a line end, a zero byte or a single backslash at the end. */
export function quoteValue(value: string): string {
  if (/^(?:[A-Za-z_][A-Za-z0-9_]*|-?(?:0|[1-9][0-9]*))$/.test(value) && value.length < 64) return value;
  if (/[\n\0]/.test(value)) throw new RangeError('a value cannot hold a line end or a zero byte');
  let out = "'";
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '\\') {
      if (i + 1 === value.length) throw new RangeError('a value cannot end with a single backslash');
      out += value.slice(i, i + 2);
      i++;
    } else out += value[i] === "'" ? "\\'" : value[i];
  }
  return `${out}'`;
}

function isKnown(token: Token): boolean {
  return token.kind === 'word' && lookUpName(token.value).kind === 'known';
}

function isSecret(name: string): boolean {
  const found = lookUpName(name);
  return found.kind === 'known' && found.parameter.secret === true;
}

const unquote = (text: string): string => (text.startsWith("'") ? text.slice(1, -1) : text);

function partText(part: Part): string {
  return part.kind === 'text' ? part.text : part.name + part.separator + part.valueText;
}

function sameParameter(written: string, name: string): boolean {
  return canonicalName(written) === canonicalName(name);
}

function canonicalName(written: string): string {
  const found = lookUpName(written);
  if (found.kind !== 'known') return Object.hasOwn(RENAMED, written) ? renamedTo(written) : written;
  return found.parameter.aliasOf ?? found.canonical;
}

const isName = (word: string): boolean => /^[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*$/.test(word);

const shortName = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name);

/** Names the kind of a token, never its text: it may be part of a password. */
function describe(token: Token): string {
  switch (token.kind) {
    case 'eol':
    case 'end':
      return 'the line ends';
    case 'equals':
      return 'an equals sign';
    case 'string':
      return 'a quoted text';
    case 'number':
      return 'a number';
    default:
      return 'this word';
  }
}
