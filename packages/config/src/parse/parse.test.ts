import { describe, expect, test } from 'vitest';
import { type ConfigInput, type ConfigResult, loadConfig, parseConfig } from '../index.ts';
import { defaults, healthCheckOf, type Settings, weightShares } from '../settings/settings.ts';
import { formatIssue } from './issue.ts';

const load = (text: string, more: Partial<ConfigInput> = {}): Settings => {
  const result = loadConfig({ text, file: '/etc/pgpool.conf', ...more });
  if (!result.ok) throw new Error(result.issues.map(formatIssue).join('\n'));
  return result.settings;
};
const problems = (text: string, more: Partial<ConfigInput> = {}): readonly string[] => {
  const result = loadConfig({ text, file: '/etc/pgpool.conf', ...more });
  return result.ok ? [] : result.issues.map(formatIssue);
};

describe('syntax', () => {
  test('the equals sign is optional, comments are skipped and several settings fit on one line', () => {
    const s = load("port 5433 # comment\nmax_pool=7 ssl = on # x\nlisten_addresses = '*'");
    expect(s).toMatchObject({ port: 5433, max_pool: 7, ssl: true, listen_addresses: ['*'] });
  });

  test('the last of several settings of one name counts', () => {
    expect(load('port = 5000\nport = 6000\n').port).toBe(6000);
  });

  test('words need no quotes, also with - . : and /', () => {
    expect(load('work_dir = /var/lib/pgherd').work_dir).toBe('/var/lib/pgherd');
    expect(load('backend_hostname0 = db-1.example.org backend_port0 = 5432').backends[0]?.hostname).toBe(
      'db-1.example.org',
    );
    expect(load('log_directory = a/b.c').log_directory).toBe('a/b.c');
  });

  test('a backslash stays part of a quoted value, also before a quote', () => {
    expect(load("lobj_lock_table = 'a\\'b'").lobj_lock_table).toBe("a\\'b");
    expect(load("lobj_lock_table = 'a\\nb'").lobj_lock_table).toBe('a\\nb');
    expect(load("lobj_lock_table = '# no comment'").lobj_lock_table).toBe('# no comment');
  });

  test('CRLF line ends and a byte order mark do no harm', () => {
    expect(load('\ufeffport = 5000\r\nmax_pool = 2\r\n')).toMatchObject({ port: 5000, max_pool: 2 });
  });

  test.each([
    ["lobj_lock_table = 'a''b'", 1, 'a parameter name was expected, not a quoted text'],
    ["\nlobj_lock_table = 'abc\nport = 5000", 2, 'the closing quote is missing'],
    ['port =\n', 1, 'port has no readable value'],
    ['port', 1, 'port has no readable value'],
    ['= 5', 1, 'a parameter name was expected'],
    ['backend_hostname0 = 10.0.0.1', 1, 'a parameter name was expected'],
    ['lobj_lock_table = a$b', 1, 'unexpected character'],
  ])('%j is a syntax error', (text, line, message) => {
    const [first] = problems(text);
    expect(first).toMatch(new RegExp(`^/etc/pgpool.conf:${line}: syntax error: .*${message}`));
  });

  test('an error names file, line, parameter, given value and allowed range', () => {
    expect(problems('\nport = 70000')).toEqual([
      '/etc/pgpool.conf:2: port = "70000" is outside the allowed range (allowed: 1024 to 65535)',
    ]);
  });

  test('all errors of a file are reported together, in its order', () => {
    expect(problems('ssl = maybe\nport = 1\n???\nmax_pool = x')).toHaveLength(4);
  });

  test('a wrong value that a later line replaces is still an error', () => {
    expect(problems('port = 1\nport = 5000')).toHaveLength(1);
  });

  test('the text of a secret is in no message', () => {
    const text =
      "sr_check_password = 'top''secret'\nhealth_check_password0 = 'x\nauth_password = sec$ret\nbackend_port0 = 5432";
    expect(problems(text).join('\n')).not.toMatch(/secret|sec|ret\b/);
  });

  test('an unknown name is ignored with a warning', () => {
    const result = loadConfig({ text: 'no_such = 1', file: 'f' });
    expect(result).toMatchObject({ ok: true, warnings: [{ severity: 'warning', line: 1, parameter: 'no_such' }] });
  });
});

describe('include', () => {
  const files: Record<string, string> = {
    '/etc/a.conf': 'port = 6000\ninclude sub/b.conf',
    '/etc/sub/b.conf': "max_pool = 9\ninclude 'c.conf'",
    '/etc/sub/c.conf': 'ssl = on',
    '/etc/loop.conf': 'include loop.conf',
    '/etc/bad.conf': '\nport = 1',
  };
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };

  test('is read relative to the including file, at its place in the order', () => {
    const s = load("port = 5000\ninclude 'a.conf'\nmax_pool = 3", { readFile });
    expect(s).toMatchObject({ port: 6000, max_pool: 3, ssl: true });
  });
  test('that contains itself is an error', () => {
    expect(problems('include loop.conf', { readFile })[0]).toMatch(/loop.conf:1: include .* nested deeper than 10/);
  });
  test('that cannot be read is an error, also without a reader', () => {
    expect(problems("include 'none.conf'", { readFile })[0]).toContain('cannot be read');
    expect(problems("include 'a.conf'")[0]).toContain('cannot be read');
  });
  test('is named in the errors of its lines', () => {
    expect(problems('include bad.conf', { readFile })[0]).toMatch(/^\/etc\/bad.conf:2: port/);
  });
});

describe('backends', () => {
  const text = `
    backend_hostname0 = 'h0' backend_port0 = 5432 backend_weight0 = 1 backend_flag0 = 'disallow_to_failover | ALWAYS_PRIMARY'
    backend_port3 = 5433 backend_weight3 = 3 backend_data_directory3 = '/data' backend_application_name3 = s3
    health_check_period = 30 health_check_period3 = 1min health_check_database = '' connect_timeout3 = 2s`;

  test('a slot with a port is in use, gaps are allowed, and an empty host name stands for /tmp', () => {
    const { backends } = load(`${text}\nbackend_hostname7 = unused`);
    expect(backends).toEqual([
      {
        id: 0,
        hostname: 'h0',
        port: 5432,
        weight: 1,
        dataDirectory: '',
        flags: { allowToFailover: false, alwaysPrimary: true },
        applicationName: '',
      },
      {
        id: 3,
        hostname: '/tmp',
        port: 5433,
        weight: 3,
        dataDirectory: '/data',
        flags: { allowToFailover: true, alwaysPrimary: false },
        applicationName: 's3',
      },
    ]);
  });

  test('a health check takes its own values where given and those of all nodes elsewhere', () => {
    const s = load(text);
    expect(healthCheckOf(s, 0)).toMatchObject({ periodSeconds: 30, connectTimeoutMs: 10000, database: 'postgres' });
    expect(healthCheckOf(s, 3)).toMatchObject({ periodSeconds: 60, connectTimeoutMs: 2000 });
    expect(healthCheckOf(s, 1)).toBeUndefined();
  });

  test('shares follow the weights, and are 0 when all weights are', () => {
    expect(weightShares(load(text))).toEqual([0.25, 0.75]);
    expect(weightShares(load('backend_port0 = 5432 backend_port1 = 5433'))).toEqual([0, 0]);
  });

  test('contradicting and unknown flags are refused', () => {
    expect(problems("backend_flag0 = 'ALLOW_TO_FAILOVER|DISALLOW_TO_FAILOVER'")[0]).toContain('cannot hold both');
    expect(problems('backend_flag0 = SOMETIMES')[0]).toContain('allowed: ALLOW_TO_FAILOVER');
  });

  test('watchdog hosts and heartbeats are in use when they have a port', () => {
    const s = load(
      "hostname0 = a wd_port0 = 9000 pgpool_port0 = 9999 hostname1 = b heartbeat_hostname1 = 'x; y' heartbeat_port1 = 9694",
    );
    expect(s.watchdogNodes).toEqual([{ id: 0, hostname: 'a', pgpoolPort: 9999, wdPort: 9000 }]);
    expect(s.heartbeats).toEqual([{ id: 1, hostnames: ['x', 'y'], port: 9694, devices: [] }]);
  });
});

describe('the result', () => {
  test('an empty text gives the defaults', () => {
    expect(load('')).toEqual(defaults());
  });
  test("names what the file set, under its names and under today's", () => {
    const s = load('logdir = /var/x\nport = 5000');
    expect([...s.explicit].sort()).toEqual(['port', 'work_dir']);
    expect([...s.raw]).toEqual([
      ['logdir', '/var/x'],
      ['port', '5000'],
    ]);
  });
  test('is frozen, lists and backends included', () => {
    const s = load('backend_port0 = 5432');
    for (const part of [s, s.backends, s.backends[0], s.backends[0]?.flags, s.healthChecks[0], s.listen_addresses]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
  test('survives a structured clone', () => {
    const s = load('backend_port0 = 5432');
    expect(structuredClone(s)).toEqual(s);
  });
  test('a text with one error leaves nothing behind', () => {
    const result: ConfigResult = parseConfig({ text: 'port = 5000\nmax_pool = x', file: 'f', previous: defaults() });
    expect(result.ok).toBe(false);
    expect(Object.keys(result).sort()).toEqual(['issues', 'ok', 'warnings']);
  });
});
