import { describe, expect, it } from 'vitest';
import { isMd5Hash, md5Hash, md5Response, sameBytes, verifyMd5Response } from './md5.ts';

describe('md5', () => {
  // select 'md5' || md5('secret' || 'alice'), and PostgreSQL's answer to salt 01020304
  const hash = md5Hash('secret', 'alice');
  const salt = Buffer.from('01020304', 'hex');

  it('is the stored form of PostgreSQL', () => {
    expect(md5Hash('', '')).toBe('md5d41d8cd98f00b204e9800998ecf8427e');
    expect(md5Hash('ab', 'c')).toBe('md5900150983cd24fb0d6963f7d28e17f72');
    expect(isMd5Hash(hash)).toBe(true);
  });

  it.each(['', 'md5', `md5${'g'.repeat(32)}`, `md5${'a'.repeat(31)}`, `${'a'.repeat(35)}`, `md5${'a'.repeat(32)}\n`])(
    '%j is not one',
    (text) => expect(isMd5Hash(text)).toBe(false),
  );

  it('answers a challenge, and knows the right answer', () => {
    const answer = Buffer.from(md5Response(hash, salt));
    expect(verifyMd5Response(answer, hash, salt)).toBe(true);
    expect(verifyMd5Response(answer, hash, Buffer.from('01020305', 'hex'))).toBe(false);
    expect(verifyMd5Response(Buffer.from(hash), hash, salt)).toBe(false);
    expect(verifyMd5Response(Buffer.alloc(0), hash, salt)).toBe(false);
  });

  it('an upper-case stored hash is the same hash', () => {
    expect(md5Response(`md5${hash.slice(3).toUpperCase()}`, salt)).toBe(md5Response(hash, salt));
  });

  it('compares secrets of different lengths without throwing', () => {
    expect(sameBytes(Buffer.from('a'), Buffer.from('ab'))).toBe(false);
    expect(sameBytes(Buffer.from('ab'), Buffer.from('ab'))).toBe(true);
  });
});
