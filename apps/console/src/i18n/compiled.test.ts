import format from 'icu-minify/format';
import { expect, it } from 'vitest';
import { LOCALES } from '../shared/messages/index.ts';
import { compiledMessages } from './compiled.ts';

const formatters = {
  getDateTimeFormat: (...args: ConstructorParameters<typeof Intl.DateTimeFormat>) => new Intl.DateTimeFormat(...args),
  getNumberFormat: (...args: ConstructorParameters<typeof Intl.NumberFormat>) => new Intl.NumberFormat(...args),
  getPluralRules: (...args: ConstructorParameters<typeof Intl.PluralRules>) => new Intl.PluralRules(...args),
};

it('are plain data, so that React hands them to the browser', async () => {
  const isPlain = (value: unknown): boolean =>
    typeof value !== 'object' ||
    (value !== null &&
      [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value)) &&
      Object.values(value).every(isPlain));
  for (const locale of LOCALES) expect(isPlain(await compiledMessages(locale))).toBe(true);
});

it('say what the texts say', async () => {
  const { shell } = await compiledMessages('en');
  const said = (count: number) => format(shell.header.problems, 'en', { count }, { formatters });
  expect([0, 1, 1200].map(said)).toEqual(['No problems', '1 problem', '1,200 problems']);
});
