import { describe, expect, test } from 'vitest';
import { defaults, formatIssue, loadConfig, noEffect, notYet, parameters, parseConfig } from '../index.ts';

const issuesOf = (text: string, readFile?: (path: string) => string): readonly string[] => {
  const result = loadConfig({ text, file: '/etc/pgpool.conf', ...(readFile === undefined ? {} : { readFile }) });
  return [...(result.ok ? [] : result.issues), ...result.warnings].map((i) => `${i.severity} ${formatIssue(i)}`);
};

describe('conditions between parameters', () => {
  const nodeId =
    (text: string) =>
    (path: string): string => {
      if (path !== '/etc/pgpool_node_id') throw new Error('ENOENT');
      return text;
    };
  const watchdog = "use_watchdog = on hostname1 = 'me' wd_port1 = 9000";

  test('the watchdog needs a node id beside the file, and the host of that id', () => {
    expect(issuesOf(watchdog, nodeId('1\n'))).toEqual([]);
    expect(issuesOf(watchdog, nodeId('0'))[0]).toContain('hostname0 and wd_port0');
    expect(issuesOf(watchdog, nodeId('x'))[0]).toContain('one number from 0 to 127');
    expect(issuesOf(watchdog, nodeId('128'))[0]).toContain('one number from 0 to 127');
    expect(
      issuesOf(watchdog, () => {
        throw new Error();
      })[0],
    ).toContain('cannot be read');
  });

  test('recovery commands need the data directory of every backend', () => {
    const text = "backend_port0 = 5432 backend_data_directory0 = '/d' backend_port1 = 5433";
    expect(issuesOf(`${text} recovery_1st_stage_command = 'x'`)[0]).toMatch(/^error .*backend_data_directory1/);
    expect(issuesOf(`${text} recovery_2nd_stage_command = 'x'`)[0]).toMatch(/^error/);
    expect(issuesOf(`${text} backend_data_directory1 = '/d' recovery_1st_stage_command = 'x'`)).toEqual([]);
  });

  test('spare processes lie between each other and num_init_children', () => {
    expect(issuesOf('process_management_mode = dynamic')).toEqual([]);
    expect(issuesOf('process_management_mode = dynamic min_spare_children = 10')[0]).toMatch(
      /^error .*min_spare_children/,
    );
    expect(issuesOf('process_management_mode = dynamic num_init_children = 5')[0]).toMatch(
      /^error .*max_spare_children/,
    );
    expect(issuesOf('min_spare_children = 10')).toEqual([]);
  });

  test('the quorum switch and the old replication switch exclude each other', () => {
    expect(issuesOf('replication_mode = on failover_when_quorum_exists = on').join()).toMatch(
      /error .*failover_when_quorum_exists/,
    );
  });

  test('a cached result must fit a block', () => {
    expect(issuesOf('memqcache_maxcache = 2MB')[0]).toMatch(/^warning .*memqcache_cache_block_size/);
    expect(issuesOf("memqcache_maxcache = 2MB memqcache_method = 'memcached'")).toEqual([]);
  });

  test('several declared primaries are warned about', () => {
    const text =
      'backend_port0 = 5432 backend_flag0 = ALWAYS_PRIMARY backend_port1 = 5432 backend_flag1 = ALWAYS_PRIMARY';
    expect(issuesOf(text)[0]).toMatch(/^warning .*node 0, the lowest, counts/);
  });

  test('lists of expressions and of targets are checked', () => {
    expect(issuesOf("write_function_list = 'a(b'")[0]).toContain('not a valid regular expression');
    expect(issuesOf("write_function_list = '(a)\\1'")[0]).toContain('back-reference');
    expect(issuesOf("primary_routing_query_pattern_list = '(?=x)'")[0]).toContain('(?');
    expect(issuesOf("database_redirect_preference_list = 'db:nowhere'")[0]).toContain('primary, standby or a node id');
    expect(issuesOf("user_redirect_preference_list = 'u:primary(1.5)'")[0]).toContain('0.0 to 1.0');
    expect(issuesOf("dml_adaptive_object_relationship_list = 'a:b:c'")[0]).toContain('left:right');
    expect(issuesOf("app_name_redirect_preference_list = 'psql:primary(0.5),my.*:1, x:STANDBY'")).toEqual([]);
  });
});

describe('what is not built yet', () => {
  const verdicts = (text: string): readonly string[] => {
    const result = parseConfig({ text, file: 'f' });
    return [...(result.ok ? [] : result.issues), ...result.warnings].map((i) => `${i.severity} ${i.parameter}`);
  };

  test('nothing is said about the defaults', () => {
    expect(verdicts('')).toEqual([]);
    expect(verdicts('backend_port0 = 5432')).toEqual([]);
  });

  test.each(notYet.map((e) => e.name))('%s is a parameter', (name) => {
    expect(parameters.some((p) => p.name === name)).toBe(true);
  });

  test('an entry speaks only when its feature is asked for', () => {
    for (const entry of notYet) expect(entry.when(defaults()), entry.name).toBe(false);
  });

  test('what could do harm is refused, everything else warned about once', () => {
    for (const entry of notYet) expect(entry.sentence, entry.name).not.toMatch(/\.$/);
    if (notYet.some((e) => e.name === 'pool_mode'))
      expect(verdicts('pool_mode = transaction')).toEqual(['error pool_mode']);
  });

  test('parameters without effect are reported only when set, with the reason', () => {
    for (const name of Object.keys(noEffect))
      expect(
        parameters.some((p) => p.name === name),
        name,
      ).toBe(true);
    const result = parseConfig({ text: 'serialize_accept = off\nmin_spare_children = 3', file: 'f' });
    expect(result.warnings.map(formatIssue)).toEqual([
      expect.stringMatching(/^f:1: serialize_accept has no effect: /),
      expect.stringMatching(/^f:2: min_spare_children has no effect: /),
    ]);
  });
});
