import {
  encodeBindComplete,
  encodeCloseComplete,
  encodeCommandComplete,
  encodeDataRow,
  encodeErrorResponse,
  encodeNoData,
  encodeNoticeResponse,
  encodeParameterDescription,
  encodeParseComplete,
  FrameReader,
  Frontend,
} from '@pgherd/wire';
import { describe, expect, it } from 'vitest';
import { Barrier, MARK_MESSAGES } from './barrier.ts';

const notice = encodeNoticeResponse({ severity: 'NOTICE', sqlstate: '00000', message: 'by the way' });
const error = encodeErrorResponse({ severity: 'ERROR', sqlstate: '34000', message: 'no such portal' });

/** What a client hears of a batch of its own. */
const CLIENTS = [
  encodeParseComplete(),
  encodeParameterDescription([25, 23, 25, 23]),
  encodeNoData(),
  encodeParseComplete(),
  encodeParseComplete(),
  encodeBindComplete(),
  encodeDataRow(['x'.repeat(100)]),
  encodeCommandComplete('SELECT 1'),
  encodeCloseComplete(),
];
const [parse] = new FrameReader().push(MARK_MESSAGES);
const types: number[] = [];
if (parse?.type === Frontend.PARSE)
  for (let at = parse.body.length - 16; at < parse.body.length; at += 4) types.push(parse.body.readUInt32BE(at));
/** What the server says to the mark. */
const MARK = [encodeParseComplete(), encodeParameterDescription(types), encodeNoData(), encodeCloseComplete()];

function pass(barrier: Barrier, chunks: readonly Buffer[]): Buffer {
  const out: Buffer[] = [];
  for (const chunk of chunks) {
    const shared = Buffer.concat([Buffer.alloc(7, 0xee), chunk, Buffer.alloc(9, 0xdd)]);
    barrier.take(shared, 7, 7 + chunk.length, (bytes, start, end) => out.push(Buffer.from(bytes.subarray(start, end))));
  }
  return Buffer.concat(out);
}

describe('the answers to the engine’s own messages', () => {
  const client = Buffer.concat([...CLIENTS, notice]);
  const all = Buffer.concat([...CLIENTS, ...MARK, notice]);

  it('are taken out, and nothing else', () => {
    const barrier = new Barrier('mark', 0);
    expect(pass(barrier, [all])).toEqual(client);
    expect(barrier.over).toBe(true);
  });

  it('wherever they are cut (a message’s header comes whole)', () => {
    const headers = new Set<number>();
    let at = 0;
    for (const message of [...CLIENTS, ...MARK, notice]) {
      for (let i = 1; i < 5; i++) headers.add(at + i);
      at += message.length;
    }
    for (let cut = 1; cut < all.length; cut++) {
      if (headers.has(cut)) continue;
      const barrier = new Barrier('mark', 0);
      expect(pass(barrier, [all.subarray(0, cut), all.subarray(cut)]), `cut at ${cut}`).toEqual(client);
      expect(barrier.over).toBe(true);
    }
  });

  it('behind a message that had begun to pass', () => {
    const row = encodeDataRow(['y'.repeat(50)]);
    const barrier = new Barrier('mark', 30);
    const rest = row.subarray(row.length - 30);
    expect(pass(barrier, [rest, Buffer.concat(MARK)])).toEqual(rest);
    expect(barrier.over).toBe(true);
  });

  it('when an error comes instead, nothing is lost', () => {
    const barrier = new Barrier('mark', 0);
    const said = Buffer.concat([encodeParseComplete(), encodeBindComplete(), error]);
    expect(pass(barrier, [said])).toEqual(said);
    expect(barrier.over).toBe(false);
    const rest: Buffer[] = [];
    barrier.giveUp((bytes, start, end) => rest.push(bytes.subarray(start, end)));
    expect(rest).toEqual([]);
    expect(barrier.over).toBe(true);
  });

  it('an error of the engine’s own doing is one of them', () => {
    const barrier = new Barrier('error', 0);
    expect(barrier.expectsError).toBe(true);
    expect(pass(barrier, [Buffer.concat([notice, error, notice])])).toEqual(Buffer.concat([notice, notice]));
    expect(barrier.over).toBe(true);
  });
});
