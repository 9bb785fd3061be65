/** Lengths and bytes that no client sends: each gets an end, none takes memory, and the door stays open. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RawPcp, TestPcp } from '../testing/herd.ts';
import { COMMANDS } from './commands/commands.ts';

let pcp: TestPcp;
beforeAll(async () => {
  pcp = await TestPcp.start({ authentication_timeout: 1 });
});
afterAll(() => pcp.stop());

const LENGTHS = [
  0,
  1,
  2,
  3,
  260,
  2 ** 15 - 1,
  2 ** 15 + 1,
  2 ** 30 - 1,
  2 ** 30 + 1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const header = (type: string, length: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes.write(type, 'latin1');
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

const states: readonly [string, () => Promise<RawPcp>][] = [
  ['a stranger', () => pcp.connect()],
  [
    'a stranger with a salt',
    async () => {
      const raw = await pcp.connect();
      await raw.askRaw('M');
      return raw;
    },
  ],
  ['one who is signed in', () => pcp.enter()],
];

describe.each(states)('CVE-2026-6668, CVE-2026-107348: %s', (_, enter) => {
  test.each(LENGTHS)('who announces a length of %d is told so and disconnected', async (length) => {
    for (const type of ['M', 'R', 'L', 'I', 'T', '\0', '\xff']) {
      const raw = await enter();
      raw.socket.write(header(type, length));
      expect(await raw.frame()).toBe(
        `ESFATAL\0CXX000\0Minvalid PCP packet\0Dincorrect packet length (${length | 0})\0Fpcp\0L0\0\0`,
      );
      expect(await raw.frame()).toBe('closed');
    }
  });

  test('who sends the longest request is understood', async () => {
    const raw = await enter();
    raw.send('M', 'x'.repeat(255));
    expect(await raw.frame()).toMatch(/^m/);
  });

  test('with any type of packet does not get further than before', async () => {
    for (let code = 0; code < 256; code++) {
      const type = String.fromCharCode(code);
      if (type === 'M' || type === 'X') continue;
      const raw = await enter();
      if (raw.socket.destroyed) continue;
      // what a signed-in client may do is not fuzzed here
      if (_ === 'one who is signed in' && COMMANDS.has(type)) {
        raw.socket.destroy();
        continue;
      }
      raw.send(type);
      expect(await raw.frame()).toMatch(/^ESFATAL/);
      expect(await raw.frame()).toBe('closed');
    }
    expect(pcp.operations.called).toEqual([]);
  });
});

test('any bytes end in an answer or a closed connection, cut wherever they are', async () => {
  const type = fc.constantFrom('M', 'R', 'X', ...COMMANDS.keys(), '\0', 'q');
  const request = fc.tuple(
    type,
    fc.uint8Array({ maxLength: 40 }),
    fc.option(fc.integer({ min: 0, max: 300 }), { freq: 8 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 5 }), fc.boolean(), fc.nat(100), async (requests, known, cut) => {
      const raw = known ? await pcp.enter() : await pcp.connect();
      const bytes = Buffer.concat(
        requests.map(([letter, body, lie]) =>
          Buffer.concat([header(letter, lie ?? body.length + 4), Buffer.from(body)]),
        ),
      );
      raw.socket.write(bytes.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      raw.socket.write(bytes.subarray(cut));
      raw.socket.end();
      const said = await raw.rest();
      for (let at = 0; at < said.length; at += 1 + said.readInt32BE(at + 1)) {
        expect('EmrlihnpbcdtzvgwaN').toContain(String.fromCharCode(said[at] ?? 0));
      }
    }),
    { numRuns: 150 },
  );
  expect(await (await pcp.enter()).ask('L')).toBe('lCommandComplete\x002\0');
});

test('a hundred that claim gigabytes cost nothing', async () => {
  const before = process.memoryUsage.rss();
  for (let n = 0; n < 100; n++) {
    const raw = await pcp.connect();
    raw.socket.write(header('R', 2 ** 31 - 1));
    await raw.rest();
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(32 * 1024 * 1024);
});
