/** Journey 1: the first run. From the printed link to a correct Overview, with a second factor. */
import { TOTP } from 'otpauth';
import { expect, expectAccessible, PASSWORD, rest, test } from './support/journey.ts';

test.use({ homeOptions: { word: 'first run' } });

test('the printed link makes the first account and leads to a correct Overview', async ({ page, home }) => {
  const link = home.link;
  await page.goto(link);
  await expectAccessible(page);
  await page.getByLabel('Name', { exact: true }).fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByLabel('The password again').fill('short');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await expect(page.getByText('A password has at least 10 characters.')).toBeVisible();
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('The password again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.waitForURL(/\/c\/herd$/);
  await expect(page.getByRole('heading', { name: 'Serving, everything as it should be' })).toBeVisible();
  await expect(page.getByText('3 nodes, 2 standbys behind node 0.')).toBeVisible();
  await expect(page.getByText('In step').first()).toBeVisible();
  await expectAccessible(page);
  // The link counts once.
  const again = await page.context().browser()?.newContext();
  const other = await (again as NonNullable<typeof again>).newPage();
  await other.goto(link);
  await expect(other.getByRole('heading', { name: 'This link cannot be used' })).toBeVisible();
  await again?.close();
});

test('a second factor is set up, and asked for at the next sign-in', async ({ page, home, ada }) => {
  expect(ada).toBe(page);
  await page.goto(`${home.url}/settings/account`);
  await page.getByRole('button', { name: 'Set up a second factor…' }).click();
  const key = page.getByText(/^[A-Z2-7 ]{32,48}$/).first();
  const secret = (await key.innerText()).replaceAll(/\s/g, '');
  const totp = new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: 30 });
  await page.getByLabel('Code', { exact: true }).fill(totp.generate());
  await page.getByRole('button', { name: 'Turn the second factor on' }).click();
  await expect(page.getByRole('heading', { name: 'Recovery codes' })).toBeVisible();
  const { body } = await rest<{ user: { secondFactor: boolean } }>(page, home, 'GET', '/me');
  expect(body.user.secondFactor).toBe(true);
  // At the next sign-in it is asked for; a code counts once.
  await page.context().clearCookies();
  await page.goto(`${home.url}/login`);
  await page.getByLabel('Name', { exact: true }).fill('ada');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const code = page.getByLabel(/Code of the second factor/);
  await code.fill(totp.generate());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Name, password or code is wrong.')).toBeVisible();
  await code.fill(totp.generate({ timestamp: Date.now() + 30_000 }));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/c\//);
});
