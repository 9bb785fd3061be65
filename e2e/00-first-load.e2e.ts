/** What a first visit of the Overview costs: bytes of JavaScript as they come over the wire, and the largest paint. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from './support/journey.ts';
import { root } from './support/program.ts';

const BUDGET_BYTES = 200_000;
const BUDGET_LCP_MS = 2_000;

test('the Overview loads at most 200 kB of JavaScript, and its largest paint is there within 2 s', async ({
  ada,
  home,
  browser,
}) => {
  const state = await ada.context().storageState();
  const context = await browser.newContext({ storageState: state, viewport: { width: 1440, height: 1016 } });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
  const scripts = new Map<string, { readonly url: string; bytes: number }>();
  cdp.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (type === 'Script') scripts.set(requestId, { url: response.url, bytes: 0 });
  });
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const script = scripts.get(requestId);
    if (script !== undefined) script.bytes = encodedDataLength;
  });
  await page.goto(`${home.url}/c/herd`);
  await expect(page.getByRole('heading', { level: 1, name: /Serving/ })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Replication lag' })).toBeVisible();
  const lcpMs = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1)?.startTime ?? 0)).observe({
          // The types of Node's own observer do not know it.
          type: 'largest-contentful-paint' as never,
          buffered: true,
        });
      }),
  );
  const bytes = [...scripts.values()].reduce((sum, script) => sum + script.bytes, 0);
  const figures = {
    at: new Date().toISOString(),
    node: process.version,
    javascriptBytes: bytes,
    files: scripts.size,
    largestPaintMs: Math.round(lcpMs),
  };
  process.stdout.write(`first load of the Overview: ${JSON.stringify(figures)}\n`);
  if (process.env['PGHERD_SAVE'] !== undefined) {
    fs.writeFileSync(path.join(root, 'bench/results/console.json'), `${JSON.stringify(figures, null, 2)}\n`);
  }
  const bySize = [...scripts.values()]
    .toSorted((a, b) => b.bytes - a.bytes)
    .map(({ url, bytes: size }) => `${size} ${url.split('/').at(-1)}`);
  expect(bytes, bySize.join('\n')).toBeLessThanOrEqual(BUDGET_BYTES);
  expect(lcpMs).toBeLessThanOrEqual(BUDGET_LCP_MS);
  await context.close();
});
