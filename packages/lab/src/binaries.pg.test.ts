import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { labAccount } from './account.ts';
import { binariesOfTree, embeddedBinaries, findBinaries } from './binaries.ts';
import { LabError } from './errors.ts';

const account = labAccount();

/** A bin directory whose `postgres -V` does as the shell lines say. */
function fakeBin(lines: string, mode = 0o755): string {
  const dir = mkdtempSync(join(tmpdir(), 'pgherd-bin-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const name of ['postgres', 'initdb']) writeFileSync(join(dir, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  chmodSync(dir, mode);
  return dir;
}

function refusal(pgBin: string): LabError {
  try {
    findBinaries({ pgBin, account });
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('the embedded PostgreSQL is found and runs as the account', () => {
  expect(embeddedBinaries({ account })).toMatchObject({ source: 'embedded', major: 18, pgRewind: undefined });
});

test('a named directory wins', () => {
  const dir = fakeBin('echo "postgres (PostgreSQL) 17.2 (Debian 17.2-1)"');
  expect(findBinaries({ pgBin: dir, account })).toMatchObject({ source: 'given', version: '17.2', major: 17 });
});

test('a missing library is named, with the package', () => {
  const dir = fakeBin(
    'echo "$0: error while loading shared libraries: libxml2.so.2: cannot open shared object file: No such file" >&2; exit 127',
  );
  const error = refusal(dir);
  expect([error.code, error.remedy]).toEqual(['LIBRARY_MISSING', expect.stringContaining('apt-get install libxml2')]);
});

test('an old version, an empty directory and a broken program are refused', () => {
  expect(refusal(fakeBin('echo "postgres (PostgreSQL) 12.3"')).code).toBe('BINARIES_TOO_OLD');
  expect(refusal(fakeBin('echo nonsense >&2; exit 1')).code).toBe('BINARIES_UNREACHABLE');
  const empty = fakeBin('');
  rmSync(join(empty, 'initdb'));
  expect(refusal(empty).code).toBe('BINARIES_MISSING');
});

test.runIf(account)('programs that the account cannot reach are refused', () => {
  const error = refusal(fakeBin('echo "postgres (PostgreSQL) 17.2"', 0o700));
  expect([error.code, error.message]).toEqual(['BINARIES_UNREACHABLE', expect.stringContaining(account?.name ?? '')]);
});

test('a directory that is a mere folder is no PostgreSQL', () => {
  const dir = join(fakeBin(''), 'empty');
  mkdirSync(dir);
  expect(refusal(dir).code).toBe('BINARIES_MISSING');
});

function fakeTree(version: string): { native: string; version: string } {
  const native = join(fakeBin(''), 'native');
  mkdirSync(join(native, 'bin'), { recursive: true });
  mkdirSync(join(native, 'lib'));
  writeFileSync(join(native, 'bin', 'postgres'), '#!/bin/sh\necho "postgres (PostgreSQL) 18.4"\n', { mode: 0o755 });
  writeFileSync(join(native, 'lib', 'libx.so.1.2'), '', { mode: 0o600 });
  const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }];
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
  return { native, version };
}

test('library links are made where the install script did not run', () => {
  const tree = fakeTree('links');
  expect(binariesOfTree(tree, account).dir).toBe(join(tree.native, 'bin'));
  expect(readlinkSync(join(tree.native, 'lib', 'libx.so.1'))).toBe('libx.so.1.2');
});

test.runIf(account)(
  'a tree below a private home is copied once, for others to read; a damaged copy is made anew',
  () => {
    const tree = fakeTree(`private-${process.pid}`);
    chmodSync(join(tree.native, '..'), 0o700);
    const found = binariesOfTree(tree, account);
    const copy = join(found.dir, '..', '..');
    onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
    expect(copy.startsWith(tree.native)).toBe(false);
    const library = join(copy, 'native', 'lib', 'libx.so.1');
    expect(statSync(library).mode & 0o777).toBe(0o755);
    const { ino } = statSync(copy);
    binariesOfTree(tree, account);
    expect(statSync(copy).ino).toBe(ino);
    rmSync(join(copy, 'native', 'lib', 'libx.so.1.2'));
    binariesOfTree(tree, account);
    expect(existsSync(library)).toBe(true);
  },
);

test.runIf(account)('a copy that somebody else planted is not used', () => {
  const tree = fakeTree(`planted-${process.pid}`);
  chmodSync(join(tree.native, '..'), 0o700);
  const planted = join(tmpdir(), `pgherd-pg-${tree.version}-0`);
  mkdirSync(planted);
  chownSync(planted, account?.uid ?? 0, account?.gid ?? 0);
  onTestFinished(() => rmSync(planted, { recursive: true, force: true }));
  const found = binariesOfTree(tree, account);
  onTestFinished(() => rmSync(join(found.dir, '..', '..'), { recursive: true, force: true }));
  expect(found.dir.startsWith(planted)).toBe(false);
});
