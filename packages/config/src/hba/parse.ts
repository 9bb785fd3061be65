import { directoryOf, resolvePath } from '../parse/file-path.ts';
import type { ConfigIssue } from '../parse/issue.ts';
import { translatePattern } from '../parse/pattern.ts';
import { type Network, parseAddress, parseAddressAndMask, parseCidr } from './address.ts';
import type { HbaAddress, HbaMethod, HbaName, HbaRule, HbaType } from './rule.ts';
import { type HbaField, type HbaToken, splitLine } from './tokens.ts';

export interface HbaInput {
  readonly text: string;
  readonly file: string;
  /** Reads a file named by `@file`. Throws when it cannot. Without it such a word is an error. */
  readonly readFile?: (absolutePath: string) => string;
}

export type HbaResult =
  | { readonly ok: true; readonly rules: readonly HbaRule[]; readonly warnings: readonly ConfigIssue[] }
  | { readonly ok: false; readonly issues: readonly ConfigIssue[] };

/** Reads pool_hba.conf completely or not at all. Never throws, whatever the text. */
export function parseHba(input: HbaInput): HbaResult {
  const rules: HbaRule[] = [];
  const issues: ConfigIssue[] = [];
  for (const [index, text] of input.text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const line = index + 1;
    const report: Report = (severity, message, given) => {
      issues.push({
        severity,
        file: input.file,
        line,
        message,
        ...(given === undefined ? {} : { given: given.slice(0, 200) }),
      });
    };
    const fields = splitLine(text);
    if (fields === null) report('error', 'a double quote is not closed');
    else if (fields.length > 0) {
      const rule = readRule(fields, line, input, report);
      if (rule !== null) rules.push(rule);
    }
  }
  const errors = issues.filter((i) => i.severity === 'error');
  if (errors.length > 0) return { ok: false, issues: errors };
  if (rules.length === 0) {
    issues.push({ severity: 'warning', file: input.file, line: 0, message: 'has no rule: every client is refused' });
  }
  return { ok: true, rules, warnings: issues };
}

type Report = (severity: 'error' | 'warning', message: string, given?: string) => void;

const TYPES: readonly string[] = ['local', 'host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc'];
const METHODS: readonly string[] = ['trust', 'reject', 'md5', 'scram-sha-256', 'password', 'cert'];
const METHODS_NOT_YET: readonly string[] = ['pam', 'ldap'];

function readRule(fields: readonly HbaField[], line: number, input: HbaInput, report: Report): HbaRule | null {
  const type = singleWord(fields[0], 'the connection type', report);
  if (type === null) return null;
  if (!isType(type)) {
    report('error', `is not a connection type (allowed: ${TYPES.join(', ')})`, type);
    return null;
  }
  const databases = readNames(fields[1], 'database', input, report);
  const users = readNames(fields[2], 'user', input, report);
  if (databases === null || users === null) return null;
  let next = 3;
  let address: HbaAddress | null = null;
  if (type !== 'local') {
    const read = readAddress(fields, report);
    if (read === null) return null;
    address = read.address;
    next = read.next;
  }
  const method = readMethod(fields[next], type, report);
  const options = readOptions(fields.slice(next + 1), report);
  if (method === null || options === null) return null;
  return { file: input.file, line, type, databases, users, address, method, options };
}

const isType = (word: string): word is HbaType => TYPES.includes(word);
const isMethod = (word: string): word is HbaMethod => METHODS.includes(word);

function singleWord(field: HbaField | undefined, what: string, report: Report): string | null {
  const [token, more] = field ?? [];
  if (token === undefined) report('error', `the line ends before ${what}`);
  else if (more !== undefined) report('error', `${what} must be one word, not a list`);
  else return token.text;
  return null;
}

function readNames(
  field: HbaField | undefined,
  what: 'database' | 'user',
  input: HbaInput,
  report: Report,
): HbaName[] | null {
  if (field === undefined) {
    report('error', `the line ends before the ${what} field`);
    return null;
  }
  const tokens = expandFiles(field, input, report);
  if (tokens === null) return null;
  const names = tokens.map((t) => readName(t, what, report));
  return names.some((n) => n === null) ? null : names.filter((n) => n !== null);
}

function readName(token: HbaToken, what: 'database' | 'user', report: Report): HbaName | null {
  const { text } = token;
  if (token.quoted) return { kind: 'name', name: text };
  if (text === 'all') return { kind: 'all' };
  if (text.length > 1 && text.startsWith('/')) {
    const pattern = translatePattern(text.slice(1));
    if (pattern.ok) return { kind: 'pattern', pattern: new RegExp(pattern.source) };
    report('error', `a regular expression that ${pattern.message}`, text);
    return null;
  }
  if (what === 'user') {
    if (!text.startsWith('+')) return { kind: 'name', name: text };
    report('warning', 'groups are not known to the proxy: this word matches no user', text);
    return { kind: 'never' };
  }
  if (text === 'sameuser' || text === 'replication') return { kind: text };
  if (text === 'samegroup' || text === 'samerole') {
    report('warning', 'groups are not known to the proxy: this word matches no database', text);
    return { kind: 'never' };
  }
  return { kind: 'name', name: text };
}

const FILE_DEPTH_MAX = 10;
const FILE_NAMES_MAX = 100_000;

/** Replaces each unquoted `@file` by the words of that file. */
function expandFiles(field: HbaField, input: HbaInput, report: Report): readonly HbaToken[] | null {
  const out: HbaToken[] = [];
  const expand = (tokens: readonly HbaToken[], file: string, depth: number): boolean =>
    tokens.every((token) => {
      if (token.quoted || token.text.length < 2 || !token.text.startsWith('@')) {
        if (out.length >= FILE_NAMES_MAX) report('error', `names more than ${FILE_NAMES_MAX} words`);
        return out.push(token) <= FILE_NAMES_MAX;
      }
      const path = resolvePath(directoryOf(file), token.text.slice(1));
      const text = depth < FILE_DEPTH_MAX ? readOrNull(input.readFile, path) : null;
      const lines = text?.split('\n').map(splitLine);
      if (lines === undefined || lines.includes(null)) {
        const reason = depth >= FILE_DEPTH_MAX ? `is nested deeper than ${FILE_DEPTH_MAX} files` : 'cannot be read';
        report('error', reason, token.text);
        return false;
      }
      return expand(
        lines.flatMap((fields) => (fields ?? []).flat()),
        path,
        depth + 1,
      );
    });
  return expand(field, input.file, 0) ? out : null;
}

function readOrNull(readFile: HbaInput['readFile'], path: string): string | null {
  try {
    return readFile === undefined ? null : readFile(path);
  } catch {
    return null;
  }
}

function readAddress(
  fields: readonly HbaField[],
  report: Report,
): { readonly address: HbaAddress; readonly next: number } | null {
  const text = singleWord(fields[3], 'the address', report);
  if (text === null) return null;
  const quoted = fields[3]?.[0]?.quoted === true;
  if (!quoted && (text === 'all' || text === 'samehost' || text === 'samenet'))
    return { address: { kind: text }, next: 4 };
  const network = parseCidr(text);
  if (network !== null) return asNetwork(network, text, 4, report);
  if (parseAddress(text) !== null) {
    const mask = singleWord(fields[4], 'the mask of the address (or a prefix length, as in /32)', report);
    return mask === null ? null : asNetwork(parseAddressAndMask(text, mask), `${text} ${mask}`, 5, report);
  }
  if (!/^\.?[A-Za-z0-9_]([A-Za-z0-9_.-]*)$/.test(text) || text.length > 255) {
    report('error', 'is neither an address nor a host name', text);
    return null;
  }
  return { address: { kind: 'hostname', name: text.toLowerCase() }, next: 4 };
}

function asNetwork(
  network: Network | string,
  given: string,
  next: number,
  report: Report,
): { readonly address: HbaAddress; readonly next: number } | null {
  if (typeof network !== 'string') return { address: { kind: 'network', network }, next };
  report('error', network, given);
  return null;
}

function readMethod(field: HbaField | undefined, type: HbaType, report: Report): HbaMethod | null {
  const word = singleWord(field, 'the method', report);
  if (word === null) return null;
  if (!isMethod(word)) {
    if (METHODS_NOT_YET.includes(word)) report('error', 'is a method that is not built yet', word);
    else report('error', `is not a method (allowed: ${METHODS.join(', ')})`, word);
    return null;
  }
  if (word === 'cert' && type !== 'hostssl') {
    report('error', 'is a method for hostssl lines only: it needs the certificate of a TLS connection', word);
    return null;
  }
  return word;
}

function readOptions(fields: readonly HbaField[], report: Report): Readonly<Record<string, string>> | null {
  const options: Record<string, string> = {};
  for (const field of fields) {
    const text = field.map((t) => t.text).join(',');
    const equals = text.indexOf('=');
    // The value may be a secret, so a word that is not an option is not repeated.
    if (equals < 1) {
      report('error', 'what follows the method must be options of the form name=value');
      return null;
    }
    Object.defineProperty(options, text.slice(0, equals), {
      value: text.slice(equals + 1),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return options;
}
