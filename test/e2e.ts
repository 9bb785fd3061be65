/**
 * The journeys in a real browser (`npm run e2e`, and the last part of `npm test`). Chromium comes from the system; where it is
 * missing it is installed if that is possible here, else the journeys are skipped, loudly. In CI nothing is skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureBuilt } from '../apps/console/tools/build.ts';
import { root } from './checks.ts';

export interface Journeys {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface PlaywrightReport {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
    readonly skipped: number;
  };
}

export async function runJourneys(filters: readonly string[] = []): Promise<Journeys> {
  const chromium = findChromium();
  if (chromium === null) {
    process.stdout.write(
      '\nThe journeys in a browser are SKIPPED: there is no Chromium (apt-get install chromium, or PGHERD_CHROMIUM=/path).\n',
    );
    return process.env['CI'] === undefined
      ? { passed: 0, failed: 0, skipped: 1 }
      : { passed: 0, failed: 1, skipped: 0 };
  }
  await ensureBuilt((text) => process.stdout.write(`${text}\n`));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-e2e-report-'));
  const outputFile = path.join(folder, 'report.json');
  const code = await playwright(['test', '-c', 'e2e/playwright.config.ts', ...filters], {
    PGHERD_CHROMIUM: chromium,
    PGHERD_E2E_REPORT: outputFile,
  });
  const report = read(outputFile);
  fs.rmSync(folder, { recursive: true, force: true });
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  const { expected, unexpected, flaky, skipped } = report.stats;
  return { passed: expected + flaky, failed: unexpected === 0 && code !== 0 ? 1 : unexpected, skipped };
}

function findChromium(): string | null {
  const named = process.env['PGHERD_CHROMIUM'];
  const known = [
    ...(named === undefined ? [] : [named]),
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const found = (): string | undefined => known.find((file) => fs.existsSync(file));
  if (found() === undefined && process.getuid?.() === 0 && fs.existsSync('/usr/bin/apt-get')) {
    process.stdout.write('installing chromium\n');
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
      stdio: 'ignore',
      timeout: 300_000,
    });
  }
  return found() ?? null;
}

function playwright(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules/@playwright/test/cli.js'), ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', () => resolve(1));
    child.once('close', (exit) => resolve(exit ?? 1));
  });
}

function read(file: string): PlaywrightReport | null {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as PlaywrightReport;
  } catch {
    return null;
  }
}

if (process.argv[1] === import.meta.filename) {
  const { passed, failed, skipped } = await runJourneys(process.argv.slice(2));
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
