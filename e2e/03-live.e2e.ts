/** Journeys 3, 13, 14 and 15 on one herd: what is live is true, sessions end safely, routes are explained, lost contact is told. */
import type { Page } from '@playwright/test';
import pg from 'pg';
import type { Home } from './support/home.ts';
import { expect, expectAccessible, rest, signIn, test } from './support/journey.ts';
import { until } from './support/program.ts';

test.use({ homeOptions: { word: 'live' } });
test.describe.configure({ mode: 'serial' });

interface Status {
  readonly primary: number | null;
  readonly nodes: readonly { readonly id: number; readonly health: string }[];
  readonly sessions: { readonly used: number };
}
const statusOf = async (page: Page, home: Home): Promise<Status> =>
  (await rest<Status>(page, home, 'GET', '/clusters/herd/status')).body;

async function client(home: Home, application: string): Promise<pg.Client> {
  const { secrets, database } = await home.cluster();
  const connected = new pg.Client({
    host: 'localhost',
    port: home.ports.proxy,
    ...secrets.app,
    database,
    application_name: application,
  });
  connected.on('error', () => {});
  await connected.connect();
  return connected;
}

test('3: a standby is stopped: Overview, Topology, Nodes and the event agree; started again, it is brought back', async ({
  ada: page,
  home,
}) => {
  const cluster = await home.cluster();
  await page.goto(`${home.url}/c/herd`);
  await expect(page.getByRole('heading', { level: 1, name: 'Serving, everything as it should be' })).toBeVisible();
  await cluster.nodes[2]?.stop('fast');
  await expect(page.getByRole('heading', { level: 1, name: /Serving without node 2/ })).toBeVisible({
    timeout: 20_000,
  });
  // Told to those who do not see it.
  await expect(
    page
      .locator('[role="status"], [role="alert"]')
      .filter({ hasText: /node 2/i })
      .first(),
  ).toBeAttached();
  await page.goto(`${home.url}/c/herd/nodes`);
  await expect(page.getByRole('row', { name: /node 2/i }).getByText('Down', { exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.goto(`${home.url}/c/herd/topology`);
  await expect(page.getByText('Down').first()).toBeVisible();
  await expectAccessible(page);
  const events = await rest<readonly { readonly kind: string; readonly node: number | null }[]>(
    page,
    home,
    'GET',
    '/clusters/herd/events?limit=50',
  );
  expect(events.body.some(({ kind, node }) => kind === 'nodeDetached' && node === 2)).toBe(true);
  await cluster.nodes[2]?.start();
  // By auto_failback, or by the guide: it is attached again.
  await page.goto(`${home.url}/c/herd/nodes/2`);
  const attach = page.getByRole('button', { name: 'Attach node 2…' }).first();
  const back = async (): Promise<boolean> => (await statusOf(page, home)).nodes[2]?.health === 'ok';
  await until(
    'it can be attached, or is',
    async () =>
      (await back()) ||
      ((await attach.isVisible()) &&
        (await attach.getAttribute('aria-disabled', { timeout: 500 }).catch(() => 'true')) !== 'true'),
    60_000,
  );
  if (!(await back())) {
    await attach.click().catch(() => {});
    await page
      .getByRole('button', { name: 'Attach node 2', exact: true })
      .click({ timeout: 5_000 })
      .catch(() => {});
  }
  await until('it serves again', back, 60_000);
  await expect(page.getByText('Healthy').first()).toBeVisible();
});

test('13: sessions: filtered by the address, a statement cancelled, a session ended, the dangerous setting told', async ({
  ada: page,
  home,
}) => {
  const busy = await client(home, 'a-long-report');
  const calm = await client(home, 'calm');
  await calm.query('select 1');
  const failed = busy.query('select pg_sleep(120)').then(
    () => null,
    (error: { code?: string }) => error.code ?? 'ended',
  );
  await page.goto(`${home.url}/c/herd/sessions?q=a-long-report`);
  const row = page.getByRole('row', { name: /a-long-report/ });
  await expect(row).toBeVisible();
  await expect(page.getByRole('row', { name: /calm/ })).toBeHidden();
  await expectAccessible(page);
  await row.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Cancel the statement…' }).click();
  await page.getByRole('button', { name: 'Cancel the statement', exact: true }).click();
  expect(await failed).toBe('57014');
  await busy.query('select 1');
  // Ended at the proxy: the client is told why, the node stays.
  const ended = new Promise<string>((resolve) =>
    calm.once('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message)),
  );
  await page.goto(`${home.url}/c/herd/sessions?q=calm`);
  await page.getByRole('row', { name: /calm/ }).getByRole('checkbox').check();
  await page.getByRole('button', { name: 'End the session…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/Reason/).fill('it is only a journey');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'End the session', exact: true }).click();
  expect(await ended).toMatch(/57P01|terminated/);
  await expect(page.getByText(/failover_on_backend_shutdown/).first()).toBeVisible();
  expect((await statusOf(page, home)).nodes.every(({ health }) => health === 'ok')).toBe(true);
  await busy.end();
  await calm.end().catch(() => {});
});

test('14: the same SELECT inside and outside a transaction has different verdicts, and the proxy agrees', async ({
  ada: page,
  home,
}) => {
  const { database, secrets } = await home.cluster();
  await page.goto(`${home.url}/c/herd/routing`);
  await page.getByLabel('SQL').fill('SELECT 1');
  await page.getByLabel('Database', { exact: true }).fill(database);
  await page.getByLabel('User', { exact: true }).fill(secrets.app.user);
  await page.getByRole('button', { name: 'Explain the route' }).click();
  await expect(page.getByText(/To one of \d nodes|To node|To one node/).first()).toBeVisible();
  await expect(page.getByText('decides').first()).toBeVisible();
  await expectAccessible(page);
  const outside = await page.locator('main').innerText();
  await page.getByLabel('In a transaction').check();
  await page.getByLabel('After a write').check();
  await page.getByRole('button', { name: 'Explain the route' }).click();
  await expect(page.getByText(/To the primary, node 0/).first()).toBeVisible();
  expect(await page.locator('main').innerText()).not.toBe(outside);
  // The real one, on a session of its own, agrees with the prediction.
  await page.getByRole('button', { name: 'Ask the proxy' }).click();
  await expect(page.getByText(/answered, as predicted|predicted was/).first()).toBeVisible();
});

test('15: the socket is cut: a banner, dim values, locked acts; on return all is live again; on a phone, too', async ({
  ada: page,
  home,
  browser,
}) => {
  await page.goto(`${home.url}/c/herd/ops/new/switchover`);
  await expect(page.getByRole('button', { name: /Continue with node/ })).toBeVisible();
  // The whole console goes away, and comes back under the same address.
  await home.console?.stop();
  const lost = page
    .getByRole('region', { name: 'State of the cluster' })
    .getByText(/No contact with the console server/);
  await expect(lost).toBeVisible({ timeout: 20_000 });
  // Whatever it says then: it is dead.
  await expect(page.getByRole('button', { name: /Continue with node|Choose a node/ })).toHaveAttribute(
    'aria-disabled',
    'true',
    {
      timeout: 20_000,
    },
  );
  await home.startConsole();
  await expect(lost).toBeHidden({ timeout: 40_000 });
  await expect(page.getByRole('button', { name: /Continue with node/ })).not.toHaveAttribute('aria-disabled', 'true', {
    timeout: 20_000,
  });
  // A phone runs a switchover.
  const phone = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const small = await phone.newPage();
  await signIn(small, home, 'ada');
  await small.goto(`${home.url}/c/herd`);
  await expect(small.getByRole('heading', { level: 1 })).toBeVisible();
  await expectAccessible(small);
  const before = (await statusOf(small, home)).primary;
  await small.goto(`${home.url}/c/herd/ops/new/switchover`);
  await small.getByRole('button', { name: /Continue with node/ }).click();
  await small.getByRole('button', { name: 'Continue to confirm' }).click();
  await small.getByLabel(/Reason/).fill('from a phone');
  await small.getByRole('button', { name: /^Switch over to node/ }).click();
  await small.waitForURL(/\/ops\/[^/]+$/);
  await expect(small.getByRole('heading', { name: /is the primary/ })).toBeVisible({ timeout: 30_000 });
  await until('the primary has moved', async () => (await statusOf(small, home)).primary !== before);
  const overflow = await small.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
  expect(overflow).toBeLessThanOrEqual(0);
  await phone.close();
});
