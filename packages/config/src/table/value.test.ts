import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findParameter, formatValue, type Parameter, parameters, parseBool, parseValue, splitList } from './index.ts';

const spec = (name: string): Parameter => {
  const found = findParameter(name);
  if (found === undefined) throw new Error(name);
  return found;
};
const value = (name: string, text: string): unknown => {
  const result = parseValue(spec(name), text);
  return result.ok ? result.value : 'refused';
};

describe('truth values', () => {
  test.each(['on', 'ON', 'true', 'tr', 't', 'yes', 'y', '1'])('%s is on', (text) => expect(parseBool(text)).toBe(true));
  test.each(['off', 'of', 'false', 'F', 'no', 'n', '0'])('%s is off', (text) => expect(parseBool(text)).toBe(false));
  test.each(['o', '', 'maybe', 'onn', '2', '00'])('"%s" is refused', (text) => expect(parseBool(text)).toBeNull());
});

describe('numbers', () => {
  test.each([
    ['port', '9999', 9999],
    ['port', '0x270F', 9999],
    ['port', '023417', 9999],
    ['port', '+9999', 9999],
    ['port', '1023', 'refused'],
    ['port', '65536', 'refused'],
    ['port', '9999s', 'refused'],
    ['port', '', 'refused'],
    ['port', '-', 'refused'],
    ['port', '089', 'refused'],
    ['port', '1e4', 10000],
    ['unix_socket_permissions', '0777', 0o777],
    ['unix_socket_permissions', '01000', 'refused'],
    ['max_pool', '2.5', 2],
    ['max_pool', '3.5', 4],
    ['max_pool', '2147483648', 'refused'],
    ['connection_life_time', '90', 90],
    ['connection_life_time', '2min', 120],
    ['connection_life_time', '1.5h', 5400],
    ['connection_life_time', '2 d', 172800],
    ['connection_life_time', '1500ms', 2],
    ['connection_life_time', '1M', 'refused'],
    ['connection_life_time', '1constructor', 'refused'],
    ['connect_timeout', '10s', 10000],
    ['log_rotation_age', '1d', 1440],
    ['memqcache_total_size', '64MB', 67108864],
    ['memqcache_total_size', '64mb', 'refused'],
    ['log_rotation_size', '10MB', 10240],
    ['delay_threshold', '9223372036854775807', 2 ** 63],
    ['delay_threshold', '1e30', 'refused'],
    ['client_idle_limit_in_recovery', '-1', -1],
    ['client_idle_limit_in_recovery', '-2', 'refused'],
    ['backend_weight', '0.5', 0.5],
    ['backend_port', '0', 'refused'],
    ['wd_listen_port', '0', 0],
    ['wd_listen_port', '1', 'refused'],
  ])('%s = %s gives %s', (name, text, wanted) => expect(value(name, text)).toBe(wanted));

  test('a range error names the range', () => {
    expect(parseValue(spec('port'), '1')).toMatchObject({ ok: false, allowed: '1024 to 65535' });
    expect(parseValue(spec('delay_threshold'), '-1')).toMatchObject({ allowed: '0 to 9223372036854775807 B' });
  });

  test.each([
    ['authentication_timeout', 60, '1min'],
    ['authentication_timeout', 61, '61s'],
    ['authentication_timeout', 0, '0'],
    ['client_idle_limit_in_recovery', -1, '-1'],
    ['connection_life_time', 172800, '2d'],
    ['memqcache_total_size', 67108864, '64MB'],
    ['log_rotation_size', 10240, '10MB'],
    ['unix_socket_permissions', 0o777, '0777'],
    ['log_file_mode', 0o600, '0600'],
    ['port', 9999, '9999'],
  ])('%s %s is shown as %s', (name, given, shown) => expect(formatValue(spec(name), given)).toBe(shown));
});

describe('words and lists', () => {
  test("words are matched without regard to case, and synonyms stand for today's word", () => {
    expect(value('log_min_messages', 'DEBUG1')).toBe('debug1');
    expect(value('log_min_messages', 'debug')).toBe('debug2');
    expect(value('check_temp_table', 'on')).toBe('catalog');
    expect(value('check_temp_table', 'off')).toBe('none');
    expect(value('syslog_facility', 'local3')).toBe('LOCAL3');
    expect(value('backend_clustering_mode', 'slony')).toBe('refused');
    expect(value('log_min_messages', 'constructor')).toBe('refused');
  });

  test('lists are cut at their separator, blanks go, and an escaped separator stays', () => {
    expect(splitList(' a , b,,c ', ',')).toEqual(['a', 'b', 'c']);
    expect(splitList('ABORT; DISCARD ALL', ';')).toEqual(['ABORT', 'DISCARD ALL']);
    expect(splitList('a\\;b;c', ';')).toEqual(['a\\;b', 'c']);
    expect(splitList('', ',')).toEqual([]);
  });
});

test('no text makes the reader of values throw, and what it accepts it can show and read again', () => {
  const anyParameter = fc.constantFrom(...parameters.filter((p) => p.type !== 'list'));
  fc.assert(
    fc.property(anyParameter, fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String)), (p, text) => {
      const read = parseValue(p, text);
      if (!read.ok) return;
      const again = parseValue(p, formatValue(p, read.value));
      expect(again).toEqual(read);
    }),
    { numRuns: 2000 },
  );
});
