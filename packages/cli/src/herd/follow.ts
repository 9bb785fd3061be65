/** An act on the screen: each step once when it begins and once when it is over, bytes as they grow. */
import type { Operation } from '@pgherd/operations';
import type { Engine } from './engine.ts';
import { bytes, plain } from './words.ts';

const LOOK_MS = 300;

/** @returns the act when it has ended */
export async function follow(api: Engine['api'], begun: Operation, say: (line: string) => void): Promise<Operation> {
  const tell = progressTeller(say);
  for (let operation: Operation = begun; ; operation = await api.ended.query({ id: begun.id, waitMs: LOOK_MS })) {
    tell(operation);
    if (operation.state !== 'running') return operation;
  }
}

/** Remembers what it has said. */
export function progressTeller(say: (line: string) => void): (operation: Operation) => void {
  const told = new Map<number, string>();
  let tenths = 0;
  let lines = 0;
  return ({ steps, progress, output }) => {
    for (const [index, { name, state, detail }] of steps.entries()) {
      if (told.get(index) === state) continue;
      told.set(index, state);
      say(`  ${state.padEnd(7)}  ${name}${detail === null ? '' : `: ${plain(detail)}`}`);
    }
    for (const line of output.slice(Math.min(lines, output.length))) say(`           | ${plain(line)}`);
    lines = output.length;
    if (progress === null) return;
    const { doneBytes, totalBytes } = progress;
    const now = totalBytes === null || totalBytes === 0 ? 0 : Math.min(10, Math.floor((10 * doneBytes) / totalBytes)); // the total is an estimate
    if (now > tenths) say(`           ${now * 10} %: ${bytes(doneBytes)} of ${bytes(totalBytes ?? 0)}`);
    tenths = Math.max(tenths, now);
  };
}
