/** ProcessInfo ('p'): the word, then 21 texts z in the order of SHOW pool_pools; up to Pgpool-II 4.3 the first 17. */
export const PROCESS_FIELDS = [
  ...['pool_pid', 'start_time', 'client_connection_count', 'pool_id', 'backend_id', 'database', 'username'],
  ...['backend_connection_time', 'client_connection_time', 'client_disconnection_time', 'client_idle_duration'],
  ...['majorversion', 'minorversion', 'pool_counter', 'pool_backendpid', 'pool_connected', 'status'],
  ...['load_balance_node', 'client_host', 'client_port', 'statement'],
] as const;
export type ProcessField = (typeof PROCESS_FIELDS)[number];

export const PROCESS_FIELDS_MIN = 17;
