import {
  encodeCommandComplete,
  encodeCopyData,
  encodeCopyDone,
  encodeCopyResponse,
  encodeDataRow,
  encodeErrorResponse,
  encodeNoticeResponse,
  encodeNotificationResponse,
  encodeParameterStatus,
  encodeQuery,
  encodeReadyForQuery,
  encodeRowDescription,
} from '@pgherd/wire';
import { describe, expect, it } from 'vitest';
import { FakeChannel } from '../../test-support/fake-channel.ts';
import { Random } from '../../test-support/random.ts';
import { Link, type LinkUser, sqlStateOf } from './link.ts';
import { Reply } from './reply-queue.ts';

class Client implements LinkUser {
  readonly parts: Buffer[] = [];
  readonly events: string[] = [];
  takes = true;

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }

  fromBackend(buffer: Buffer, start: number, end: number): boolean {
    this.parts.push(Buffer.from(buffer.subarray(start, end)));
    return this.takes;
  }

  backendIdle(): void {
    this.events.push(`idle after ${this.bytes.length}`);
  }

  backendGone(error: Error | null): void {
    this.events.push(`gone${error === null ? '' : `: ${error.message}`}`);
  }

  backendFull(): void {}
  backendDrained(): void {}
}

function makeLink() {
  const channel = new FakeChannel();
  const sqlStates: string[] = [];
  const link = new Link(
    channel.channel,
    {
      nodeId: 0,
      epoch: 1,
      key: 'k',
      database: 'app',
      tls: false,
      authRequest: 'ok',
      pid: 4711,
      secret: '\0\0\0\0',
      parameters: new Map([
        ['TimeZone', 'UTC'],
        ['session_authorization', 'jürgen'],
      ]),
      greeting: Buffer.alloc(0),
    },
    { onSqlState: (code) => sqlStates.push(code), onLatency() {} },
  );
  const client = new Client();
  link.user = client;
  return { channel, link, client, sqlStates };
}

/** One of everything that a server says, and some of it twice. */
const STREAM = Buffer.concat([
  encodeRowDescription([{ name: 'a' }, { name: 'b' }]),
  encodeDataRow(['1', null]),
  encodeDataRow(['x'.repeat(300), '']),
  encodeNoticeResponse({ severity: 'NOTICE', sqlstate: '00000', message: 'careful' }),
  encodeCommandComplete('SELECT 2'),
  encodeReadyForQuery('T'),
  encodeParameterStatus('TimeZone', 'Asia/Tokyo'),
  encodeCommandComplete('SET'),
  encodeReadyForQuery('T'),
  encodeErrorResponse({ severity: 'ERROR', sqlstate: '42P01', message: 'no such table', detail: 'd'.repeat(200) }),
  encodeReadyForQuery('E'),
  encodeCopyResponse('in', { format: 0, columnFormats: [0, 0] }),
  encodeCommandComplete('COPY 3'),
  encodeReadyForQuery('I'),
  encodeCopyResponse('out', { format: 0, columnFormats: [0] }),
  encodeCopyData(Buffer.from('a row\n')),
  encodeCopyDone(),
  encodeCommandComplete('COPY 1'),
  encodeParameterStatus('TimeZone', 'UTC'),
  encodeReadyForQuery('I'),
  encodeNotificationResponse({ pid: 7, channel: 'c', payload: 'p' }),
]);
const ANSWERED = 5;

function run(feed: (channel: FakeChannel) => void) {
  const made = makeLink();
  for (let i = 0; i < ANSWERED - 2; i++) made.link.noteSent(Reply.QUERY);
  made.link.noteSent(Reply.QUERY);
  made.link.noteSent(Reply.COPY_END);
  made.link.noteSent(Reply.QUERY);
  feed(made.channel);
  const { link, client, sqlStates } = made;
  return {
    bytes: client.bytes,
    idle: client.events.length,
    sqlStates,
    status: link.status,
    owed: link.replies.size,
    clean: link.clean,
    changed: link.changedParameters === null ? null : [...link.changedParameters],
  };
}

describe('whatever the network does to the stream of a server', () => {
  const whole = run((channel) => channel.receive(STREAM));

  it('the client gets it, and the link understands it', () => {
    expect(whole).toMatchObject({ idle: 1, sqlStates: ['42P01'], status: 0x49, owed: 0, clean: true, changed: null });
    expect(whole.bytes.equals(STREAM)).toBe(true);
  });

  it('cut in two at every point', () => {
    for (let at = 1; at < STREAM.length; at++) {
      const cut = run((channel) => {
        channel.receive(STREAM.subarray(0, at));
        channel.receive(STREAM.subarray(at));
      });
      expect(cut.bytes.equals(STREAM), `cut at ${at}`).toBe(true);
      expect({ ...cut, bytes: whole.bytes }, `cut at ${at}`).toEqual(whole);
    }
  });

  it('byte by byte', () => {
    const cut = run((channel) => {
      for (const byte of STREAM) channel.receive(Buffer.of(byte));
    });
    expect(cut.bytes.equals(STREAM)).toBe(true);
    expect({ ...cut, bytes: whole.bytes }).toEqual(whole);
  });

  it('in pieces of every size', () => {
    const random = new Random(7);
    for (let round = 0; round < 500; round++) {
      const cut = run((channel) => {
        for (let at = 0; at < STREAM.length; ) {
          const size = 1 + random.below(1 + random.below(120));
          channel.receive(STREAM.subarray(at, at + size));
          at += size;
        }
      });
      expect(cut.bytes.equals(STREAM)).toBe(true);
      expect({ ...cut, bytes: whole.bytes }).toEqual(whole);
    }
  });

  it.each([
    ['a row of a megabyte', encodeDataRow(['y'.repeat(1 << 20)])],
    [
      'an error of a megabyte',
      encodeErrorResponse({ severity: 'ERROR', sqlstate: 'XX000', message: 'z'.repeat(1 << 20) }),
    ],
    ['an error just held', encodeErrorResponse({ severity: 'ERROR', sqlstate: 'XX000', message: 'z'.repeat(262_000) })],
  ])('%s goes through in pieces, and what is kept for it is bounded', (_name, big) => {
    const { channel, link, client } = makeLink();
    link.noteSent(Reply.QUERY);
    const stream = Buffer.concat([
      encodeDataRow(['1']),
      big,
      encodeCommandComplete('SELECT 1'),
      encodeReadyForQuery('I'),
    ]);
    for (let at = 0; at < stream.length; at += 1000) {
      channel.receive(stream.subarray(at, at + 1000));
      const kept = Math.min(at + 1000, stream.length) - client.bytes.length;
      expect(kept).toBeLessThanOrEqual(256 * 1024 + 1000);
    }
    expect(client.bytes.equals(stream)).toBe(true);
    expect(client.events).toHaveLength(1);
    expect(link.clean).toBe(true);
  });
});

describe('a link', () => {
  it('heeds an error that is too long to be held', () => {
    const { channel, link } = makeLink();
    link.replies.push(Reply.BATCH, null);
    link.noteSent(Reply.SYNC);
    channel.receive(encodeCopyResponse('in', { format: 0, columnFormats: [] }));
    const error = encodeErrorResponse({ severity: 'ERROR', sqlstate: 'P0001', message: 'x'.repeat(1 << 20) });
    for (let at = 0; at < error.length; at += 60_000) channel.receive(error.subarray(at, at + 60_000));
    expect(link.replies).toMatchObject({ copyIn: false, mismatch: true });
  });

  it.each([0, 1, 2, 3, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])(
    'ends when the server claims a message of %d bytes',
    async (length) => {
      const { channel, link, client } = makeLink();
      const lie = Buffer.alloc(9, 0x44);
      lie.writeUInt32BE(length, 1);
      channel.receive(lie);
      await Promise.resolve();
      expect(channel.closed).toBe(true);
      expect(link.clean).toBe(false);
      expect(client.events).toEqual(['gone: node 0 sent a message with an impossible length']);
      expect(client.bytes).toHaveLength(0);
    },
  );

  it('is not clean while anything is owed, half received, out of step, or in an open batch', () => {
    const owed = makeLink();
    expect(owed.link.clean).toBe(true);
    owed.link.noteSent(Reply.QUERY);
    expect(owed.link.clean).toBe(false);
    owed.channel.receive(encodeReadyForQuery('I'));
    expect(owed.link.clean).toBe(true);
    owed.channel.receive(encodeDataRow(['half']).subarray(0, 9));
    expect(owed.link.clean).toBe(false);

    const surprised = makeLink();
    surprised.channel.receive(encodeReadyForQuery('I'));
    expect(surprised.link.clean).toBe(false);

    const open = makeLink();
    open.link.replies.push(Reply.BATCH, open.client);
    expect(open.link.clean).toBe(false);

    const closed = makeLink();
    closed.channel.close();
    expect(closed.link.clean).toBe(false);
  });

  it('that hears an error while nobody uses it is about to be closed, and not used again', () => {
    const { channel, link } = makeLink();
    link.user = null;
    channel.receive(encodeErrorResponse({ severity: 'FATAL', sqlstate: '57P01', message: 'bye' }));
    expect(link.clean).toBe(false);
  });

  it('compares reported values as text, whatever letters a role has', () => {
    const { channel, link } = makeLink();
    channel.receive(encodeParameterStatus('session_authorization', 'jürgen'));
    expect(link.changedParameters).toBeNull();
    channel.receive(encodeParameterStatus('session_authorization', 'günter'));
    expect(link.changedParameters).toEqual(new Map([['session_authorization', 'günter']]));
  });

  it('stops reading its server while the client is behind', () => {
    const { channel, client } = makeLink();
    client.takes = false;
    channel.receive(encodeDataRow(['1']));
    expect(channel.paused).toBe(true);
  });

  it('is reset by its statements and given back only when all of them succeeded', () => {
    const statements = Buffer.concat([encodeQuery('ABORT'), encodeQuery('DISCARD ALL')]);
    const verdicts: boolean[] = [];
    const good = makeLink();
    good.link.reset(statements, 2, 1000, (clean) => verdicts.push(clean));
    expect(good.channel.bytes.equals(statements)).toBe(true);
    good.channel.receive(Buffer.concat([encodeCommandComplete('ROLLBACK'), encodeReadyForQuery('I')]));
    expect(verdicts).toEqual([]);
    good.channel.receive(Buffer.concat([encodeCommandComplete('DISCARD ALL'), encodeReadyForQuery('I')]));
    expect(verdicts).toEqual([true]);
    expect(good.client.bytes).toHaveLength(0);

    const bad = makeLink();
    bad.link.reset(statements, 2, 1000, (clean) => verdicts.push(clean));
    bad.channel.receive(Buffer.concat([encodeCommandComplete('ROLLBACK'), encodeReadyForQuery('I')]));
    bad.channel.receive(encodeErrorResponse({ severity: 'ERROR', sqlstate: '25001', message: 'no' }));
    bad.channel.receive(encodeReadyForQuery('I'));
    expect(verdicts).toEqual([true, false]);

    const stuck = makeLink();
    stuck.link.reset(statements, 2, 1000, (clean) => verdicts.push(clean));
    stuck.channel.receive(Buffer.concat([encodeReadyForQuery('T'), encodeReadyForQuery('T')]));
    expect(verdicts).toEqual([true, false, false]);
  });

  it('whose server dies during a reset is not given back', async () => {
    const verdicts: boolean[] = [];
    const { link, channel } = makeLink();
    link.reset(encodeQuery('DISCARD ALL'), 1, 1000, (clean) => verdicts.push(clean));
    channel.close();
    await Promise.resolve();
    expect(verdicts).toEqual([false]);
  });
});

describe('the SQLSTATE of an ErrorResponse', () => {
  const of = (text: string): string => {
    const body = Buffer.from(text.replaceAll('|', '\0'), 'latin1');
    return sqlStateOf(body, 0, body.length);
  };

  it.each([
    ['SERROR|C42601|Mx||', '42601'],
    ['C42601||', '42601'],
    ['SERROR|Mx||', 'XX000'],
    ['C||', 'XX000'],
    ['C426011||', 'XX000'],
    ['C42601', 'XX000'],
    ['', 'XX000'],
    ['|', 'XX000'],
    ['SERROR', 'XX000'],
    ['C42601|C99999||', '42601'],
  ])('CVE-2026-6666: %j gives %s', (text, expected) => {
    expect(of(text)).toBe(expected);
  });
});

describe("a server's last word", () => {
  it('is told of after the answers that came in the same piece have been delivered', () => {
    const { channel, link, client } = makeLink();
    const seen: string[] = [];
    Object.assign(client, { backendError: () => seen.push(`last word after ${client.bytes.length} bytes`) });
    link.noteSent(Reply.QUERY);
    const answer = Buffer.concat([encodeCommandComplete('COMMIT'), encodeReadyForQuery('I')]);
    const last = encodeErrorResponse({ severity: 'FATAL', sqlstate: '57P01', message: 'postmaster is gone' });
    channel.receive(Buffer.concat([answer, last]));
    expect(seen).toEqual([`last word after ${answer.length} bytes`]);
    expect(client.bytes).toEqual(Buffer.concat([answer, last]));
    expect(client.events).toEqual([`idle after ${answer.length}`]);
    expect(link.fatal).toBe(true);
  });
});
