import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../errors.ts';
import { encodeErrorResponseV2 } from '../backend/error-response.ts';
import { encodeNegotiateProtocolVersion } from '../backend/negotiate-protocol-version.ts';
import {
  CANCEL_REQUEST,
  decodeStartup,
  encodeCancelRequest,
  encodeGssEncRequest,
  encodeSslRequest,
  encodeStartup,
  needsNegotiation,
  negotiatedProtocol,
  PROTOCOL_3_0,
  PROTOCOL_3_2,
  type StartupMessage,
  startupLength,
  unsupportedProtocolMessage,
} from './startup.ts';

function packet(protocol: number, rest: Buffer | string): Buffer {
  const tail = Buffer.from(rest as string, 'latin1');
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + tail.length, 0);
  head.writeUInt32BE(protocol, 4);
  return Buffer.concat([head, tail]);
}

function startup(...pairs: [string, string][]): StartupMessage {
  const decoded = decodeStartup(encodeStartup({ protocol: PROTOCOL_3_0, params: pairs }));
  if (decoded.kind !== 'startup') throw new Error(decoded.kind);
  return decoded;
}

function refusal(run: () => unknown): Pick<ProtocolError, 'sqlstate' | 'message'> {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolError) return { sqlstate: error.sqlstate, message: error.message };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('length of the first packet', () => {
  const header = (length: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(length);
    return bytes;
  };

  it.each([8, 9, 10_000, 10_004])('%i is taken', (length) => expect(startupLength(header(length))).toBe(length));

  it.each([0, 3, 4, 5, 7, 10_005, 2 ** 15, 2 ** 30 - 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])(
    '%i is refused',
    (length) => {
      expect(refusal(() => startupLength(header(length)))).toEqual({
        sqlstate: '08P01',
        message: 'invalid length of startup packet',
      });
    },
  );
});

describe('requests', () => {
  it('SSLRequest, GSSENCRequest and CancelRequest have the bytes of the manual', () => {
    expect(encodeSslRequest().toString('hex')).toBe('0000000804d2162f');
    expect(encodeGssEncRequest().toString('hex')).toBe('0000000804d21630');
    expect(encodeCancelRequest(258, Buffer.from('00000003', 'hex')).toString('hex')).toBe(
      '0000001004d2162e0000010200000003',
    );
  });

  it('come back as they went', () => {
    const secret = Buffer.alloc(32, 9);
    expect(decodeStartup(encodeSslRequest())).toEqual({ kind: 'ssl' });
    expect(decodeStartup(encodeGssEncRequest())).toEqual({ kind: 'gssenc' });
    expect(decodeStartup(encodeCancelRequest(77, secret))).toEqual({ kind: 'cancel', pid: 77, secret });
  });

  it.each([0, 3, 257])('a cancel key of %i bytes is refused', (length) => {
    const request = Buffer.alloc(4 + length);
    expect(refusal(() => decodeStartup(packet(CANCEL_REQUEST, request))).sqlstate).toBe('08P01');
    expect(() => encodeCancelRequest(1, Buffer.alloc(length))).toThrow(ProtocolError);
  });

  it('a cancel request without a whole pid is refused', () => {
    expect(refusal(() => decodeStartup(packet(CANCEL_REQUEST, 'abc'))).sqlstate).toBe('08P01');
  });
});

describe('StartupMessage', () => {
  it('has the bytes of the manual', () => {
    const bytes = encodeStartup({ protocol: PROTOCOL_3_2, params: [['user', 'a']] });
    expect(bytes.toString('latin1')).toBe('\0\0\0\x10\0\x03\0\x02user\0a\0\0');
  });

  it('gives names, values and defaults', () => {
    const message = startup(['user', 'bob'], ['application_name', 'x']);
    expect(message).toMatchObject({ user: 'bob', database: 'bob', replication: 'off', unknownOptions: [] });
    expect([...message.params]).toEqual([
      ['user', 'bob'],
      ['application_name', 'x'],
    ]);
  });

  it('an empty database is the user, as when it is left out', () => {
    expect(startup(['user', 'bob'], ['database', '']).database).toBe('bob');
  });

  it('the last value of a name holds, and the raw list keeps all', () => {
    const message = startup(['user', 'a'], ['user', 'b']);
    expect(message.user).toBe('b');
    expect(message.rawParams.map(({ value }) => value.toString())).toEqual(['a', 'b']);
  });

  it('names that differ in bytes differ as text, also when they are not UTF-8', () => {
    const one = decodeStartup(packet(PROTOCOL_3_0, 'user\0b\xfe\0\0'));
    const other = decodeStartup(packet(PROTOCOL_3_0, 'user\0b\xff\0\0'));
    expect(one).not.toMatchObject({ user: (other as StartupMessage).user });
    expect(encodeStartup({ protocol: PROTOCOL_3_0, params: (one as StartupMessage).params })).toEqual(
      packet(PROTOCOL_3_0, 'user\0b\xfe\0\0'),
    );
  });

  it('_pq_. names are set apart', () => {
    const message = startup(['user', 'a'], ['_pq_.x', '1'], ['_pq_.y', '2']);
    expect(message.unknownOptions).toEqual(['_pq_.x', '_pq_.y']);
    expect([...message.params.keys()]).toEqual(['user']);
    expect(needsNegotiation(message)).toBe(true);
  });

  it('__proto__ is a name like any other', () => {
    expect(startup(['user', 'a'], ['__proto__', 'x']).params.get('__proto__')).toBe('x');
  });

  it.each([
    ['database', 'database'],
    ['true', 'physical'],
    ['T', 'physical'],
    ['yes', 'physical'],
    ['on', 'physical'],
    ['1', 'physical'],
    ['off', 'off'],
    ['of', 'off'],
    ['n', 'off'],
    ['false', 'off'],
    ['0', 'off'],
  ])('replication=%s is %s', (value, expected) => {
    expect(startup(['user', 'a'], ['replication', value]).replication).toBe(expected);
  });

  it.each(['', 'o', 'Database', 'truex', '2'])('replication=%s is refused', (value) => {
    expect(refusal(() => startup(['user', 'a'], ['replication', value]))).toEqual({
      sqlstate: '22023',
      message: `invalid value for parameter "replication": "${value}"`,
    });
  });

  it.each(['\0', 'user\0\0\0', 'database\0x\0\0'])('without a user it is refused: %j', (rest) => {
    expect(refusal(() => decodeStartup(packet(PROTOCOL_3_0, rest)))).toEqual({
      sqlstate: '28000',
      message: 'no PostgreSQL user name specified in startup packet',
    });
  });

  it.each(['', 'user', 'user\0', 'user\0a', 'user\0a\0', 'user\0a\0\0x', 'user\0a\0\0\0', 'user\0\0'])(
    'without its terminator in the last byte it is refused: %j',
    (rest) => {
      expect(refusal(() => decodeStartup(packet(PROTOCOL_3_0, rest)))).toEqual({
        sqlstate: '08P01',
        message: 'invalid startup packet layout: expected terminator as last byte',
      });
    },
  );

  it('a packet that is longer or shorter than it says is refused', () => {
    const bytes = encodeStartup({ protocol: PROTOCOL_3_0, params: [['user', 'a']] });
    expect(refusal(() => decodeStartup(bytes.subarray(0, -1))).sqlstate).toBe('08P01');
    expect(refusal(() => decodeStartup(Buffer.concat([bytes, Buffer.of(0)]))).sqlstate).toBe('08P01');
  });

  it('over the limit it is neither taken nor made', () => {
    const params: [string, string][] = [['user', 'x'.repeat(10_001)]];
    expect(refusal(() => encodeStartup({ protocol: PROTOCOL_3_0, params })).sqlstate).toBe('54000');
  });
});

describe('the bytes of PostgreSQL 18.4', () => {
  it('for version 3.9999 with two options that it does not know', () => {
    const asked = decodeStartup(packet((3 << 16) | 9999, 'user\0a\0_pq_.a\0x\0_pq_.b\0\0\0')) as StartupMessage;
    const answer = encodeNegotiateProtocolVersion(negotiatedProtocol(asked.protocol), asked.unknownOptions);
    expect(answer.toString('latin1')).toBe('v\0\0\0\x1a\0\x03\0\x02\0\0\0\x02_pq_.a\0_pq_.b\0');
  });

  it('for version 3.0 with an option: 3.0 is kept', () => {
    const asked = decodeStartup(packet(PROTOCOL_3_0, 'user\0a\0_pq_.a\0x\0\0')) as StartupMessage;
    expect(needsNegotiation(asked)).toBe(true);
    const answer = encodeNegotiateProtocolVersion(negotiatedProtocol(asked.protocol), asked.unknownOptions);
    expect(answer.toString('latin1')).toBe('v\0\0\0\x13\0\x03\0\0\0\0\0\x01_pq_.a\0');
  });

  it('for version 2.0', () => {
    const message = unsupportedProtocolMessage(0x20000);
    expect(encodeErrorResponseV2({ severity: 'FATAL', message }).toString('latin1')).toBe(
      'EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.2\n\0',
    );
  });
});

describe('versions', () => {
  it.each([
    [0x30000, 0x30000, false],
    [0x30001, 0x30001, false],
    [0x30002, 0x30002, false],
    [0x30003, 0x30002, true],
    [(3 << 16) | 9999, 0x30002, true],
  ])('%i is spoken as %i', (asked, spoken, negotiated) => {
    expect(negotiatedProtocol(asked)).toBe(spoken);
    expect(needsNegotiation({ protocol: asked, unknownOptions: [] })).toBe(negotiated);
  });

  it.each([
    [0x20000, 'unsupported frontend protocol 2.0: server supports 3.0 to 3.2'],
    [0x40000, 'unsupported frontend protocol 4.0: server supports 3.0 to 3.2'],
    [0xffffffff, 'unsupported frontend protocol 65535.65535: server supports 3.0 to 3.2'],
  ])('%i is refused', (protocol, message) => {
    expect(decodeStartup(packet(protocol, 'anything'))).toEqual({ kind: 'unsupported', protocol });
    expect(unsupportedProtocolMessage(protocol)).toBe(message);
  });
});
