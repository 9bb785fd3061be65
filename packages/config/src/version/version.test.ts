import { describe, expect, test } from 'vitest';
import { parameters } from '../table/index.ts';
import {
  fingerprintOf,
  isGuarded,
  keyIdOf,
  replaceSecrets,
  resolveSecrets,
  secretsIn,
  tableFacts,
  UnwritableSecretError,
  versionHash,
} from './index.ts';

const KEY = Buffer.alloc(32, 1);
const nothing = (): null => null;

const TEXT = `# who looks at the servers
port = 9999
sr_check_password = 'canary one'   # the probe's
health_check_password1 = canary_two
#recovery_password = 'canary three'
auth_password = ''
`;

describe('secrets of a text', () => {
  test('are found under the names of today, empty ones are none', () => {
    expect(secretsIn(TEXT)).toEqual([
      { name: 'sr_check_password', value: 'canary one' },
      { name: 'health_check_password1', value: 'canary_two' },
    ]);
  });

  test('are replaced, comments and order kept, and those in comments are masked', () => {
    const shown = replaceSecrets(TEXT, (name) => `'secret:${name}#1'`);
    expect(shown).not.toContain('canary');
    expect(shown.split('\n').slice(2, 5)).toEqual([
      "sr_check_password = 'secret:sr_check_password#1'   # the probe's",
      "health_check_password1 = 'secret:health_check_password1#1'",
      "#recovery_password = '*****'",
    ]);
  });

  test.each([
    'sr_check_password = canary more canary\nport = 1\n',
    "sr_check_password = 'canary\nport = 1\n",
    'sr_check_password canary\n',
    "sr_check_password = 'it''s canary'\n",
    "SR_CHECK_PASSWORD = 'canary'\n",
    '# the old one: sr_check_password=canary',
    "sr_check_passwort = 'canary'\n",
    "#system_db_password = 'canary'\n",
  ])('do not show through what is badly written: %j', (text) => {
    expect(replaceSecrets(text, () => 'x')).not.toContain('canary');
  });

  test.each([
    "# sr_check_password is the probe's\n",
    "#sr_check_password = ''   # empty: pool_passwd\n",
    'port = 9999   # not sr_check_password\n',
    "#pool_passwd = 'pool_passwd'\n",
  ])('are not seen in a comment that gives none: %j', (text) => {
    expect(replaceSecrets(text, () => 'x')).toBe(text);
  });

  test('are put back where a reference stands, and a version with all of them is the file again', () => {
    const values = new Map([
      ['sr_check_password#1', 'canary one'],
      ['health_check_password1#1', 'canary_two'],
    ]);
    const shown = replaceSecrets(TEXT, (name) => `'secret:${name}#1'`);
    const back = resolveSecrets(shown, (reference) => values.get(reference) ?? null);
    expect(secretsIn(back)).toEqual(secretsIn(TEXT));
    expect(() => resolveSecrets(shown, nothing)).toThrow('there is no value for sr_check_password#1');
  });

  test.each(["it's", 'two\nlines', 'ends with \\'])('are refused where no line can hold them: %j', (value) => {
    const text = "sr_check_password = 'secret:sr_check_password#1'";
    expect(() => resolveSecrets(text, () => value)).toThrow(UnwritableSecretError);
    expect(() => resolveSecrets(text, () => value)).not.toThrow(value);
  });

  test('a reference means nothing where no secret belongs', () => {
    const text = "failover_command = 'secret:sr_check_password#1'";
    expect(resolveSecrets(text, () => 'canary')).toBe(text);
  });
});

describe('the hash of a version', () => {
  const hash = (text: string, key = KEY, hba = ''): string =>
    versionHash({ 'pgpool.conf': text, 'pool_hba.conf': hba }, key, (r) => (r === 'sr_check_password#7' ? 'x' : null));

  test('is that of the values, however they are given', () => {
    expect(hash("sr_check_password = 'secret:sr_check_password#7'")).toBe(hash('sr_check_password = x'));
    expect(hash("sr_check_password = 'x'")).not.toBe(hash("sr_check_password = 'y'"));
    expect(hash("sr_check_password = 'x'")).not.toBe(hash("sr_check_password = 'x'", Buffer.alloc(32, 2)));
  });

  test('is another one for each other text', () => {
    expect(new Set([hash('port = 1'), hash('port = 2'), hash('port = 1', KEY, 'local all all trust')]).size).toBe(3);
    expect(versionHash({ b: '1', a: '2' }, KEY, nothing)).toBe(versionHash({ a: '2', b: '1' }, KEY, nothing));
  });

  test('fingerprints differ by name, and a key has a name that does not tell it', () => {
    expect(fingerprintOf(KEY, 'sr_check_password', 'x')).not.toBe(fingerprintOf(KEY, 'recovery_password', 'x'));
    expect(keyIdOf(KEY)).toMatch(/^[0-9a-f]{16}$/);
  });
});

test('whatever is named as a command or a path is guarded', () => {
  const suspicious = parameters.filter(({ name }) =>
    /(_command|_cmd|_path|_dir|directory|directories|_file|file_name|filename|_key|_cert|_ca|oiddir)$/i.test(name),
  );
  expect(suspicious.filter(({ name }) => !isGuarded(name)).map(({ name }) => name)).toEqual([]);
  expect(suspicious.length).toBeGreaterThan(30);
  expect(isGuarded('backend_data_directory3')).toBe(true);
  expect(isGuarded('logdir')).toBe(true);
  expect(isGuarded('port')).toBe(false);
});

test('the table is plain data that tells what a form needs', () => {
  const { parameters: all, groups, renamed } = JSON.parse(JSON.stringify(tableFacts()));
  expect(all).toHaveLength(parameters.length);
  expect(groups).toContain('Backends');
  expect(renamed.socket_dir).toBe('unix_socket_directories');
  const find = (name: string) => all.find((p: { name: string }) => p.name === name);
  expect(find('port')).toMatchObject({ type: 'int', min: 1024, effect: 'restart', secret: false, default: '9999' });
  expect(find('backend_weight')).toMatchObject({ effect: 'new sessions', indexed: { free: false } });
  expect(find('sr_check_password')).toMatchObject({ secret: true, guarded: false });
  expect(find('pool_passwd')).toMatchObject({ secret: false, guarded: true });
  expect(find('failover_command')).toMatchObject({ guarded: true });
});
