/** What it costs that each client's last statement can be shown: `node packages/engine/src/frontend/last-statement.bench.ts` */
import { LastStatements } from './last-statement.ts';

const ROUNDS = 5_000_000;
const statements = new LastStatements();
const slots = Array.from({ length: 100 }, () => statements.take());

for (const length of [10, 40, 65, 200, 1000, 20_000]) {
  const text = Buffer.alloc(length, 'select ');
  for (let turn = 0; turn < 3; turn++) {
    const startedMs = performance.now();
    for (let i = 0; i < ROUNDS; i++) statements.keep(slots[i % 100] as number, text, 0, length);
    const ns = ((performance.now() - startedMs) * 1e6) / ROUNDS;
    if (turn === 2) process.stdout.write(`${String(length).padStart(6)} bytes: ${ns.toFixed(1)} ns\n`);
  }
}
