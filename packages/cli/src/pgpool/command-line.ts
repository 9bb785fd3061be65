/** The command line of Pgpool-II's main program. @see manual, pgpool(1) */
import path from 'node:path';
import type { StopMode } from '@pgherd/operations';
import { type ConfigurationFiles, configurationFiles } from '../configuration-files.ts';
import { getopt, type OptionSpec } from '../getopt.ts';

export type PgpoolLine =
  | { readonly act: 'help' | 'version' }
  | { readonly act: 'refused'; readonly message: string }
  | {
      readonly act: 'start';
      readonly files: ConfigurationFiles;
      readonly foreground: boolean;
      readonly debug: boolean;
      readonly discardStatus: boolean;
    }
  | { readonly act: 'stop'; readonly files: ConfigurationFiles; readonly mode: StopMode }
  | { readonly act: 'reload'; readonly files: ConfigurationFiles };

const OPTIONS: readonly OptionSpec[] = [
  { short: 'a', long: 'hba-file', takesValue: true },
  { short: 'f', long: 'config-file', takesValue: true },
  { short: 'F', long: 'pcp-file', takesValue: true },
  { short: 'k', long: 'key-file', takesValue: true },
  { short: 'C', long: 'clear-oidmaps', takesValue: false },
  { short: 'n', long: 'dont-detach', takesValue: false },
  { short: 'D', long: 'discard-status', takesValue: false },
  { short: 'd', long: 'debug', takesValue: false },
  { short: 'x', long: 'debug-assertions', takesValue: false },
  { short: 'm', long: 'mode', takesValue: true },
  { short: 'h', long: 'help', takesValue: false },
  { short: 'v', long: 'version', takesValue: false },
];

const MODES: Readonly<Record<string, StopMode>> = {
  s: 'smart',
  smart: 'smart',
  f: 'fast',
  fast: 'fast',
  i: 'immediate',
  immediate: 'immediate',
};

/**
 * Start options beside `stop` or `reload` are accepted and mean nothing, as in Pgpool-II. Relative names are relative to
 * the working directory.
 */
export function parsePgpoolLine(args: readonly string[], configurationDirectory: string): PgpoolLine {
  const parsed = getopt(args, OPTIONS);
  if (!parsed.ok) return { act: 'refused', message: parsed.message };
  const given = new Map(parsed.options.map(({ short, value }) => [short, value]));
  if (given.has('h')) return { act: 'help' };
  if (given.has('v')) return { act: 'version' };
  const mode = MODES[given.get('m') ?? 'smart'];
  if (mode === undefined) {
    return { act: 'refused', message: `unknown mode "${given.get('m')}": it is smart, fast or immediate` };
  }
  const files = configurationFiles(
    { config: given.get('f'), hba: given.get('a'), pcp: given.get('F') },
    path.join(configurationDirectory, 'pgpool.conf'),
  );
  const [command, more] = parsed.operands;
  if (more !== undefined) return { act: 'refused', message: `unexpected argument "${more}"` };
  switch (command) {
    case undefined:
      return {
        act: 'start',
        files,
        foreground: given.has('n'),
        debug: given.has('d'),
        discardStatus: given.has('D'),
      };
    case 'stop':
      return { act: 'stop', files, mode };
    case 'reload':
      return { act: 'reload', files };
    default:
      return { act: 'refused', message: `unknown command "${command}"` };
  }
}

export function pgpoolUsage(configurationDirectory: string): string {
  return `Usage:
  pgpool [ -C ] [ -f CONFIG_FILE ] [ -F PCP_CONFIG_FILE ] [ -a HBA_CONFIG_FILE ]
         [ -n ] [ -D ] [ -d ]
  pgpool [ -f CONFIG_FILE ] [ -F PCP_CONFIG_FILE ] [ -a HBA_CONFIG_FILE ]
         [ -m SHUTDOWN-MODE ] stop
  pgpool [ -f CONFIG_FILE ] [ -F PCP_CONFIG_FILE ] [ -a HBA_CONFIG_FILE ] reload

Common options:
  -a, --hba-file=HBA_CONFIG_FILE
                      Set the path to the pool_hba.conf configuration file
                      (default: beside pgpool.conf)
  -f, --config-file=CONFIG_FILE
                      Set the path to the pgpool.conf configuration file
                      (default: ${path.join(configurationDirectory, 'pgpool.conf')})
  -k, --key-file=KEY_FILE
                      Set the path to the pgpool key file; accepted, AES
                      passwords are not read yet
  -F, --pcp-file=PCP_CONFIG_FILE
                      Set the path to the pcp.conf configuration file
                      (default: beside pgpool.conf)
  -v, --version       Print the version
  -h, --help          Print this help

Start options:
  -C, --clear-oidmaps Clear query cache oidmaps; accepted, there is no query
                      cache yet
  -n, --dont-detach   Don't run in daemon mode, does not detach control tty;
                      the log goes to standard error
  -x, --debug-assertions   Turns on various assertion checks; accepted
  -D, --discard-status Discard pgpool_status file and do not restore previous
                      status
  -d, --debug         Debug mode

Stop options:
  -m, --mode=SHUTDOWN-MODE
                      Can be "smart", "fast", or "immediate"

Shutdown modes are:
  smart       quit after all clients have disconnected
  fast        quit directly, with proper shutdown
  immediate   the same mode as fast`;
}
