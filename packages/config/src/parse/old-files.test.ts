import { describe, expect, test } from 'vitest';
import { formatIssue, loadConfig, type Settings } from '../index.ts';

const load = (text: string): { readonly settings: Settings; readonly warnings: readonly string[] } => {
  const result = loadConfig({ text, file: 'f' });
  if (!result.ok) throw new Error(result.issues.map(formatIssue).join('\n'));
  return { settings: result.settings, warnings: result.warnings.map(formatIssue) };
};

describe('an old name', () => {
  test.each([
    ['socket_dir', '/run', 'unix_socket_directories', ['/run']],
    ['white_function_list', 'f', 'read_only_function_list', ['f']],
    ['black_function_list', 'f', 'write_function_list', ['f']],
    ['white_memqcache_table_list', 'f', 'cache_safe_memqcache_table_list', ['f']],
    ['black_memqcache_table_list', 'f', 'cache_unsafe_memqcache_table_list', ['f']],
    ['black_query_pattern_list', 'f;g', 'primary_routing_query_pattern_list', ['f', 'g']],
    ['follow_master_command', 'x', 'follow_primary_command', 'x'],
    ['enable_multiple_failover_requests_from_node', 'on', 'allow_multiple_failover_requests_from_node', true],
    ['ifconfig_path', '/x', 'if_cmd_path', '/x'],
    ['enable_query_cache', 'on', 'memory_cache_enabled', true],
    ['fail_over_on_backend_error', 'off', 'failover_on_backend_error', false],
    ['delegate_IP', '10.0.0.9', 'delegate_ip', '10.0.0.9'],
    ['logdir', '/x', 'work_dir', '/x'],
  ] as const)('%s means what it meant, with one warning that names %s', (old, value, now, wanted) => {
    const { settings, warnings } = load(`${old} = '${value}'\n${old} = '${value}'`);
    expect(settings[now as keyof Settings]).toEqual(wanted);
    expect(warnings).toEqual([expect.stringContaining(now)]);
  });

  test('that was renamed takes part in "the last one counts"', () => {
    expect(load("logdir = '/a'\nwork_dir = '/b'").settings.work_dir).toBe('/b');
    expect(load("work_dir = '/b'\nlogdir = '/a'").settings.work_dir).toBe('/a');
  });
});

describe('the clustering mode of an old file', () => {
  test.each([
    ['master_slave_mode = on', 'streaming_replication'],
    ["master_slave_mode = on master_slave_sub_mode = 'stream'", 'streaming_replication'],
    ["master_slave_sub_mode = 'logical' master_slave_mode = on", 'logical_replication'],
    ['replication_mode = on', 'native_replication'],
    ['replication_mode = off master_slave_mode = off', 'raw'],
    ['replication_mode = off', 'streaming_replication'],
    ['master_slave_mode = off backend_clustering_mode = native_replication', 'native_replication'],
  ])('%s gives %s', (text, mode) => {
    const { settings, warnings } = load(text);
    expect(settings.backend_clustering_mode).toBe(mode);
    expect(warnings).toHaveLength([...text.matchAll(/(?:^|\s)(?:master|repl)/g)].length);
    for (const warning of warnings) expect(warning).toContain('backend_clustering_mode');
  });

  test('slony is refused with the modes that there are', () => {
    for (const text of ['backend_clustering_mode = slony', "master_slave_mode = on master_slave_sub_mode = 'slony'"]) {
      const result = loadConfig({ text, file: 'f' });
      expect(
        result.ok ? '' : formatIssue(result.issues[0] ?? { severity: 'info', file: '', line: 0, message: '' }),
      ).toContain('allowed: streaming_replication');
    }
  });
});

describe('logging of an old file', () => {
  test.each([
    ['debug_level = 0', 'warning'],
    ['debug_level = 1', 'debug1'],
    ['debug_level = 9', 'debug5'],
    ['debug_level = 1 log_min_messages = error', 'error'],
  ])('%s gives %s', (text, level) => expect(load(text).settings.log_min_messages).toBe(level));

  test.each([
    ['print_timestamp = on', '%t: pid %p: '],
    ['print_timestamp = off print_user = on', '%u: pid %p: '],
    ["print_user = on log_line_prefix = 'x'", 'x'],
  ])('%s gives the prefix %j', (text, prefix) => expect(load(text).settings.log_line_prefix).toBe(prefix));
});

test('the watchdog of a file up to 4.1 becomes numbered hosts, the own one first', () => {
  const { settings, warnings } = load(`
    port = 9998
    wd_hostname = 'me'
    wd_port = 9000
    wd_heartbeat_port = 9694
    other_pgpool_hostname0 = 'you'
    other_pgpool_port0 = 9999
    other_wd_port0 = 9001
    heartbeat_destination0 = 'you'
    heartbeat_destination_port0 = 9695
    heartbeat_device0 = 'eth0'`);
  expect(settings.watchdogNodes).toEqual([
    { id: 0, hostname: 'me', pgpoolPort: 9998, wdPort: 9000 },
    { id: 1, hostname: 'you', pgpoolPort: 9999, wdPort: 9001 },
  ]);
  expect(settings.heartbeats).toEqual([
    { id: 0, hostnames: ['me'], port: 9694, devices: [] },
    { id: 1, hostnames: ['you'], port: 9695, devices: ['eth0'] },
  ]);
  expect(warnings).toHaveLength(9);
});

test('wd_port with a number, and heartbeat_device of a new file, keep their number', () => {
  const { settings, warnings } = load(
    "wd_port1 = 9000 hostname1 = x heartbeat_device1 = 'e' heartbeat_hostname1 = x heartbeat_port1 = 9694",
  );
  expect(settings.watchdogNodes[0]?.id).toBe(1);
  expect(settings.heartbeats[0]).toMatchObject({ id: 1, devices: ['e'] });
  expect(warnings).toEqual([]);
});

test('backend_socket_dir is the host of backends that have none', () => {
  const { settings } = load(
    "backend_socket_dir = '/run' backend_port0 = 5432 backend_hostname1 = h backend_port1 = 5432",
  );
  expect(settings.backends.map((b) => b.hostname)).toEqual(['/run', 'h']);
});

test('relcache_query_target = master means the primary', () => {
  const { settings, warnings } = load("relcache_query_target = 'master'");
  expect(settings.relcache_query_target).toBe('primary');
  expect(warnings).toHaveLength(1);
});

test('names that are gone, and names of a later release, are ignored with a reason', () => {
  const { warnings } = load(
    "pcp_timeout = 10 parallel_mode = on system_db_hostname = 'x' track_table_mutation_ttl_factor = 2",
  );
  expect(warnings).toHaveLength(4);
  for (const warning of warnings) expect(warning).toContain('is ignored: ');
});
