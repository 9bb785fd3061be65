import { PassThrough } from 'node:stream';
import { parse, serialize } from 'pg-protocol';
import { describe, expect, it } from 'vitest';
import * as wire from './index.ts';

/** pg-protocol, the codec under node-postgres, reads what we write and writes what we read. */
async function readBy(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const stream = new PassThrough();
  const messages: Record<string, unknown>[] = [];
  const done = parse(stream, (message) => messages.push(message as unknown as Record<string, unknown>));
  stream.end(bytes);
  await done;
  return messages;
}

const body = (message: Buffer) => message.subarray(5);

describe('pg-protocol reads what we write', () => {
  it('as a backend', async () => {
    const messages = await readBy(
      Buffer.concat([
        wire.encodeAuthenticationSasl(['SCRAM-SHA-256']),
        wire.encodeAuthenticationMd5(Buffer.from('abcd')),
        wire.encodeAuthenticationOk(),
        wire.encodeParameterStatus('TimeZone', 'UTC'),
        wire.encodeBackendKeyData(7, Buffer.from('00000009', 'hex')),
        wire.encodeRowDescription([{ name: 'a', typeOid: 23, column: 1, typeSize: 4 }]),
        wire.encodeDataRow(['1']),
        wire.encodeCommandComplete('SELECT 1'),
        wire.encodeReadyForQuery('E'),
        wire.encodeErrorResponse({ severity: 'ERROR', sqlstate: '42601', message: 'm', hint: 'h' }),
        wire.encodeNotificationResponse({ pid: 3, channel: 'c', payload: 'p' }),
        wire.encodeCopyResponse('in', { format: 0, columnFormats: [0, 0] }),
      ]),
    );
    expect(messages).toMatchObject([
      { name: 'authenticationSASL', mechanisms: ['SCRAM-SHA-256'] },
      { name: 'authenticationMD5Password', salt: Buffer.from('abcd') },
      { name: 'authenticationOk' },
      { name: 'parameterStatus', parameterName: 'TimeZone', parameterValue: 'UTC' },
      { name: 'backendKeyData', processID: 7, secretKey: 9 },
      { name: 'rowDescription', fields: [{ name: 'a', dataTypeID: 23, columnID: 1, dataTypeSize: 4 }] },
      { name: 'dataRow', fields: ['1'] },
      { name: 'commandComplete', text: 'SELECT 1' },
      { name: 'readyForQuery', status: 'E' },
      { name: 'error', code: '42601', hint: 'h' },
      { name: 'notification', processId: 3, channel: 'c', payload: 'p' },
      { name: 'copyInResponse', columnTypes: [0, 0] },
    ]);
  });
});

describe('we read what pg-protocol writes, and write the same', () => {
  it('startup', () => {
    const message = wire.decodeStartup(serialize.startup({ user: 'a', database: 'b' }));
    expect(message).toMatchObject({ kind: 'startup', user: 'a', database: 'b', protocol: wire.PROTOCOL_3_0 });
    expect(serialize.requestSsl()).toEqual(wire.encodeSslRequest());
    expect(serialize.cancel(5, 6)).toEqual(wire.encodeCancelRequest(5, Buffer.from('00000006', 'hex')));
  });

  it('sign-in', () => {
    expect(serialize.password('pw')).toEqual(wire.encodePasswordMessage('pw'));
    expect(serialize.sendSASLInitialResponseMessage('M', 'n,,')).toEqual(
      wire.encodeSaslInitialResponse('M', Buffer.from('n,,')),
    );
    expect(serialize.sendSCRAMClientFinalMessage('c=')).toEqual(wire.encodeSaslResponse(Buffer.from('c=')));
  });

  it('queries', () => {
    expect(serialize.query('select 1')).toEqual(wire.encodeQuery('select 1'));
    const parsed = serialize.parse({ name: 's', text: 'select $1', types: [23] });
    expect(wire.decodeParse(body(parsed))).toEqual({ statement: 's', sql: 'select $1', parameterTypes: [23] });
    const bound = serialize.bind({ portal: 'p', statement: 's', values: ['x', null, Buffer.of(1)] });
    const bind = wire.decodeBind(body(bound));
    expect(bind).toMatchObject({ portal: 'p', statement: 's', values: [Buffer.from('x'), null, Buffer.of(1)] });
    expect(wire.encodeBind(bind)).toEqual(bound);
    expect(serialize.execute({ portal: 'p', rows: 9 })).toEqual(wire.encodeExecute({ portal: 'p', rowsMax: 9 }));
    expect(serialize.describe({ type: 'S', name: 's' })).toEqual(wire.encodeDescribe({ kind: 'statement', name: 's' }));
    expect(serialize.close({ type: 'P', name: 'p' })).toEqual(wire.encodeClose({ kind: 'portal', name: 'p' }));
    expect(serialize.copyFail('no')).toEqual(wire.encodeCopyFail('no'));
    for (const [theirs, ours] of [
      [serialize.sync(), wire.encodeSync()],
      [serialize.flush(), wire.encodeFlush()],
      [serialize.end(), wire.encodeTerminate()],
      [serialize.copyDone(), wire.encodeCopyDone()],
    ]) {
      expect(theirs).toEqual(ours);
    }
  });
});
