/** Journeys 7, 8, 10 and 11 on two proxies: a change by form, a conflict, the way back, and a file that somebody edited by hand. */
import fs from 'node:fs';
import type { Page } from '@playwright/test';
import type { Home } from './support/home.ts';
import { expect, expectAccessible, rest, test } from './support/journey.ts';
import { until } from './support/program.ts';

test.use({ homeOptions: { nodes: 2, second: true } });
test.describe.configure({ mode: 'serial' });

interface Running {
  readonly proxy: string;
  readonly parameters: readonly { readonly name: string; readonly value: string; readonly source: string }[];
}
interface Draft {
  readonly id: string;
  readonly revision: number;
  readonly changes: number;
  readonly files: Readonly<Record<string, string>>;
  readonly differences: readonly { readonly name: string; readonly to: string | null }[];
}

/** Both proxies stand on one host: these are each one's own. */
const OWN = [
  ...['port', 'pcp_port', 'control_port', 'metrics_port', 'work_dir', 'pid_file_name'],
  ...['unix_socket_directories', 'pcp_socket_dir', 'failover_by'],
];
const C = '/clusters/herd';
const valuesOf = async (page: Page, home: Home, name: string): Promise<(string | undefined)[]> =>
  (await rest<readonly Running[]>(page, home, 'GET', `${C}/running`)).body.map(
    ({ parameters }) => parameters.find((one) => one.name === name)?.value,
  );
const draftsOf = async (page: Page, home: Home): Promise<readonly Draft[]> =>
  (await rest<readonly Draft[]>(page, home, 'GET', `${C}/drafts`)).body;
const stateOf = async (page: Page, home: Home): Promise<string | null> =>
  (await rest<{ configuration: { state: string | null } }>(page, home, 'GET', `${C}/status`)).body.configuration.state;

/** On the review page: apply, with the reason that the dialog asks for. */
async function applyHere(page: Page, reason: string): Promise<void> {
  await page
    .getByRole('button', { name: /Apply to 2 proxies/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/Reason/).fill(reason);
  await expectAccessible(page);
  await dialog.getByRole('button', { name: /^Apply/ }).click();
}

test('1: a second proxy is made known, and its configuration is compared', async ({ ada, home }) => {
  const { url, token } = home.secondControl;
  const answer = await ada.request.post(`${home.url}/api/trpc/clusters.addProxy`, {
    headers: { 'content-type': 'application/json', origin: home.url },
    data: JSON.stringify({ cluster: 'herd', name: 'pgherd-2', controlUrl: url, token, ownParameters: OWN }),
  });
  expect(answer.status()).toBe(200);
  await until('both proxies answer', async () => {
    const { body } = await rest<{ proxies: readonly { connection: string }[] }>(ada, home, 'GET', `${C}/status`);
    return body.proxies.length === 2 && body.proxies.every(({ connection }) => connection === 'up');
  });
});

test('7: edit by form: what is invalid is blocked, what is valid is in the draft, comments stay', async ({
  ada: page,
  home,
}) => {
  await page.goto(`${home.url}/c/herd/config?q=client_idle_limit`);
  const field = page.getByRole('textbox', { name: /^client_idle_limit\b/ }).first();
  await expect(field).toBeVisible();
  await expectAccessible(page);
  await field.fill('-5');
  await field.press('Tab');
  await expect(page.getByText(/Not saved\. Allowed/)).toBeVisible();
  expect((await draftsOf(page, home)).every(({ changes }) => changes === 0)).toBe(true);
  await field.fill('1800');
  await field.press('Tab');
  await expect(page.getByText(/1 change in draft/).first()).toBeVisible();
  const [draft] = await until('the draft is saved', async () => {
    const drafts = await draftsOf(page, home);
    return drafts[0]?.changes === 1 ? drafts : null;
  });
  const { body } = await rest<Draft>(page, home, 'GET', `${C}/drafts/${draft?.id}`);
  expect(body.differences).toEqual([expect.objectContaining({ name: 'client_idle_limit', to: '1800' })]);
  const before =
    (await rest<{ files: Record<string, string> }>(page, home, 'GET', `${C}/wanted`)).body.files['pgpool.conf'] ?? '';
  const comments = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('#'));
  expect(comments(body.files['pgpool.conf'] ?? '')).toEqual(comments(before));
});

test('8: another version comes first: conflict, rebase, apply, and the running values are what was asked for', async ({
  ada: page,
  home,
}) => {
  const [mine] = await draftsOf(page, home);
  const wanted = (await rest<{ files: Record<string, string> }>(page, home, 'GET', `${C}/wanted`)).body.files;
  const other = (await rest<Draft>(page, home, 'POST', `${C}/drafts`, { title: 'somebody else' })).body;
  const text = `${wanted['pgpool.conf']}\nclient_idle_limit_in_recovery = 77\n`;
  const saved = (
    await rest<Draft>(page, home, 'PUT', `${C}/drafts/${other.id}`, {
      revision: other.revision,
      files: { ...wanted, 'pgpool.conf': text },
    })
  ).body;
  const run = await rest<{ run: string }>(page, home, 'POST', `${C}/drafts/${other.id}/apply`, {
    revision: saved.revision,
    reason: 'was first',
    overwriteDrift: true,
  });
  expect(run.status).toBe(200);
  await until(
    'it is applied',
    async () => (await rest<{ state: string }>(page, home, 'GET', `${C}/runs/${run.body.run}`)).body.state === 'done',
  );

  await page.goto(`${home.url}/c/herd/config/drafts/${mine?.id}`);
  await expect(page.getByText('Version 2 was applied meanwhile')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Rebase on version 2' }).click();
  await expect(page.getByText('Version 2 was applied meanwhile')).toBeHidden();
  await applyHere(page, 'idle clients go after half an hour');
  await page.waitForURL(/\/config\/apply\//);
  await expect(page.getByRole('heading', { level: 1, name: 'All proxies run version 3' })).toBeVisible({
    timeout: 30_000,
  });
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'All proxies run version 3' })).toBeVisible();
  expect(await valuesOf(page, home, 'client_idle_limit')).toEqual([
    expect.stringMatching(/^(1800(s)?|30min)$/),
    expect.stringMatching(/^(1800(s)?|30min)$/),
  ]);
});

test('10: back to version 1: a parameter that it does not have returns to its default on the running proxies', async ({
  ada: page,
  home,
}) => {
  await page.goto(`${home.url}/c/herd/config/history`);
  await expect(page.getByRole('heading', { name: 'Configuration' }).first()).toBeVisible();
  await expect(page.getByText('idle clients go after half an hour')).toBeVisible();
  await expectAccessible(page);
  await page.goto(`${home.url}/c/herd/config/history/compare?from=1&to=3`);
  await expect(page.getByText('client_idle_limit').first()).toBeVisible();
  const { body } = await rest<{ draft: string }>(page, home, 'POST', `${C}/versions/1/rollback`, {
    reason: 'as it was',
  });
  await page.goto(`${home.url}/c/herd/config/drafts/${body.draft}`);
  await expect(page.getByText('client_idle_limit').first()).toBeVisible();
  await applyHere(page, 'as it was');
  await page.waitForURL(/\/config\/apply\//);
  await expect(page.getByRole('heading', { level: 1, name: 'All proxies run version 4' })).toBeVisible({
    timeout: 30_000,
  });
  expect(await valuesOf(page, home, 'client_idle_limit')).toEqual(['0', '0']);
  expect(fs.readFileSync(home.configuration, 'utf8')).not.toContain('client_idle_limit');
});

test('11: a file is edited by hand: drift is seen, one line is adopted, another is pushed back', async ({
  ada: page,
  home,
}) => {
  fs.appendFileSync(home.configuration, '\nclient_idle_limit_in_recovery = 99\nlog_statement = on\n');
  await until('the drift is seen', async () => (await stateOf(page, home)) === 'drifted', 10_000);
  await page.goto(`${home.url}/c/herd/config/drift`);
  await expect(page.getByText('client_idle_limit_in_recovery').first()).toBeVisible();
  await expect(page.getByText('log_statement').first()).toBeVisible();
  await expectAccessible(page);
  const adopted = await rest<{ draft: string }>(page, home, 'POST', `${C}/drift/adopt`, {
    proxy: 'pgherd-1',
    names: ['client_idle_limit_in_recovery'],
  });
  expect(adopted.status).toBe(200);
  const pushed = await rest<{ run: string }>(page, home, 'POST', `${C}/proxies/pgherd-1/push-back`, {
    reason: 'nobody asked for it',
  });
  await until(
    'it is pushed back',
    async () =>
      (await rest<{ state: string }>(page, home, 'GET', `${C}/runs/${pushed.body.run}`)).body.state === 'done',
  );
  expect(fs.readFileSync(home.configuration, 'utf8')).not.toContain('log_statement = on');
  await until('in step', async () => (await stateOf(page, home)) === 'inStep');
  const draft = (await rest<Draft>(page, home, 'GET', `${C}/drafts/${adopted.body.draft}`)).body;
  expect(draft.differences).toEqual([expect.objectContaining({ name: 'client_idle_limit_in_recovery', to: '99' })]);
  const run = await rest<{ run: string }>(page, home, 'POST', `${C}/drafts/${adopted.body.draft}/apply`, {
    revision: draft.revision,
    reason: 'adopted',
  });
  await until(
    'it is applied',
    async () => (await rest<{ state: string }>(page, home, 'GET', `${C}/runs/${run.body.run}`)).body.state === 'done',
  );
  expect(new Set(await valuesOf(page, home, 'client_idle_limit_in_recovery')).size).toBe(1);
  await until('in step again', async () => (await stateOf(page, home)) === 'inStep');
});

test('the console is killed with -9 while it applies, again and again: every proxy is wholly on one version', async ({
  ada: page,
  home,
}) => {
  test.slow();
  for (let i = 0; i < 4; i++) {
    const wanted = (await rest<{ number: number; files: Record<string, string> }>(page, home, 'GET', `${C}/wanted`))
      .body;
    const value = 100 + i;
    const draft = (await rest<Draft>(page, home, 'POST', `${C}/drafts`, { title: `kill ${i}` })).body;
    const text = `${(wanted.files['pgpool.conf'] ?? '').replaceAll(/^client_idle_limit.*\n/gm, '')}client_idle_limit = ${value}\n`;
    const saved = (
      await rest<Draft>(page, home, 'PUT', `${C}/drafts/${draft.id}`, {
        revision: draft.revision,
        files: { ...wanted.files, 'pgpool.conf': text },
      })
    ).body;
    const run = (
      await rest<{ run: string }>(page, home, 'POST', `${C}/drafts/${draft.id}/apply`, {
        revision: saved.revision,
        reason: 'kill it',
      })
    ).body;
    await new Promise((resolve) => setTimeout(resolve, i * 90));
    await home.killConsole();
    // The one that takes its place goes on with the run, or reports.
    const view = await until(
      'the run has ended',
      async () => {
        const { body, status } = await rest<{ state: string; outcome: Record<string, string> }>(
          page,
          home,
          'GET',
          `${C}/runs/${run.run}`,
        ).catch(() => ({ body: null, status: 0 }));
        return status === 200 && body !== null && body.state !== 'running' ? body : null;
      },
      60_000,
    );
    expect(view.state).toBe('done');
    expect(await valuesOf(page, home, 'client_idle_limit')).toEqual([
      expect.stringContaining(String(value)),
      expect.stringContaining(String(value)),
    ]);
    await until('in step', async () => (await stateOf(page, home)) === 'inStep');
  }
});
