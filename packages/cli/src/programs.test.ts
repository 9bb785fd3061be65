/** The drop-in programs as scripts call them. Their hashes were compared with Pgpool-II's own pg_md5. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PG_MD5, PGHERD, PGPOOL, run, temporaryFolder } from './testing/program.ts';

let dir = '';
beforeAll(() => {
  dir = temporaryFolder();
});
afterAll(() => fs.rmSync(dir, { recursive: true }));

const HASH = '5ebe2294ecd0e0f08eab7690d2a6ee69';

describe('a program runs under the Node that the project brings', () => {
  test('through a chain of symbolic links, from any folder', async () => {
    fs.symlinkSync(PG_MD5, path.join(dir, 'first'));
    fs.symlinkSync('first', path.join(dir, 'second'));
    expect(await run('./second', ['secret'], { cwd: dir })).toMatchObject({ code: 0, stdout: `${HASH}\n` });
  });

  test('when the shell has another node', async () => {
    const bin = path.join(dir, 'bin');
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, 'node'), '#!/bin/sh\necho v20.0.0; exit 99\n', { mode: 0o755 });
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    expect(await run(PG_MD5, ['secret'], { env })).toMatchObject({ code: 0, stdout: `${HASH}\n` });
    expect((await run(PGHERD, ['--version'], { env })).stdout).toMatch(/^pgherd \d/);
  });

  test('when PATH leads nowhere', async () => {
    const env = { PATH: '/nonexistent' };
    expect(await run(PG_MD5, ['secret'], { env })).toMatchObject({ code: 0, stdout: `${HASH}\n` });
    expect((await run(PGPOOL, ['--version'], { env })).code).toBe(0);
  });
});

describe('pg_md5', () => {
  const conf = (): string => {
    const file = path.join(dir, 'pgpool.conf');
    fs.writeFileSync(file, "pool_passwd = 'passwords'\n");
    return file;
  };
  const stored = (): string => fs.readFileSync(path.join(dir, 'passwords'), 'utf8');

  test.each([
    ['secret', HASH],
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['a', '0cc175b9c0f1b6a831c399e269772661'],
    ['a'.repeat(128), 'e510683b3f5ffe4093d021808bc6ff70'],
    ['d:e', '6a82a109cfbe64c0c0d4c2d5c0f609ff'],
  ])('prints the hash of %j alone, whatever is piped in', async (password, hash) => {
    const { code, stdout, stderr } = await run(PG_MD5, [password], { input: 'something else\n' });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${hash}\n`, stderr: '' });
  });

  test('takes one line of standard input where there is no terminal to ask', async () => {
    expect(await run(PG_MD5, ['-p'], { input: 'secret\n' })).toMatchObject({ code: 0, stdout: `${HASH}\n` });
  });

  test('stores and replaces entries in the pool_passwd beside the configuration', async () => {
    const file = conf();
    expect(await run(PG_MD5, ['-m', '-f', file, '-u', 'bob', 'secret'], { input: 'x\n' })).toMatchObject({
      code: 0,
      stdout: '',
    });
    await run(PG_MD5, ['--md5auth', `--config-file=${file}`, '--username', 'al', 'secret2']);
    expect(stored()).toBe('bob:md521f3163f8f86fa10bdefbfbd502a8f06\nal:md59b4773dab0c330cea24df043e29b028a\n');
    await run(PG_MD5, ['-m', '-f', file, '-u', 'bob', 'secret2']);
    expect(stored()).toBe('bob:md502339e8b23c813aff8ec22b527cd9082\nal:md59b4773dab0c330cea24df043e29b028a\n');
    expect(fs.statSync(path.join(dir, 'passwords')).mode & 0o777).toBe(0o600);
  });

  test('reads pairs from a file, and passes over what is none', async () => {
    fs.writeFileSync(path.join(dir, 'pairs'), 'a:b\nc:d:e\n\nnopw\nz:');
    fs.rmSync(path.join(dir, 'passwords'), { force: true });
    const { code, stdout } = await run(PG_MD5, ['-m', '-f', conf(), '-i', 'pairs'], { cwd: dir });
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'trying to read username:password pairs from file pairs',
      'LINE#01: USER: <a>',
      'LINE#02: USER: <c>',
      'LINE#03: BLANK LINE',
      'LINE#04: Invalid username:password pair',
      'LINE#05: Invalid username:password pair',
      '',
    ]);
    expect(stored()).toBe('a:md507159c47ee1b19ae4fb9c40d480856c4\nc:md565d776f39d994dfff397d8fda375eeb2\n');
  });

  test.each([
    [['a'.repeat(129)], 'Error: Input exceeds maximum password length!'],
    [[], 'Usage:'],
    [['--bad'], "pg_md5: unrecognized option '--bad'"],
    [['-m', '-f', '/nonexistent/pgpool.conf', 'x'], 'pg_md5: Cannot read /nonexistent/pgpool.conf (ENOENT)'],
    [['-i', '/nonexistent'], 'pg_md5: Cannot read /nonexistent: ENOENT'],
  ])('refuses %j', async (args, said) => {
    const { code, stderr } = await run(PG_MD5, args);
    expect(code).toBe(1);
    expect(stderr).toContain(said);
  });
});

describe('pgpool', () => {
  test('says its version with a first digit that scripts can compare', async () => {
    const { code, stdout, stderr } = await run(PGPOOL, ['--version']);
    expect(code).toBe(0);
    expect(`${stdout}${stderr}`).toMatch(/^pgpool-II version 4\.7\.\d+ \(\w+\)\n$/);
  });

  test('prints its usage to standard error', async () => {
    expect(await run(PGPOOL, ['--help'])).toMatchObject({ code: 0, stdout: '' });
    const refused = await run(PGPOOL, ['--nope']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^pgpool: unrecognized option '--nope'\nUsage:\n/);
  });

  test('that does not run cannot be stopped or reloaded', async () => {
    const conf = path.join(dir, 'gone.conf');
    fs.writeFileSync(conf, `pid_file_name = '${path.join(dir, 'gone.pid')}'\nport = nonsense\n`);
    for (const command of ['stop', 'reload']) {
      const { code, stderr } = await run(PGPOOL, ['-f', conf, command]);
      expect(code).toBe(1);
      expect(stderr).toBe(
        `pgpool: pgpool is not running: its pid file ${path.join(dir, 'gone.pid')} (pid_file_name in ${conf}) does not exist.\n`,
      );
    }
  });

  test.each(['-n', '-D'])('that cannot start says why and fails (%s)', async (option) => {
    const conf = path.join(dir, 'bad.conf');
    fs.writeFileSync(conf, 'port = 70000\n');
    const { code, stderr } = await run(PGPOOL, [option, '-f', conf]);
    expect(code).toBe(1);
    expect(stderr).toContain(`pgpool: ${conf}:1: port = "70000" is outside the allowed range`);
  });
});

describe('a configuration file that is not there', () => {
  test.each([
    ['pgpool -n', PGPOOL, ['-n', '-f', '/nonexistent/pgpool.conf']],
    ['pgpool', PGPOOL, ['-D', '-f', '/nonexistent/pgpool.conf']],
    ['pgherd serve', PGHERD, ['serve', '-f', '/nonexistent/pgpool.conf']],
  ])('refuses the start of %s', async (_name, program, args) => {
    const { code, stderr } = await run(program, args);
    expect(code).toBe(1);
    expect(stderr).toContain('could not open configuration file "/nonexistent/pgpool.conf": there is no such file');
  });

  test('refuses the start that names none, too', async () => {
    const empty = path.join(dir, 'empty');
    fs.mkdirSync(empty);
    const { code, stderr } = await run(PGHERD, ['serve'], { cwd: empty });
    expect(code).toBe(1);
    expect(stderr).toContain(`could not open configuration file "${path.join(empty, 'pgpool.conf')}"`);
  });
});
