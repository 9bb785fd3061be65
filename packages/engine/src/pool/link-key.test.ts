import { expect, it } from 'vitest';
import { linkKey, scopeOfKey, userOfKey } from './link-key.ts';

it('names mean the same for all applications of a user, on every node', () => {
  const params = [
    ['user', 'u'],
    ['database', 'd'],
    ['options', '-c search_path=a'],
  ] as const;
  const one = linkKey(0, 196608, [...params, ['application_name', 'a'], ['TimeZone', 'UTC']]);
  const other = linkKey(1, 196610, [['application_name', 'b'], ...params]);
  expect(scopeOfKey(one)).toBe(scopeOfKey(other));
  expect(userOfKey(one)).toBe('u');
});

it.each([
  ['user', 'x'],
  ['database', 'x'],
  ['options', '-c search_path=x'],
  ['search_path', 'x'],
  ['role', 'x'],
])('%s decides on what they mean', (name, value) => {
  const base = { user: 'u', database: 'd' };
  const keyOf = (params: Record<string, string>) => scopeOfKey(linkKey(0, 196608, Object.entries(params)));
  expect(keyOf({ ...base, [name]: value })).not.toBe(keyOf(base));
});
