import type { ConfigIssue } from '../parse/issue.ts';
import { type PasswordEntry, readPasswordField } from './entry.ts';

export interface PoolPasswd {
  readonly users: readonly string[];
  /** The entry of a user, or null. The first line of a user counts. */
  lookup(user: string): PasswordEntry | null;
  readonly warnings: readonly ConfigIssue[];
}

/** Reads pool_passwd: `user:password` lines, with `\:` for a colon in either. `#` is an ordinary character, and further
 *  fields are not used. A line that is no entry gives a warning and is left out. Never throws. */
export function parsePoolPasswd(text: string, file = 'pool_passwd'): PoolPasswd {
  const entries = new Map<string, PasswordEntry>();
  const warnings: ConfigIssue[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    if (line === '') continue;
    const warn = (message: string): void => {
      warnings.push({ severity: 'warning', file, line: index + 1, message });
    };
    const [user, password] = splitFields(line);
    if (user === undefined || user === '' || password === undefined) {
      warn('is not of the form user:password and was left out');
      continue;
    }
    if (entries.has(user)) {
      warn('names a user that an earlier line names; the earlier one counts');
      continue;
    }
    const entry = readPasswordField(password);
    if (entry.kind === 'aes') warn('holds an AES password, which is not built yet: this user cannot sign in with it');
    if (entry.kind === 'scram-verifier')
      warn('holds a SCRAM verifier, which nobody can sign in with: store TEXT or md5');
    entries.set(user, entry);
  }
  return { users: [...entries.keys()], lookup: (user) => entries.get(user) ?? null, warnings };
}

/** The text of the file with the user's line replaced, or added at the end. Later lines of the same user go.
 *  @throws RangeError for a user or password that a line cannot hold. */
export function withPoolPasswdEntry(text: string, user: string, password: string): string {
  if (user === '' || /[\n\r\0]/.test(user + password)) {
    throw new RangeError('a user needs a name, and neither name nor password can hold a line end or a zero byte');
  }
  if (user.endsWith('\\')) throw new RangeError('a user name cannot end with a backslash: it would hide the colon');
  const entry = `${escapeColons(user)}:${escapeColons(password)}`;
  const lines = linesOf(text);
  if (lines.at(-1) === '') lines.pop();
  const at = lines.findIndex((line) => splitFields(line)[0] === user);
  const others = lines.filter((line, i) => i === at || splitFields(line)[0] !== user || line === '');
  if (at === -1) others.push(entry);
  else others[at] = entry;
  return `${others.join('\n')}\n`;
}

const linesOf = (text: string): string[] =>
  text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));

const escapeColons = (field: string): string => field.replaceAll(':', '\\:');

/** Cuts at colons that have no backslash in front, and takes those backslashes away. */
function splitFields(line: string): readonly string[] {
  const fields: string[] = [];
  let start = 0;
  for (let i = 0; i <= line.length; i++) {
    if (i < line.length && (line[i] !== ':' || line[i - 1] === '\\')) continue;
    fields.push(line.slice(start, i).replaceAll('\\:', ':'));
    start = i + 1;
  }
  return fields;
}
