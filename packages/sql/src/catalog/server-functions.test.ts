import { describe, expect, it } from 'vitest';
import { functionBelongsToServer, functionTellsTransactionTime, settingBelongsToServer } from './server-functions.ts';

describe('a function', () => {
  it.each([
    ['', 'pg_backend_pid'],
    ['pg_catalog', 'pg_backend_pid'],
    ['', 'inet_server_addr'],
    ['', 'txid_current_snapshot'],
    ['', 'pg_is_in_recovery'],
    ['', 'pg_stat_get_activity'],
    ['', 'pg_stat_get_something_new'],
    ['', 'pg_show_all_settings'],
    ['extensions', 'dblink_get_connections'],
  ])('belongs to its server: %s.%s', (schema, name) => {
    expect(functionBelongsToServer(schema, name)).toBe(true);
  });

  it.each([
    ['public', 'pg_backend_pid'],
    ['', 'PG_BACKEND_PID'],
    ['', 'version'],
    ['', 'current_setting'],
    ['', 'now'],
    ['', 'pg_get_viewdef'],
    ['', 'pg_snapshot_xmin'],
    ['', 'count'],
    ['', 'constructor'],
  ])('does not: %s.%s', (schema, name) => {
    expect(functionBelongsToServer(schema, name)).toBe(false);
  });

  it('tells the time of its transaction', () => {
    expect(functionTellsTransactionTime('', 'now')).toBe(true);
    expect(functionTellsTransactionTime('pg_catalog', 'transaction_timestamp')).toBe(true);
    expect(functionTellsTransactionTime('s', 'now')).toBe(false);
    expect(functionTellsTransactionTime('', 'statement_timestamp')).toBe(false);
  });
});

describe('a setting', () => {
  it.each([
    'transaction_read_only',
    'in_hot_standby',
    'port',
    'Data_Directory',
    'max_connections',
    'primary_conninfo',
    'all',
  ])('belongs to its server: %s', (name) => {
    expect(settingBelongsToServer(name)).toBe(true);
  });

  it.each(['search_path', 'TimeZone', 'work_mem', 'server_version', 'app.tenant', 'default_transaction_read_only', ''])(
    'does not: %s',
    (name) => {
      expect(settingBelongsToServer(name)).toBe(false);
    },
  );
});
