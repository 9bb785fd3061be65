import { Buffer } from 'node:buffer';
import { emptyFingerprint, Fingerprinter } from '../fingerprint/fingerprint.ts';
import { StatementCache } from './statement-cache.ts';

/** `node packages/sql/src/cache/statement-cache.bench.ts`: nanoseconds of a hit with its fingerprint, and of the fingerprint alone;
 *  the best of rounds. */
const ROUNDS = 15;
const CALLS = 100_000;
const rules = { standardConformingStrings: true, encoding: 'UTF8' };

for (const kept of [1, 1_000, 50_000]) {
  const texts = Array.from({ length: kept }, (_, i) =>
    Buffer.from(`SELECT abalance FROM accounts_${i} WHERE aid = ${i}`),
  );
  const cache = new StatementCache<number>({ seed0: 0x1234567, seed1: 0x89abcde });
  for (const [i, text] of texts.entries()) {
    cache.lookup(text, 0, text.length, rules);
    cache.insert(i, 100, 'statement');
  }
  const fingerprinter = new Fingerprinter(0x1234567, 0x89abcde);
  const into = emptyFingerprint();
  const nanoseconds = (act: (text: Buffer) => void): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const begin = process.hrtime.bigint();
      for (let i = 0; i < CALLS; i++) act(texts[(i * 7919) % kept]!);
      best = Math.min(best, Number(process.hrtime.bigint() - begin) / CALLS);
    }
    return best;
  };
  const alone = nanoseconds((text) => fingerprinter.read(text, 0, text.length, true, into));
  const hit = nanoseconds((text) => cache.lookup(text, 0, text.length, rules));
  const heapBefore = process.memoryUsage().heapUsed;
  for (let i = 0; i < CALLS; i++) {
    const text = texts[i % kept]!;
    cache.lookup(text, 0, text.length, rules);
  }
  const heap = (process.memoryUsage().heapUsed - heapBefore) / CALLS;
  process.stdout.write(
    `${String(kept).padStart(6)} entries (${cache.bytes} bytes)  fingerprint ${alone.toFixed(0)} ns  hit ${hit.toFixed(0)} ns  ` +
      `heap ${heap.toFixed(2)} bytes per call\n`,
  );
}
