import type { FrontendMethodName, Secret } from '@pgherd/auth';
import { describe, expect, test } from 'vitest';
import { missingFor, outlook, type Question } from './held.ts';

const ENTRIES: Readonly<Record<string, Secret | null>> = {
  none: null,
  text: { kind: 'text', password: 'x' },
  md5: { kind: 'md5', hash: `md5${'0'.repeat(32)}` },
  scram: { kind: 'scram', verifier: '' },
  aes: { kind: 'aes' },
};
const QUESTIONS: readonly Question[] = ['ok', 'cleartext', 'md5', 'sasl'];

/** `.` = the client cannot prove itself; else what each server (trust, password, md5, scram) would say: yes or no. */
function row(method: FrontendMethodName, entry: Secret | null): string {
  const found = outlook(method, entry);
  if (!found.can) return '.';
  return QUESTIONS.map((question) => (missingFor(question, found.holds) === null ? 'y' : 'n')).join('');
}

describe('which entry serves which client method and which server (manual, "Client Authentication")', () => {
  test.each([
    ['trust', { none: 'ynnn', text: 'yyyy', md5: 'ynyn', scram: 'ynnn', aes: 'ynnn' }],
    ['cert', { none: 'ynnn', text: 'yyyy', md5: 'ynyn', scram: 'ynnn', aes: 'ynnn' }],
    ['password', { none: 'nyyy', text: 'yyyy', md5: 'yyyy', scram: 'yyyy', aes: '.' }],
    ['md5', { none: '.', text: 'yyyy', md5: 'ynyn', scram: 'ynny', aes: '.' }],
    ['scram-sha-256', { none: '.', text: 'yyyy', md5: '.', scram: 'ynny', aes: '.' }],
    ['reject', { none: '.', text: '.', md5: '.', scram: '.', aes: '.' }],
  ] as const)('%s', (method, expected) => {
    const found = Object.fromEntries(Object.entries(ENTRIES).map(([name, entry]) => [name, row(method, entry)]));
    expect(found).toEqual(expected);
  });
});
