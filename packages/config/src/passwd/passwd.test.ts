import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  parsePcpConf,
  parsePoolPasswd,
  pgMd5,
  readPasswordField,
  readPoolPasswd,
  storePoolPasswdEntry,
  withPoolPasswdEntry,
} from './index.ts';

const HASH = pgMd5('secret', 'ann');

describe('pool_passwd', () => {
  test('holds hashes, clear text with and without prefix, and kinds that are only recognised', () => {
    const file = parsePoolPasswd(
      `a:md5${HASH.toUpperCase()}\nb:TEXTpw\nc:plain text #1\nd:AESklxh==\ne:SCRAM-SHA-256$4096:x$y:z\n`,
    );
    expect(file.lookup('a')).toEqual({ kind: 'md5', hash: HASH });
    expect(file.lookup('b')).toEqual({ kind: 'text', password: 'pw' });
    expect(file.lookup('c')).toEqual({ kind: 'text', password: 'plain text #1' });
    expect(file.lookup('d')).toEqual({ kind: 'aes', base64: 'klxh==' });
    expect(file.lookup('e')).toEqual({ kind: 'scram-verifier' });
    expect(file.lookup('x')).toBeNull();
    expect(file.users).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(file.warnings.map((w) => w.line)).toEqual([4, 5]);
  });

  test('takes a backslash before a colon as part of the field', () => {
    const file = parsePoolPasswd('a\\:b:TEXTp\\:w:ignored:too');
    expect(file.lookup('a:b')).toEqual({ kind: 'text', password: 'p:w' });
  });

  test('lets the first line of a user count, and leaves out what is no entry, with warnings that hold no secret', () => {
    const file = parsePoolPasswd('a:TEXT1\na:TEXT2\nhunter2\n:hunter2\n\nb:TEXT3\r\n');
    expect(file.lookup('a')).toEqual({ kind: 'text', password: '1' });
    expect(file.lookup('b')).toEqual({ kind: 'text', password: '3' });
    expect(file.warnings).toHaveLength(3);
    expect(JSON.stringify(file.warnings)).not.toContain('hunter2');
  });

  test('a hash that is not one is clear text', () => {
    expect(readPasswordField('md5abc')).toEqual({ kind: 'text', password: 'md5abc' });
    expect(readPasswordField('')).toEqual({ kind: 'text', password: '' });
  });

  test('what was stored is found, and nothing else changes', () => {
    const field = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((t) => !/[\n\r\0\\]/.test(t));
    const user = field.filter((u) => u !== '');
    fc.assert(
      fc.property(fc.array(fc.tuple(user, field)), user, field, (others, name, password) => {
        const before = others.reduce((text, [u, p]) => withPoolPasswdEntry(text, u, `TEXT${p}`), '');
        const after = parsePoolPasswd(withPoolPasswdEntry(before, name, `TEXT${password}`));
        expect(after.lookup(name)).toEqual({ kind: 'text', password });
        const old = parsePoolPasswd(before);
        for (const u of old.users) if (u !== name) expect(after.lookup(u)).toEqual(old.lookup(u));
      }),
    );
  });

  test.each([
    ['', 'p'],
    ['a\nb', 'p'],
    ['a', 'p\nroot:TEXTx'],
    ['a\\', 'p'],
  ])('user %j with password %j is refused', (u, p) => {
    expect(() => withPoolPasswdEntry('', u, p)).toThrow(RangeError);
  });
});

describe('the file on disk', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pool-passwd-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('is made with mode 0600, and without one there are no users', () => {
    const path = join(directory, 'pool_passwd');
    expect(readPoolPasswd(path).users).toEqual([]);
    storePoolPasswdEntry(path, 'ann', `md5${HASH}`);
    expect(readFileSync(path, 'utf8')).toBe(`ann:md5${HASH}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('keeps its other lines and its mode, and nothing is left beside it', () => {
    const path = join(directory, 'pool_passwd');
    writeFileSync(path, 'bob:TEXT1\nann:TEXTold\ncat:TEXT2');
    chmodSync(path, 0o640);
    storePoolPasswdEntry(path, 'ann', 'TEXTnew');
    expect(readFileSync(path, 'utf8')).toBe('bob:TEXT1\nann:TEXTnew\ncat:TEXT2\n');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory)).toEqual(['pool_passwd']);
  });

  test('is changed behind a symbolic link', () => {
    writeFileSync(join(directory, 'real'), '');
    symlinkSync('real', join(directory, 'pool_passwd'));
    storePoolPasswdEntry(join(directory, 'pool_passwd'), 'ann', 'TEXTx');
    expect(readFileSync(join(directory, 'real'), 'utf8')).toBe('ann:TEXTx\n');
  });
});

test('pgMd5 gives what pg_md5 prints, and with a user what PostgreSQL stores', () => {
  expect(pgMd5('postgres')).toBe('e8a48653851e28c69d0506508fb27fc5');
  expect(pgMd5('postgres', 'postgres')).toBe('3175bce1d3201d16594cebf9d7eb3f9d');
});

describe('pcp.conf', () => {
  test('holds one user and hash per line, comments and blank lines aside', () => {
    const { entries, warnings } = parsePcpConf(`# c\n\nann:${HASH.toUpperCase()}\n  bob:${HASH}  \r\n`);
    expect(entries).toEqual([
      { user: 'ann', hash: HASH },
      { user: 'bob', hash: HASH },
    ]);
    expect(warnings).toEqual([]);
  });
  test('leaves out what is no entry, with warnings that hold no secret', () => {
    const { entries, warnings } = parsePcpConf(`hunter2\nann:hunter2\n:${HASH}\nbob:${HASH}\nbob:${pgMd5('x')}`);
    expect(entries).toEqual([
      { user: 'bob', hash: HASH },
      { user: 'bob', hash: pgMd5('x') },
    ]);
    expect(warnings.map((w) => w.line)).toEqual([1, 2, 3]);
    expect(JSON.stringify(warnings)).not.toContain('hunter2');
  });
});

test('no text makes the readers throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parsePoolPasswd(text);
      parsePcpConf(text);
    }),
  );
});
