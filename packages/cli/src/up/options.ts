/** The flags of `pgherd up`; each also as an environment variable (PGHERD_PORT and so on). */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { environment } from '../env.ts';
import { UsageError } from '../errors.ts';

export interface UpOptions {
  readonly dir: string;
  readonly port: number;
  readonly pcpPort: number;
  readonly controlPort: number;
  readonly metricsPort: number;
  readonly herdPort: number;
  readonly nodes: number;
  readonly listen: string;
  /** PostgreSQL's programs: a directory, `system` or `embedded`. */
  readonly pgBin: string;
  /** Null: without it. */
  readonly console: {
    readonly port: number;
    readonly listen: string;
    readonly tlsCert: string | null;
    readonly tlsKey: string | null;
    /** Pages are built as they are asked for. */
    readonly dev: boolean;
  } | null;
  /** Options that were asked for, rather than left at their default: those go into an existing configuration too. */
  readonly given: ReadonlySet<string>;
}

export const UP_USAGE = `pgherd up [options]

Makes a herd of PostgreSQL servers on the first run, starts it with the proxy in front, and stops all of it on Ctrl-C.
The next run starts the same herd again. Everything listens on this machine only, unless --listen says otherwise.

  --dir DIR            where everything is kept (default .pgherd)
  --port P             the proxy, what applications connect to (default 9999)
  --pcp-port P         PCP (default 9898)
  --control-port P     control API (default 9897)
  --metrics-port P     metrics and health (default 9719)
  --herd-port P        the first PostgreSQL server; the others follow (default 25432)
  --nodes N            PostgreSQL servers, the first is the primary (default 3)
  --listen ADDRESS     where the proxy listens (default localhost)
  --pg-bin DIR         PostgreSQL's programs: a directory, "system" or "embedded" (default embedded)
  --console-port P     the web console (default 3000)
  --console-listen A   where the console listens (default 127.0.0.1); beyond this machine it needs TLS
  --console-tls-cert FILE, --console-tls-key FILE
  --console-dev        for work on the console: pages are built as they are asked for (npm run dev)
  --no-console         without the web console

Each option can be given in the environment: PGHERD_PORT=5432 is --port 5432. An option wins over the environment.`;

const DEFAULTS = {
  dir: '.pgherd',
  port: '9999',
  'pcp-port': '9898',
  'control-port': '9897',
  'metrics-port': '9719',
  'herd-port': '25432',
  nodes: '3',
  listen: 'localhost',
  'pg-bin': 'embedded',
  'console-port': '3000',
  'console-listen': '127.0.0.1',
  'console-tls-cert': '',
  'console-tls-key': '',
} as const;
type Name = keyof typeof DEFAULTS;

const NODES_MAX = 32;

/** @throws UsageError, and parseArgs' own errors */
export function parseUpOptions(
  args: readonly string[],
  env: (name: string) => string | undefined = environment,
): UpOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      dir: text,
      port: text,
      'pcp-port': text,
      'control-port': text,
      'metrics-port': text,
      'herd-port': text,
      nodes: text,
      listen: text,
      'pg-bin': text,
      'console-port': text,
      'console-listen': text,
      'console-tls-cert': text,
      'console-tls-key': text,
      'console-dev': { type: 'boolean' },
      'no-console': { type: 'boolean' },
    },
  });
  const given = new Set<string>();
  const value = (name: Name): string => {
    const asked = values[name] ?? env(name);
    if (asked !== undefined) given.add(name);
    return asked ?? DEFAULTS[name];
  };
  const number = (name: Name, min: number, max: number): number => {
    const asked = value(name);
    const parsed = /^\d{1,6}$/.test(asked) ? Number(asked) : Number.NaN;
    if (parsed >= min && parsed <= max) return parsed;
    throw new UsageError(`--${name} must be a number from ${min} to ${max}, not "${asked}".`);
  };
  const port = (name: Name): number => number(name, 1024, 65_535);
  const options: UpOptions = {
    dir: path.resolve(value('dir')),
    port: port('port'),
    pcpPort: port('pcp-port'),
    controlPort: port('control-port'),
    metricsPort: port('metrics-port'),
    herdPort: port('herd-port'),
    nodes: number('nodes', 1, NODES_MAX),
    listen: value('listen'),
    pgBin: value('pg-bin'),
    console:
      values['no-console'] === true || env('no-console') !== undefined
        ? null
        : {
            port: port('console-port'),
            listen: value('console-listen'),
            tlsCert: value('console-tls-cert') || null,
            tlsKey: value('console-tls-key') || null,
            dev: values['console-dev'] === true,
          },
    given,
  };
  refuseSamePorts(options);
  return options;
}

function refuseSamePorts(options: UpOptions): void {
  const ports: (readonly [string, number])[] = [
    ['--port', options.port],
    ['--pcp-port', options.pcpPort],
    ['--control-port', options.controlPort],
    ['--metrics-port', options.metricsPort],
    ...(options.console === null ? [] : [['--console-port', options.console.port] as const]),
    ...Array.from({ length: options.nodes }, (_, id) => [`server ${id} (--herd-port)`, options.herdPort + id] as const),
  ];
  const seen = new Map<number, string>();
  for (const [name, port] of ports) {
    const other = seen.get(port);
    if (other !== undefined) {
      throw new UsageError(`${other} and ${name} would both use port ${port}: change one of them.`);
    }
    if (port > 65_535) throw new UsageError(`${name} would use port ${port}: there are none above 65535.`);
    seen.set(port, name);
  }
}
