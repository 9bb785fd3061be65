import { expect, test } from 'vitest';
import { defaults } from '../settings/settings.ts';
import { defaultValue, findParameter, formatValue, isScalarName, lookUpName, parameters, parseValue } from './index.ts';

const upstream = parameters.filter((p) => p.origin !== 'pgherd');

test('the table holds the 186 names of Pgpool-II 4.7, and ours', () => {
  expect(upstream).toHaveLength(186);
  expect(new Set(parameters.map((p) => p.name)).size).toBe(parameters.length);
  expect(parameters.filter((p) => p.origin === 'pgherd').map((p) => p.name)).toEqual([
    'replication_connections',
    'auth_query',
    'auth_user',
    'auth_dbname',
    'auth_password',
    'admin_users',
    'worker_processes',
    'pool_mode',
    'read_after_write',
    'read_after_write_wait',
    'load_balance_strategy',
    'retry_on_primary',
    'failover_max_lost_bytes',
    'failover_user',
    'failover_password',
    'agent_addresses',
    'agent_cert',
    'agent_key',
    'agent_ca',
    'failover_relax_sync_after',
    'failover_by',
    'auto_discover_standby',
    'control_listen_addresses',
    'control_port',
    'control_token_file',
    'control_tls_cert',
    'control_tls_key',
    'control_tls_ca',
    'control_may_change_commands',
    'metrics_listen_addresses',
    'metrics_port',
  ]);
});

test('types and contexts are counted as in Pgpool-II 4.7', () => {
  const count = (of: (p: (typeof upstream)[number]) => string): Record<string, number> => {
    const kinds = upstream.map(of);
    return Object.fromEntries(kinds.map((kind) => [kind, kinds.filter((k) => k === kind).length]));
  };
  // Pgpool-II takes check_temp_table on reload only, although its manual has it among a session's: one more there.
  expect(count((p) => p.context)).toEqual({ start: 78, reload: 95, session: 13 });
  expect(count((p) => (p.indexed ? `indexed ${p.type}` : p.type))).toEqual({
    bool: 43,
    string: 57,
    int: 41,
    enum: 14,
    list: 11,
    'indexed string': 10,
    'indexed int': 9,
    'indexed double': 1,
  });
  expect(
    upstream
      .filter((p) => p.aliasOf !== undefined)
      .map((p) => p.name)
      .sort(),
  ).toEqual(['delegate_IP', 'fail_over_on_backend_error', 'logdir']);
});

test('every parameter has a paragraph of its own, of at least one sentence', () => {
  for (const p of parameters) expect(p.doc, p.name).toMatch(/^\S.{15,}\.$/s);
  expect(new Set(parameters.map((p) => p.doc)).size).toBe(parameters.length);
});

test('Settings holds a value of the right type for every name that stands without a number', () => {
  const settings = defaults();
  for (const p of parameters) {
    if (!isScalarName(p.name)) {
      expect(p.aliasOf ?? p.indexed, p.name).toBeDefined();
      continue;
    }
    expect(settings[p.name], p.name).toEqual(defaultValue(p));
  }
});

test('every default written out and read again is the same value', () => {
  for (const p of parameters) {
    if (p.indexed !== undefined && p.default === 0) continue; // a port of 0 means that the slot is not used
    const text = formatValue(p, defaultValue(p));
    expect(parseValue(p, text), p.name).toEqual({ ok: true, value: defaultValue(p) });
  }
});

test('a number right behind the name chooses the slot', () => {
  expect(lookUpName('backend_port12')).toMatchObject({ kind: 'known', index: 12, canonical: 'backend_port12' });
  expect(lookUpName('health_check_period')).toMatchObject({ kind: 'known', index: null });
  expect(lookUpName('recovery_1st_stage_command')).toMatchObject({ kind: 'known', index: null });
  expect(lookUpName('heartbeat_port255')).toMatchObject({ kind: 'known', index: 255 });
});

test('a missing number, one too large and one with something behind it are told apart from unknown names', () => {
  for (const name of [
    'backend_port',
    'backend_port128',
    'backend_port0x',
    'heartbeat_port256',
    'backend_port99999999',
  ]) {
    expect(lookUpName(name).kind, name).toBe('bad-index');
  }
  for (const name of ['backend_prot0', 'port0', 'no_such_name', ''])
    expect(lookUpName(name).kind, name).toBe('unknown');
});

test('names are found without regard to case, and an old spelling that differs by case only is kept apart', () => {
  expect(findParameter('PORT')?.name).toBe('port');
  expect(findParameter('delegate_IP')?.aliasOf).toBe('delegate_ip');
  expect(findParameter('delegate_ip')?.aliasOf).toBeUndefined();
  expect(findParameter('DELEGATE_IP')?.name).toBe('delegate_ip');
});
