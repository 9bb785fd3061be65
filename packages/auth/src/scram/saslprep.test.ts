import { bytesToText } from '@pgherd/wire';
import { describe, expect, it } from 'vitest';
import { preparePassword, saslprep } from './saslprep.ts';

describe('SASLprep (RFC 4013, section 3)', () => {
  it.each([
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['a\u00a0b', 'a b'],
    ['\u0627b\u0627', null],
    ['\u0627\u0031', null],
    ['\u06271\u0628', '\u06271\u0628'],
    ['\u0007ä', null],
    ['\u{1f600}', null],
    ['\u00ad', null],
  ])('%j gives %j', (text, expected) => {
    expect(saslprep(text)).toBe(expected);
  });
});

describe('preparePassword', () => {
  it('uses the bytes as they are where SASLprep refuses, as PostgreSQL does', () => {
    expect(preparePassword('\u00aa\u{1f600}')).toEqual(Buffer.from('\u00aa\u{1f600}'));
    expect(preparePassword('\u0007')).toEqual(Buffer.of(7));
    const latin1 = Buffer.of(0x70, 0xe9);
    expect(preparePassword(bytesToText(latin1))).toEqual(latin1);
  });

  it('takes a very long password in one piece', () => {
    expect(preparePassword('ä'.repeat(300_000))).toHaveLength(600_000);
  });
});
