import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from './errors.ts';
import { type Frame, FrameReader } from './frame-reader.ts';
import { SAMPLES } from './testing/samples.ts';

const STREAM = Buffer.concat(SAMPLES.map(({ bytes }) => bytes));
const EXPECTED = SAMPLES.map(({ bytes }) => ({ type: bytes[0], body: bytes.subarray(5) }));

function header(length: number): Buffer {
  const bytes = Buffer.alloc(5, 0x51);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

describe('FrameReader', () => {
  it('gives the same frames at every split point', () => {
    for (let at = 0; at <= STREAM.length; at++) {
      const reader = new FrameReader();
      const frames = [...reader.push(STREAM.subarray(0, at)), ...reader.push(STREAM.subarray(at))];
      expect(frames).toEqual(EXPECTED);
      expect(reader.pendingBytes).toBe(0);
    }
  });

  it('gives the same frames byte by byte', () => {
    const reader = new FrameReader();
    const frames: Frame[] = [];
    for (const byte of STREAM) frames.push(...reader.push(Buffer.of(byte)));
    expect(frames).toEqual(EXPECTED);
  });

  it('gives the same frames in any cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 30 }), (sizes) => {
        const reader = new FrameReader();
        const frames: Frame[] = [];
        let at = 0;
        for (const size of sizes) {
          frames.push(...reader.push(STREAM.subarray(at, at + size)));
          at = Math.min(at + size, STREAM.length);
        }
        frames.push(...reader.push(STREAM.subarray(at)));
        expect(frames).toEqual(EXPECTED);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it.each([0, 3, 2 ** 30 + 4, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])(
    'a length of %i is refused as soon as it is there',
    (length) => {
      const reader = new FrameReader();
      expect(() => reader.push(header(length))).toThrow(ProtocolError);
      expect(() => reader.push(Buffer.from('x'))).toThrow(ProtocolError);
    },
  );

  it.each([4, 5, 2 ** 15 - 1, 2 ** 15, 2 ** 15 + 1, 2 ** 30 - 1])('a length of %i is waited for', (length) => {
    const reader = new FrameReader();
    expect(reader.push(header(length))).toHaveLength(length === 4 ? 1 : 0);
  });

  it('the cap counts the body', () => {
    expect(new FrameReader({ bodyBytesMax: 10 }).push(header(14))).toEqual([]);
    expect(() => new FrameReader({ bodyBytesMax: 10 }).push(header(15))).toThrow(ProtocolError);
  });

  it('a thousand peers that claim 1 GB cost what they sent (pggat #11)', () => {
    const before = process.memoryUsage().rss;
    const readers = Array.from({ length: 1000 }, () => new FrameReader());
    for (const reader of readers) reader.push(header(0x3fffffff));
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024);
    expect(readers.reduce((sum, reader) => sum + reader.pendingBytes, 0)).toBe(5000);
  });

  it('a 16 MB body in small chunks is joined once', () => {
    const reader = new FrameReader();
    const chunk = Buffer.alloc(16_384);
    const start = performance.now();
    let frames = reader.push(header(1024 * chunk.length + 4));
    for (let i = 0; i < 1024; i++) frames = reader.push(chunk);
    expect(frames[0]?.body).toHaveLength(1024 * chunk.length);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
