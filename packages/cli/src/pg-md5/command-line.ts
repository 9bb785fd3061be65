/** The command line of Pgpool-II's pg_md5. @see manual, pg_md5(1) */
import { getopt, type OptionSpec } from '../getopt.ts';

/** Longer input is refused, as by the original. */
export const PASSWORD_BYTES_MAX = 128;

export interface Md5Line {
  readonly act: 'print' | 'store';
  /** Where passwords come from. */
  readonly from:
    | { readonly kind: 'argument'; readonly password: string }
    | { readonly kind: 'prompt' }
    | { readonly kind: 'file'; readonly path: string };
  /** Null: the operating system's user. */
  readonly user: string | null;
  readonly config: string | null;
}

export type Md5Parsed =
  | Md5Line
  | { readonly act: 'help' }
  | { readonly act: 'refused' /** '' = the usage says it all. */; readonly message: string };

const OPTIONS: readonly OptionSpec[] = [
  { short: 'p', long: 'prompt', takesValue: false },
  { short: 'm', long: 'md5auth', takesValue: false },
  { short: 'u', long: 'username', takesValue: true },
  { short: 'f', long: 'config-file', takesValue: true },
  { short: 'i', long: 'input-file', takesValue: true },
  { short: 'h', long: 'help', takesValue: false },
];

export function parseMd5Line(args: readonly string[]): Md5Parsed {
  const parsed = getopt(args, OPTIONS);
  if (!parsed.ok) return { act: 'refused', message: parsed.message };
  const given = new Map(parsed.options.map(({ short, value }) => [short, value]));
  if (given.has('h')) return { act: 'help' };
  const from = sourceOf(given, parsed.operands[0]);
  if (from === null) return { act: 'refused', message: '' };
  return {
    act: given.has('m') ? 'store' : 'print',
    from,
    user: given.get('u') ?? null,
    config: given.get('f') ?? null,
  };
}

function sourceOf(given: ReadonlyMap<string, string>, password: string | undefined): Md5Line['from'] | null {
  const path = given.get('i');
  if (path !== undefined) return { kind: 'file', path };
  if (given.has('p')) return { kind: 'prompt' };
  return password === undefined ? null : { kind: 'argument', password };
}

export const MD5_USAGE = `Usage:

  pg_md5 [OPTIONS]
  pg_md5 <PASSWORD>

  --prompt, -p         Prompt password using standard input.
  --md5auth, -m        Produce md5 authentication password.
  --username, -u USER  When producing a md5 authentication password,
                       create the pool_passwd entry for USER.
  --config-file, -f CONFIG-FILE  Specify pgpool.conf.
  --input-file, -i INPUT-FILE  Specify file containing username and password pairs.
  --help, -h           This help menu.

Warning: At most 128 characters are allowed for input.
Warning: Plain password argument is deprecated for security concerns
         and kept for compatibility. Please prefer using password
         prompt or input file method.`;
