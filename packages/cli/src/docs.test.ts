import { expect, test } from 'vitest';
import { isCurrent, renderCommands } from './docs.ts';

test('docs/commands.md says what the commands say', async () => {
  expect(await isCurrent()).toBe(true);
  expect(await renderCommands()).toContain('## pgherd up');
});
