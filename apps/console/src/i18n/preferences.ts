/** Language, theme and time zone of a visitor, kept in cookies so that the first byte of a page already shows them. */
import { isLocale, type Locale } from '../shared/messages/index.ts';

export const LOCALE_COOKIE = 'pgherd_locale';
export const THEME_COOKIE = 'pgherd_theme';
export const ZONE_COOKIE = 'pgherd_time_zone';
export const RAIL_COOKIE = 'pgherd_rail';

export const THEMES = ['light', 'dark', 'system'] as const;
export type Theme = (typeof THEMES)[number];

export const themeOf = (value: string | undefined): Theme => THEMES.find((theme) => theme === value) ?? 'system';

/** The cookie decides; without one the first language of the browser that we have. */
export function localeOf(cookie: string | undefined, acceptLanguage: string | null): Locale {
  if (isLocale(cookie)) return cookie;
  for (const wish of (acceptLanguage ?? '').split(',')) {
    const language = wish.split(';')[0]?.trim().split('-')[0]?.toLowerCase();
    if (isLocale(language)) return language;
  }
  return 'en';
}

/** A time zone that Intl knows, or null. */
export function zoneOf(value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}
