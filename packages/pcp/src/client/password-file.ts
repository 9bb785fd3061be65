/**
 * .pcppass: `host:port:user:password` lines, `*` for any of the first three, backslash before a colon or a backslash,
 * `#` begins a comment line. The first line that matches counts.
 */
import fs from 'node:fs';

export interface Wanted {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

export type PasswordFileFinding =
  | { readonly found: true; readonly password: string }
  /** `warning`: to be shown in any case. */
  | { readonly found: false; readonly reason: string; readonly warning: boolean };

/** A Unix socket, or no host at all, is written as localhost. */
const named = (host: string): string => (host === '' || host.startsWith('/') ? 'localhost' : host);

export function passwordFromFile(file: string, wanted: Wanted): PasswordFileFinding {
  let text: string;
  try {
    const { mode } = fs.statSync(file);
    const plain = (mode & fs.constants.S_IFMT) === fs.constants.S_IFREG;
    if (!plain) return refused(`password file "${file}" is not a plain file`);
    if ((mode & 0o077) !== 0) {
      return refused(`password file "${file}" has group or world access; permissions should be u=rw (0600) or less`);
    }
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? `there is no password file "${file}"` : `cannot read "${file}": ${message}`;
    return { found: false, reason, warning: false };
  }
  const password = passwordFor(text, wanted);
  if (password !== null) return { found: true, password };
  const who = `${named(wanted.host)}:${wanted.port}:${wanted.user}`;
  return { found: false, reason: `no line of password file "${file}" is for ${who}`, warning: false };
}

const refused = (reason: string): PasswordFileFinding => ({ found: false, reason, warning: true });

export function passwordFor(text: string, { host, port, user }: Wanted): string | null {
  const wanted = [named(host), String(port), user];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (fields.length >= 4 && wanted.every((value, at) => fields[at] === '*' || fields[at] === value)) {
      return fields[3] ?? null;
    }
  }
  return null;
}

function fieldsOf(line: string): string[] {
  const fields = [''];
  for (let at = 0; at < line.length; at++) {
    let char = line.charAt(at);
    if (char === ':') {
      fields.push('');
      continue;
    }
    const next = line.charAt(at + 1);
    if (char === '\\' && (next === ':' || next === '\\')) {
      char = next;
      at++;
    }
    fields[fields.length - 1] += char;
  }
  return fields;
}
