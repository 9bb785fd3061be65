import { defaults } from '@pgherd/config';
import { expect, test } from 'vitest';
import { readDraft } from './draft.ts';
import { refuseTooLarge } from './limits.ts';

const PATHS = { config: '/nowhere/pgpool.conf', hba: '/nowhere/pool_hba.conf', pcp: '/nowhere/pcp.conf' };
const RUNNING = { settings: defaults(), fileConfig: '', fileHba: '' };
/** Far above what is allowed (50 ms), for machines that are busy. */
const LIMIT_MS = 1_000;

test.each([
  ['lines', 'a=1\n'.repeat(60_000)],
  ['settings in one line', 'a=1 '.repeat(60_000)],
  ['lines that cannot be read', "= '\n".repeat(60_000)],
])('%s without number are refused before they are looked at', (_, config) => {
  const startedMs = performance.now();
  expect(() => refuseTooLarge({ 'pgpool.conf': config })).toThrow('more than 2500 settings');
  expect(() => refuseTooLarge({ 'pgpool.conf': '', 'pool_hba.conf': config.replaceAll(' ', '\n') })).toThrow(
    /4000 rules/,
  );
  expect(performance.now() - startedMs).toBeLessThan(LIMIT_MS);
});

test.each([
  ['unknown names', Array.from({ length: 2_400 }, (_, i) => `unknown_parameter_number_${i} = 1\n`).join('')],
  ['secrets', "sr_check_password = 'x'\n".repeat(2_400)],
  ['nodes', Array.from({ length: 2_400 }, (_, i) => `backend_hostname${i % 128} = 'db'\n`).join('')],
])('the most that is allowed of %s is read in no time', (_, config) => {
  refuseTooLarge({ 'pgpool.conf': config });
  const startedMs = performance.now();
  readDraft({ config, hba: null }, () => null, RUNNING, PATHS);
  expect(performance.now() - startedMs).toBeLessThan(LIMIT_MS);
});
