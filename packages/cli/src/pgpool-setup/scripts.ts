/** The scripts that a set-up leaves: those of its user, those of the proxy, and those that PostgreSQL's server runs. */
import path from 'node:path';
import { archiveOf, dataOf, nodesOf, pcpPortOf, postgresPortOf, type SetupPlan } from './plan.ts';

export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Known to every script. */
function head(plan: SetupPlan, about: string): string {
  return `#!/bin/sh
# ${about}
DIR=${quote(plan.dir)}
ETC=${quote(plan.etc)}
PGBIN=${quote(plan.pgBin)}
PROGRAMS=${quote(plan.programs)}
PCPPASSFILE="$DIR/.pcppass"
export PCPPASSFILE
`;
}

const FILES = '-f "$ETC/pgpool.conf" -F "$ETC/pcp.conf" -a "$ETC/pool_hba.conf"';
const eachNode = (plan: SetupPlan, line: (node: number) => string): string => nodesOf(plan).map(line).join('');

export function startall(plan: SetupPlan): string {
  return `${head(plan, 'Starts the servers, then the proxy in front of them.')}${eachNode(
    plan,
    (node) => `"$PGBIN/pg_ctl" -w -D "$DIR/data${node}" -l "$DIR/log/postgresql-${node}.log" start || exit 1\n`,
  )}"$PROGRAMS/pgpool" -D${plan.debug ? ' -d' : ''} ${FILES} >>"$DIR/log/pgpool.log" 2>&1 </dev/null || exit 1
`;
}

export function shutdownall(plan: SetupPlan): string {
  return `${head(plan, 'Stops the proxy, then the servers.')}"$PROGRAMS/pgpool" ${FILES} -m f stop
${eachNode(plan, (node) => `"$PGBIN/pg_ctl" -w -m f -D "$DIR/data${node}" stop\n`)}`;
}

export function pgpoolReload(plan: SetupPlan): string {
  return `${head(plan, 'The proxy reads its configuration again.')}exec "$PROGRAMS/pgpool" ${FILES} reload\n`;
}

/** failover_command: the lost primary is replaced by the node that the proxy chose. */
export function failover(plan: SetupPlan): string {
  return `${head(plan, 'failover_command: %d %h %p %D %m %H %M %P %r %R %N %S')}failed_node=$1
failed_host=$2
failed_port=$3
failed_data=$4
new_main=$5
new_main_host=$6
old_main=$7
old_primary=$8
new_main_port=$9
new_main_data=\${10}
echo "failover.sh: node $failed_node ($failed_host:$failed_port, $failed_data) is lost; main node $old_main -> $new_main, primary was $old_primary"
if [ "$new_main" -lt 0 ]; then
  echo "failover.sh: no node is left"
  exit 0
fi
if [ "$failed_node" != "$old_primary" ]; then
  echo "failover.sh: it was a standby; nothing to do"
  exit 0
fi
echo "failover.sh: promoting node $new_main at $new_main_host:$new_main_port"
exec "$PGBIN/pg_ctl" -w -D "$new_main_data" promote
`;
}

/** follow_primary_command: each of the other nodes becomes a standby of the new primary. */
export function followPrimary(plan: SetupPlan): string {
  return `${head(plan, 'follow_primary_command: %d %h %p %D %m %H %M %P %r %R')}node=$1
node_data=$4
echo "follow_primary.sh: node $node is to follow node $5 ($6:$9)"
if ! "$PGBIN/pg_ctl" -D "$node_data" status >/dev/null 2>&1; then
  echo "follow_primary.sh: node $node does not run, and stays so"
  exit 0
fi
"$PGBIN/pg_ctl" -w -m f -D "$node_data" stop || exit 1
exec "$PROGRAMS/pcp_recovery_node" -w -h localhost -p ${pcpPortOf(plan)} -U ${quote(plan.user)} -n "$node"
`;
}

/** recovery_1st_stage_command, in the data directory of the server that is copied from. */
export function basebackup(plan: SetupPlan): string {
  return `${head(plan, 'recovery_1st_stage_command: makes a server a standby of this one, copied anew or rewound.')}source_data=$1
target_host=$2
target_data=$3
source_port=$4
node=$5
target_port=$6
source_host=\${7:-localhost}
slot=node$node
echo "basebackup.sh: $source_data ($source_host:$source_port) -> $target_data ($target_host:$target_port)"
psql() { "$PGBIN/psql" -X -q -t -A -v ON_ERROR_STOP=1 -h "$source_host" -p "$source_port" -U ${quote(plan.user)} -d template1 -c "$1"; }
${plan.slots ? SLOT : ''}${plan.rewind ? REWIND : COPY}
follow=$target_data/postgresql.auto.conf
sed -i -e '/^primary_conninfo/d' -e '/^primary_slot_name/d' -e '/^restore_command/d' "$follow" 2>/dev/null
{
  echo "primary_conninfo = 'host=$source_host port=$source_port user=${plan.user} application_name=server$node'"
${plan.slots ? `  echo "primary_slot_name = '$slot'"` : `  echo "restore_command = 'cp $DIR/archivedir/\${source_data##*/}/%f %p'"`}
} >>"$follow"
touch "$target_data/standby.signal"
sed -i -e "s/^port = .*/port = $target_port/" -e "s#^archive_command = .*#archive_command = 'cp %p $DIR/archivedir/data$node/%f'#" "$target_data/postgresql.conf"
`;
}

const SLOT = `psql "select pg_create_physical_replication_slot('$slot') where not exists (select from pg_replication_slots where slot_name = '$slot')" || exit 1
`;

const COPY = `copy() {
  rm -rf "$target_data"
  "$PGBIN/pg_basebackup" -h "$source_host" -p "$source_port" -D "$target_data" -X stream -c fast || exit 1
  rm -f "$target_data/postmaster.pid"
}
copy`;

const REWIND = `${COPY.replace(/\ncopy$/, '')}
if [ -f "$target_data/PG_VERSION" ]; then
  cp "$target_data/postgresql.conf" "$DIR/run/rewound-$node.conf"
  psql checkpoint
  if "$PGBIN/pg_rewind" -D "$target_data" --source-server="host=$source_host port=$source_port dbname=postgres"; then
    mv "$DIR/run/rewound-$node.conf" "$target_data/postgresql.conf"
  else
    echo "basebackup.sh: it cannot be rewound, so it is copied"
    copy
  fi
else
  copy
fi`;

export function remoteStart(plan: SetupPlan): string {
  return `${head(plan, 'Starts the server of a node: host, data directory.')}data=$2
exec "$PGBIN/pg_ctl" -w -D "$data" -l "$DIR/log/postgresql-\${data##*/data}.log" start >/dev/null 2>&1 </dev/null
`;
}

export function bashrcPorts(plan: SetupPlan): string {
  return [
    `export PGPOOL_PORT=${plan.basePort}`,
    `export PCP_PORT=${pcpPortOf(plan)}`,
    ...nodesOf(plan).map((node) => `export PGPORT${node}=${postgresPortOf(plan, node)}`),
    `export PCPPASSFILE=${quote(path.join(plan.dir, '.pcppass'))}`,
    '',
  ].join('\n');
}

export function readmePort(plan: SetupPlan): string {
  return [
    `pgpool port is ${plan.basePort}`,
    `pcp port is ${pcpPortOf(plan)}`,
    ...nodesOf(plan).map((node) => `PostgreSQL data${node} port is ${postgresPortOf(plan, node)}`),
    `The info above is in bashrc.ports: source it.`,
    '',
  ].join('\n');
}

/** Added to what initdb wrote. */
export function postgresConf(plan: SetupPlan, node: number): string {
  return [
    '',
    `listen_addresses = 'localhost'`,
    `port = ${postgresPortOf(plan, node)}`,
    `unix_socket_directories = '${plan.socketDir}'`,
    'wal_level = replica',
    'max_wal_senders = 10',
    'hot_standby = on',
    ...(plan.rewind ? ['wal_log_hints = on'] : []),
    ...(plan.slots
      ? ['max_replication_slots = 10']
      : ['archive_mode = on', `archive_command = 'cp %p ${archiveOf(plan, node)}/%f'`, 'wal_keep_size = 256MB']),
    '',
  ].join('\n');
}

export function pgpoolConf(plan: SetupPlan): string {
  const arguments_ = '%d %h %p %D %m %H %M %P %r %R';
  const script = (name: string, given: string): string => `'${path.join(plan.etc, name)} ${given}'`;
  const streaming = plan.mode === 'streaming';
  return [
    '',
    `# Written by pgpool_setup`,
    `backend_clustering_mode = ${streaming ? 'streaming_replication' : 'raw'}`,
    `port = ${plan.basePort}`,
    `pcp_port = ${pcpPortOf(plan)}`,
    `unix_socket_directories = '${plan.socketDir}'`,
    `pcp_socket_dir = '${plan.socketDir}'`,
    `pid_file_name = '${plan.dir}/run/pgpool.pid'`,
    `work_dir = '${plan.dir}/log'`,
    `pool_passwd = 'pool_passwd'`,
    `load_balance_mode = ${streaming ? 'on' : 'off'}`,
    ...nodesOf(plan).flatMap((node) => [
      `backend_hostname${node} = 'localhost'`,
      `backend_port${node} = ${postgresPortOf(plan, node)}`,
      `backend_weight${node} = 1`,
      `backend_data_directory${node} = '${dataOf(plan, node)}'`,
      `backend_flag${node} = 'ALLOW_TO_FAILOVER'`,
      `backend_application_name${node} = 'server${node}'`,
    ]),
    'health_check_period = 10',
    'health_check_timeout = 20',
    `health_check_user = '${plan.user}'`,
    `health_check_database = 'postgres'`,
    'health_check_max_retries = 3',
    'health_check_retry_delay = 1',
    'connect_timeout = 1000',
    `health_check_test = ${plan.test ? 'on' : 'off'}`,
    ...(streaming
      ? [
          'sr_check_period = 10',
          `sr_check_user = '${plan.user}'`,
          `sr_check_database = 'postgres'`,
          `failover_command = ${script('failover.sh', `${arguments_} %N %S`)}`,
          `follow_primary_command = ${script('follow_primary.sh', arguments_)}`,
          `recovery_user = '${plan.user}'`,
          `recovery_database = 'template1'`,
          `recovery_1st_stage_command = 'basebackup.sh'`,
        ]
      : []),
    '',
  ].join('\n');
}
