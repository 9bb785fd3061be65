import { describe, expect, it } from 'vitest';
import { ProtocolError } from './errors.ts';
import { MESSAGE_BYTES_MAX } from './limits.ts';
import { decodeDataRow, encodeDataRow } from './messages/backend/data-row.ts';
import { decodeNegotiateProtocolVersion } from './messages/backend/negotiate-protocol-version.ts';
import { decodeReadyForQuery } from './messages/backend/ready-for-query.ts';
import { decodeBind } from './messages/frontend/bind.ts';
import { decodeDescribe } from './messages/frontend/describe.ts';
import { encodeQuery } from './messages/frontend/query.ts';
import { decodeSaslInitialResponse } from './messages/frontend/sasl-initial-response.ts';
import { SAMPLES } from './testing/samples.ts';
import { MessageWriter } from './writer.ts';

describe.each(SAMPLES)('$name', ({ bytes, golden, decode, value, opaque }) => {
  it('has the bytes that the manual describes', () => {
    expect(bytes.toString('hex')).toBe(golden.replaceAll(' ', ''));
  });

  if (decode === undefined) return;

  it('comes back as it went', () => {
    expect(decode(bytes.subarray(5))).toEqual(value);
  });

  it('is refused at every truncation', () => {
    const body = bytes.subarray(5);
    for (let length = 0; length < body.length; length++) {
      if (opaque === true) {
        // Shorter data is data as well: it must not be taken for the whole, nor fail in any other way.
        try {
          expect(decode(body.subarray(0, length))).not.toEqual(value);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      } else {
        expect(() => decode(body.subarray(0, length)), `at ${length}`).toThrow(ProtocolError);
      }
    }
  });

  it('is refused with bytes left over', () => {
    if (opaque === true || bytes[0] === 0x4b) return; // a cancel key may be longer
    expect(() => decode(Buffer.concat([bytes.subarray(5), Buffer.of(0)]))).toThrow(ProtocolError);
  });
});

describe('field lengths', () => {
  const row = (length: number) => {
    const body = Buffer.alloc(10);
    body.writeInt16BE(1, 0);
    body.writeInt32BE(length, 2);
    return body;
  };

  it.each([-2, -(2 ** 31), 5, 2 ** 31 - 1])('a DataRow field of %i bytes is refused (CVE-2026-4427)', (length) => {
    expect(() => decodeDataRow(row(length))).toThrow(ProtocolError);
  });

  it.each([-2, -(2 ** 31), 5, 2 ** 31 - 1])('a Bind value of %i bytes is refused', (length) => {
    const body = Buffer.concat([Buffer.of(0, 0, 0, 0), row(length), Buffer.of(0, 0)]);
    expect(() => decodeBind(body)).toThrow(ProtocolError);
  });

  it.each([-2, -(2 ** 31), 5, 2 ** 31 - 1])('SASL data of %i bytes is refused', (length) => {
    const body = Buffer.concat([Buffer.of(0x4d, 0), row(length).subarray(2)]);
    expect(() => decodeSaslInitialResponse(body)).toThrow(ProtocolError);
  });

  it('65,535 columns fit, one more does not', () => {
    const values = Array.from({ length: 65_535 }, () => null);
    expect(decodeDataRow(encodeDataRow(values).subarray(5))).toHaveLength(65_535);
    expect(() => encodeDataRow([...values, null])).toThrow(ProtocolError);
  });

  it('a count that the body cannot hold is refused before anything is read', () => {
    const body = Buffer.from('000300027fffffff', 'hex');
    expect(() => decodeNegotiateProtocolVersion(body)).toThrow(ProtocolError);
  });
});

describe('values outside a closed set', () => {
  it('a transaction status that is none of I, T, E is refused', () => {
    expect(() => decodeReadyForQuery(Buffer.from('X'))).toThrow(ProtocolError);
  });

  it('Describe of neither statement nor portal is refused in the words of PostgreSQL', () => {
    expect(() => decodeDescribe(Buffer.from('Xa\0'))).toThrow('invalid DESCRIBE message subtype 88');
  });

  it('a bare minor number in NegotiateProtocolVersion means 3.x', () => {
    const body = Buffer.from('0000000200000000', 'hex');
    expect(decodeNegotiateProtocolVersion(body)).toEqual({ version: 0x30002, unknownOptions: [] });
  });
});

describe('the writer', () => {
  it('refuses a string with a zero byte, which would end it early', () => {
    expect(() => encodeQuery('select 1\0; drop table t')).toThrow(ProtocolError);
  });

  it('refuses a body over 1 GB - 1 before copying it (CVE-2024-27304)', () => {
    const writer = new MessageWriter().begin(0x51);
    // A Buffer that only says how long it is: the check has to come before any byte is touched.
    const huge = Object.defineProperty(Buffer.alloc(0), 'length', { value: MESSAGE_BYTES_MAX + 1 });
    expect(() => writer.bytes(huge)).toThrow(ProtocolError);
  });

  it.each([1.5, Number.NaN, 2 ** 32, -(2 ** 31) - 1])('refuses %d as Int32', (value) => {
    expect(() => new MessageWriter().begin(0x51).int32(value)).toThrow(ProtocolError);
  });

  it('puts several messages into one buffer', () => {
    const both = new MessageWriter(1).begin(0x53).end().begin(0x51).cstring('x').end().finish();
    expect(both.toString('hex')).toBe('530000000451000000067800');
  });
});
