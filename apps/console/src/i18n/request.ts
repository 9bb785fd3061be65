import { cookies, headers } from 'next/headers';
import { getRequestConfig } from 'next-intl/server';
import { compiledMessages } from './compiled.ts';
import { LOCALE_COOKIE, localeOf, ZONE_COOKIE, zoneOf } from './preferences.ts';

/** Without routing: the same address in every language. */
export default getRequestConfig(async () => {
  const jar = await cookies();
  const locale = localeOf(jar.get(LOCALE_COOKIE)?.value, (await headers()).get('accept-language'));
  return {
    locale,
    messages: await compiledMessages(locale),
    // Until the browser has told its own, times are shown in UTC, and say so.
    timeZone: zoneOf(decodeURIComponent(jar.get(ZONE_COOKIE)?.value ?? '')) ?? 'UTC',
  };
});
