/** Journeys 4 to 6: a planned switchover by keyboard, an emergency failover, and the way back of the node that was lost. */
import type { Page } from '@playwright/test';
import { expect, expectAccessible, PASSWORD, rest, test } from './support/journey.ts';
import { until } from './support/program.ts';

interface Status {
  readonly primary: number | null;
  readonly nodes: readonly { readonly id: number; readonly health: string; readonly role: string }[];
  readonly running: readonly unknown[];
}

test.use({ homeOptions: { word: 'operations' } });
test.describe.configure({ mode: 'serial' });

const statusOf = async (page: Page, home: Parameters<typeof rest>[1]): Promise<Status> =>
  (await rest<Status>(page, home, 'GET', '/clusters/herd/status')).body;

/** To a control by the Tab key alone. */
async function tabTo(page: Page, name: RegExp, limit = 60): Promise<void> {
  for (let i = 0; i < limit; i++) {
    await page.keyboard.press('Tab');
    // As text: these files know no browser's types.
    const [focused = '', label = ''] = await page.evaluate<string[]>(
      `[document.activeElement?.textContent ?? '', document.activeElement?.getAttribute('aria-label') ?? '']`,
    );
    if (name.test(focused) || name.test(label)) return;
  }
  throw new Error(`Tab never reached ${name}`);
}

test('4: a planned switchover by keyboard: one candidate is ruled out, another takes over', async ({ ada, home }) => {
  const page = ada;
  // What rules node 2 out: somebody has detached it.
  const { status } = await rest(page, home, 'POST', '/clusters/herd/acts', {
    wish: { act: 'detach', node: 2, gracefully: false },
    reason: 'kernel update',
  });
  expect(status).toBe(200);
  await until('node 2 is out', async () => (await statusOf(page, home)).nodes[2]?.health === 'out');
  await page.goto(`${home.url}/c/herd/ops/new/switchover`);
  await expect(page.getByRole('heading', { name: 'Switch over from node 0' })).toBeVisible();
  await expect(page.getByText(/Ruled out: it is detached/)).toBeVisible();
  await expect(page.getByText('Can take over').first()).toBeVisible();
  await expectAccessible(page);
  await tabTo(page, /^Continue with node 1$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Steps, in order' })).toBeVisible();
  await tabTo(page, /^Continue to confirm$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Copy as curl' })).toBeVisible();
  await expectAccessible(page);
  // Without a reason the button is dead, and says why.
  await expect(page.getByRole('button', { name: 'Switch over to node 1' })).toHaveAttribute('aria-disabled', 'true');
  await page.getByLabel(/Reason/).focus();
  await page.keyboard.type('a journey by keyboard');
  await tabTo(page, /^Dry run$/);
  await page.keyboard.press('Enter');
  await expect(page.getByText(/The dry run passes/)).toBeVisible();
  await tabTo(page, /^Switch over to node 1$/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/ops\/[^/]+$/);
  await expect(page.getByRole('heading', { name: /Node 1 is the primary/ })).toBeVisible({ timeout: 30_000 });
  await expectAccessible(page);
  await until('node 1 is the primary', async () => (await statusOf(page, home)).primary === 1);
  // The report outlives the page, and the audit log has it.
  await page.reload();
  await expect(page.getByText('a journey by keyboard').first()).toBeVisible();
  const audit = await rest<readonly { readonly action: string; readonly actor: string; readonly result: string }[]>(
    page,
    home,
    'GET',
    '/audit?action=act.begin',
  );
  expect(audit.body.filter(({ actor, result }) => actor === 'ada' && result === 'done').length).toBeGreaterThanOrEqual(
    2,
  );
  await rest(page, home, 'POST', '/clusters/herd/acts', { wish: { act: 'attach', node: 2 } });
  await until(
    'all nodes are well',
    async () => (await statusOf(page, home)).nodes.every(({ health }) => health === 'ok'),
    60_000,
  );
});

test('5: the primary is killed: banner, the next primary, and a failover by hand with its loss stated', async ({
  ada,
  home,
}) => {
  const page = ada;
  const cluster = await home.cluster();
  await page.goto(`${home.url}/c/herd`);
  await expect(page.getByRole('heading', { level: 1, name: /Serving/ })).toBeVisible();
  await cluster.nodes[1]?.kill9();
  await expect(page.getByRole('heading', { level: 1, name: /Serving without node 1/ })).toBeVisible({
    timeout: 30_000,
  });
  const after = await until('somebody else is the primary', async () => {
    const status = await statusOf(page, home);
    return status.primary !== null && status.primary !== 1 ? status : null;
  });
  // Now one by hand, with everything that tier 4 asks for.
  const target = await until(
    'the other standby follows',
    async () =>
      (await statusOf(page, home)).nodes.find(({ id, health }) => health === 'ok' && id !== after.primary)?.id ?? null,
    60_000,
  );
  await page.goto(`${home.url}/c/herd/ops/new/failover?to=${target}`);
  await expect(page.getByRole('heading', { name: `Fail over from node ${after.primary}` })).toBeVisible();
  await page.getByRole('button', { name: `Continue with node ${target}` }).click();
  await page.getByRole('button', { name: 'Continue to confirm' }).click();
  await expect(page.getByText(/loss/i).first()).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel(/Reason/).fill('the journey wants it');
  await page
    .getByLabel(/Type|name/i)
    .last()
    .fill(`node ${target}`);
  const accept = page.getByRole('checkbox', { name: /Accept the loss/ });
  if (await accept.isVisible()) await accept.check();
  await page.getByRole('button', { name: `Fail over to node ${target}` }).click();
  const password = page.getByRole('dialog').getByLabel('Password', { exact: true });
  await Promise.race([page.waitForURL(/\/ops\/[^/]+$/), password.waitFor()]);
  if (await password.isVisible()) {
    await password.fill(PASSWORD);
    await page.getByRole('dialog').getByRole('button').last().click();
  }
  await page.waitForURL(/\/ops\/[^/]+$/);
  await expect(page.getByRole('heading', { name: new RegExp(`Node ${target} is the primary`) })).toBeVisible({
    timeout: 30_000,
  });
  await until('it is', async () => (await statusOf(page, home)).primary === target);
});

test('6: online recovery: started, left, reloaded, resumed by the page, and the node is back', async ({
  ada,
  home,
}) => {
  const page = ada;
  const lost = (await statusOf(page, home)).nodes.filter(
    ({ health }) => health === 'down' || health === 'out' || health === 'degraded',
  );
  expect(lost.length).toBeGreaterThan(0);
  for (const { id } of lost) {
    await page.goto(`${home.url}/c/herd/ops/new/recover?node=${id}`);
    await expect(page.getByRole('heading', { name: 'Recover a node' })).toBeVisible();
    await page.getByRole('button', { name: `Continue with node ${id}` }).click();
    await page.getByRole('button', { name: 'Continue to confirm' }).click();
    await page.getByLabel(/Reason/).fill('it was lost');
    await page.getByRole('button', { name: `Recover node ${id}` }).click();
    await page.waitForURL(/\/ops\/[^/]+$/);
    const run = page.url();
    await page.goto(`${home.url}/c/herd`);
    await page.goto(run);
    await page.reload();
    await expect(page.getByRole('heading', { name: new RegExp(`Node ${id} is a standby again`) })).toBeVisible({
      timeout: 90_000,
    });
  }
  await until(
    'all nodes are well',
    async () => (await statusOf(page, home)).nodes.every(({ health }) => health === 'ok'),
    60_000,
  );
});
