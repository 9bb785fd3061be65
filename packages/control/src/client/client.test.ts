/** What a program loads that imports the client, and what its types lead to: nothing of Node's. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TRPCClientError } from '@trpc/client';
import { expect, test } from 'vitest';
import { controlFailure } from './index.ts';

const packages = fileURLToPath(new URL('../../../', import.meta.url));
const IMPORT = /^(?:import|export)(?<type> type)?\s[^;]*?from '(?<from>[^']+)';|^import '(?<bare>[^']+)';/gms;

/** @returns all that a file imports, step by step, as files and as names of packages and modules outside */
function reached(file: string, withTypes: boolean, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { groups } of fs.readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const from = groups?.['from'] ?? groups?.['bare'] ?? '';
    if (groups?.['type'] !== undefined && !withTypes) continue;
    if (from.startsWith('.')) reached(path.resolve(path.dirname(file), from), withTypes, seen);
    else if (from.startsWith('@pgherd/')) reached(entryOf(from), withTypes, seen);
    else seen.add(from);
  }
  return seen;
}

function entryOf(name: string): string {
  const [, short = '', ...rest] = name.split('/');
  const folder = path.join(packages, short);
  const { exports } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string>;
  };
  return path.join(folder, exports[['.', ...rest].join('/')] ?? '');
}

const outside = (found: ReadonlySet<string>): string[] => [...found].filter((name) => !name.startsWith('/')).sort();

test('a program that imports the client loads the client library, and nothing of the engine', () => {
  const found = reached(entryOf('@pgherd/control/client'), false);
  expect(outside(found)).toEqual(['@trpc/client']);
  expect([...found].filter((file) => file.startsWith('/'))).toHaveLength(1);
});

test('its types lead nowhere but to the schemas', () => {
  const found = reached(entryOf('@pgherd/control/client'), true);
  expect(found.size).toBeGreaterThan(30);
  expect(outside(found)).toEqual(['@trpc/client', '@trpc/server', 'zod']);
});

test('failures are told apart by who can do something about them', () => {
  const error = (code: string, refused: unknown = null): TRPCClientError<never> =>
    new TRPCClientError('A sentence.', {
      result: { error: { message: 'A sentence.', code: -32600, data: { code, httpStatus: 400, refused } } } as never,
    });
  const checks = [{ name: 'a', ok: false, detail: 'b', remedy: null }];
  expect(controlFailure(error('CONFLICT', { code: 'BUSY', checks }))).toEqual({
    kind: 'refused',
    code: 'BUSY',
    message: 'A sentence.',
    checks,
  });
  for (const code of ['UNAUTHORIZED', 'FORBIDDEN', 'TOO_MANY_REQUESTS'])
    expect(controlFailure(error(code)).kind).toBe('denied');
  expect(controlFailure(error('BAD_REQUEST')).kind).toBe('failed');
  expect(controlFailure(new TRPCClientError('fetch failed'))).toEqual({ kind: 'unreachable', message: 'fetch failed' });
  expect(controlFailure('odd')).toEqual({ kind: 'failed', message: 'odd' });
});
