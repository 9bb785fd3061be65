import { defineConfig } from 'vitest/config';

/** Two projects: tests without I/O run side by side, tests against real servers one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          globalSetup: ['apps/console/tools/test-setup.ts'],
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
          exclude: ['**/*.{pg,cluster}.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'pg',
          globalSetup: ['apps/console/tools/test-setup.ts'],
          include: ['{packages,apps}/*/src/**/*.{pg,cluster}.test.ts', 'test/**/*.{pg,cluster}.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Real servers on a shared machine miss a deadline now and then; the report says which tests needed it.
          retry: process.env['CI'] === undefined ? 0 : 2,
        },
      },
    ],
  },
});
