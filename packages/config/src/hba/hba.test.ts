import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIssue } from '../parse/issue.ts';
import { type HbaConnection, type HbaEnvironment, type HbaRule, matchHba, parseHba } from './index.ts';

const rulesOf = (text: string, files: Record<string, string> = {}): readonly HbaRule[] => {
  const result = parseHba({ text, file: '/etc/pool_hba.conf', readFile: (path) => files[path] ?? missing(path) });
  if (!result.ok) throw new Error(result.issues.map(formatIssue).join('\n'));
  return result.rules;
};
const missing = (path: string): never => {
  throw new Error(path);
};
const refusal = (text: string): string => {
  const result = parseHba({ text, file: 'f' });
  return result.ok ? 'accepted' : result.issues.map(formatIssue).join('\n');
};
const CLIENT: HbaConnection = {
  kind: 'host',
  tls: false,
  address: '10.1.2.3',
  database: 'db',
  user: 'ann',
  replication: false,
};
const NOWHERE: HbaEnvironment = { interfaces: [] };
/** The method of the rule that decides, for rules without host names. */
const method = (text: string, client: Partial<HbaConnection> = {}, env = NOWHERE): string | null => {
  const found = matchHba(rulesOf(text), { ...CLIENT, ...client }, env);
  if (found instanceof Promise) throw new Error('needs a look-up');
  return found?.method ?? null;
};

describe('a line', () => {
  test('is read with its type, lists, address, method and options', () => {
    expect(rulesOf('hostssl db1,db2 ann, bob 10.0.0.0/8 cert  map=x clientcert="a b" # c')).toMatchObject([
      {
        line: 1,
        type: 'hostssl',
        databases: [{ name: 'db1' }, { name: 'db2' }],
        users: [{ name: 'ann' }, { name: 'bob' }],
        method: 'cert',
        options: { map: 'x', clientcert: 'a b' },
      },
    ]);
  });

  test.each([
    ['hosts all all all md5', 'not a connection type'],
    ['host all all', 'ends before the address'],
    ['host all all 10.0.0.1 md5', 'not an IP address and a mask'],
    ['host all all 10.0.0.1', 'ends before the mask'],
    ['host all all 10.0.0.0/33 md5', 'prefix length'],
    ['host all all ::1/129 md5', 'prefix length'],
    ['host all all ::1 255.0.0.0 md5', 'different kinds'],
    ['host all all 300.1.1.1/8 md5', 'not an IP address'],
    ['host all all a,b md5', 'one word'],
    ['host all all all', 'ends before the method'],
    ['host all all all kerberos', 'is not a method'],
    ['host all all all pam', 'not built yet'],
    ['host all all all ldap ldapserver=x', 'not built yet'],
    ['host all all all cert', 'hostssl lines only'],
    ['local all all md5 secret', 'name=value'],
    ['local "all all md5', 'double quote'],
    ['local @none all md5', 'cannot be read'],
    ['local /(?=x) all md5', 'regular expression'],
  ])('%j is refused', (text, reason) => {
    expect(refusal(`local all all trust\n${text}`)).toMatch(/^f:2: /);
    expect(refusal(text)).toContain(reason);
  });

  test('that is wrong refuses the whole file, and all of them are reported', () => {
    expect(refusal('x\nlocal all all trust\ny').split('\n')).toHaveLength(2);
  });

  test('an option that is not one is not repeated: it could be a secret', () => {
    expect(refusal('local all all md5 hunter2')).not.toContain('hunter2');
  });
});

describe('the first line that fits decides', () => {
  test('and none refuses', () => {
    expect(method('host all bob all trust\nhost all ann all md5\nhost all all all reject')).toBe('md5');
    expect(method('host all bob all trust')).toBeNull();
    expect(method('')).toBeNull();
  });

  test.each([
    ['local', [null, null, 'trust']],
    ['host', ['trust', 'trust', null]],
    ['hostssl', [null, 'trust', null]],
    ['hostnossl', ['trust', null, null]],
    ['hostgssenc', [null, null, null]],
    ['hostnogssenc', ['trust', 'trust', null]],
  ])('%s fits by transport and encryption', (type, wanted) => {
    const text = `${type} all all ${type === 'local' ? '' : 'all'} trust`;
    const got = [method(text), method(text, { tls: true }), method(text, { kind: 'local' })];
    expect(got).toEqual(wanted);
  });
});

describe('databases and users', () => {
  const fits = (databases: string, users: string, client: Partial<HbaConnection> = {}): boolean =>
    method(`host ${databases} ${users} all trust`, client) === 'trust';

  test('are names, lists, all and sameuser', () => {
    expect(fits('db', 'ann')).toBe(true);
    expect(fits('DB', 'ann')).toBe(false);
    expect(fits('x,db', 'y,ann')).toBe(true);
    expect(fits('sameuser', 'all')).toBe(false);
    expect(fits('sameuser', 'all', { database: 'ann' })).toBe(true);
  });
  test('in quotes are just names', () => {
    expect(fits('"all"', 'all')).toBe(false);
    expect(fits('"all"', 'all', { database: 'all' })).toBe(true);
    expect(fits('"a ""b"""', 'all', { database: 'a "b"' })).toBe(true);
    expect(fits('"@x"', 'all', { database: '@x' })).toBe(true);
  });
  test('replication is fit by its own word only, never by all or a name', () => {
    const replication = { replication: true, database: 'replication' };
    expect(fits('all', 'all', replication)).toBe(false);
    expect(fits('"replication"', 'all', replication)).toBe(false);
    expect(fits('replication', 'all', replication)).toBe(true);
    expect(fits('replication', 'all', { database: 'replication' })).toBe(false);
    expect(fits('"replication"', 'all', { database: 'replication' })).toBe(true);
  });
  test('groups are told to match nobody', () => {
    const result = parseHba({ text: 'host samerole,samegroup +admins all trust', file: 'f' });
    expect(result).toMatchObject({ ok: true, warnings: [{ line: 1 }, { line: 1 }, { line: 1 }] });
    expect(fits('samerole', 'all')).toBe(false);
    expect(fits('all', '+ann')).toBe(false);
    expect(fits('all', '+admins,ann')).toBe(true);
  });
  test('can be regular expressions', () => {
    expect(fits('/^d', 'all')).toBe(true);
    expect(fits('/^x', 'all')).toBe(false);
    expect(fits('all', '/^(bob|ann)$')).toBe(true);
  });
  test('can come from files beside the configuration, also from files named in these', () => {
    const files = { '/etc/dbs': '# ours\nx, @more\n', '/etc/more': '"all" db' };
    const found = matchHba(rulesOf('host @dbs all all trust', files), CLIENT, NOWHERE);
    expect(found).toMatchObject({ databases: [{ name: 'x' }, { name: 'all' }, { name: 'db' }] });
  });
  test('a file that names itself is refused', () => {
    const result = parseHba({ text: 'host @a all all trust', file: 'f', readFile: () => '@a' });
    expect(result).toMatchObject({ ok: false, issues: [{ message: expect.stringContaining('nested deeper') }] });
  });
});

describe('addresses', () => {
  test.each([
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.1.2.3/32', '10.1.2.3', true],
    ['10.1.2.2/31', '10.1.2.3', true],
    ['10.1.2.4/31', '10.1.2.3', false],
    ['10.1.0.0 255.255.0.0', '10.1.2.3', true],
    ['10.2.0.0 255.255.0.0', '10.1.2.3', false],
    ['0/0', '203.0.113.9', true],
    ['0/0', '::1', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['::/0', '2001:db8::1', true],
    ['::/0', '10.1.2.3', false],
    ['::1/128', '::1', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:a01:203', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['all', '::1', true],
    ['10.0.0.0/8', 'nonsense', false],
  ])('%s and the client %s: %s', (rule, address, wanted) => {
    expect(method(`host all all ${rule} trust`, { address })).toBe(wanted ? 'trust' : null);
  });

  const interfaces = [
    { address: '10.1.2.1', netmask: '255.255.255.0' },
    { address: 'fe80::1%eth0', netmask: 'ffff:ffff:ffff:ffff::' },
  ];
  test.each([
    ['samehost', '10.1.2.1', true],
    ['samehost', '10.1.2.3', false],
    ['samenet', '10.1.2.3', true],
    ['samenet', '10.1.3.3', false],
    ['samenet', 'fe80::9', true],
    ['samehost', 'fe80::1', true],
  ])('%s and the client %s: %s', (rule, address, wanted) => {
    expect(method(`host all all ${rule} trust`, { address }, { interfaces })).toBe(wanted ? 'trust' : null);
  });
});

describe('host names', () => {
  const env = (names: readonly string[], addresses: readonly string[]): HbaEnvironment => ({
    interfaces: [],
    reverseLookup: async () => names,
    forwardLookup: async () => addresses,
  });
  const found = async (name: string, environment: HbaEnvironment): Promise<string | undefined> =>
    (await matchHba(rulesOf(`host all all ${name} trust\nhost all all all reject`), CLIENT, environment))?.method;

  test('fit when the address leads to the name and the name back to the address', async () => {
    expect(await found('App.example.org', env(['app.example.org.'], ['10.1.2.3']))).toBe('trust');
    expect(await found('app.example.org', env(['app.example.org'], ['10.9.9.9']))).toBe('reject');
    expect(await found('app.example.org', env(['other.example.org'], ['10.1.2.3']))).toBe('reject');
  });
  test('with a dot in front fit every name that ends so', async () => {
    expect(await found('.example.org', env(['app.example.org'], ['10.1.2.3']))).toBe('trust');
    expect(await found('.example.org', env(['example.org'], ['10.1.2.3']))).toBe('reject');
    expect(await found('.example.org', env(['badexample.org'], ['10.1.2.3']))).toBe('reject');
  });
  test('fit nobody when a look-up fails or there is none', async () => {
    const failing = async (): Promise<never> => Promise.reject(new Error('no DNS'));
    expect(await found('app.example.org', { interfaces: [], reverseLookup: failing, forwardLookup: failing })).toBe(
      'reject',
    );
    expect(await found('app.example.org', NOWHERE)).toBe('reject');
  });
  test('are not looked up when an earlier line decides, or user and database do not fit', () => {
    const never = env([], []);
    expect(method('host all all all md5\nhost all all app.example.org trust', {}, never)).toBe('md5');
    expect(method('host all bob app.example.org trust\nhost all all all md5', {}, never)).toBe('md5');
  });
  test('are looked up once for all lines', async () => {
    let asked = 0;
    const reverseLookup = async (): Promise<readonly string[]> => {
      asked++;
      return [];
    };
    const counting = { ...env([], []), reverseLookup };
    await matchHba(rulesOf('host all all a.x trust\nhost all all b.x trust'), CLIENT, counting);
    expect(asked).toBe(1);
  });
});

test('no text makes the reader throw', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'host',
      'local',
      'hostssl',
      ' ',
      '\t',
      ',',
      '\n',
      '"',
      '#',
      '@x',
      '+g',
      'all',
      '10.0.0.0/8',
      '::1/128',
      'md5',
      'cert',
      '/a',
      '=',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const result = parseHba({ text: pieces.join(''), file: 'f', readFile: () => 'a,b' });
      if (result.ok) void matchHba(result.rules, CLIENT, NOWHERE);
    }),
    { numRuns: 2000 },
  );
});

test('names of a megabyte are compared, and lines of a megabyte read, in linear time', () => {
  const huge = 'x'.repeat(1_000_000);
  const rules = rulesOf('host /^(x+x+)+y$ all all trust\nhost all /x*x*x*y all trust\nhost "a" b all md5');
  const started = performance.now();
  expect(matchHba(rules, { ...CLIENT, database: huge, user: huge }, NOWHERE)).toBeNull();
  for (const text of [
    huge,
    ','.repeat(1_000_000),
    '"a'.repeat(500_001),
    'a,'.repeat(500_000),
    `host ${huge} all 1.1.1.1/1 md5`,
  ]) {
    parseHba({ text, file: 'f' });
    parseHba({ text: `host all all ${text}`, file: 'f' });
  }
  expect(performance.now() - started).toBeLessThan(3000);
});
