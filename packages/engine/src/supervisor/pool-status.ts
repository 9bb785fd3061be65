/** The rows of `SHOW pool_status`: settings, and a little state, in Pgpool-II 4.7's order and spelling. */
import { findParameter, formatBackendFlags, formatValue, type Settings, showRows } from '@pgherd/config';
import type { EngineStatus, NodeStatus } from '@pgherd/operations';

const BEFORE_WATCHDOG_NODES =
  `backend_clustering_mode listen_addresses port unix_socket_directories unix_socket_group unix_socket_permissions
  pcp_listen_addresses pcp_port pcp_socket_dir
  enable_pool_hba pool_passwd authentication_timeout allow_clear_text_frontend_auth
  ssl ssl_key ssl_cert ssl_ca_cert ssl_ca_cert_dir ssl_crl_file ssl_ciphers ssl_prefer_server_ciphers ssl_ecdh_curve
  ssl_dh_params_file ssl_passphrase_command
  listen_backlog_multiplier serialize_accept reserved_connections max_pool process_management_mode
  process_management_strategy num_init_children min_spare_children max_spare_children child_life_time
  child_max_connections connection_life_time client_idle_limit
  log_destination log_line_prefix log_error_verbosity client_min_messages log_min_messages log_connections
  log_disconnections log_pcp_processes log_hostname log_statement log_per_node_statement notice_per_node_statement
  log_client_messages log_backend_messages log_standby_delay syslog_facility syslog_ident
  pid_file_name work_dir
  connection_cache reset_query_list
  replicate_select insert_lock lobj_lock_table replication_stop_on_mismatch failover_if_affected_tuples_mismatch
  load_balance_mode ignore_leading_white_space read_only_function_list write_function_list
  primary_routing_query_pattern_list disable_load_balance_on_write dml_adaptive_object_relationship_list
  statement_level_load_balance
  sr_check_period sr_check_user sr_check_password sr_check_database delay_threshold delay_threshold_by_time
  prefer_lower_delay_standby follow_primary_command user_redirect_preference_list database_redirect_preference_list
  app_name_redirect_preference_list allow_sql_comments
  health_check_period health_check_timeout health_check_user health_check_password health_check_database
  health_check_max_retries health_check_retry_delay connect_timeout
  failover_command failback_command failover_on_backend_error failover_on_backend_shutdown detach_false_primary
  auto_failback auto_failback_interval
  recovery_user recovery_database recovery_1st_stage_command recovery_2nd_stage_command recovery_timeout
  search_primary_node_timeout client_idle_limit_in_recovery
  relcache_expire relcache_size check_temp_table check_unlogged_table enable_shared_relcache relcache_query_target
  use_watchdog wd_ipc_socket_dir wd_lifecheck_method clear_memqcache_on_escalation wd_escalation_command
  wd_de_escalation_command trusted_servers trusted_server_command delegate_ip wd_priority wd_interval ping_path
  if_cmd_path if_up_cmd if_down_cmd arping_path arping_cmd wd_heartbeat_keepalive wd_heartbeat_deadtime wd_life_point
  wd_lifecheck_query wd_lifecheck_dbname wd_lifecheck_user wd_lifecheck_password`.split(/\s+/);

const AFTER_WATCHDOG_NODES = `wd_monitoring_interfaces_list
  memory_cache_enabled memqcache_method memqcache_memcached_host memqcache_memcached_port memqcache_total_size
  memqcache_max_num_cache memqcache_expire memqcache_auto_cache_invalidation memqcache_maxcache
  memqcache_cache_block_size`.split(/\s+/);

/** Enumerations that are shown by number. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  backend_clustering_mode: {
    streaming_replication: 1,
    native_replication: 2,
    logical_replication: 3,
    raw: 4,
    snapshot_isolation: 5,
  },
  process_management_mode: { static: 1, dynamic: 2 },
  process_management_strategy: { aggressive: 1, gentle: 2, lazy: 3 },
  log_standby_delay: { always: 1, if_over_threshold: 2, none: 3 },
  memqcache_method: { shmem: 1, memcached: 2 },
  wd_lifecheck_method: { query: 1, heartbeat: 2, external: 3 },
  disable_load_balance_on_write: { off: 1, transaction: 2, trans_transaction: 3, always: 4, dml_adaptive: 5 },
  relcache_query_target: { primary: 1, load_balance_node: 2 },
  check_temp_table: { catalog: 1, trace: 2, none: 3, on: 4, off: 5 },
  log_backend_messages: { none: 1, terse: 2, verbose: 3 },
  log_error_verbosity: { terse: 0, default: 1, verbose: 2 },
};
const LEVEL_NUMBERS: Readonly<Record<string, number>> = {
  debug5: 10,
  debug4: 11,
  debug3: 12,
  debug2: 13,
  debug1: 14,
  log: 15,
  info: 17,
  notice: 18,
  warning: 19,
  error: 20,
  fatal: 21,
  panic: 22,
};

const VALUE_MAX = 511;
const DESCRIPTION_MAX = 79;
const MASK = '*****';

export function poolStatusRows(settings: Settings, status: EngineStatus): string[][] {
  const rows = [
    ...BEFORE_WATCHDOG_NODES.map((name) => settingRow(settings, name)),
    ...(settings.use_watchdog ? watchdogRows(settings) : []),
    ...AFTER_WATCHDOG_NODES.map((name) => settingRow(settings, name)),
    // Pgpool-II spells this one unlike its parameter.
    ['memqcache_cache_oiddir', settings.memqcache_oiddir, describe(settings, 'memqcache_oiddir')],
    ['memqcache_stats_start_time', ctime(new Date(status.startedAt)), 'Start time of query cache stats'],
    ['memqcache_no_cache_hits', '0', 'Number of SELECTs not hitting query cache'],
    ['memqcache_cache_hits', '0', 'Number of SELECTs hitting query cache'],
    settingRow(settings, 'cache_safe_memqcache_table_list'),
    settingRow(settings, 'cache_unsafe_memqcache_table_list'),
    ...settings.backends.flatMap((backend) => {
      const { id } = backend;
      const node = status.nodes.find((candidate) => candidate.id === id);
      return [
        [`backend_hostname${id}`, backend.hostname, `backend #${id} hostname`],
        [`backend_port${id}`, String(backend.port), `backend #${id} port number`],
        [`backend_weight${id}`, (node?.weight ?? 0).toFixed(6), `weight of backend #${id}`],
        [`backend_data_directory${id}`, backend.dataDirectory, `data directory for backend #${id}`],
        [`backend_status${id}`, node?.status ?? 'unused', `status of backend #${id}`],
        [`standby_delay${id}`, rawDelay(settings, node), `standby delay of backend #${id}`],
        [`backend_flag${id}`, formatBackendFlags(backend.flags), `backend #${id} flag`],
        [`backend_application_name${id}`, backend.applicationName, `application_name for backend #${id}`],
      ];
    }),
  ];
  return rows.map(([item = '', value = '', description = '']) => [
    item,
    value.slice(0, VALUE_MAX),
    description.slice(0, DESCRIPTION_MAX),
  ]);
}

/** Bytes, or microseconds where delay_threshold_by_time is set. */
function rawDelay(settings: Settings, node: NodeStatus | undefined): string {
  const byTime = settings.delay_threshold_by_time > 0;
  return String(byTime ? Math.round((node?.lagMs ?? 0) * 1000) : (node?.lagBytes ?? 0));
}

function settingRow(settings: Settings, name: string): string[] {
  return [name, shownValue(settings, name), describe(settings, name)];
}

function describe(settings: Settings, name: string): string {
  return showRows(settings, name)?.[0]?.description ?? '';
}

function shownValue(settings: Settings, name: string): string {
  if (name.endsWith('_password')) return MASK;
  const parameter = findParameter(name);
  const value = (settings as unknown as Readonly<Record<string, unknown>>)[name] ?? ofHealthCheck(settings, name);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (name === 'client_min_messages' || name === 'log_min_messages')
    return String(LEVEL_NUMBERS[String(value)] ?? value);
  if (name === 'unix_socket_permissions') return Number(value).toString(8).padStart(4, '0');
  const numbers = NUMBERS[name];
  if (numbers !== undefined) return String(numbers[String(value)] ?? value);
  if (Array.isArray(value) && parameter !== undefined) return formatValue(parameter, value as readonly string[]);
  return String(value ?? '');
}

/** What every node without values of its own is checked with; the first node's stand for it. */
function ofHealthCheck(settings: Settings, name: string): string | number | undefined {
  const check = settings.healthChecks[0];
  switch (name) {
    case 'health_check_period':
      return check?.periodSeconds;
    case 'health_check_timeout':
      return check?.timeoutSeconds;
    case 'health_check_user':
      return check?.user;
    case 'health_check_database':
      return check?.database;
    case 'health_check_max_retries':
      return check?.maxRetries;
    case 'health_check_retry_delay':
      return check?.retryDelaySeconds;
    case 'connect_timeout':
      return check?.connectTimeoutMs;
    default:
      return undefined;
  }
}

function watchdogRows(settings: Settings): string[][] {
  return [...(showRows(settings, 'watchdog') ?? []), ...(showRows(settings, 'heartbeat') ?? [])].map((row) => [
    row.item,
    row.value,
    row.description,
  ]);
}

/** As C's ctime without its newline: `Fri Nov 20 11:16:24 2026`. */
function ctime(date: Date): string {
  const [weekday, month, day, year, time] = date.toString().split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time ?? ''} ${year}`;
}
