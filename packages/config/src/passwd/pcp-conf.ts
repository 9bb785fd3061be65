import type { ConfigIssue } from '../parse/issue.ts';

export interface PcpConf {
  /** User to the MD5 of the password, as 32 lower-case hexadecimal digits. */
  readonly users: ReadonlyMap<string, string>;
  readonly warnings: readonly ConfigIssue[];
}

/** Reads pcp.conf: `user:md5hash` lines; `#` starts a comment line. The first line of a user counts. Never throws. */
export function parsePcpConf(text: string, file = 'pcp.conf'): PcpConf {
  const users = new Map<string, string>();
  const warnings: ConfigIssue[] = [];
  for (const [index, given] of text.split('\n').entries()) {
    const line = given.trim();
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const user = colon === -1 ? '' : line.slice(0, colon);
    const hash = line.slice(colon + 1).toLowerCase();
    const warn = (message: string): void => {
      warnings.push({ severity: 'warning', file, line: index + 1, message });
    };
    if (user === '' || !/^[0-9a-f]{32}$/.test(hash)) warn('is not of the form user:md5hash and was left out');
    else if (users.has(user)) warn('names a user that an earlier line names; the earlier one counts');
    else users.set(user, hash);
  }
  return { users, warnings };
}
