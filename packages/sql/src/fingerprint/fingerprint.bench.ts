import { Buffer } from 'node:buffer';
import { emptyFingerprint, Fingerprinter } from './fingerprint.ts';

/** `node packages/sql/src/fingerprint/fingerprint.bench.ts`: nanoseconds per fingerprint, the best and the median of rounds. */
const STATEMENTS: ReadonlyArray<readonly [name: string, sql: string]> = [
  ['pgbench, 60 bytes', 'SELECT abalance FROM pgbench_accounts WHERE aid = 1234567890;'],
  [
    'joined, 100 bytes',
    "SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer WHERE o.state='open'",
  ],
  [
    'extended, 100 bytes',
    'UPDATE "public"."accounts" SET "balance" = "balance" + $1, "seen" = now() WHERE "accounts"."id" = $2',
  ],
  ['100 rows, 3 kB', `INSERT INTO t (a, b, c) VALUES ${Array(100).fill("(1234, 'some text', NULL)").join(', ')}`],
];
const ROUNDS = 21;
const CALLS = 50_000;

const fingerprinter = new Fingerprinter(0x1234567, 0x89abcde);
const into = emptyFingerprint();

for (const [name, sql] of STATEMENTS) {
  const text = Buffer.from(sql);
  const calls = text.length > 1000 ? CALLS / 10 : CALLS;
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) fingerprinter.read(text, 0, text.length, true, into);
    rounds.push(Number(process.hrtime.bigint() - begin) / calls);
  }
  rounds.sort((a, b) => a - b);
  const heapBefore = process.memoryUsage().heapUsed;
  for (let i = 0; i < calls; i++) fingerprinter.read(text, 0, text.length, true, into);
  const heapBytes = (process.memoryUsage().heapUsed - heapBefore) / calls;
  process.stdout.write(
    `${name.padEnd(20)} ${text.length} bytes  best ${rounds[0]!.toFixed(0)} ns  median ${rounds[ROUNDS >> 1]!.toFixed(0)} ns  ` +
      `heap ${heapBytes.toFixed(2)} bytes per call\n`,
  );
}
