/** HalfSipHash-1-3 with 64 bits of result: two 32-bit hashes out of one keyed pass.
 *
 *  Keyed, because an unkeyed hash can be made to collide on purpose; on 32-bit words, because those stay out of the heap.
 *  @see Aumasson and Bernstein, "SipHash: a fast short-input PRF", and its 32-bit variant. */
export class HalfSipHash {
  readonly #key0: number;
  readonly #key1: number;
  /** The result of the last `digest`, as signed 32-bit integers. */
  high = 0;
  low = 0;

  constructor(key0: number, key1: number) {
    this.#key0 = key0 | 0;
    this.#key1 = key1 | 0;
  }

  /** Hashes the first `length` bytes of `words`, a view of which `bytes` is the same memory. Overwrites up to 3 bytes after them. */
  digest(words: Int32Array, bytes: Uint8Array, length: number): void {
    bytes[length] = 0;
    bytes[length + 1] = 0;
    bytes[length + 2] = 0;
    const whole = length >>> 2;
    let v0 = this.#key0;
    let v1 = this.#key1 ^ 0xee;
    let v2 = 0x6c796765 ^ this.#key0;
    let v3 = 0x74656462 ^ this.#key1;
    // One step per word: the words of the text, the word with its tail and length, then six rounds of finalization.
    const last = whole + 7;
    for (let step = 0; step < last; step++) {
      let word = 0;
      if (step < whole) word = words[step]!;
      else if (step === whole) {
        const left = length & 3;
        word = (left === 0 ? 0 : words[whole]! & (0xffffff >>> (24 - left * 8))) | (length << 24);
      } else if (step === whole + 1) v2 ^= 0xee;
      else if (step === whole + 4) {
        this.high = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    this.low = v1 ^ v3;
  }
}
