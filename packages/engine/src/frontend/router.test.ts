import {
  encodeBind,
  encodeClose,
  encodeCopyData,
  encodeCopyDone,
  encodeDescribe,
  encodeExecute,
  encodeFlush,
  encodeFunctionCall,
  encodeNotificationResponse,
  encodeParse,
  encodeQuery,
  encodeSync,
  encodeTerminate,
  FrameReader,
} from '@pgherd/wire';
import { describe, expect, it, vi } from 'vitest';
import type { FakeChannel } from '../../test-support/fake-channel.ts';
import type { FakeServer } from '../../test-support/fake-server.ts';
import { describeFrames } from '../../test-support/raw-client.ts';
import {
  type Made,
  makeSession,
  quiet,
  routingForTests,
  settled,
  standbyIs,
} from '../../test-support/routed-session.ts';

routingForTests();

const words = (bytes: Buffer): string[] => describeFrames(new FrameReader().push(bytes));
const parse = (sql: string, statement = ''): Buffer => encodeParse({ statement, sql, parameterTypes: [] });
const bind = (statement = '', portal = ''): Buffer =>
  encodeBind({ portal, statement, parameterFormats: [], values: [], resultFormats: [] });
const execute = (portal = '', rowsMax = 0): Buffer => encodeExecute({ portal, rowsMax });
const batch = (...texts: string[]): Buffer =>
  Buffer.concat([...texts.flatMap((sql) => [parse(sql), bind(), execute()]), encodeSync()]);
const SYNC = encodeSync();

/** Reads and all that may stand between them. */
const STREAM = Buffer.concat([
  encodeQuery('SELECT 1'),
  encodeQuery("SET app.a = 'one'"),
  encodeQuery('SELECT 2'),
  batch('SELECT 3', 'SELECT 4'),
  encodeQuery('BEGIN'),
  batch('SELECT 5'),
  encodeQuery('INSERT INTO t VALUES (1)'),
  encodeQuery('SELECT 6'),
  encodeQuery('COMMIT'),
  Buffer.concat([parse('SELECT 7', 's'), bind('s'), execute(), SYNC]),
  Buffer.concat([bind('s'), execute(), SYNC]),
  Buffer.concat([parse('SELECT 8'), encodeDescribe({ kind: 'statement', name: '' }), SYNC]),
  Buffer.concat([bind(), execute(), SYNC]),
  Buffer.concat([bind('missing'), execute(), SYNC]),
  encodeQuery('COPY t FROM STDIN'),
  encodeCopyData(Buffer.from('SELECT\n')),
  encodeCopyDone(),
  encodeQuery('SELECT 9'),
  Buffer.concat([parse('SELECT 10'), bind(), execute(), encodeFlush(), execute(), SYNC]),
  encodeFunctionCall({ functionOid: 65, argumentFormats: [], values: [Buffer.from('x')], resultFormat: 0 }),
  batch('SELECT 11'),
  Buffer.concat([encodeClose({ kind: 'statement', name: 's' }), SYNC]),
  encodeQuery('SELECT 12'),
]);

describe('a stream of everything', () => {
  async function heard(routed: boolean, feed: (channel: FakeChannel) => void | Promise<void>) {
    const made = makeSession({}, routed);
    for (const server of made.servers()) server.answersAtOnce = true;
    await feed(made.client);
    await quiet(made);
    return made;
  }

  it('is answered as by the primary alone, wherever it is cut', async () => {
    const plain = (await heard(false, (channel) => channel.receive(STREAM))).client.bytes;
    expect(words(plain).filter((word) => word.startsWith('Z'))).toHaveLength(21);
    for (let at = 1; at <= STREAM.length; at++) {
      const made = await heard(true, async (channel) => {
        channel.receive(STREAM.subarray(0, at));
        if (at % 3 === 0) await settled();
        if (at < STREAM.length) channel.receive(STREAM.subarray(at));
      });
      expect(words(made.client.bytes), `cut at ${at}`).toEqual(words(plain));
      expect(made.client.bytes.equals(plain), `cut at ${at}`).toBe(true);
    }
  });

  it('reads run on the standby, the rest on the primary', async () => {
    const made0 = await heard(true, (channel) => channel.receive(STREAM));
    const { home, readers } = made0;
    const numbers = (server: FakeServer | undefined): string[] =>
      (server?.ran ?? []).filter((text) => text.startsWith('SELECT')).map((text) => text.slice(7));
    expect(readers).toHaveLength(1);

    expect(numbers(readers[0])).toEqual(['1', '2', '3', '4', '5', '8', '9', '11', '12']);
    // After a write; with the Parse of its name, and while that is under way; where a Flush asks for a part of the answer.
    expect(numbers(home)).toEqual(['6', '7', '7', '10', '10']);
  });

  it('a client that goes after any number of answers leaves no connection behind', async () => {
    for (let steps = 0; ; steps++) {
      const made = makeSession();
      made.client.receive(STREAM);
      let done = 0;
      while (done < steps) {
        await settled();
        const server = made.servers().find((one) => one.pending > 0);
        if (server === undefined) break;
        server.step();
        done++;
      }
      await settled();
      made.client.close();
      await settled();
      await settled();
      expect(made.ends, `after ${done}`).toHaveLength(1);
      expect(made.closed.map(({ server }) => server)).toEqual(made.readers);
      for (const server of made.servers()) expect(server.link.user).toBeNull();
      for (const { server, reusable } of made.closed) if (reusable) expect(server.link.clean).toBe(true);
      if (done < steps) break;
    }
  });

  it('a standby that goes after any number of answers is not noticed', async () => {
    const plain = (await heard(false, (channel) => channel.receive(STREAM))).client.bytes;
    for (let steps = 0; ; steps++) {
      const made = makeSession();
      made.client.receive(STREAM);
      let done = 0;
      while (done < steps) {
        await settled();
        const server = made.servers().find((one) => one.pending > 0);
        if (server === undefined) break;
        server.step();
        done++;
      }
      for (const server of made.readers) server.channel.close();
      await quiet(made);
      const { bytes } = made.client;
      const said = words(bytes);
      if (said.at(-1) === 'E:57P01') {
        // Something of an answer had come: that session ends, and says why.
        expect(words(plain).slice(0, said.length - 1)).toEqual(said.slice(0, -1));
        expect(made.ends).toEqual([{ reason: 'backend-gone', reusable: false }]);
      } else expect(said, `gone after ${done}`).toEqual(words(plain));
      if (done < steps) break;
    }
  });
});

describe('what goes with a read', () => {
  async function play(made: Made, ...messages: Buffer[]): Promise<string[]> {
    const from = made.client.bytes.length;
    for (const bytes of messages) {
      made.client.receive(bytes);
      await quiet(made);
    }
    return words(made.client.bytes.subarray(from));
  }

  it.each([
    ['a query', [encodeQuery("SET app.a = 'x'")]],
    ['a batch', [batch("SET app.a = 'x'")]],
    ['a batch with a read behind it', [batch("SET app.a = 'x'", 'SELECT 1')]],
    [
      'a named statement',
      [Buffer.concat([parse("SET app.a = 'x'", 's'), SYNC]), Buffer.concat([bind('s'), execute(), SYNC])],
    ],
    [
      'a pipeline with other batches behind it',
      [Buffer.concat([batch("SET app.a = 'x'"), batch('SELECT 1'), encodeQuery('SELECT 2')])],
    ],
    ['a transaction in one batch', [batch('BEGIN', "SET app.a = 'x'", 'COMMIT')]],
    ['a transaction that is committed', [encodeQuery('BEGIN'), encodeQuery("SET app.a = 'x'"), encodeQuery('COMMIT')]],
  ])('a setting made by %s', async (_how, messages) => {
    const made = makeSession();
    await play(made, encodeQuery('SELECT 0'), ...messages, encodeQuery('SELECT 3'));
    expect(made.readers[0]?.ran.at(-1)).toBe('SELECT 3');
    expect(made.readers[0]?.settings.get('app.a')).toBe('x');
  });

  it.each([
    [
      'a transaction',
      [encodeQuery('BEGIN'), encodeQuery("SET app.a = 'x'"), encodeQuery('SELECT 1'), encodeQuery('ROLLBACK')],
    ],
    ['a batch', [batch('BEGIN', "SET app.a = 'x'", 'ROLLBACK')]],
    [
      'a failed commit',
      [
        encodeQuery('BEGIN'),
        encodeQuery("SET app.a = 'x'"),
        encodeQuery('SELECT 1'),
        encodeQuery('bad'),
        encodeQuery('COMMIT'),
      ],
    ],
  ])('no setting that was rolled back by %s', async (_how, messages) => {
    const made = makeSession({ disable_load_balance_on_write: 'off' });
    made.home.refuses.set('bad', '42601');
    await play(made, encodeQuery('SELECT 0'), ...messages, encodeQuery('SELECT 3'));
    for (const reader of made.readers) {
      if (reader.ran.at(-1) === 'SELECT 3') expect(reader.settings.has('app.a')).toBe(false);
    }
    expect(made.home.settings.has('app.a')).toBe(false);
  });

  it('an unnamed statement is made again where it is bound, and is the right one', async () => {
    const made = makeSession();
    await play(made, Buffer.concat([parse('SELECT 1'), SYNC]));
    await play(made, Buffer.concat([bind(), execute(), SYNC]));
    expect(made.readers[0]?.ran).toEqual(['SELECT 1']);
    // The old one and a new one in the same batch: only the primary has both.
    await play(made, Buffer.concat([bind(), execute(), parse('SELECT 2'), bind(), execute(), SYNC]));
    expect(made.home.ran).toEqual(['SELECT 1', 'SELECT 2']);
    await play(made, Buffer.concat([bind(), execute(), SYNC]));
    expect(made.readers[0]?.ran).toEqual(['SELECT 1', 'SELECT 2']);
  });

  it('an unnamed statement that an error kept from being made is not taken for the one that is there', async () => {
    const made = makeSession();
    made.home.refuses.set('INSERT INTO t VALUES (1)', '23505');
    await play(made, Buffer.concat([parse('INSERT INTO t VALUES (1)'), SYNC]));
    await play(made, Buffer.concat([bind(), execute(), parse('SELECT 2'), bind(), execute(), SYNC]));
    expect(await play(made, Buffer.concat([bind(), execute(), SYNC]))).toEqual(['2', 'E:23505', 'Z:I']);
    expect(made.readers).toHaveLength(0);
  });

  it('what was decided for one unnamed statement is not done with another', async () => {
    const made = makeSession();
    made.home.refuses.set('INSERT INTO t VALUES (1)', '23505');
    const failing = Buffer.concat([bind(), execute(), parse('SELECT 2'), bind(), execute(), SYNC]);
    const stream = [parse('INSERT INTO t VALUES (1)'), SYNC, failing, bind(), execute(), SYNC];
    expect(await play(made, Buffer.concat(stream))).toEqual(['1', 'Z:I', '2', 'E:23505', 'Z:I', '2', 'E:23505', 'Z:I']);
    expect(made.readers.flatMap(({ ran }) => ran)).toEqual([]);
  });

  it('of several unnamed statements in a batch the one before an error is left', async () => {
    const made = makeSession();
    made.opening.prepare = (server) => server.refuses.set('SELECT 1', '22012');
    made.home.refuses.set('SELECT 1', '22012');
    expect(await play(made, batch('SELECT 1', 'SELECT 2', 'SELECT 3'))).toEqual(['1', '2', 'E:22012', 'Z:I']);
    expect(await play(made, Buffer.concat([bind(), execute(), SYNC]))).toEqual(['2', 'E:22012', 'Z:I']);
  });

  it('an unnamed statement that cannot be made again fails as its Bind would have', async () => {
    const made = makeSession();
    await play(made, encodeQuery('BEGIN'), batch('SELECT 1'));
    made.home.refuses.set('bad', '42601');
    await play(made, Buffer.concat([parse('bad', 'b'), SYNC]), Buffer.concat([bind('b'), execute(), SYNC]));
    made.home.refusesParses = '25P02';
    expect(await play(made, Buffer.concat([bind(), execute(), SYNC]))).toEqual(['E:25P02', 'Z:E']);
    // Half a batch: the server has the last word.
    const half = Buffer.concat([bind(), execute(), encodeFlush()]);
    expect(await play(made, half, SYNC)).toEqual(['E:26000', 'Z:E']);
  });

  it('a portal of an earlier batch counts for what it runs', async () => {
    const made = makeSession();
    await play(made, encodeQuery('BEGIN'));
    await play(made, Buffer.concat([parse('INSERT INTO t VALUES (1)'), bind('', 'p'), SYNC]));
    await play(made, Buffer.concat([execute('p'), SYNC]), encodeQuery('SELECT 1'));
    expect(made.home.ran).toEqual(['BEGIN', 'INSERT INTO t VALUES (1)', 'SELECT 1']);
  });

  it('a part of the rows is asked of the primary', async () => {
    const made = makeSession();
    await play(made, Buffer.concat([parse('SELECT 1'), bind(), execute('', 2), SYNC]));
    expect(made.readers).toHaveLength(0);
  });

  it('a named statement that is replaced is replaced there', async () => {
    const made = makeSession();
    await play(made, Buffer.concat([parse('SELECT 1', 's'), SYNC]), Buffer.concat([bind('s'), execute(), SYNC]));
    await play(made, Buffer.concat([encodeClose({ kind: 'statement', name: 's' }), parse('SELECT 2', 's'), SYNC]));
    await play(made, Buffer.concat([bind('s'), execute(), SYNC]));
    expect(made.readers[0]?.ran).toEqual(['SELECT 1', 'SELECT 2']);
  });

  it('a Parse that came after an error of its batch made nothing', async () => {
    const made = makeSession();
    made.home.refuses.set('bad', '42601');
    const failing = Buffer.concat([parse('bad'), bind(), execute(), parse('SELECT 1', 's'), SYNC]);
    // Behind a batch that made one, whose answer is still to come.
    await play(made, Buffer.concat([Buffer.concat([parse('SELECT 0', 'other'), SYNC]), failing]));
    expect(await play(made, Buffer.concat([bind('s'), execute(), SYNC]))).toEqual(['E:26000', 'Z:I']);
    expect(made.readers).toHaveLength(0);
  });
});

describe('a read node in trouble', () => {
  it('that refuses what it cannot do: the primary does it, and the client hears nothing of it', async () => {
    const made = makeSession();
    made.opening.prepare = (server) => server.refuses.set('SELECT 2 AS refused', '25006');
    made.client.receive(encodeQuery('SELECT 1'));
    await quiet(made);
    made.client.receive(Buffer.concat([batch('SELECT 1', 'SELECT 2 AS refused'), encodeQuery('SELECT 3')]));
    await quiet(made);
    expect(words(made.client.bytes)).toEqual([
      'D',
      'C:SELECT 1',
      'Z:I',
      '1',
      '2',
      'D',
      'C:SELECT 1',
      '1',
      '2',
      'D',
      'C:SELECT 1',
      'Z:I',
      'D',
      'C:SELECT 1',
      'Z:I',
    ]);
    expect(made.home.ran).toEqual(['SELECT 1', 'SELECT 2 AS refused']);
    // Only the one that was refused is known to write from now on.
    expect(made.readers[0]?.ran.at(-1)).toBe('SELECT 3');
    expect(made.warnings).toHaveLength(1);
  });

  it('that goes while it is brought to the session’s state', async () => {
    const made = makeSession();
    made.client.receive(encodeQuery("SET app.a = 'x'"));
    await quiet(made);
    made.client.receive(encodeQuery('SELECT 1'));
    await settled();
    await settled();
    expect(made.readers[0]?.pending).toBe(1);
    made.readers[0]?.channel.close();
    await quiet(made);
    expect(words(made.client.bytes).slice(-3)).toEqual(['D', 'C:SELECT 1', 'Z:I']);
    expect(made.home.ran.at(-1)).toBe('SELECT 1');
    expect(made.closed).toHaveLength(1);
  });

  it('that does not answer while it is brought there: given up in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const made = makeSession();
      made.client.receive(encodeQuery("SET app.a = 'x'"));
      await settled();
      made.home.answerAll();
      made.client.receive(encodeQuery('SELECT 1'));
      await settled();
      await settled();
      expect(made.readers[0]?.pending).toBe(1);
      vi.advanceTimersByTime(3_001);
      await settled();
      made.home.answerAll();
      expect(words(made.client.bytes).slice(-3)).toEqual(['D', 'C:SELECT 1', 'Z:I']);
      expect(made.closed).toEqual([{ server: made.readers[0], reusable: false }]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that cannot be opened', async () => {
    const made = makeSession();
    made.opening.refused = true;
    made.client.receive(encodeQuery('SELECT 1'));
    await quiet(made);
    expect(made.home.ran).toEqual(['SELECT 1']);
  });

  it('that is opened for a client that has gone', async () => {
    const made = makeSession();
    let open = (): void => {};
    made.opening.held = new Promise((resolve) => {
      open = resolve;
    });
    made.client.receive(encodeQuery('SELECT 1'));
    await settled();
    made.client.close();
    await settled();
    open();
    await settled();
    expect(made.closed).toEqual([{ server: made.readers[0], reusable: true }]);
    expect(made.readers[0]?.channel.bytes).toHaveLength(0);
  });

  it('that goes down in the herd is asked no more', async () => {
    const made = makeSession();
    made.client.receive(encodeQuery('SELECT 1'));
    await quiet(made);
    made.client.receive(encodeQuery('SELECT 2'));
    await settled();
    expect(made.readers[0]?.pending).toBe(1);
    standbyIs('down');
    made.session.router?.herdChanged();
    await quiet(made);
    expect(words(made.client.bytes)).toEqual(['D', 'C:SELECT 1', 'Z:I', 'D', 'C:SELECT 1', 'Z:I']);
    expect(made.home.ran).toEqual(['SELECT 2']);
  });
});

describe('beside the answers', () => {
  const news = encodeNotificationResponse({ pid: 1, channel: 'c', payload: 'p' });

  it('what the primary says while a standby answers comes behind that answer', async () => {
    const made = makeSession();
    made.client.receive(encodeQuery('SELECT 1'));
    await quiet(made);
    made.client.receive(encodeQuery('SELECT 2'));
    await settled();
    made.home.say(news);
    await quiet(made);
    expect(words(made.client.bytes)).toEqual(['D', 'C:SELECT 1', 'Z:I', 'D', 'C:SELECT 1', 'Z:I', 'A']);
  });

  it('and is not lost when the primary has to answer after all', async () => {
    const made = makeSession();
    made.opening.prepare = (server) => server.refuses.set('SELECT 2', '40001');
    made.client.receive(encodeQuery('SELECT 2'));
    for (let i = 0; i < 4; i++) await settled();
    made.home.say(news);
    await quiet(made);
    expect(words(made.client.bytes)).toEqual(['A', 'D', 'C:SELECT 1', 'Z:I']);
  });

  it('a standby says nothing of its own', async () => {
    const made = makeSession();
    made.client.receive(encodeQuery('SELECT 1'));
    await quiet(made);
    const before = made.client.bytes.length;
    made.readers[0]?.say(news);
    expect(made.client.bytes).toHaveLength(before);
  });

  it('a standby that waited for the client is read again, whoever answers meanwhile', async () => {
    const made = makeSession();
    made.client.receive(encodeQuery('SELECT 1'));
    await quiet(made);
    made.client.full = true;
    made.client.receive(Buffer.concat([encodeQuery('SELECT 2'), encodeQuery('INSERT INTO t VALUES (1)')]));
    await quiet(made);
    expect(made.readers[0]?.channel.paused).toBe(true);
    made.client.full = false;
    made.client.handler.onDrain();
    expect(made.readers[0]?.channel.paused).toBe(false);
    expect(made.home.channel.paused).toBe(false);
  });

  it('a client that had to wait for a standby that is gone is read again', async () => {
    const made = makeSession();
    made.opening.prepare = (server) => {
      server.channel.full = true;
    };
    made.client.receive(encodeQuery('SELECT 1'));
    for (let i = 0; i < 4; i++) await settled();
    expect(made.client.paused).toBe(true);
    made.readers[0]?.channel.close();
    await quiet(made);
    expect(made.client.paused).toBe(false);
    expect(words(made.client.bytes)).toEqual(['D', 'C:SELECT 1', 'Z:I']);
  });

  it('Terminate while the engine asks the primary something of its own waits for that', async () => {
    const made = makeSession({ retry_on_primary: false });
    made.opening.prepare = (server) => server.refuses.set('SELECT 2', '22012');
    made.client.receive(encodeQuery('BEGIN'));
    await quiet(made);
    made.client.receive(encodeQuery('SELECT 2'));
    for (let i = 0; i < 6; i++) {
      await settled();
      made.readers[0]?.answerAll();
    }
    // The primary is being told to fail too.
    expect(made.home.pending).toBe(1);
    made.client.receive(encodeTerminate());
    expect(made.ends).toEqual([]);
    await quiet(made);
    expect(made.ends).toEqual([{ reason: 'terminate', reusable: true }]);
  });

  it('Terminate behind a COPY without data is passed on: the server has the last word', async () => {
    const made = makeSession();
    const copy = Buffer.concat([parse('COPY t FROM STDIN'), bind(), execute(), SYNC]);
    const data = Buffer.concat([encodeCopyData(Buffer.from('1')), encodeCopyDone(), SYNC]);
    made.client.receive(Buffer.concat([copy, data, bind(), execute(), SYNC, encodeTerminate()]));
    await quiet(made);
    expect(made.home.channel.bytes.subarray(-5).equals(encodeTerminate())).toBe(true);
    made.home.channel.close();
    await quiet(made);
    expect(made.ends).toEqual([{ reason: 'terminate', reusable: false }]);
  });

  it('Terminate behind a read waits for its answer', async () => {
    const made = makeSession();
    made.client.receive(Buffer.concat([encodeQuery('SELECT 1'), encodeTerminate()]));
    await quiet(made);
    expect(words(made.client.bytes)).toEqual(['D', 'C:SELECT 1', 'Z:I']);
    expect(made.ends).toEqual([{ reason: 'terminate', reusable: true }]);
    expect(made.closed).toEqual([{ server: made.readers[0], reusable: true }]);
  });
});

it('statements that the client has closed do not stay on a read node', async () => {
  const made = makeSession();
  made.home.answersAtOnce = true;
  const ask = async (...messages: Buffer[]): Promise<void> => {
    made.client.receive(Buffer.concat([...messages, SYNC]));
    await quiet(made);
  };
  for (let i = 0; i < 500; i++) {
    await ask(parse('SELECT 1', `s${i}`));
    await ask(bind(`s${i}`), execute());
    await ask(encodeClose({ kind: 'statement', name: `s${i}` }));
  }
  await ask(parse('SELECT 1', 'last'));
  await ask(bind('last'), execute());
  const [reader] = made.readers;
  expect(reader?.ran.filter((text) => text === 'SELECT 1').length).toBeGreaterThan(400);
  expect(reader?.prepared.length).toBeLessThan(250);
  expect(reader?.prepared).toContain('last');
});

describe('the last statement that is shown of a session', () => {
  it('is the last one sent, also where the same one is parsed again and again', async () => {
    const made = makeSession();
    const shown = async (bytes: Buffer): Promise<string> => {
      made.client.receive(bytes);
      await quiet(made);
      return made.session.lastStatement;
    };
    const failing = Buffer.concat([bind('missing'), execute(), parse('SELECT 2'), bind(), execute(), SYNC]);
    expect(await shown(batch('SELECT 1'))).toBe('SELECT 1');
    expect(await shown(batch('SELECT 1'))).toBe('SELECT 1');
    expect(await shown(batch('SELECT 2'))).toBe('SELECT 2');
    expect(await shown(batch('SELECT 1'))).toBe('SELECT 1');
    expect(await shown(encodeQuery('SELECT 3'))).toBe('SELECT 3');
    expect(await shown(batch('SELECT 1'))).toBe('SELECT 1');
    expect(await shown(batch('SELECT 1', 'SELECT 2'))).toBe('SELECT 2');
    expect(await shown(batch('SELECT 2', 'SELECT 1'))).toBe('SELECT 1');
    expect(await shown(failing)).toBe('SELECT 2');
    expect(await shown(batch('SELECT 1'))).toBe('SELECT 1');
    expect(await shown(Buffer.concat([parse('SELECT 4', 's'), SYNC]))).toBe('SELECT 4');
    expect(await shown(batch('SELECT 1'))).toBe('SELECT 1');
    expect(await shown(Buffer.concat([bind('s'), execute(), SYNC]))).toBe('SELECT 4');
    expect(await shown(batch('SELECT 1'))).toBe('SELECT 1');
  });
});
