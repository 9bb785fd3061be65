import net from 'node:net';
import { parseArgs } from 'node:util';
import { GRANTS_SINCE } from '@pgherd/cluster';
import { formatIssue } from '@pgherd/config';
import { checkSignIn } from '../auth-check/check.ts';
import { OLDEST_MAJOR, rolesScript } from '../auth-check/roles.ts';
import { configurationFiles } from '../configuration-files.ts';
import { UsageError } from '../errors.ts';
import { readStdin } from '../io.ts';
import { readConfig, tlsSettings } from '../read-files.ts';
import type { Command } from './command.ts';

const USAGE = `pgherd auth check USER [options]
pgherd auth roles [--major N]

check walks one user through the whole sign-in, one line per step: the line of pool_hba.conf that decides, the entry in
pool_passwd, what auth_query knows, what each server asks for and whether that can be answered. The last sentence says
what to add. Exit code 0 when the user could sign in.

  -f, --file FILE      the configuration (default pgpool.conf)
  -a, --hba FILE       default pool_hba.conf beside the configuration
  --database NAME      the database asked for (default: the user's name)
  --from ADDRESS       where the client comes from: an IP address, or "local" for a Unix socket (default 127.0.0.1)
  --tls                the client comes by TLS
  --password-stdin     try the password on standard input: sign in to the servers with it

roles prints the SQL that makes the three roles that pgherd signs in with, none of them a superuser: run it on the
primary, in the database postgres, and give each a password with psql's \\password.

  --major N            the servers' version, for 13 and 14 (default: 15 and later)`;

export const authCommand: Command = {
  summary: 'find out why a user can or cannot sign in; print the roles that pgherd needs',
  usage: USAGE,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        file: { type: 'string', short: 'f' },
        hba: { type: 'string', short: 'a' },
        database: { type: 'string' },
        from: { type: 'string' },
        tls: { type: 'boolean' },
        'password-stdin': { type: 'boolean' },
        major: { type: 'string' },
      },
    });
    const [verb, user, more] = positionals;
    if ((verb === 'roles' || verb === 'script') && user === undefined) {
      io.stdout(rolesScript(majorOf(values.major)));
      return 0;
    }
    if (verb !== 'check' || user === undefined || user === '' || more !== undefined) throw new UsageError(USAGE);
    const from = values.from ?? '127.0.0.1';
    if (from !== 'local' && net.isIP(from) === 0) {
      throw new UsageError(`--from must be an IP address or "local", not "${from}".`);
    }
    const given = { config: values.file, hba: values.hba, pcp: undefined };
    const { config, hba } = configurationFiles(given, 'pgpool.conf');
    const result = readConfig(config);
    if (!result.ok) {
      for (const issue of result.issues) io.stderr(formatIssue(issue));
      return 1;
    }
    const { canSignIn, sentence } = await checkSignIn(
      {
        settings: tlsSettings(result.settings, config),
        config,
        hba,
        user,
        database: values.database ?? user,
        from,
        tls: values.tls ?? false,
        password: values['password-stdin'] === true ? (await readStdin()).replace(/\r?\n[\s\S]*$/, '') : null,
      },
      (verdict, what, text) => io.stdout(`${verdict.padEnd(8)} ${what.padEnd(14)} ${text}`),
    );
    io.stdout(sentence);
    return canSignIn ? 0 : 1;
  },
};

function majorOf(text: string | undefined): number {
  if (text === undefined) return GRANTS_SINCE;
  const major = /^\d{2}$/.test(text) ? Number(text) : 0;
  if (major >= OLDEST_MAJOR) return Math.min(major, GRANTS_SINCE);
  throw new UsageError(`--major takes the version of the servers, ${OLDEST_MAJOR} or later, not "${text}".`);
}
