/** Journey 2, without SSO: a viewer is invited, sees what may not be done and why, and the server refuses it all the same. */
import { expect, expectAccessible, PASSWORD, rest, test } from './support/journey.ts';

test('2: a viewer sees dead acts with the missing permission named; a direct call is refused and audited', async ({
  ada: page,
  home,
  browser,
}) => {
  const made = await page.request.post(`${home.url}/api/trpc/people.invite`, {
    headers: { 'content-type': 'application/json', origin: home.url },
    data: JSON.stringify({ name: 'vera', grants: [{ cluster: 'herd', roles: ['viewer'] }] }),
  });
  expect(made.status()).toBe(200);
  const { result } = (await made.json()) as { result: { data: { link: string } } };
  const context = await browser.newContext();
  const vera = await context.newPage();
  await vera.goto(result.data.link);
  await expect(vera.getByRole('heading', { name: 'Welcome, vera' })).toBeVisible();
  await vera.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await vera.getByLabel('The password again').fill(PASSWORD);
  await vera.getByRole('button', { name: 'Set the password' }).click();
  await vera.waitForURL(/\/c\/herd$/);
  await expect(vera.getByRole('heading', { level: 1, name: /Serving/ })).toBeVisible();
  await expect(vera.getByRole('link', { name: 'Audit' })).toHaveCount(0);
  await expect(vera.getByRole('link', { name: 'Logs' })).toHaveCount(0);
  await vera.goto(`${home.url}/c/herd/nodes/1`);
  const detach = vera.getByRole('button', { name: 'Detach node 1…' });
  await expect(detach).toHaveAttribute('aria-disabled', 'true');
  await expect(detach).toHaveAccessibleDescription(/node\.detach/);
  await expectAccessible(vera);
  const refused = await rest<{ message: string }>(vera, home, 'POST', '/clusters/herd/acts', {
    wish: { act: 'detach', node: 1, gracefully: false },
    reason: 'because I can',
  });
  expect(refused.status).toBe(403);
  expect((await rest(vera, home, 'GET', '/users')).status).toBe(403);
  expect((await rest(vera, home, 'GET', '/audit')).status).toBe(403);
  // Statements are not for her, whatever she asks.
  const sessions = await vera.request.get(
    `${home.url}/api/trpc/live.snapshot?input=${encodeURIComponent(JSON.stringify({ cluster: 'herd', topic: 'logs', slow: false }))}`,
  );
  expect(sessions.status()).toBe(403);
  const audit = await rest<readonly { readonly actor: string; readonly action: string; readonly result: string }[]>(
    page,
    home,
    'GET',
    '/audit?actor=vera',
  );
  expect(audit.body.some(({ action, result: how }) => action === 'act.begin' && how === 'refused')).toBe(true);
  await context.close();
});
