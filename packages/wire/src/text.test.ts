import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToText, textToBytes } from './text.ts';

describe('text of unknown encoding', () => {
  it('is what it looks like when it is UTF-8', () => {
    expect(bytesToText(Buffer.from('grüß 🐘'))).toBe('grüß 🐘');
  });

  it('loses no byte', () => {
    const pieces = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 4 }).map((s) => Buffer.from(s)),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), (parts) => {
        const bytes = Buffer.concat(parts);
        expect(textToBytes(bytesToText(bytes))).toEqual(bytes);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it.each(['c080', 'eda080', 'f4908080', 'e28c', 'ff', 'f0808080'])('escapes %s, which is not UTF-8', (hex) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(textToBytes(bytesToText(bytes))).toEqual(bytes);
    expect(bytesToText(bytes)).toHaveLength(bytes.length);
  });

  it('takes time in proportion to its length', () => {
    const bytes = Buffer.alloc(1_000_000, 0xe9);
    const start = performance.now();
    bytesToText(bytes);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
