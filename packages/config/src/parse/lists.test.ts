import { describe, expect, test } from 'vitest';
import { parseObjectRelationships, parseRedirectList } from './lists.ts';
import { translateListPattern, translatePattern } from './pattern.ts';

const fits = (pattern: string, subject: string): boolean => {
  const result = translateListPattern(pattern);
  return result.ok && new RegExp(result.source, 'i').test(subject);
};

describe('an expression of a list', () => {
  test.each([
    ['nextval', 'nextval', true],
    ['nextval', 'NEXTVAL', true],
    ['nextval', 'nextval2', false],
    ['.*_val', 'set_val', true],
    ['^set', 'setval', false],
    ['f[[:digit:]]+', 'f12', true],
    ['f[^[:alpha:]]', 'fx', false],
    ['[]a]', ']', true],
    ['a\\.b', 'axb', false],
    ['a{2}', 'aa', true],
    ['a{x', 'a{x', true],
    ["it\\'s", "it's", true],
    ['a\\;b', 'a;b', true],
    ['\\<a\\>', 'a', true],
    ['[\\]x', '\\x', true],
    ['a/b', 'a/b', true],
    ['cost\\$', 'cost$', true],
  ])('%s and %s: %s', (pattern, subject, wanted) => expect(fits(pattern, subject)).toBe(wanted));

  test.each(['(a)\\1', '(?=a)', 'a(', '[a', '[[:nothing:]]', 'a\\', '[[=a=]]', 'x'.repeat(10_001)])(
    '%s is refused',
    (pattern) => {
      expect(translatePattern(pattern).ok).toBe(false);
    },
  );
});

test('a redirect list gives patterns, targets and ratios', () => {
  expect(parseRedirectList('postgres:primary, app[0-9]+ : Standby(0.3),x:2(1)')).toMatchObject({
    elements: [
      { pattern: 'postgres', source: '^postgres$', node: 'primary', ratio: 1 },
      { pattern: 'app[0-9]+', node: 'standby', ratio: 0.3 },
      { pattern: 'x', node: 2, ratio: 1 },
    ],
  });
  for (const wrong of ['a', ':primary', 'a:', 'a:128', 'a:primary(2)', 'a:primary(x)', 'a(:primary']) {
    expect(parseRedirectList(wrong).ok, wrong).toBe(false);
  }
});

test('a relationship list gives pairs, functions marked', () => {
  expect(parseObjectRelationships('t1:t2, f() : s.t3')).toMatchObject({
    elements: [
      { left: { name: 't1', isFunction: false }, right: { name: 't2' } },
      { left: { name: 'f', isFunction: true }, right: { name: 's.t3' } },
    ],
  });
  for (const wrong of ['a', 'a:', ':b', 'a:b:c']) expect(parseObjectRelationships(wrong).ok, wrong).toBe(false);
});
