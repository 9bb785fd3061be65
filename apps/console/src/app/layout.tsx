import type { Metadata, Viewport } from 'next';
import { cookies, headers } from 'next/headers';
import { NextIntlClientProvider } from 'next-intl';
import { getLocale } from 'next-intl/server';
import type { ReactNode } from 'react';
import { BrowserZone } from '../client/shell/browser-zone.tsx';
import { JapaneseFont } from '../client/ui/japanese-font.tsx';
import { THEME_COOKIE, themeOf, ZONE_COOKIE } from '../i18n/preferences.ts';
import './globals.css';

export const metadata: Metadata = { title: { template: '%s · pgherd', default: 'pgherd' } };

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#FCFCFA' },
    { media: '(prefers-color-scheme: dark)', color: '#161C1B' },
  ],
};

/** Before the first paint: who follows the system gets its theme, and keeps getting it when the system changes. */
const FOLLOW_SYSTEM = `{const r=document.documentElement,m=matchMedia('(prefers-color-scheme: dark)'),f=()=>{if(r.dataset.themeChoice==='system')r.dataset.theme=m.matches?'dark':'light'};f();m.addEventListener('change',f)}`;

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const jar = await cookies();
  const theme = themeOf(jar.get(THEME_COOKIE)?.value);
  const nonce = (await headers()).get('x-nonce') ?? undefined;
  const locale = await getLocale();
  return (
    <html
      lang={locale}
      data-theme={theme === 'dark' ? 'dark' : 'light'}
      data-theme-choice={theme}
      suppressHydrationWarning
    >
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of this file */}
        <script nonce={nonce} dangerouslySetInnerHTML={{ __html: FOLLOW_SYSTEM }} suppressHydrationWarning />
      </head>
      <body>
        <NextIntlClientProvider>{children}</NextIntlClientProvider>
        <JapaneseFont />
        <BrowserZone known={jar.has(ZONE_COOKIE)} />
      </body>
    </html>
  );
}
