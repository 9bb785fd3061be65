import type en from './en/index.ts';

export const LOCALES = ['en', 'ja'] as const;
export type Locale = (typeof LOCALES)[number];
export type Messages = typeof en;

declare module 'next-intl' {
  interface AppConfig {
    Locale: Locale;
    Messages: Messages;
  }
}

export const isLocale = (value: unknown): value is Locale => LOCALES.some((locale) => locale === value);

/** Only the language asked for is loaded. The keys are those of English: each area is checked with `satisfies`. */
export async function loadMessages(locale: Locale): Promise<object> {
  return locale === 'en' ? (await import('./en/index.ts')).default : (await import('./ja/index.ts')).default;
}
