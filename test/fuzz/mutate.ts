/** Messages bent in the ways in which parsers break. */
import type { Random } from '../../packages/engine/test-support/random.ts';

const LENGTHS = [
  0, 1, 3, 4, 5, 8, 0x7fff, 0x8000, 0x8001, 0xffff, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff,
];

/** One message, or what is left of it. `lengthAt` is where its length word stands: 0 in a start-up packet, else 1. */
export function mutate(message: Buffer, corpus: readonly Buffer[], random: Random, lengthAt = 1): Buffer {
  let bytes = Buffer.from(message);
  for (let times = random.pick([1, 1, 1, 2, 3]); times > 0; times--) bytes = once(bytes, corpus, random, lengthAt);
  return bytes;
}

function once(bytes: Buffer, corpus: readonly Buffer[], random: Random, lengthAt: number): Buffer<ArrayBuffer> {
  const out = Buffer.from(bytes);
  const at = random.below(Math.max(1, out.length));
  switch (random.below(11)) {
    case 0: // a bit
      if (out.length > 0) out[at] = (out[at] as number) ^ (1 << random.below(8));
      return out;
    case 1: // a byte
      if (out.length > 0) out[at] = random.pick([0, 1, 0x20, 0x7f, 0x80, 0xff, random.below(256)]);
      return out;
    case 2: // cut off
      return Buffer.from(out.subarray(0, at));
    case 3: // more than there should be
      return Buffer.concat([out, random.bytes(random.below(64))]);
    case 4: // a length that lies
      if (out.length >= lengthAt + 4) out.writeUInt32BE(random.pick(LENGTHS), lengthAt);
      return out;
    case 5: // a length that lies a little
      if (out.length >= lengthAt + 4) {
        out.writeUInt32BE((out.readUInt32BE(lengthAt) + random.below(9) - 4) >>> 0, lengthAt);
      }
      return out;
    case 6: // another type
      if (out.length > 0 && lengthAt === 1) out[0] = random.below(256);
      return out;
    case 7: // something in the middle, counted
      return relength(
        Buffer.concat([out.subarray(0, at), random.bytes(1 + random.below(16)), out.subarray(at)]),
        lengthAt,
      );
    case 8: // something missing, counted
      return relength(Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + random.below(8))]), lengthAt);
    case 9: {
      // the end of another
      const other = random.pick(corpus);
      return relength(
        Buffer.concat([out.subarray(0, at), other.subarray(random.below(Math.max(1, other.length)))]),
        lengthAt,
      );
    }
    default: // twice
      return Buffer.concat([out, out]);
  }
}

function relength(bytes: Buffer<ArrayBuffer>, lengthAt: number): Buffer<ArrayBuffer> {
  if (bytes.length >= lengthAt + 4) bytes.writeUInt32BE(bytes.length - lengthAt, lengthAt);
  return bytes;
}

/** The bytes in pieces as a network may deliver them. */
export function pieces(bytes: Buffer, random: Random): Buffer[] {
  if (random.chance(0.7)) return [bytes];
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(Math.max(1, Math.min(200, bytes.length)));
    cut.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cut;
}
