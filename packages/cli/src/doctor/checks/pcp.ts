import { createHash, timingSafeEqual } from 'node:crypto';
import { type PcpConf, pgMd5 } from '@pgherd/config';
import type { Facts } from '../facts.ts';
import { bad, type Finding, ok, warn } from '../finding.ts';

const NAME = 'pcp';

/** Who may use PCP, and does a password fit. */
export function pcp({ pcp: { file, conf, reason, asked } }: Facts): Finding[] {
  if (conf === null) {
    if (reason !== 'ENOENT')
      return [bad(NAME, `${file} cannot be read (${reason})`, 'Be the user that runs the proxy, or correct its mode.')];
    return [
      warn(
        NAME,
        `${file} does not exist: nobody can use the pcp_ commands`,
        `Add a line: echo "NAME:$(pg_md5 PASSWORD)" >> ${file}`,
      ),
    ];
  }
  const findings = conf.warnings.map(({ line, message }) =>
    bad(
      NAME,
      `${file}:${line} ${message}`,
      'The hash is what "pg_md5 PASSWORD" prints: 32 hexadecimal digits, without "md5" in front.',
    ),
  );
  if (asked !== null) return [...findings, fits(file, conf.entries, asked)];
  if (findings.length > 0) return findings;
  return [
    conf.entries.length === 0
      ? warn(NAME, `${file} has no user`, 'Add a line: NAME:$(pg_md5 PASSWORD)')
      : ok(NAME, `${file} has ${conf.entries.length} user${conf.entries.length === 1 ? '' : 's'}`),
  ];
}

function fits(
  file: string,
  entries: PcpConf['entries'],
  { user, password }: { readonly user: string; readonly password: string },
): Finding {
  const hashes = entries.filter((entry) => entry.user === user).map(({ hash }) => hash);
  if (hashes.length === 0) return bad(NAME, `${file} has no user ${user}`, `Add a line: ${user}:$(pg_md5 -p)`);
  if (hashes.some((hash) => same(hash, pgMd5(password)))) return ok(NAME, `the password of ${user} fits ${file}`);
  if (hashes.some((hash) => same(hash, pgMd5(password, user)))) {
    return bad(
      NAME,
      `the hash of ${user} in ${file} is made of password and name, as pool_passwd has them`,
      `Replace it by what "pg_md5 -p" prints: the hash of the password alone.`,
    );
  }
  return bad(
    NAME,
    `the password does not fit the hash of ${user} in ${file}`,
    'Replace the hash by what "pg_md5 -p" prints, and reload.',
  );
}

/** Both are hashes already; hashed again they have one length and can be compared without a hint. */
function same(one: string, other: string): boolean {
  const [a, b] = [one, other].map((hash) => createHash('sha256').update(hash.toLowerCase()).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
