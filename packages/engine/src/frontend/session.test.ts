import {
  encodeBind,
  encodeClose,
  encodeCommandComplete,
  encodeCopyData,
  encodeCopyDone,
  encodeCopyFail,
  encodeCopyResponse,
  encodeDescribe,
  encodeErrorResponse,
  encodeExecute,
  encodeFlush,
  encodeFunctionCall,
  encodeParse,
  encodeQuery,
  encodeReadyForQuery,
  encodeSync,
  encodeTerminate,
  FrameReader,
  Frontend,
} from '@pgherd/wire';
import { describe, expect, it, vi } from 'vitest';
import { FakeChannel } from '../../test-support/fake-channel.ts';
import { Random } from '../../test-support/random.ts';
import { Link } from '../backend/link.ts';
import type { Interception } from './intercept.ts';
import { done } from './report.ts';
import { type ClientFacts, type EndReason, Session, type SessionOwner } from './session.ts';

const FACTS: ClientFacts = {
  id: 1,
  user: 'u',
  database: 'd',
  application: '',
  isolation: null,
  peer: { address: '127.0.0.1', port: 1, tls: null },
  connectedAtMs: 0,
  secret: '\0\0\0\0',
  protocol: 196608,
};

const OWN_ANSWER = encodeCommandComplete('OWN');

function makeSession() {
  const client = new FakeChannel();
  const server = new FakeChannel();
  const link = new Link(
    server.channel,
    {
      nodeId: 0,
      epoch: 1,
      key: 'k',
      database: 'd',
      tls: false,
      authRequest: 'ok',
      pid: 1,
      secret: '\0\0\0\0',
      parameters: new Map(),
      greeting: Buffer.alloc(0),
    },
    { onSqlState() {}, onLatency() {} },
  );
  const ends: { reason: EndReason; reusable: boolean }[] = [];
  const asked: Interception[] = [];
  const owner: SessionOwner & { statements: number } = {
    statements: 0,
    observer: null,
    sessionEnded: (_session, reason, reusable) => ends.push({ reason, reusable }),
    answer: async (_session, what) => {
      asked.push(what);
      return done('OWN');
    },
    columnsOf: () => [],
    guard: async (database) => {
      asked.push({ kind: 'guard', database });
    },
    countStatement: () => {
      owner.statements++;
    },
  };
  const session = new Session(FACTS, client.channel, link, owner);
  return { client, server, link, ends, asked, owner, session };
}

const bind = encodeBind({ portal: '', statement: 's', parameterFormats: [1], values: ['v', null], resultFormats: [] });

/** One of everything that a client says, some of it with lengths around what is held. */
const STREAM = Buffer.concat([
  encodeQuery('SELECT 1'),
  encodeQuery(''),
  encodeParse({ statement: 's', sql: 'SELECT $1', parameterTypes: [25] }),
  bind,
  encodeDescribe({ kind: 'portal', name: '' }),
  encodeExecute({ portal: '', rowsMax: 7 }),
  encodeFlush(),
  encodeClose({ kind: 'statement', name: 's' }),
  encodeSync(),
  encodeQuery('COPY t FROM STDIN'),
  encodeCopyData(Buffer.from('1\t2\n')),
  encodeCopyData(Buffer.alloc(300, 0x51)), // bytes that look like messages
  encodeCopyDone(),
  encodeCopyFail('no'),
  encodeFunctionCall({ functionOid: 65, argumentFormats: [], values: [Buffer.from('x')], resultFormat: 0 }),
  encodeQuery(`SELECT '${'é'.repeat(150)}'`),
  encodeSync(),
]);

function run(feed: (channel: FakeChannel) => void) {
  const made = makeSession();
  feed(made.client);
  const { server, link, owner, session } = made;
  return { bytes: server.bytes, owed: link.replies.size, statements: owner.statements, state: session.state };
}

describe('whatever the network does to the stream of a client', () => {
  const whole = run((channel) => channel.receive(STREAM));

  it('the server gets it, and what it owes is known', () => {
    expect(whole.bytes.equals(STREAM)).toBe(true);
    expect(whole).toMatchObject({ owed: 7, statements: 7, state: 'busy' });
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
    const random = new Random(11);
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
    ['a Query of a megabyte', encodeQuery('x'.repeat(1 << 20)), 1],
    ['a Parse of a megabyte', encodeParse({ statement: '', sql: 'x'.repeat(1 << 20), parameterTypes: [] }), 0],
    [
      'a Bind of a megabyte',
      encodeBind({ portal: '', statement: '', parameterFormats: [], values: ['x'.repeat(1 << 20)], resultFormats: [] }),
      0,
    ],
    ['CopyData of a megabyte', encodeCopyData(Buffer.alloc(1 << 20)), 0],
    ['a Query just held', encodeQuery('x'.repeat(262_000)), 1],
  ])('%s goes through in pieces, and what is kept for it is bounded', (_name, big, owed) => {
    const { client, server, link } = makeSession();
    const stream = Buffer.concat([big, encodeSync()]);
    for (let at = 0; at < stream.length; at += 1000) {
      client.receive(stream.subarray(at, at + 1000));
      const kept = Math.min(at + 1000, stream.length) - server.bytes.length;
      expect(kept).toBeLessThanOrEqual(256 * 1024 + 1000);
    }
    expect(server.bytes.equals(stream)).toBe(true);
    expect(link.replies.size).toBe(owed + 1);
  });
});

/** A server that answers each message that earns a ReadyForQuery, a moment later. */
function answering(made: ReturnType<typeof makeSession>): void {
  const reader = new FrameReader();
  let seen = 0;
  made.server.onWritten = () => {
    for (const bytes of made.server.written.slice(seen)) {
      seen++;
      for (const { type } of reader.push(bytes)) {
        if (type === Frontend.QUERY || type === Frontend.SYNC || type === Frontend.FUNCTION_CALL) {
          queueMicrotask(() =>
            made.server.receive(Buffer.concat([encodeCommandComplete('THEIRS'), encodeReadyForQuery('I')])),
          );
        }
      }
    }
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what the engine answers itself', () => {
  const theirs = Buffer.concat([encodeCommandComplete('THEIRS'), encodeReadyForQuery('I')]);
  const own = Buffer.concat([OWN_ANSWER, encodeReadyForQuery('I')]);

  it('comes in its place among the server’s answers, wherever the stream is cut', async () => {
    const before = encodeQuery('SELECT 1');
    const after = Buffer.concat([encodeQuery('SELECT 2'), encodeSync()]);
    const stream = Buffer.concat([before, encodeQuery('SHOW pool_nodes'), after]);
    for (let at = 1; at < stream.length; at++) {
      const made = makeSession();
      answering(made);
      made.client.receive(stream.subarray(0, at));
      if (at % 2 === 0) await settled();
      made.client.receive(stream.subarray(at));
      await settled();
      await settled();
      expect(made.server.bytes.equals(Buffer.concat([before, after])), `cut at ${at}`).toBe(true);
      expect(made.client.bytes.equals(Buffer.concat([theirs, own, theirs, theirs])), `cut at ${at}`).toBe(true);
      expect(made.asked).toEqual([{ kind: 'show', name: 'pool_nodes' }]);
      expect(made.link.clean).toBe(true);
    }
  });

  it('is not waited for behind a query that the server may skip: that goes to the server too', async () => {
    const made = makeSession();
    const stream = Buffer.concat([
      encodeParse({ statement: '', sql: 'SELEC', parameterTypes: [] }),
      encodeQuery('SELECT 1'),
      encodeQuery('SHOW pool_nodes'),
    ]);
    made.client.receive(stream);
    expect(made.server.bytes.equals(stream)).toBe(true);
    expect(made.client.paused).toBe(false);
    made.client.receive(encodeTerminate());
    // What is still to come cannot be told: the server ends the connection.
    expect(made.server.bytes.equals(Buffer.concat([stream, encodeTerminate()]))).toBe(true);
    expect(made.ends).toEqual([]);
    made.server.close();
    await settled();
    expect(made.ends).toEqual([{ reason: 'terminate', reusable: false }]);
  });

  it('is not waited for behind a COPY whose data stand behind it', () => {
    const made = makeSession();
    const stream = Buffer.concat([encodeQuery('COPY t FROM STDIN'), encodeQuery('SHOW pool_nodes'), encodeCopyDone()]);
    made.client.receive(stream);
    expect(made.server.bytes.equals(encodeQuery('COPY t FROM STDIN'))).toBe(true);
    const copyIn = encodeCopyResponse('in', { format: 0, columnFormats: [] });
    made.server.receive(copyIn);
    expect(made.server.bytes.equals(stream)).toBe(true);
    expect(made.client.bytes.equals(copyIn)).toBe(true);
    expect(made.client.paused).toBe(false);
  });

  it('many in a row', async () => {
    const made = makeSession();
    answering(made);
    made.client.receive(Buffer.concat(Array.from({ length: 50 }, () => encodeQuery('PGPOOL SHOW ALL'))));
    await vi.waitFor(() => expect(made.client.bytes.equals(Buffer.concat(Array(50).fill(own)))).toBe(true));
  });

  it.each([
    ['Query', encodeQuery('DROP DATABASE old'), 1],
    [
      'Parse',
      Buffer.concat([
        encodeParse({ statement: '', sql: 'DROP DATABASE old', parameterTypes: [] }),
        bind,
        encodeExecute({ portal: '', rowsMax: 0 }),
        encodeSync(),
      ]),
      1,
    ],
  ])('DROP DATABASE by %s goes to the server after its preparation', async (_how, statement, owed) => {
    for (let at = 1; at <= statement.length; at++) {
      const made = makeSession();
      made.client.receive(statement.subarray(0, at));
      if (at < statement.length) made.client.receive(statement.subarray(at));
      expect(made.server.bytes).toHaveLength(0);
      await settled();
      expect(made.asked).toEqual([{ kind: 'guard', database: 'old' }]);
      expect(made.server.bytes.equals(statement)).toBe(true);
      expect(made.link.replies.size).toBe(owed);
    }
  });

  it('an answer that fails is an error for the client and nothing else', async () => {
    const made = makeSession();
    made.owner.answer = () => Promise.reject(new Error('boom'));
    made.client.receive(encodeQuery('SHOW pool_nodes'));
    await settled();
    const message = 'pgherd could not answer: boom';
    const error = encodeErrorResponse({ severity: 'ERROR', sqlstate: 'XX000', message });
    expect(made.client.bytes.equals(Buffer.concat([error, encodeReadyForQuery('I')]))).toBe(true);
    expect(made.session.state).toBe('idle');
  });

  it('for a client that goes while it waits behind a long query is given up at once', async () => {
    const made = makeSession();
    made.client.receive(Buffer.concat([encodeQuery('SELECT pg_sleep(1e6)'), encodeQuery('SHOW pool_nodes')]));
    expect(made.client.paused).toBe(false);
    made.client.receive(Buffer.alloc(20_000));
    expect(made.client.paused).toBe(true);
    made.client.close();
    await settled();
    expect(made.ends).toEqual([{ reason: 'client-gone', reusable: false }]);
  });

  it('for a client that has gone meanwhile goes nowhere', async () => {
    const made = makeSession();
    made.client.receive(encodeQuery('SHOW pool_nodes'));
    made.client.close();
    await settled();
    expect(made.ends).toEqual([{ reason: 'client-gone', reusable: true }]);
    expect(made.client.bytes).toHaveLength(0);
  });
});

describe('the end of a session', () => {
  async function endAfter(...messages: Buffer[]): Promise<{ reason: EndReason; reusable: boolean } | undefined> {
    const made = makeSession();
    for (const bytes of messages) made.client.receive(bytes);
    made.client.close();
    await settled();
    return made.ends[0];
  }

  it('with nothing asked leaves a link that may be used again', async () => {
    expect(await endAfter()).toEqual({ reason: 'client-gone', reusable: true });
  });

  it.each([
    ['a query is owed', [encodeQuery('SELECT 1')]],
    ['a batch is open', [encodeParse({ statement: '', sql: 'SELECT 1', parameterTypes: [] }), encodeFlush()]],
    ['only a Describe was sent', [encodeDescribe({ kind: 'statement', name: 's' })]],
    ['a Flush with a body was sent', [Buffer.from('480000000500', 'hex')]],
    ['only a Close was sent', [encodeClose({ kind: 'portal', name: '' })]],
    [
      'a message is half sent',
      [
        encodeBind({ portal: '', statement: '', parameterFormats: [], values: ['x'], resultFormats: [] }).subarray(
          0,
          9,
        ),
      ],
    ],
    ['a message has half arrived', [encodeQuery('SELECT 1').subarray(0, 7)]],
    ['a header has half arrived', [encodeSync().subarray(0, 2)]],
  ])('while %s it may not', async (_name, messages) => {
    expect(await endAfter(...messages)).toEqual({ reason: 'client-gone', reusable: false });
  });

  it('Terminate is heeded at once when nothing is owed', async () => {
    const made = makeSession();
    made.client.receive(encodeTerminate());
    expect(made.ends).toEqual([{ reason: 'terminate', reusable: true }]);
    expect(made.server.bytes).toHaveLength(0);
  });

  it('what comes after Terminate never reaches the server', () => {
    const made = makeSession();
    made.client.receive(Buffer.concat([encodeQuery('INSERT'), encodeTerminate()]));
    made.client.receive(encodeQuery('DELETE'));
    expect(made.server.bytes.equals(encodeQuery('INSERT'))).toBe(true);
    const cut = makeSession();
    const bye = encodeTerminate();
    cut.client.receive(Buffer.concat([encodeQuery('INSERT'), bye.subarray(0, 2)]));
    cut.client.receive(Buffer.concat([bye.subarray(2), encodeQuery('DELETE')]));
    expect(cut.server.bytes.equals(encodeQuery('INSERT'))).toBe(true);
  });

  it('Terminate behind a query waits for its answer', async () => {
    const made = makeSession();
    made.client.receive(Buffer.concat([encodeQuery('INSERT'), encodeTerminate()]));
    expect(made.ends).toEqual([]);
    made.server.receive(encodeReadyForQuery('I'));
    expect(made.ends).toEqual([{ reason: 'terminate', reusable: true }]);
    expect(made.server.bytes.equals(encodeQuery('INSERT'))).toBe(true);
  });

  it.each([0, 1, 2, 3, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])(
    'a message that claims %d bytes ends it, after what came before was sent on',
    (length) => {
      const made = makeSession();
      const lie = Buffer.alloc(8, 0x51);
      lie.writeUInt32BE(length, 1);
      made.client.receive(Buffer.concat([encodeSync(), lie]));
      expect(made.ends).toEqual([{ reason: 'protocol', reusable: false }]);
      expect(made.server.bytes.equals(encodeSync())).toBe(true);
    },
  );

  it('a server that goes says its last word first', async () => {
    const made = makeSession();
    made.client.receive(encodeQuery('SELECT 1'));
    const last = encodeErrorResponse({ severity: 'FATAL', sqlstate: '57P01', message: 'bye' });
    made.server.receive(last);
    made.server.close();
    await settled();
    expect(made.client.bytes.equals(last)).toBe(true);
    expect(made.client.ended).toBe(true);
    expect(made.ends).toEqual([{ reason: 'backend-gone', reusable: false }]);
  });

  it('by a limit is said to the client', () => {
    const made = makeSession();
    made.session.endWith('idle-limit', '57P05', 'too long');
    const last = encodeErrorResponse({ severity: 'FATAL', sqlstate: '57P05', message: 'too long' });
    expect(made.client.bytes.equals(last)).toBe(true);
    expect(made.ends).toEqual([{ reason: 'idle-limit', reusable: true }]);
  });

  it('happens once', async () => {
    const made = makeSession();
    made.client.receive(encodeTerminate());
    made.session.endWith('shutdown', '57P01', 'x');
    made.server.close();
    made.client.close();
    await settled();
    expect(made.ends).toHaveLength(1);
  });
});

describe('a peer that is behind', () => {
  it('a full server stops the reading of the client until it has taken what it got', () => {
    const made = makeSession();
    made.server.full = true;
    made.client.receive(encodeQuery('SELECT 1'));
    expect(made.client.paused).toBe(true);
    made.server.full = false;
    made.server.handler.onDrain();
    expect(made.client.paused).toBe(false);
  });

  it('a full client stops the reading of the server', () => {
    const made = makeSession();
    made.client.receive(encodeQuery('SELECT 1'));
    made.client.full = true;
    made.server.receive(encodeCommandComplete('SELECT 1'));
    expect(made.server.paused).toBe(true);
    made.client.full = false;
    made.client.handler.onDrain();
    expect(made.server.paused).toBe(false);
  });

  it('a server that waited for a client is read again when the client has left', () => {
    const made = makeSession();
    made.client.receive(encodeQuery('SELECT 1'));
    made.client.full = true;
    made.server.receive(Buffer.concat([encodeCommandComplete('SELECT 1'), encodeReadyForQuery('I')]));
    expect(made.server.paused).toBe(true);
    made.client.handler.onClosed(null);
    expect(made.ends).toEqual([{ reason: 'client-gone', reusable: true }]);
    expect(made.server.paused).toBe(false);
  });
});

describe('what counts as running', () => {
  it('a query, a batch without Sync, and a COPY', () => {
    const made = makeSession();
    expect(made.session.running).toBe(false);
    expect(made.session.idleForMs).toBeGreaterThanOrEqual(0);
    made.client.receive(encodeExecute({ portal: '', rowsMax: 0 }));
    expect(made.session.running).toBe(true);
    expect(made.session.idleForMs).toBe(0);
    made.client.receive(encodeSync());
    made.server.receive(encodeReadyForQuery('I'));
    expect(made.session.running).toBe(false);
    expect(made.session.activity).toBe('Idle');
  });
});
