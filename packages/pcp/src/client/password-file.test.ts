import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { passwordFor, passwordFromFile } from './password-file.ts';

const wanted = { host: 'localhost', port: 9898, user: 'ann' };

describe('.pcppass', () => {
  test.each([
    ['localhost:9898:ann:secret', 'secret'],
    ['*:*:*:secret', 'secret'],
    ['localhost:9898:bob:no\nlocalhost:*:ann:yes\n*:*:*:late', 'yes'],
    ['#localhost:9898:ann:comment\n*:9898:ann:yes', 'yes'],
    ['*:*:*:a\\:b\\\\c\\d', 'a:b\\c\\d'],
    ['*:*:*:', ''],
    ['*:*:ann:one:two', 'one'],
    ['*:*:*:secret\r\n', 'secret'],
    ['localhost:9899:ann:secret', null],
    ['LOCALHOST:9898:ann:secret', null],
    ['localhost:9898:ann', null],
    ['a*:*:*:secret', null],
    ['', null],
  ])('%j gives %j', (text, password) => {
    expect(passwordFor(text, wanted)).toBe(password);
  });

  test.each([[''], ['/tmp'], ['/var/run/pgpool']])('a Unix socket (%j) is written as localhost', (host) => {
    expect(passwordFor('localhost:9898:ann:secret', { ...wanted, host })).toBe('secret');
    expect(passwordFor('127.0.0.1:9898:ann:secret', { ...wanted, host })).toBeNull();
  });

  test('a user with a colon or backslash is found by its escaped name', () => {
    expect(passwordFor('*:*:a\\:n\\\\n:secret', { ...wanted, user: 'a:n\\n' })).toBe('secret');
  });
});

describe('the file', () => {
  let dir = '';
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pcppass-'));
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));

  test.each([0o644, 0o640, 0o602])('that others can read (%o) is not read, and that is said', (mode) => {
    const file = path.join(dir, 'f');
    fs.writeFileSync(file, '*:*:*:secret\n');
    fs.chmodSync(file, mode);
    expect(passwordFromFile(file, wanted)).toEqual({
      found: false,
      warning: true,
      reason: `password file "${file}" has group or world access; permissions should be u=rw (0600) or less`,
    });
  });

  test('that is none, is missing or has no line says so', () => {
    const file = path.join(dir, 'f');
    expect(passwordFromFile(file, wanted)).toEqual({
      found: false,
      warning: false,
      reason: `there is no password file "${file}"`,
    });
    expect(passwordFromFile(dir, wanted)).toMatchObject({
      warning: true,
      reason: `password file "${dir}" is not a plain file`,
    });
    fs.writeFileSync(file, 'x:1:y:z\n', { mode: 0o600 });
    expect(passwordFromFile(file, { ...wanted, host: '' })).toMatchObject({
      warning: false,
      reason: `no line of password file "${file}" is for localhost:9898:ann`,
    });
    fs.writeFileSync(file, '*:*:*:z\n');
    expect(passwordFromFile(file, wanted)).toEqual({ found: true, password: 'z' });
  });
});
