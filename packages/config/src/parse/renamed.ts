/** Names that older Pgpool-II releases used for a parameter that is still there, with the same values.
 *  Those of the table (`aliasOf`) are old spellings that Pgpool-II 4.7 itself accepts; these it would ignore. */
export const RENAMED: Readonly<Record<string, string>> = {
  socket_dir: 'unix_socket_directories',
  white_function_list: 'read_only_function_list',
  black_function_list: 'write_function_list',
  white_memqcache_table_list: 'cache_safe_memqcache_table_list',
  black_memqcache_table_list: 'cache_unsafe_memqcache_table_list',
  black_query_pattern_list: 'primary_routing_query_pattern_list',
  follow_master_command: 'follow_primary_command',
  enable_multiple_failover_requests_from_node: 'allow_multiple_failover_requests_from_node',
  ifconfig_path: 'if_cmd_path',
  enable_query_cache: 'memory_cache_enabled',
};

export const renamedTo = (written: string): string => RENAMED[written] ?? written;

/** Names that mean nothing any more, or not yet. A name that ends with _ stands for all that begin so. */
export const DEAD: Readonly<Record<string, string>> = {
  pcp_timeout: 'it was removed in Pgpool-II 3.3 and nothing took its place',
  parallel_mode: 'the parallel query mode was removed in Pgpool-II 3.4',
  system_db_: 'the parallel query mode was removed in Pgpool-II 3.4',
  track_table_mutation_: 'it belongs to Pgpool-II 4.8, which is not followed yet',
  replication_delay_source_: 'it belongs to Pgpool-II 4.8, which is not followed yet',
};

export function deadReason(written: string): string | undefined {
  if (Object.hasOwn(DEAD, written)) return DEAD[written];
  const prefix = Object.keys(DEAD).find((name) => name.endsWith('_') && written.startsWith(name));
  return prefix === undefined ? undefined : DEAD[prefix];
}
