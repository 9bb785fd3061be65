'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { ZONE_COOKIE } from '../../i18n/preferences.ts';
import { setPreference } from './cookie.ts';

/** At the very first visit the server cannot know the time zone: tell it once, and have the page again. */
export function BrowserZone({ known }: { readonly known: boolean }) {
  const router = useRouter();
  useEffect(() => {
    if (known) return;
    setPreference(ZONE_COOKIE, Intl.DateTimeFormat().resolvedOptions().timeZone);
    router.refresh();
  }, [known, router]);
  return null;
}
