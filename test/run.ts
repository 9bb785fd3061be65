/**
 * `npm test`: the checks, then all tests, then the journeys in a browser. Ends with one line that anybody can read:
 * `N passed, N failed, N skipped`. Arguments go to vitest (`npm test -- packages/wire`), and then the checks are left out.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checks, root, runChecks } from './checks.ts';
import { runJourneys } from './e2e.ts';

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const filters = process.argv.slice(2);
const failedChecks = filters.length === 0 ? await runChecks() : 0;
const passedChecks = filters.length === 0 ? checks.length - failedChecks : 0;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-test-'));
const outputFile = path.join(folder, 'report.json');
const code = await vitest([
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${outputFile}`,
  ...filters,
]);
const report = read(outputFile);
fs.rmSync(folder, { recursive: true, force: true });

const journeys = filters.length === 0 ? await runJourneys() : { passed: 0, failed: 0, skipped: 0 };
const passed = (report?.numPassedTests ?? 0) + passedChecks + journeys.passed;
// A file that could not even be loaded has no tests of its own; errors outside tests show in the exit code only.
const brokenFiles =
  report?.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length ?? 0;
let failed = (report?.numFailedTests ?? 0) + brokenFiles + failedChecks + journeys.failed;
if (failed === 0 && (code !== 0 || report === null)) failed = 1;
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0) + journeys.skipped;
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;

function vitest(args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', () => resolve(1));
    child.once('close', (exit) => resolve(exit ?? 1));
  });
}

function read(file: string): VitestReport | null {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as VitestReport;
  } catch {
    return null;
  }
}
