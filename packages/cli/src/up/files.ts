/** The configuration that `pgherd up` writes: plain files in Pgpool-II's format, made once and the user's from then on. */
import fs from 'node:fs';
import path from 'node:path';
import { AUTH_QUERY } from '@pgherd/auth';
import { ConfDocument, pgMd5, quoteValue, readPoolPasswd, storePoolPasswdEntry } from '@pgherd/config';
import type { Cluster } from '@pgherd/lab';
import type { UpOptions } from './options.ts';

export interface UpFiles {
  readonly config: string;
  readonly hba: string;
  readonly pcp: string;
}

type Value = string | number | boolean;

export const CLIENTS_MAX = 200;

export function upFiles(dir: string): UpFiles {
  const etc = path.join(dir, 'etc');
  return {
    config: path.join(etc, 'pgpool.conf'),
    hba: path.join(etc, 'pool_hba.conf'),
    pcp: path.join(etc, 'pcp.conf'),
  };
}

/** Writes what is missing, and brings ports and nodes of an existing pgpool.conf in line with the options given. */
export function writeUpFiles(cluster: Cluster, options: UpOptions): UpFiles {
  const files = upFiles(options.dir);
  const etc = path.dirname(files.config);
  fs.mkdirSync(etc, { recursive: true, mode: 0o700 });
  fs.mkdirSync(path.join(options.dir, 'log'), { recursive: true });
  fs.mkdirSync(path.join(options.dir, 'run'), { recursive: true });
  storeOwnPasswords(path.join(etc, 'pool_passwd'), cluster);
  if (!fs.existsSync(files.hba)) writeAtomically(files.hba, HBA);
  if (!fs.existsSync(files.pcp)) {
    const { pcp } = cluster.secrets;
    writeAtomically(files.pcp, `# USERID:MD5PASSWD\n${pcp.user}:${pgMd5(pcp.password)}\n`);
  }
  writeAtomically(
    path.join(options.dir, 'pcppass'),
    `*:*:${cluster.secrets.pcp.user}:${cluster.secrets.pcp.password}\n`,
  );
  if (fs.existsSync(files.config)) updateConfig(files.config, cluster, options);
  else writeAtomically(files.config, newConfig(cluster, options));
  return files;
}

function writeAtomically(file: string, text: string): void {
  const draft = `${file}.new`;
  fs.writeFileSync(draft, text, { mode: 0o600 });
  fs.renameSync(draft, file);
}

function portSettings(options: UpOptions): [string, string, Value][] {
  return [
    ['port', 'port', options.port],
    ['pcp-port', 'pcp_port', options.pcpPort],
    ['control-port', 'control_port', options.controlPort],
    ['metrics-port', 'metrics_port', options.metricsPort],
    ['listen', 'listen_addresses', options.listen],
  ];
}

function nodeSettings(cluster: Cluster): [string, Value][] {
  return cluster.nodes.flatMap((node): [string, Value][] => [
    [`backend_hostname${node.id}`, node.host],
    [`backend_port${node.id}`, node.port],
  ]);
}

function newConfig(cluster: Cluster, options: UpOptions): string {
  const { probe, auth, ops, superuser } = cluster.secrets;
  const line = ([name, value]: readonly [string, Value]): string => `${name} = ${format(value)}`;
  const parts: [string, [string, Value][]][] = [
    ['Addresses', portSettings(options).map(([, name, value]) => [name, value])],
    [
      'Files',
      [
        ['unix_socket_directories', cluster.socketDir],
        ['pcp_socket_dir', cluster.socketDir],
        ['pid_file_name', path.join(options.dir, 'run', 'pgherd.pid')],
        ['work_dir', path.join(options.dir, 'run')],
      ],
    ],
    ['Clients', [['num_init_children', CLIENTS_MAX]]],
    [
      'Sign-in: clients prove themselves with SCRAM, the herd knows their verifiers',
      [
        ['enable_pool_hba', true],
        ['pool_passwd', 'pool_passwd'],
        ['auth_query', AUTH_QUERY],
        ['auth_user', auth.user],
        ['auth_dbname', 'postgres'],
      ],
    ],
    [
      "Who sees other users' statements and addresses in SHOW; everybody sees their own",
      [['admin_users', superuser.user]],
    ],
    [
      'The herd',
      [
        ...nodeSettings(cluster),
        ...cluster.nodes.flatMap((node): [string, Value][] => [
          [`backend_weight${node.id}`, 1],
          [`backend_data_directory${node.id}`, node.dataDir],
          [`backend_flag${node.id}`, 'ALLOW_TO_FAILOVER'],
          [`backend_application_name${node.id}`, node.applicationName],
        ]),
      ],
    ],
    [
      'Reads are spread over the herd; a session always sees what it wrote',
      [
        ['load_balance_mode', true],
        ['read_after_write', 'session'],
      ],
    ],
    [
      'Watching it',
      [
        ['health_check_period', 1],
        ['health_check_timeout', 2],
        ['health_check_user', probe.user],
        ['health_check_max_retries', 1],
        ['health_check_retry_delay', 1],
        ['connect_timeout', 1000],
        ['sr_check_period', 1],
        ['sr_check_user', probe.user],
      ],
    ],
    [
      'A lost primary is replaced by the best standby; a node that streams again is used again',
      [
        ['failover_by', 'builtin'],
        ['failover_user', ops.user],
        ['auto_failback', true],
        ['auto_failback_interval', 5],
      ],
    ],
  ];
  const body = parts.map(([title, settings]) => `# ${title}\n${settings.map(line).join('\n')}\n`).join('\n');
  const pidFile = path.join(options.dir, 'run', 'pgherd.pid');
  return `# Written by pgherd up on its first run; yours from now on. After a change: kill -HUP $(cat '${pidFile}')\n\n${body}`;
}

function format(value: Value): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'number' ? String(value) : quoteValue(value);
}

/** Keeps everything that the user wrote; only what was asked for on the command line, and where the nodes are, follows. */
function updateConfig(file: string, cluster: Cluster, options: UpOptions): void {
  const before = fs.readFileSync(file, 'utf8');
  let { document } = ConfDocument.read(before, file);
  const asked = portSettings(options).filter(([flag]) => options.given.has(flag));
  for (const [, name, value] of asked) document = document.set(name, String(value));
  for (const [name, value] of nodeSettings(cluster)) document = document.set(name, String(value));
  const after = document.toString();
  if (after !== before) writeAtomically(file, after);
}

/** The proxy's own users, which it signs in to the servers as; other users' lines stay. */
function storeOwnPasswords(file: string, cluster: Cluster): void {
  const { probe, auth, ops } = cluster.secrets;
  for (const { user, password } of [probe, auth, ops]) {
    const entry = readPoolPasswd(file).lookup(user);
    if (entry?.kind !== 'text' || entry.password !== password) storePoolPasswdEntry(file, user, `TEXT${password}`);
  }
}

const HBA = `# TYPE  DATABASE  USER  ADDRESS  METHOD
local   all          all           scram-sha-256
local   replication  all           scram-sha-256
host    all          all  all      scram-sha-256
host    replication  all  all      scram-sha-256
`;
