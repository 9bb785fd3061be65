import { expect, it } from 'vitest';
import { localeOf, themeOf, zoneOf } from './preferences.ts';

it('takes the language from the cookie, then from the browser, then English', () => {
  expect(localeOf('ja', 'en')).toBe('ja');
  expect(localeOf(undefined, 'fr-FR,ja;q=0.8,en;q=0.5')).toBe('ja');
  expect(localeOf('xx', 'de')).toBe('en');
  expect(localeOf(undefined, null)).toBe('en');
});

it('takes a theme that it knows', () => {
  expect(themeOf('dark')).toBe('dark');
  expect(themeOf('"><script>')).toBe('system');
});

it('takes a time zone that Intl knows', () => {
  expect(zoneOf('Asia/Tokyo')).toBe('Asia/Tokyo');
  expect(zoneOf('Nowhere/Atlantis')).toBeNull();
  expect(zoneOf(undefined)).toBeNull();
});
