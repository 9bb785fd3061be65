'use client';

import { useRouter } from 'next/navigation';
import { useCallback, useSyncExternalStore } from 'react';
import { LOCALE_COOKIE, THEME_COOKIE, type Theme, themeOf, ZONE_COOKIE } from '../../i18n/preferences.ts';
import type { Locale } from '../../shared/messages/index.ts';
import { setPreference } from './cookie.ts';

const watchers = new Set<() => void>();

/** The chosen theme lives on <html>, where the server wrote it; the script in the head follows the system. */
const readTheme = (): Theme => themeOf(document.documentElement.dataset['themeChoice']);

function watchTheme(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

export function useTheme(): { readonly theme: Theme; readonly choose: (theme: Theme) => void } {
  const theme = useSyncExternalStore(watchTheme, readTheme, () => 'system' as const);
  const choose = useCallback((wanted: Theme) => {
    const root = document.documentElement;
    root.dataset['themeChoice'] = wanted;
    const dark = wanted === 'dark' || (wanted === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
    root.dataset['theme'] = dark ? 'dark' : 'light';
    setPreference(THEME_COOKIE, wanted);
    for (const watcher of watchers) watcher();
  }, []);
  return { theme, choose };
}

/** Language and time zone come from the server, so the page is asked for anew; what is typed in it stays. */
export function useRegion(): {
  readonly chooseLocale: (locale: Locale) => void;
  readonly chooseZone: (zone: string) => void;
} {
  const router = useRouter();
  const chooseLocale = useCallback(
    (locale: Locale) => {
      setPreference(LOCALE_COOKIE, locale);
      router.refresh();
    },
    [router],
  );
  const chooseZone = useCallback(
    (zone: string) => {
      setPreference(ZONE_COOKIE, zone);
      router.refresh();
    },
    [router],
  );
  return { chooseLocale, chooseZone };
}
