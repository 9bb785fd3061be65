import { describe, expect, test } from 'vitest';
import { defaults, loadConfig, type Settings, sessionSettings, setInSession, showLayout, showRows } from '../index.ts';
import { parameters } from '../table/index.ts';

const load = (text: string): Settings => {
  const result = loadConfig({ text, file: 'f' });
  return result.ok ? result.settings : defaults();
};
const settings = load(`
  backend_hostname0 = a backend_port0 = 5432 backend_weight0 = 2.7
  backend_port2 = 5433 backend_flag2 = 'DISALLOW_TO_FAILOVER|ALWAYS_PRIMARY'
  health_check_period = 60 health_check_password2 = 'secret' sr_check_password = 'secret' wd_authkey = 'secret'`);
const value = (name: string): string | undefined => showRows(settings, name)?.[0]?.value;

describe('PGPOOL SHOW', () => {
  test('of one name is one value', () => {
    expect(showLayout('port')).toBe('value');
    expect(value('port')).toBe('9999');
    expect(value('health_check_period')).toBe('1min');
    expect(value('child_life_time')).toBe('5min');
    expect(value('ssl')).toBe('off');
    expect(value('unix_socket_permissions')).toBe('0777');
    expect(value('reset_query_list')).toBe('ABORT;DISCARD ALL');
    expect(value('backend_flag2')).toBe('DISALLOW_TO_FAILOVER|ALWAYS_PRIMARY');
  });
  test('prints numbers of a slot without unit, and of a weight the integer part', () => {
    expect(value('health_check_period0')).toBe('60');
    expect(value('backend_weight0')).toBe('2');
    expect(value('backend_hostname2')).toBe('/tmp');
  });
  test('of an old spelling is that of the parameter', () => {
    expect(showRows(settings, 'logdir')).toMatchObject([{ item: 'work_dir', value: '/tmp' }]);
  });
  test('of a group is one row per slot and member', () => {
    expect(showLayout('backend')).toBe('rows');
    expect(showRows(settings, 'backend')?.map((r) => r.item)).toEqual(
      [0, 2].flatMap((id) =>
        ['hostname', 'port', 'weight', 'data_directory', 'application_name', 'flag'].map((m) => `backend_${m}${id}`),
      ),
    );
    expect(showRows(settings, 'health_check')).toHaveLength(16);
    expect(showRows(settings, 'watchdog')).toEqual([]);
  });
  test('of the watchdog has two names', () => {
    const watched = load("use_watchdog = on\nhostname0 = 'a'\npgpool_port0 = 9999\nwd_port0 = 9000");
    expect(showLayout('other_pgpool')).toBe('rows');
    expect(showRows(watched, 'other_pgpool')).toEqual(showRows(watched, 'watchdog'));
    expect(showRows(watched, 'other_pgpool')).toHaveLength(3);
  });
  test('of a slot parameter without number is one row per slot', () => {
    expect(showLayout('backend_port')).toBe('rows');
    expect(showRows(settings, 'backend_port')?.map((r) => r.value)).toEqual(['5432', '5433']);
  });
  test('of everything begins with the groups and goes on by descending length of the name', () => {
    const rows = showRows(settings) ?? [];
    expect(rows[0]?.item).toBe('backend_hostname0');
    const rest = rows.slice(12 + 16).map((r) => r.item.length);
    expect(rest).toEqual([...rest].sort((a, b) => b - a));
    expect(rows.some((r) => ['logdir', 'delegate_IP', 'fail_over_on_backend_error'].includes(r.item))).toBe(false);
    expect(rows.every((r) => r.description !== '')).toBe(true);
  });
  test('never shows a secret', () => {
    expect(JSON.stringify(showRows(settings))).not.toContain('secret');
    for (const name of [
      'pool_passwd',
      'sr_check_password',
      'health_check_password',
      'health_check_password2',
      'wd_authkey',
    ]) {
      expect(value(name), name).toBe('*****');
    }
  });
  test('of an unknown name is nothing', () => {
    for (const name of ['nothing', 'port0', '', 'constructor', 'backend_port128']) {
      expect(showRows(settings, name), name).toBeNull();
      expect(showLayout(name), name).toBeNull();
    }
  });
});

describe('PGPOOL SET', () => {
  test("changes one session's value and back", () => {
    const set = setInSession({}, 'client_idle_limit', '2min');
    expect(set).toEqual({ ok: true, values: { client_idle_limit: 120 } });
    expect(settings.client_idle_limit).toBe(0);
    if (!set.ok) return;
    expect(sessionSettings(settings, set.values).client_idle_limit).toBe(120);
    expect(setInSession(set.values, 'client_idle_limit', null)).toEqual({ ok: true, values: {} });
  });
  test('is for these settings', () => {
    const names = parameters.filter(({ context }) => context === 'session').map(({ name }) => name);
    expect(names.sort()).toEqual([
      'allow_sql_comments',
      'check_temp_table',
      'check_unlogged_table',
      'client_idle_limit',
      'client_idle_limit_in_recovery',
      'client_min_messages',
      'log_backend_messages',
      'log_client_messages',
      'log_error_verbosity',
      'log_min_messages',
      'log_per_node_statement',
      'log_statement',
      'notice_per_node_statement',
    ]);
    expect(setInSession({}, 'check_temp_table', 'off')).toEqual({ ok: true, values: { check_temp_table: 'none' } });
  });
  test('refuses an unknown name, another context and a value out of range', () => {
    expect(setInSession({}, 'x', '1')).toEqual({
      ok: false,
      reason: 'unknown name',
      message: 'config variable "x" not found',
    });
    expect(setInSession({}, 'port', '1')).toEqual({
      ok: false,
      reason: 'not for a session',
      message: 'invalid Context, value for parameter "port" cannot be changed',
    });
    expect(setInSession({}, 'client_idle_limit', '-1')).toMatchObject({
      reason: 'bad value',
      message: expect.stringContaining('allowed: 0 to 2147483647 s'),
    });
  });
});
