import type { ConfigIssue } from '../parse/issue.ts';

export interface PcpUser {
  readonly user: string;
  /** The MD5 of the password, as 32 lower-case hexadecimal digits. */
  readonly hash: string;
}

export interface PcpConf {
  /** In order. Several lines of one user each let it in, as in Pgpool-II: so a password can be changed without a gap. */
  readonly entries: readonly PcpUser[];
  readonly warnings: readonly ConfigIssue[];
}

/** Reads pcp.conf: `user:md5hash` lines; `#` starts a comment line. Never throws. */
export function parsePcpConf(text: string, file = 'pcp.conf'): PcpConf {
  const entries: PcpUser[] = [];
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
    else entries.push({ user, hash });
  }
  return { entries, warnings };
}
