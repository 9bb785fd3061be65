import { describe, expect, it } from 'vitest';
import { isSafeClientEncoding, isUnsafeClientEncoding } from './client-encodings.ts';

describe('client encodings', () => {
  it.each([
    'UTF8',
    'utf-8',
    'Unicode',
    'SQL_ASCII',
    'LATIN1',
    'iso-8859-15',
    'EUC_JP',
    'EUC_JIS_2004',
    'WIN1252',
    'KOI8-R',
  ])('%s is read byte by byte', (name) => {
    expect(isSafeClientEncoding(name)).toBe(true);
    expect(isUnsafeClientEncoding(name)).toBe(false);
  });

  it.each(['SJIS', 'Shift_JIS', 'SHIFT_JIS_2004', 'mskanji', 'BIG5', 'GBK', 'gb18030', 'UHC', 'Windows-949', 'JOHAB'])(
    '%s is not',
    (name) => {
      expect(isSafeClientEncoding(name)).toBe(false);
      expect(isUnsafeClientEncoding(name)).toBe(true);
    },
  );

  it('trusts no unknown name', () => {
    expect(isSafeClientEncoding('ebcdic')).toBe(false);
    expect(isSafeClientEncoding('')).toBe(false);
  });
});
