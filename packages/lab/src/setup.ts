import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { confQuote, passfileField } from './conf.ts';
import { explainWrite } from './errors.ts';

/** What the generated files name besides the cluster itself. */
export interface SetupOptions {
  /** The proxy's port, and that of PCP. */
  readonly port: number;
  readonly pcpPort: number;
  /** Absolute path of the program that answers to Pgpool-II's command line (`compat/bin/pgpool`). */
  readonly pgpool: string;
  /** Absolute path of `pgherd`, which starts and stops the nodes. */
  readonly pgherd: string;
  /** Further lines for pgpool.conf; the last one wins. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

export interface SetupFiles {
  readonly dir: string;
  readonly etc: string;
  readonly pgpoolConf: string;
  readonly poolHbaConf: string;
  readonly pcpConf: string;
  readonly poolPasswd: string;
  readonly nodeId: string;
  readonly pcppass: string;
  readonly startall: string;
  readonly shutdownall: string;
  readonly reload: string;
}

/** Writes what pgpool_setup leaves in its directory: `etc/` for a proxy in front of the cluster, `startall`,
 *  `shutdownall`, `pgpool_reload`, `bashrc.ports`, `README.port`. Files with passwords are 0600. May be repeated. */
export function writeSetup(cluster: Cluster, options: SetupOptions): SetupFiles {
  const { dir } = cluster;
  const etc = join(dir, 'etc');
  const files: SetupFiles = {
    dir,
    etc,
    pgpoolConf: join(etc, 'pgpool.conf'),
    poolHbaConf: join(etc, 'pool_hba.conf'),
    pcpConf: join(etc, 'pcp.conf'),
    poolPasswd: join(etc, 'pool_passwd'),
    nodeId: join(etc, 'pgpool_node_id'),
    pcppass: join(dir, 'pcppass'),
    startall: join(dir, 'startall'),
    shutdownall: join(dir, 'shutdownall'),
    reload: join(dir, 'pgpool_reload'),
  };
  try {
    mkdirSync(etc, { recursive: true });
    write(files.pgpoolConf, pgpoolConf(cluster, options), 0o600);
    write(files.poolHbaConf, poolHba(cluster), 0o600);
    write(files.pcpConf, pcpConf(cluster), 0o600);
    write(files.poolPasswd, poolPasswd(cluster), 0o600);
    write(files.nodeId, '0\n', 0o644);
    write(files.pcppass, pcppass(cluster, options), 0o600);
    write(join(dir, 'bashrc.ports'), bashrcPorts(cluster, options), 0o644);
    write(join(dir, 'README.port'), readmePort(cluster, options), 0o644);
    write(files.startall, startall(options), 0o755);
    write(files.shutdownall, shutdownall(options), 0o755);
    write(files.reload, pgpoolReload(options), 0o755);
  } catch (error) {
    throw explainWrite(error, dir);
  }
  return files;
}

function write(path: string, text: string, mode: number): void {
  const draft = `${path}.new`;
  writeFileSync(draft, text, { mode });
  chmodSync(draft, mode);
  renameSync(draft, path);
}

function pgpoolConf(cluster: Cluster, options: SetupOptions): string {
  const { dir, secrets } = cluster;
  const line = (name: string, value: string | number | boolean): string => {
    const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
    return `${name} = ${typeof value === 'string' ? confQuote(text) : text}`;
  };
  const settings: Record<string, string | number | boolean> = {
    backend_clustering_mode: 'streaming_replication',
    listen_addresses: 'localhost',
    port: options.port,
    unix_socket_directories: cluster.socketDir,
    pcp_listen_addresses: 'localhost',
    pcp_port: options.pcpPort,
    pcp_socket_dir: cluster.socketDir,
    wd_ipc_socket_dir: cluster.socketDir,
    pid_file_name: join(cluster.socketDir, 'pgpool.pid'),
    work_dir: join(dir, 'log'),
    enable_pool_hba: true,
    pool_passwd: 'pool_passwd',
    load_balance_mode: true,
    read_after_write: 'session',
    health_check_period: 10,
    health_check_timeout: 20,
    health_check_user: secrets.probe.user,
    health_check_password: secrets.probe.password,
    health_check_database: 'postgres',
    health_check_max_retries: 3,
    health_check_retry_delay: 1,
    connect_timeout: 1000,
    sr_check_period: 10,
    sr_check_user: secrets.probe.user,
    sr_check_password: secrets.probe.password,
    sr_check_database: 'postgres',
    recovery_user: secrets.superuser.user,
    recovery_password: secrets.superuser.password,
    recovery_database: 'template1',
    failover_by: 'builtin',
  };
  const nodes = cluster.nodes.flatMap((node) => [
    '',
    line(`backend_hostname${node.id}`, node.host),
    line(`backend_port${node.id}`, node.port),
    line(`backend_weight${node.id}`, 1),
    line(`backend_data_directory${node.id}`, node.dataDir),
    line(`backend_flag${node.id}`, 'ALLOW_TO_FAILOVER'),
    line(`backend_application_name${node.id}`, node.applicationName),
  ]);
  const own = Object.entries(options.settings ?? {}).map(([name, value]) => line(name, value));
  return [
    '# A proxy in front of the lab in this directory.',
    ...Object.entries(settings).map(([name, value]) => line(name, value)),
    ...nodes,
    ...(own.length > 0 ? ['', ...own] : []),
    '',
  ].join('\n');
}

function poolHba(cluster: Cluster): string {
  return [
    '# TYPE  DATABASE  USER  ADDRESS       METHOD',
    `local   all       all                 ${cluster.auth}`,
    `host    all       all   127.0.0.1/32  ${cluster.auth}`,
    `host    all       all   ::1/128       ${cluster.auth}`,
    '',
  ].join('\n');
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

function pcpConf(cluster: Cluster): string {
  const { pcp } = cluster.secrets;
  return `# USERID:MD5PASSWD\n${pcp.user}:${md5(pcp.password)}\n`;
}

function poolPasswd(cluster: Cluster): string {
  const { superuser, app, probe } = cluster.secrets;
  return [superuser, app, probe]
    .map(({ user, password }) =>
      cluster.auth === 'md5' ? `${user}:md5${md5(password + user)}\n` : `${user}:TEXT${password}\n`,
    )
    .join('');
}

function pcppass(cluster: Cluster, options: SetupOptions): string {
  const { pcp } = cluster.secrets;
  const login = [pcp.user, pcp.password].map(passfileField).join(':');
  return ['localhost', '127.0.0.1', '*'].map((host) => `${host}:${options.pcpPort}:${login}\n`).join('');
}

function bashrcPorts(cluster: Cluster, options: SetupOptions): string {
  return [
    `export PGPOOL_PORT=${options.port}`,
    `export PCP_PORT=${options.pcpPort}`,
    ...cluster.nodes.map((node) => `export PGPORT${node.id}=${node.port}`),
    `export PGPOOLDIR=${shellQuote(join(cluster.dir, 'etc'))}`,
    `export PCPPASSFILE=${shellQuote(join(cluster.dir, 'pcppass'))}`,
    '',
  ].join('\n');
}

function readmePort(cluster: Cluster, options: SetupOptions): string {
  return [
    `pgpool: ${options.port}`,
    `pcp: ${options.pcpPort}`,
    ...cluster.nodes.map((node) => `PostgreSQL node ${node.id}: ${node.host}:${node.port} (${node.dataDir})`),
    `Unix sockets: ${cluster.socketDir}`,
    `Application database "${cluster.database}", user "${cluster.secrets.app.user}"; passwords: secrets.json`,
    '',
  ].join('\n');
}

const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const HEAD = '#!/bin/sh\nDIR=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 1\n';
const FILES = '-f "$DIR/etc/pgpool.conf" -F "$DIR/etc/pcp.conf" -a "$DIR/etc/pool_hba.conf"';

function startall(options: SetupOptions): string {
  return `${HEAD}# Starts the nodes, then the proxy in front of them.
${shellQuote(options.pgherd)} lab start --dir "$DIR" || exit 1
${shellQuote(options.pgpool)} -D -n ${FILES} >>"$DIR/log/pgpool.log" 2>&1 </dev/null &
`;
}

function shutdownall(options: SetupOptions): string {
  return `${HEAD}# Stops the proxy, then the nodes.
${shellQuote(options.pgpool)} ${FILES} -m f stop
${shellQuote(options.pgherd)} lab stop --dir "$DIR"
`;
}

function pgpoolReload(options: SetupOptions): string {
  return `${HEAD}${shellQuote(options.pgpool)} ${FILES} reload\n`;
}
