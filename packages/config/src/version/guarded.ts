/** What is not changed over the control interface unless control_may_change_commands is on. */
import { lookUpName } from '../table/index.ts';

/** Commands that the proxy or its agents run, and files that it reads or writes: who sets them runs programs. */
const GUARDED: ReadonlySet<string> = new Set([
  'failover_command',
  'failback_command',
  'follow_primary_command',
  'recovery_1st_stage_command',
  'recovery_2nd_stage_command',
  'wd_escalation_command',
  'wd_de_escalation_command',
  'trusted_server_command',
  'ssl_passphrase_command',
  'if_cmd_path',
  'if_up_cmd',
  'if_down_cmd',
  'arping_path',
  'arping_cmd',
  'ping_path',
  'backend_data_directory',
  'pid_file_name',
  'work_dir',
  'log_directory',
  'log_filename',
  'unix_socket_directories',
  'pcp_socket_dir',
  'wd_ipc_socket_dir',
  'memqcache_oiddir',
  'pool_passwd',
  'ssl_key',
  'ssl_cert',
  'ssl_ca_cert',
  'ssl_ca_cert_dir',
  'ssl_crl_file',
  'ssl_dh_params_file',
  'agent_addresses',
  'agent_cert',
  'agent_key',
  'agent_ca',
  'control_token_file',
  'control_tls_cert',
  'control_tls_key',
  'control_tls_ca',
  'control_may_change_commands',
]);

/** @param name with or without number, in any spelling */
export function isGuarded(name: string): boolean {
  if (GUARDED.has(name)) return true;
  const found = lookUpName(name);
  return found.kind !== 'unknown' && GUARDED.has(found.parameter.aliasOf ?? found.parameter.name);
}
