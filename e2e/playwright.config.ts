import { defineConfig } from '@playwright/test';

/** Real herds, real Chromium: one after the other, since two cores carry one herd well. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.e2e.ts',
  workers: 1,
  fullyParallel: false,
  timeout: 180_000,
  expect: { timeout: 15_000 },
  retries: process.env['CI'] === undefined ? 0 : 1,
  reporter: [['list'], ['json', { outputFile: process.env['PGHERD_E2E_REPORT'] ?? '../test-results/e2e.json' }]],
  outputDir: '../test-results/e2e',
  use: {
    browserName: 'chromium',
    launchOptions: {
      executablePath: process.env['PGHERD_CHROMIUM'] ?? '/usr/bin/chromium',
      // As root there is no sandbox; pages under test are our own.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    viewport: { width: 1440, height: 1016 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: 'off',
    actionTimeout: 15_000,
  },
});
