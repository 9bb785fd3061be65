/**
 * Looks at the gallery as people will: pictures of every scene in both themes and languages, desktop and phone; axe on each;
 * nothing may stick out sideways. Exits 1 when something is found.
 *
 *     PGHERD_GALLERY=1 next start -p 3100      # in apps/console, after `next build`
 *     node apps/console/tools/gallery-look.ts http://127.0.0.1:3100 /tmp/pictures [path of a Chromium]
 */
import fs from 'node:fs';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, chromium, type Page } from '@playwright/test';

const [base = 'http://127.0.0.1:3100', folder = 'test-results/gallery', executable] = process.argv.slice(2);

const SCENES = ['', '/overview', '/topology', '/config', '/review', '/candidates', '/run'];
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Look {
  readonly scene: string;
  readonly theme: 'light' | 'dark';
  readonly locale: 'en' | 'ja';
  readonly width: 390 | 1440;
}

/** Each theme and each language on both kinds of screen, in four pictures a scene. */
const KINDS = [
  { theme: 'light', locale: 'en', width: 1440 },
  { theme: 'dark', locale: 'ja', width: 1440 },
  { theme: 'light', locale: 'ja', width: 390 },
  { theme: 'dark', locale: 'en', width: 390 },
] as const;

const looks: readonly Look[] = SCENES.flatMap((scene) => KINDS.map((kind) => ({ scene, ...kind })));

/** @returns what is wrong, as lines */
async function lookAt(browser: Browser, look: Look): Promise<readonly string[]> {
  const { scene, theme, locale, width } = look;
  const context = await browser.newContext({ viewport: { width, height: 900 }, timezoneId: 'Asia/Tokyo' });
  const cookies = { pgherd_locale: locale, pgherd_theme: theme, pgherd_time_zone: 'Asia%2FTokyo' };
  await context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url: base })));
  const page = await context.newPage();
  const found: string[] = [];
  page.on('pageerror', (error) => found.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') found.push(`console: ${message.text()}`);
  });
  await page.goto(`${base}/gallery${scene}`, { waitUntil: 'networkidle' });
  await page.evaluate(() => document.fonts.ready);
  const name = `${scene.slice(1) || 'primitives'}-${width === 390 ? 'phone-' : ''}${theme}-${locale}`;
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
  found.push(...(await sticksOut(page)));
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  found.push(...violations.map(({ id, nodes }) => `axe: ${id}: ${nodes[0]?.html ?? ''}`));
  await context.close();
  return found.map((line) => `${name}: ${line}`);
}

const sticksOut = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const elements = [...document.querySelectorAll('body *')];
    const out = elements.find((element) => element.getBoundingClientRect().right > clientWidth + 1);
    return [`sticks out by ${scrollWidth - clientWidth} px: ${out?.outerHTML.slice(0, 120) ?? ''}`];
  });

fs.mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  args: ['--no-sandbox'],
  ...(executable === undefined ? {} : { executablePath: executable }),
});
let found = 0;
for (const look of looks) {
  for (const line of await lookAt(browser, look)) {
    process.stdout.write(`${line}\n`);
    found++;
  }
}
await browser.close();
process.stdout.write(`${looks.length} pictures in ${folder}, ${found} findings\n`);
process.exitCode = found === 0 ? 0 : 1;
