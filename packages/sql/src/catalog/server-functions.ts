/** Functions and settings whose answer is one server's, or one session's on it, although PostgreSQL does not call them volatile: what
 *  a standby says is not what the primary would have said.
 *
 *  Not in it: what computes, what reads data that replication brings, what hangs on settings that every server gets from the
 *  session, and the version. `server-functions.pg.test.ts` asks PostgreSQL whether there are new ones to judge. */

const SERVER_FUNCTIONS: ReadonlySet<string> = new Set(
  words(`
    inet_client_addr inet_client_port inet_server_addr inet_server_port system_user
    pg_backend_pid pg_postmaster_start_time pg_conf_load_time pg_config pg_numa_available pg_jit_available
    pg_available_extensions pg_available_extension_versions pg_extension_update_paths pg_tablespace_location

    pg_cursor pg_prepared_statement pg_listening_channels pg_my_temp_schema pg_is_other_temp_schema pg_trigger_depth
    pg_show_all_settings pg_show_all_file_settings pg_hba_file_rules pg_ident_file_mappings
    pg_notification_queue_usage pg_export_snapshot pg_get_backend_memory_contexts pg_log_backend_memory_contexts

    txid_current txid_current_if_assigned txid_current_snapshot txid_status
    pg_current_xact_id pg_current_xact_id_if_assigned pg_current_snapshot pg_xact_status pg_prepared_xact
    pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_last_committed_xact

    pg_is_in_recovery pg_is_wal_replay_paused pg_get_wal_replay_pause_state pg_last_wal_receive_lsn
    pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_current_wal_lsn pg_current_wal_insert_lsn
    pg_current_wal_flush_lsn pg_walfile_name pg_walfile_name_offset pg_is_in_backup pg_backup_start_time
    pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system pg_current_logfile
    pg_get_replication_slots pg_show_replication_origin_status pg_replication_origin_progress
    pg_replication_origin_session_is_setup pg_replication_origin_session_progress
    pg_available_wal_summaries pg_wal_summary_contents pg_get_wal_summarizer_state

    pg_lock_status pg_blocking_pids pg_safe_snapshot_blocking_pids pg_isolation_test_session_is_blocked
    pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_aios pg_get_loaded_modules
    pg_sequence_last_value pg_get_sequence_data pg_stat_have_stats
    pg_read_file pg_read_binary_file pg_stat_file

    table_to_xml table_to_xml_and_xmlschema schema_to_xml schema_to_xml_and_xmlschema
    database_to_xml database_to_xml_and_xmlschema
  `),
);

/** Counters and activity; files of a server; locks that one server grants. */
const SERVER_PREFIXES: readonly string[] = ['pg_stat_get_', 'pg_ls_', 'pg_advisory_', 'pg_try_advisory_'];

/** Functions of extensions that speak through connections which their session holds on its server. */
const SERVER_PREFIXES_ANYWHERE: readonly string[] = ['dblink'];

/** What cannot be set for a session alone, apart from what a running cluster has in common; and the state of the transaction and of
 *  the socket, which SHOW tells as if they were settings. */
const SERVER_SETTINGS: ReadonlySet<string> = new Set(
  words(`
    all
    transaction_deferrable transaction_isolation transaction_read_only
    tcp_keepalives_count tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout

    allow_alter_system archive_cleanup_command archive_command archive_library archive_mode archive_timeout
    authentication_timeout autovacuum autovacuum_analyze_scale_factor autovacuum_analyze_threshold
    autovacuum_freeze_max_age autovacuum_max_workers autovacuum_multixact_freeze_max_age autovacuum_naptime
    autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit autovacuum_vacuum_insert_scale_factor
    autovacuum_vacuum_insert_threshold autovacuum_vacuum_max_threshold autovacuum_vacuum_scale_factor
    autovacuum_vacuum_threshold autovacuum_work_mem autovacuum_worker_slots bgwriter_delay
    bgwriter_flush_after bgwriter_lru_maxpages bgwriter_lru_multiplier bonjour bonjour_name
    checkpoint_completion_target checkpoint_flush_after checkpoint_timeout checkpoint_warning cluster_name
    commit_timestamp_buffers config_file data_directory data_directory_mode data_sync_retry debug_io_direct
    dynamic_shared_memory_type event_source external_pid_file file_extend_method fsync full_page_writes
    gss_accept_delegation hba_file hot_standby hot_standby_feedback huge_page_size huge_pages
    huge_pages_status ident_file idle_replication_slot_timeout ignore_invalid_pages in_hot_standby
    io_max_combine_limit io_max_concurrency io_method io_workers jit_provider krb_caseins_users
    krb_server_keyfile listen_addresses log_autovacuum_min_duration log_checkpoints log_destination
    log_directory log_file_mode log_filename log_hostname log_line_prefix log_recovery_conflict_waits
    log_rotation_age log_rotation_size log_startup_progress_interval log_timezone log_truncate_on_rotation
    logging_collector max_active_replication_origins max_connections max_files_per_process
    max_locks_per_transaction max_logical_replication_workers max_notify_queue_pages
    max_parallel_apply_workers_per_subscription max_pred_locks_per_page max_pred_locks_per_relation
    max_pred_locks_per_transaction max_prepared_transactions max_replication_slots max_slot_wal_keep_size
    max_standby_archive_delay max_standby_streaming_delay max_sync_workers_per_subscription max_wal_senders
    max_wal_size max_worker_processes min_dynamic_shared_memory min_wal_size multixact_member_buffers
    multixact_offset_buffers notify_buffers num_os_semaphores oauth_validator_libraries port pre_auth_delay
    primary_conninfo primary_slot_name recovery_end_command recovery_init_sync_method recovery_min_apply_delay
    recovery_prefetch recovery_target recovery_target_action recovery_target_inclusive recovery_target_lsn
    recovery_target_name recovery_target_time recovery_target_timeline recovery_target_xid
    remove_temp_files_after_crash reserved_connections restart_after_crash restore_command
    send_abort_for_crash send_abort_for_kill serializable_buffers shared_buffers shared_memory_size
    shared_memory_size_in_huge_pages shared_memory_type shared_preload_libraries ssl ssl_ca_file ssl_cert_file
    ssl_ciphers ssl_crl_dir ssl_crl_file ssl_dh_params_file ssl_groups ssl_key_file ssl_library
    ssl_max_protocol_version ssl_min_protocol_version ssl_passphrase_command
    ssl_passphrase_command_supports_reload ssl_prefer_server_ciphers ssl_tls13_ciphers subtransaction_buffers
    summarize_wal superuser_reserved_connections sync_replication_slots synchronized_standby_slots
    synchronous_standby_names syslog_facility syslog_ident syslog_sequence_numbers syslog_split_messages
    trace_connection_negotiation track_activity_query_size track_commit_timestamp transaction_buffers
    unix_socket_directories unix_socket_group unix_socket_permissions wal_buffers wal_decode_buffer_size
    wal_keep_size wal_level wal_log_hints wal_receiver_create_temp_slot wal_receiver_status_interval
    wal_receiver_timeout wal_retrieve_retry_interval wal_summary_keep_time wal_sync_method wal_writer_delay
    wal_writer_flush_after

    db_user_namespace old_snapshot_threshold promote_trigger_file
    ssl_ecdh_curve stats_temp_directory vacuum_defer_cleanup_age

  `),
);

/** Functions that tell when their transaction began: on another server that is another time. */
const TRANSACTION_TIME: ReadonlySet<string> = new Set(['now', 'transaction_timestamp']);

/** Does the function's answer belong to the server, or to the session, that runs it? `schema` as written, '' for none; names in
 *  PostgreSQL's case. For current_setting() ask `settingBelongsToServer` of the setting. */
export function functionBelongsToServer(schema: string, name: string): boolean {
  if (SERVER_PREFIXES_ANYWHERE.some((prefix) => name.startsWith(prefix))) return true;
  if (schema !== '' && schema !== 'pg_catalog') return false;
  return SERVER_FUNCTIONS.has(name) || SERVER_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Is the setting's value the server's own, so that SHOW on another server may tell another? In any case of letters; `all` is what
 *  SHOW ALL shows. A name that PostgreSQL does not know belongs to the session. */
export function settingBelongsToServer(name: string): boolean {
  return SERVER_SETTINGS.has(name.toLowerCase());
}

/** Does the function tell when its transaction began? Within an explicit transaction its answers are the same on one server only. */
export function functionTellsTransactionTime(schema: string, name: string): boolean {
  return (schema === '' || schema === 'pg_catalog') && TRANSACTION_TIME.has(name);
}

function words(list: string): string[] {
  return list.trim().split(/\s+/);
}
