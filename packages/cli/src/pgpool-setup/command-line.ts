/** The command line and the environment of Pgpool-II's pgpool_setup. @see manual, pgpool_setup(1) */

export interface SetupLine {
  readonly mode: 'streaming' | 'raw';
  readonly nodes: number;
  /** pgpool listens here, PCP one higher. */
  readonly basePort: number;
  /** Of node 0; the others follow. */
  readonly postgresPort: number;
  readonly stopAtEnd: boolean;
  readonly debug: boolean;
  /** Standbys keep their WAL by slots rather than by an archive. */
  readonly slots: boolean;
  /** A server that has gone its own way is rewound where that is possible. */
  readonly rewind: boolean;
  /** Only the files of the proxy. */
  readonly withoutClusters: boolean;
  /** health_check_test */
  readonly test: boolean;
}

export type SetupParsed =
  | ({ readonly act: 'run' } & SetupLine)
  | { readonly act: 'help' }
  | { readonly act: 'refused'; readonly message: string };

const NODES_MAX = 16;
const BASE_PORT = 11_000;
const PORT_MAX = 65_535;

const MODES: Readonly<Record<string, SetupLine['mode']>> = { s: 'streaming', n: 'raw' };
/** Of Pgpool-II's clustering modes these have no engine here yet. */
const MODES_NOT_YET: Readonly<Record<string, string>> = {
  r: 'native replication',
  l: 'logical replication',
  i: 'snapshot isolation',
};
const FLAGS: Readonly<Record<string, string>> = {
  '--no-stop': 'running',
  '-d': 'debug',
  '-s': 'slots',
  '-r': 'rewind',
  '-e': 'withoutClusters',
  '-t': 'test',
};

/** @param environment what stands for options: USE_REPLICATION_SLOT, USE_PG_REWIND, ENABLE_TEST */
export function parseSetupLine(
  args: readonly string[],
  environment: (name: 'USE_REPLICATION_SLOT' | 'USE_PG_REWIND' | 'ENABLE_TEST') => boolean,
): SetupParsed {
  const flags = new Set<string>();
  const numbers = new Map<string, number>();
  let mode: SetupLine['mode'] = 'streaming';
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const flag = FLAGS[arg];
    if (flag !== undefined) flags.add(flag);
    else if (arg === '-?' || arg === '--help' || arg === '-h') return { act: 'help' };
    else if (arg === '-m') {
      const letter = rest.shift() ?? '';
      const found = MODES[letter];
      if (found === undefined) return refused(whyNot(letter));
      mode = found;
    } else if (arg === '-n' || arg === '-p' || arg === '-pg') {
      const text = rest.shift() ?? '';
      if (!/^\d{1,5}$/.test(text)) return refused(`${arg} needs a number, not "${text}"`);
      numbers.set(arg, Number(text));
    } else if (arg === '-c') return refused('there is no package whose sample scripts -c could take: leave it out');
    else return refused(`unknown option "${arg}"`);
  }
  const nodes = numbers.get('-n') ?? 2;
  if (nodes < 1 || nodes > NODES_MAX)
    return refused(`the number of nodes is ${nodes}, and must be between 1 and ${NODES_MAX}`);
  const basePort = numbers.get('-p') ?? BASE_PORT;
  const postgresPort = numbers.get('-pg') ?? basePort + 2;
  for (const port of [basePort, basePort + 1, postgresPort, postgresPort + nodes - 1]) {
    if (port < 1024 || port > PORT_MAX) return refused(`port ${port} is not between 1024 and ${PORT_MAX}`);
  }
  if (postgresPort <= basePort + 1 && postgresPort + nodes > basePort) {
    return refused(`the ports of PostgreSQL (-pg ${postgresPort}) and of pgpool (-p ${basePort}) overlap`);
  }
  return {
    act: 'run',
    mode,
    nodes,
    basePort,
    postgresPort,
    stopAtEnd: !flags.has('running'),
    debug: flags.has('debug'),
    slots: flags.has('slots') || environment('USE_REPLICATION_SLOT'),
    rewind: flags.has('rewind') || environment('USE_PG_REWIND'),
    withoutClusters: flags.has('withoutClusters'),
    test: flags.has('test') || environment('ENABLE_TEST'),
  };
}

function whyNot(letter: string): string {
  const name = MODES_NOT_YET[letter];
  return name === undefined ? `unknown mode "${letter}": it is s or n` : `mode ${letter} (${name}) is not built yet`;
}

const refused = (message: string): SetupParsed => ({ act: 'refused', message });

export const SETUP_USAGE = `pgpool_setup [OPTION...]

Makes PostgreSQL servers and a configuration of the proxy in the present directory, which must be empty: data0, data1 …,
etc, log, run, archivedir, and the scripts startall, shutdownall and pgpool_reload. Not for production: everybody on this
machine may sign in.

  -m MODE       s streaming replication (default), n raw
  -n NODES      number of servers (default 2)
  -p PORT       of the proxy (default 11000); PCP has the next one, PostgreSQL those after it
  -pg PORT      of the first server
  --no-stop     leave all running
  -d            start the proxy with -d
  -s            replication slots instead of a WAL archive (or USE_REPLICATION_SLOT=true)
  -r            pg_rewind where it can bring a server back (or USE_PG_REWIND=true)
  -e            no servers, only the files of the proxy
  -t            health_check_test = on (or ENABLE_TEST=true)

PGBIN is the directory of PostgreSQL's programs, PGSOCKET_DIR that of Unix sockets (default /tmp), INITDBARG further
arguments of initdb, PGPOOL_INSTALL_DIR where bin/pgpool is, PGPOOLDIR where the configuration goes (default ./etc).
The user of PCP, its password and the superuser of the servers are the user of the operating system.`;
