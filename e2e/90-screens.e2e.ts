/**
 * Every page as a picture: light and dark, en and ja, desktop and phone, with real data. The pictures lie in test-results/screens
 * to be looked at beside the mocks; what a machine can see is checked: no overflow, no error in the browser, no axe violation.
 */
import fs from 'node:fs';
import path from 'node:path';
import { expect, expectAccessible, rest, signIn, test } from './support/journey.ts';
import { root } from './support/program.ts';

const PAGES: readonly (readonly [name: string, address: string])[] = [
  ['overview', '/c/herd'],
  ['topology', '/c/herd/topology'],
  ['nodes', '/c/herd/nodes'],
  ['node', '/c/herd/nodes/1'],
  ['node-replication', '/c/herd/nodes/1?tab=replication'],
  ['sessions', '/c/herd/sessions'],
  ['routing', '/c/herd/routing'],
  ['balance', '/c/herd/routing/balance'],
  ['cache', '/c/herd/cache'],
  ['config', '/c/herd/config'],
  ['config-file', '/c/herd/config/file'],
  ['config-hba', '/c/herd/config/hba'],
  ['config-users', '/c/herd/config/users'],
  ['config-history', '/c/herd/config/history'],
  ['config-drift', '/c/herd/config/drift'],
  ['config-import', '/c/herd/config/import'],
  ['config-review', '/c/herd/config/drafts/DRAFT'],
  ['ops', '/c/herd/ops'],
  ['ops-switchover', '/c/herd/ops/new/switchover'],
  ['ops-failover', '/c/herd/ops/new/failover'],
  ['ops-recover', '/c/herd/ops/new/recover'],
  ['ops-add-node', '/c/herd/ops/new/add-node'],
  ['events', '/c/herd/events'],
  ['logs', '/c/herd/logs'],
  ['audit', '/c/herd/audit'],
  ['settings-account', '/settings/account'],
  ['settings-people', '/settings/people'],
  ['settings-tokens', '/settings/tokens'],
  ['settings-clusters', '/settings/clusters'],
  ['settings-api', '/settings/api'],
  ['settings-about', '/settings/about'],
];
const LOOKS = [
  { locale: 'en', theme: 'light' },
  { locale: 'ja', theme: 'dark' },
] as const;
const MORE_LOOKS = [
  { locale: 'en', theme: 'dark' },
  { locale: 'ja', theme: 'light' },
] as const;
const SIZES = [
  { size: 'desktop', viewport: { width: 1440, height: 1016 } },
  { size: 'phone', viewport: { width: 390, height: 844 } },
] as const;
const folder = path.join(root, 'test-results/screens');

for (const { size, viewport } of SIZES) {
  // All four on demand; two of them show each theme and each language.
  for (const { locale, theme } of process.env['PGHERD_ALL_SCREENS'] === undefined ? LOOKS : [...LOOKS, ...MORE_LOOKS]) {
    test(`every page, ${size}, ${locale}, ${theme}`, async ({ browser, home }) => {
      test.setTimeout(400_000);
      fs.mkdirSync(folder, { recursive: true });
      const context = await browser.newContext({ viewport, reducedMotion: 'reduce' });
      const page = await context.newPage();
      await signIn(page, home, 'ada');
      const drafts = await rest<readonly { readonly id: string }[]>(page, home, 'GET', '/clusters/herd/drafts');
      let draft = drafts.body[0]?.id;
      if (draft === undefined) {
        const wanted = (await rest<{ files: Record<string, string> }>(page, home, 'GET', '/clusters/herd/wanted')).body
          .files;
        const made = (
          await rest<{ id: string; revision: number }>(page, home, 'POST', '/clusters/herd/drafts', {
            title: 'idle clients',
          })
        ).body;
        const text = `${wanted['pgpool.conf']}\nclient_idle_limit = 1800\nmax_pool = 6\n`;
        await rest(page, home, 'PUT', `/clusters/herd/drafts/${made.id}`, {
          revision: made.revision,
          files: { ...wanted, 'pgpool.conf': text },
        });
        draft = made.id;
      }
      await context.addCookies([
        { name: 'pgherd_locale', value: locale, url: home.url },
        { name: 'pgherd_theme', value: theme, url: home.url },
      ]);
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(`${page.url()}: ${message.text()}`);
      });
      const overflows: string[] = [];
      const violations: string[] = [];
      for (const [name, address] of PAGES) {
        await page.goto(home.url + address.replace('DRAFT', draft));
        await expect(page.locator('main h1, main h2').first()).toBeAttached();
        // What is still being loaded shows a skeleton: it has a bounded time to go.
        await expect(page.locator('main .skeleton')).toHaveCount(0, { timeout: 20_000 });
        const over = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        if (over > 0) overflows.push(`${name}: ${over} px`);
        await page.screenshot({ path: path.join(folder, `${name}-${size}-${locale}-${theme}.png`) });
        await expectAccessible(page).catch((error: Error) =>
          violations.push(`${name}: ${error.message.slice(0, 400)}`),
        );
      }
      expect(overflows).toEqual([]);
      expect(violations).toEqual([]);
      expect(errors.filter((text) => !text.includes('404'))).toEqual([]);
      await context.close();
    });
  }
}
