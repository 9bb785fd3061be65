import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { labAccount } from './account.ts';
import { embeddedBinaries, findBinaries } from './binaries.ts';
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
