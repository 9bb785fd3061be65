import fc from 'fast-check';
import { describe, it } from 'vitest';
import { ProtocolError } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import { decodeErrorFields } from './messages/backend/error-fields.ts';
import { encodeErrorResponse } from './messages/backend/error-response.ts';
import { decodeStartup, encodeStartup } from './messages/frontend/startup.ts';
import { SAMPLES } from './testing/samples.ts';

const DECODERS = [...new Set(SAMPLES.flatMap(({ decode }) => (decode === undefined ? [] : [decode])))];

/** Bad input may only ever end in a ProtocolError. */
function onlyProtocolErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

/** A valid message with some bytes changed, cut off or put in. */
function mutated(bytes: Buffer): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(bytes.length),
    byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff, 0x2c, 0x3d),
    cut: fc.nat(4),
    insert: fc.uint8Array({ maxLength: 4 }),
  });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let result = Buffer.from(bytes);
    for (const { at, byte, cut, insert } of changes) {
      const place = Math.min(at, result.length);
      if (place < result.length) result[place] = byte;
      result = Buffer.concat([result.subarray(0, place), insert, result.subarray(place + cut)]);
    }
    return result;
  });
}

describe('fuzz', () => {
  it('random bodies never crash a decoder', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const decode of DECODERS) onlyProtocolErrors(() => decode(Buffer.from(bytes)));
        decodeErrorFields(Buffer.from(bytes));
      }),
      { seed: 3, numRuns: 3000 },
    );
  });

  it('damaged messages never crash their decoder', () => {
    for (const { bytes, decode } of SAMPLES) {
      if (decode === undefined) continue;
      fc.assert(
        fc.property(mutated(bytes.subarray(5)), (body) => onlyProtocolErrors(() => decode(body))),
        { seed: 4, numRuns: 150 },
      );
    }
  });

  it('damaged error reports are read all the same', () => {
    const body = encodeErrorResponse({ severity: 'ERROR', sqlstate: '42601', message: 'm', position: '1' }).subarray(5);
    fc.assert(
      fc.property(mutated(body), (bytes) => void decodeErrorFields(bytes)),
      { seed: 5, numRuns: 1000 },
    );
  });

  it('damaged startup packets never crash', () => {
    const packet = encodeStartup({
      protocol: 0x30000,
      params: [
        ['user', 'a'],
        ['replication', 'database'],
        ['_pq_.x', ''],
      ],
    });
    fc.assert(
      fc.property(mutated(packet), (bytes) => onlyProtocolErrors(() => decodeStartup(bytes))),
      { seed: 6, numRuns: 2000 },
    );
  });

  it('random streams never crash the frame reader', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
        const reader = new FrameReader({ bodyBytesMax: 1000 });
        for (const chunk of chunks) onlyProtocolErrors(() => reader.push(Buffer.from(chunk)));
      }),
      { seed: 7, numRuns: 1000 },
    );
  });
});
