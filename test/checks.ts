/** The checks of `npm run check`: types, lint, boundaries, and documents that derive from code. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(fileURLToPath(new URL('.', import.meta.url)), '..');

export interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

export const checks: readonly Check[] = [
  { name: "console's database clients", command: [process.execPath, 'apps/console/tools/build.ts', '--clients'] },
  { name: 'types', command: ['node_modules/.bin/tsc', '-p', 'tsconfig.json'] },
  { name: 'types: console', command: ['node_modules/.bin/tsc', '-p', 'apps/console/tsconfig.json', '--noEmit'] },
  {
    name: "types: console's tests",
    command: ['node_modules/.bin/tsc', '-p', 'apps/console/tsconfig.test.json', '--noEmit'],
  },
  { name: 'lint', command: ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'boundaries', command: [process.execPath, 'test/boundaries.ts'] },
  { name: 'docs: parameters', command: [process.execPath, 'packages/config/src/docs/write.ts', '--check'] },
  { name: 'docs: commands', command: [process.execPath, 'packages/cli/src/docs.ts', '--check'] },
  { name: 'docs: metrics, API', command: [process.execPath, 'packages/control/src/docs.ts', '--check'] },
  { name: "docs: console's API", command: [process.execPath, 'apps/console/tools/api/write.ts', '--check'] },
];

const LIMIT_MS = 180_000;

export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
}

export function runCheck(check: Check): Promise<Outcome> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const [program, ...args] = check.command;
    const child = spawn(program as string, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const done = (ok: boolean): void =>
      resolve({ ok, output: Buffer.concat(chunks).toString(), seconds: (performance.now() - startedMs) / 1000 });
    child.once('error', (error) => {
      chunks.push(Buffer.from(error.message));
      done(false);
    });
    child.once('close', (code) => done(code === 0));
  });
}

/** Runs them all, one line each, with the output of those that fail. @returns how many failed */
export async function runChecks(): Promise<number> {
  let failed = 0;
  for (const check of checks) {
    const outcome = await runCheck(check);
    if (!outcome.ok) failed++;
    process.stdout.write(`${outcome.ok ? 'ok    ' : 'FAILED'} ${check.name} (${outcome.seconds.toFixed(1)} s)\n`);
    if (!outcome.ok) process.stdout.write(`${outcome.output}\n`);
  }
  return failed;
}
