import { describe, expect, it } from 'vitest';
import { decodeErrorFields, type ErrorFields } from './error-fields.ts';
import { encodeErrorResponse, encodeErrorResponseV2 } from './error-response.ts';
import { encodeNoticeResponse } from './notice-response.ts';

const FULL: Required<ErrorFields> = {
  severity: 'FEHLER',
  severityNonLocalized: 'ERROR',
  sqlstate: '23505',
  message: 'm',
  detail: 'd',
  hint: 'h',
  where: 'w',
  schema: 's',
  table: 't',
  column: 'c',
  dataType: 'dt',
  constraint: 'n',
  position: '1',
  internalPosition: '2',
  internalQuery: 'q',
  file: 'f',
  line: '3',
  routine: 'r',
};

describe('ErrorResponse', () => {
  it('has the bytes that PostgreSQL sends', () => {
    const bytes = encodeErrorResponse({ severity: 'FATAL', sqlstate: '28000', message: 'no' });
    expect(bytes.toString('latin1')).toBe('E\0\0\0\x1eSFATAL\0VFATAL\0C28000\0Mno\0\0');
    expect(encodeNoticeResponse({ severity: 'NOTICE', sqlstate: '00000', message: '' })[0]).toBe(0x4e);
  });

  it('comes back as it went, every field', () => {
    expect(decodeErrorFields(encodeErrorResponse(FULL).subarray(5))).toMatchObject(FULL);
  });

  it('never throws at a truncation', () => {
    const body = encodeErrorResponse(FULL).subarray(5);
    for (let length = 0; length <= body.length; length++) decodeErrorFields(body.subarray(0, length));
  });

  it.each([
    ['empty', ''],
    ['only the terminator', '\0'],
    ['no sqlstate (CVE-2026-6666)', 'SERROR\0Mx\0\0'],
    ['an empty sqlstate', 'SERROR\0C\0Mx\0\0'],
    ['a long sqlstate', 'SERROR\0C123456\0Mx\0\0'],
    ['a sqlstate cut off', 'SERROR\0C28'],
  ])('%s gives XX000', (_, body) => {
    expect(decodeErrorFields(Buffer.from(body)).sqlstate).toBe('XX000');
  });

  it('the last of a repeated field holds', () => {
    expect(decodeErrorFields(Buffer.from('Mone\0Mtwo\0\0')).message).toBe('two');
  });

  it('an unterminated last field is still read', () => {
    expect(decodeErrorFields(Buffer.from('C28000\0Mcut of')).message).toBe('cut of');
  });

  it('fields without a name here are kept', () => {
    expect(decodeErrorFields(Buffer.from('Zzz\0\0')).all.get('Z')).toBe('zz');
  });

  it('severity stands in for the one that is not localized, and the other way round', () => {
    expect(decodeErrorFields(Buffer.from('SFATAL\0\0')).severityNonLocalized).toBe('FATAL');
    expect(decodeErrorFields(Buffer.from('VFATAL\0\0')).severity).toBe('FATAL');
  });

  it('a zero byte in a text is dropped, so that no field can be forged', () => {
    const bytes = encodeErrorResponse({ severity: 'ERROR', sqlstate: 'XX000', message: 'a\0C00000' });
    const { sqlstate, message } = decodeErrorFields(bytes.subarray(5));
    expect({ sqlstate, message }).toEqual({ sqlstate: 'XX000', message: 'aC00000' });
  });

  it('a client of protocol 2 gets the form it knows', () => {
    expect(encodeErrorResponseV2({ severity: 'FATAL', message: 'no' }).toString('latin1')).toBe('EFATAL:  no\n\0');
  });
});
