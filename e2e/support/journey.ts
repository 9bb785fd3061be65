/** What every journey has: a home, a person who is signed in, axe on each page that is looked at. */
import { AxeBuilder } from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import { Home, type HomeOptions } from './home.ts';

export const PASSWORD = 'correct horse battery';

interface JourneyFixtures {
  /** Signed in as the administrator `ada`. */
  readonly ada: Page;
}
interface JourneyWorker {
  readonly homeOptions: HomeOptions;
  readonly home: Home;
}

export const test = base.extend<JourneyFixtures, JourneyWorker>({
  homeOptions: [{}, { option: true, scope: 'worker' }],
  home: [
    async ({ homeOptions }, use) => {
      const home = await Home.open(homeOptions);
      await use(home);
      await home.close();
    },
    { scope: 'worker', timeout: 400_000 },
  ],
  ada: async ({ page, home }, use) => {
    await signIn(page, home, 'ada');
    await use(page);
  },
});
export { expect };

/** Through the one-time link the first time, then by name and password. */
export async function signIn(page: Page, home: Home, name: string): Promise<void> {
  const answer = await page.request.get(`${home.url}/api/v1/me`);
  const { fresh } = (await answer.json()) as { fresh: boolean };
  if (fresh) {
    await page.goto(home.link);
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('The password again').fill(PASSWORD);
    await page.getByRole('button', { name: 'Make the account' }).click();
  } else {
    await page.goto(`${home.url}/login`);
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  await page.waitForURL(/\/c\//);
}

/** No violation of WCAG 2.2 AA on the page as it is. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual(
    [],
  );
}

/** A call of the REST interface as the signed-in person. */
export async function rest<T>(
  page: Page,
  home: Home,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: T }> {
  const answer = await page.request.fetch(`${home.url}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', origin: home.url },
    ...(body === undefined ? {} : { data: JSON.stringify(body) }),
  });
  return { status: answer.status(), body: (await answer.json().catch(() => null)) as T };
}
