/** A session whose primary goes away: it lives on another connection if all of it is known, and says why it ends if not. */
import { encodeBind, encodeExecute, encodeParse, encodeQuery, encodeSync, FrameReader } from '@pgherd/wire';
import { describe, expect, it } from 'vitest';
import { describeFrames } from '../../test-support/raw-client.ts';
import { type Made, makeSession, quiet, routingForTests, settled } from '../../test-support/routed-session.ts';
import { BackendUnavailableError } from '../backend/open-link.ts';

routingForTests();

const words = (bytes: Buffer): string[] => describeFrames(new FrameReader().push(bytes));

/** Says these one after the other. @returns what the client heard since */
async function play(made: Made, ...texts: (string | Buffer)[]): Promise<string[]> {
  const from = made.client.bytes.length;
  for (const text of texts) {
    made.client.receive(typeof text === 'string' ? encodeQuery(text) : text);
    await quiet(made);
  }
  return words(made.client.bytes.subarray(from));
}

/** The server is gone; another node is the primary, or none is for now. */
async function losePrimary(made: Made, next: number | null = 1): Promise<void> {
  made.setPrimary(next);
  made.home.link.cut('node 0 is lost');
  await settled();
  await settled();
}

const named = (name: string, sql: string): Buffer =>
  Buffer.concat([encodeParse({ statement: name, sql, parameterTypes: [] }), encodeSync()]);
const run = (name: string): Buffer =>
  Buffer.concat([
    encodeBind({ portal: '', statement: name, parameterFormats: [], values: [], resultFormats: [] }),
    encodeExecute({ portal: '', rowsMax: 0 }),
    encodeSync(),
  ]);

describe('an idle session whose primary is lost', () => {
  it('goes on at the new one, with what it has set and prepared, and no byte more goes to the old one', async () => {
    const made = makeSession();
    await play(made, "SET app.a = 'x'", 'BEGIN', "SET app.b = 'y'", 'COMMIT', 'BEGIN', "SET app.c = 'z'", 'ROLLBACK');
    await play(made, named('s', 'UPDATE t SET a = 1'), 'PREPARE p AS UPDATE t SET a = 2');
    const said = made.home.channel.written.length;
    await losePrimary(made);
    expect(made.ends).toEqual([]);
    expect(await play(made, 'INSERT INTO t VALUES (1)')).toEqual(['C:INSERT', 'Z:I']);
    const [home] = made.homes;
    expect(home?.ran).toEqual([
      "SET app.a = 'x'",
      "SET app.b = 'y'",
      'PREPARE p AS UPDATE t SET a = 2',
      'INSERT INTO t VALUES (1)',
    ]);
    expect(home?.prepared).toEqual(['s']);
    expect(made.session.home).toBe(home?.link);
    expect(await play(made, run('s'))).toEqual(['2', 'C:UPDATE', 'Z:I']);
    expect(made.home.channel.written).toHaveLength(said);
    made.client.close();
    await settled();
    expect(made.ends).toMatchObject([{ reason: 'client-gone', reusable: true }]);
  });

  it('has its unnamed statement made again where it is bound next', async () => {
    const made = makeSession();
    await play(made, named('', 'UPDATE t SET a = 3'));
    await losePrimary(made);
    expect(await play(made, run(''))).toEqual(['2', 'C:UPDATE', 'Z:I']);
    expect(made.homes[0]?.ran).toEqual(['UPDATE t SET a = 3']);
  });

  it('waits for a primary with the statement that needs it, and reads at the standby meanwhile', async () => {
    const made = makeSession();
    await losePrimary(made, null);
    expect(await play(made, 'SELECT 1')).toEqual(['D', 'C:SELECT 1', 'Z:I']);
    expect(made.readers[0]?.ran).toEqual(['SELECT 1']);
    expect(await play(made, 'INSERT INTO t VALUES (1)')).toEqual([]);
    expect(made.homes).toEqual([]);
    const from = made.client.bytes.length;
    made.setPrimary(1);
    await quiet(made);
    expect(words(made.client.bytes.subarray(from))).toEqual(['C:INSERT', 'Z:I']);
    // What it read from is the primary now: one connection does for both.
    expect(made.closed.map(({ server }) => server)).toEqual(made.readers);
  });

  it('keeps the order of what its client sends while it waits', async () => {
    const made = makeSession();
    await losePrimary(made, null);
    made.client.receive(Buffer.concat([encodeQuery('INSERT INTO t VALUES (1)'), encodeQuery('UPDATE t SET a = 2')]));
    await quiet(made);
    made.client.receive(encodeQuery('DELETE FROM t'));
    made.setPrimary(1);
    await quiet(made);
    expect(made.homes[0]?.ran).toEqual(['INSERT INTO t VALUES (1)', 'UPDATE t SET a = 2', 'DELETE FROM t']);
    expect(words(made.client.bytes)).toEqual(['C:INSERT', 'Z:I', 'C:UPDATE', 'Z:I', 'C:DELETE', 'Z:I']);
  });

  it('answers with an error where none comes, and tries again with the next statement', async () => {
    const made = makeSession();
    await losePrimary(made);
    made.primary.refusal = new BackendUnavailableError(1, 'nobody is there', { sqlstate: '57P03' });
    expect(await play(made, 'INSERT INTO t VALUES (1)', run(''))).toEqual(['E:57P03', 'Z:I', 'E:57P03', 'Z:I']);
    made.primary.refusal = null;
    expect(await play(made, 'INSERT INTO t VALUES (1)')).toEqual(['C:INSERT', 'Z:I']);
    expect(made.homes[0]?.ran).toEqual(['INSERT INTO t VALUES (1)']);
  });

  it('gives up a statement that is cancelled while it waits, and takes the next one', async () => {
    const made = makeSession();
    await losePrimary(made, null);
    await play(made, 'INSERT INTO t VALUES (1)');
    const from = made.client.bytes.length;
    expect(made.session.router?.cancelWaiting()).toBe(true);
    expect(made.session.router?.cancelWaiting()).toBe(false);
    expect(words(made.client.bytes.subarray(from))).toEqual(['E:57014', 'Z:I']);
    expect(await play(made, 'SELECT 1')).toEqual(['D', 'C:SELECT 1', 'Z:I']);
    // The first one's connection comes while nothing waits for it.
    made.setPrimary(1);
    await quiet(made);
    expect(made.session.homeless).toBe(true);
    expect(await play(made, 'INSERT INTO t VALUES (2)')).toEqual(['C:INSERT', 'Z:I']);
    expect(made.homes.flatMap(({ ran }) => ran)).toEqual(['INSERT INTO t VALUES (2)']);
  });

  it('ends where only a part of a batch could be refused', async () => {
    const made = makeSession();
    await losePrimary(made);
    made.primary.refusal = new BackendUnavailableError(1, 'nobody is there', { sqlstate: '57P03' });
    expect(await play(made, encodeParse({ statement: '', sql: 'SELECT 1', parameterTypes: [] }))).toEqual(['E:57P03']);
    expect(made.ends).toMatchObject([{ reason: 'epoch' }]);
  });

  it('ends where the new primary refuses what it has set', async () => {
    const made = makeSession();
    await play(made, "SET app.a = 'x'");
    made.opening.prepare = (server) => void server.refuses.set("SET app.a = 'x'", '22023');
    await losePrimary(made);
    expect(await play(made, 'INSERT INTO t VALUES (1)')).toEqual(['E:57P01']);
    expect(made.closed).toMatchObject([{ reusable: false }]);
    expect(made.homes[0]?.ran).not.toContain('INSERT INTO t VALUES (1)');
  });

  it('tries once more when the new connection is lost while it is made ready', async () => {
    const made = makeSession();
    await play(made, "SET app.a = 'x'");
    let first = true;
    made.opening.prepare = (server) => {
      if (first) server.channel.onWritten = () => server.channel.close();
      first = false;
    };
    await losePrimary(made);
    expect(await play(made, 'INSERT INTO t VALUES (1)')).toEqual(['C:INSERT', 'Z:I']);
    expect(made.homes.map(({ ran }) => ran)).toEqual([[], ["SET app.a = 'x'", 'INSERT INTO t VALUES (1)']]);
  });

  it('lives through one failover after the other', async () => {
    const made = makeSession();
    await play(made, "SET app.a = 'x'");
    for (let i = 0; i < 5; i++) {
      made.setPrimary(i % 2);
      made.session.home.cut('again');
      await settled();
      await settled();
      expect(await play(made, `INSERT INTO t VALUES (${i})`)).toEqual(['C:INSERT', 'Z:I']);
      expect(made.homes.at(-1)?.settings.get('app.a')).toBe('x');
    }
    expect(made.homes).toHaveLength(5);
  });

  it('leaves nothing behind when its client goes while it waits', async () => {
    const made = makeSession();
    await losePrimary(made, null);
    await play(made, 'INSERT INTO t VALUES (1)');
    made.client.close();
    await settled();
    made.setPrimary(1);
    await quiet(made);
    expect(made.ends).toHaveLength(1);
    expect(made.homes.map(({ ran }) => ran)).toEqual([[]]);
    expect(made.closed.map(({ server }) => server)).toEqual(made.homes);
  });
});

describe('a session that is at work, or tied to its server', () => {
  it.each([
    ['a transaction', ['BEGIN']],
    ['a failed transaction', ['BEGIN', 'SELEC']],
    ['an advisory lock', ['SELECT pg_advisory_lock(1)']],
    ['a channel that it listens to', ['LISTEN c']],
    ['a role', ['SET ROLE other']],
    ['code that nobody looked into', ['CALL p()']],
    ['a temporary table', ['CREATE TEMP TABLE own (a int)']],
    ['settings among other statements', ['SET app.a = 1; INSERT INTO t VALUES (1)']],
  ])('ends with its primary, for %s', async (_what, texts) => {
    const made = makeSession();
    await play(made, ...texts);
    const from = made.client.bytes.length;
    await losePrimary(made);
    expect(words(made.client.bytes.subarray(from))).toEqual(['E:57P01']);
    expect(made.ends).toEqual([{ reason: 'epoch', reusable: false }]);
  });

  it('never has a statement done twice: one that was sent ends the session', async () => {
    const made = makeSession();
    made.client.receive(encodeQuery('UPDATE t SET a = a + 1'));
    await settled();
    await settled();
    expect(made.home.pending).toBe(1);
    await losePrimary(made);
    expect(words(made.client.bytes)).toEqual(['E:57P01']);
    expect(made.homes).toEqual([]);
  });

  it('that has got a part of an answer gets no more', async () => {
    const made = makeSession();
    made.client.receive(encodeQuery('UPDATE t SET a = a + 1'));
    await settled();
    await settled();
    made.home.say(Buffer.from([0x44, 0, 0, 0, 20, 0, 1]));
    const from = made.client.bytes.length;
    await losePrimary(made);
    expect(made.client.bytes).toHaveLength(from);
    expect(made.client.ended).toBe(true);
  });

  it('is free again after DISCARD ALL', async () => {
    const made = makeSession();
    await play(made, 'LISTEN c', 'SELECT pg_advisory_lock(1)', 'DISCARD ALL');
    await losePrimary(made);
    expect(await play(made, 'INSERT INTO t VALUES (1)')).toEqual(['C:INSERT', 'Z:I']);
  });

  it('goes on when only the standby it reads from is at work', async () => {
    const made = makeSession();
    await play(made, 'SELECT 0');
    made.client.receive(encodeQuery('SELECT 1'));
    await settled();
    await settled();
    const from = made.client.bytes.length;
    await losePrimary(made, null);
    await quiet(made);
    expect(words(made.client.bytes.subarray(from))).toEqual(['D', 'C:SELECT 1', 'Z:I']);
  });
});

describe('both servers lost at once', () => {
  it('a read that has sent no row waits for the new primary', async () => {
    const made = makeSession();
    await play(made, 'SELECT 0');
    const from = made.client.bytes.length;
    made.client.receive(encodeQuery('SELECT 1'));
    await settled();
    await settled();
    await losePrimary(made, null);
    made.readers[0]?.channel.close();
    await quiet(made);
    expect(words(made.client.bytes.subarray(from))).toEqual([]);
    made.setPrimary(0);
    await quiet(made);
    expect(words(made.client.bytes.subarray(from))).toEqual(['D', 'C:SELECT 1', 'Z:I']);
  });
});

describe('a stream of everything, and a primary that goes after any number of answers', () => {
  const STREAM = [
    "SET app.a = 'x'",
    'SELECT 1',
    'INSERT INTO t VALUES (1)',
    'BEGIN',
    'INSERT INTO t VALUES (2)',
    'SELECT 2',
    'COMMIT',
    named('s', 'INSERT INTO t VALUES (3)'),
    run('s'),
    'SELECT 3',
    "SET app.a = 'y'",
    Buffer.concat([named('', 'INSERT INTO t VALUES (4)').subarray(0, -5), run('')]),
    'SELECT 4',
    'INSERT INTO t VALUES (5)',
  ];
  const bytes = STREAM.map((one) => (typeof one === 'string' ? encodeQuery(one) : one));

  /** @param pipelined all is sent at once; else each after the answer to the one before */
  async function heard(steps: number, pipelined: boolean): Promise<{ made: Made; ended: boolean; said: string[] }> {
    const made = makeSession({ disable_load_balance_on_write: 'off' });
    const rest = [...bytes];
    const next = (): void => {
      const message = pipelined ? Buffer.concat(rest.splice(0)) : rest.shift();
      if (message !== undefined && message.length > 0) made.client.receive(message);
    };
    next();
    for (let done = 0; done < steps; done++) {
      await settled();
      await settled();
      const server = made.servers().find((one) => one.pending > 0);
      if (server === undefined) {
        if (rest.length === 0) break;
        next();
        done--;
      } else server.step();
    }
    await losePrimary(made);
    for (let i = 0; i < 2 * bytes.length && made.ends.length === 0; i++) {
      await quiet(made);
      next();
    }
    await quiet(made);
    return { made, ended: made.ends.length > 0, said: words(made.client.bytes) };
  }

  it.each([
    ['one after the other', false],
    ['in a pipeline', true],
  ])('%s: nothing runs twice, nothing is left out, and who ends is told', async (_how, pipelined) => {
    const whole = (await heard(1_000, pipelined)).said;
    expect(whole.filter((word) => word === 'C:INSERT')).toHaveLength(5);
    let lived = 0;
    let ended = 0;
    for (let steps = 0; steps < 40; steps++) {
      const result = await heard(steps, pipelined);
      const { homes, home } = result.made;
      const ran = [home, ...homes].flatMap((server) => server.ran).filter((text) => text.startsWith('INSERT'));
      expect(new Set(ran).size, `after ${steps}`).toBe(ran.length);
      if (result.ended) {
        ended++;
        expect(result.said.at(-1), `after ${steps}`).toBe('E:57P01');
        expect(whole.slice(0, result.said.length - 1)).toEqual(result.said.slice(0, -1));
      } else {
        lived++;
        expect(result.said, `after ${steps}`).toEqual(whole);
        expect(ran).toHaveLength(5);
        if (homes.length > 0) expect(homes.at(-1)?.settings.get('app.a')).toMatch(/^[xy]$/);
      }
    }
    expect(ended).toBeGreaterThan(3);
    expect(lived).toBeGreaterThan(pipelined ? 1 : 5);
  });
});
