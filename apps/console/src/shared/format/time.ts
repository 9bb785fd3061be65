/** Instants as people read them, in a time zone that is always the caller's to name. Milliseconds since 1970 in. */
import type { Locale } from '../messages/index.ts';

const kept = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: Locale, timeZone: string, name: keyof typeof SHAPES): Intl.DateTimeFormat {
  const key = `${locale} ${timeZone} ${name}`;
  let format = kept.get(key);
  if (format === undefined) {
    // Days before months in English, as in "10 Oct": no order to guess.
    format = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
      ...SHAPES[name],
      timeZone,
      hourCycle: 'h23',
    });
    kept.set(key, format);
  }
  return format;
}

const SHAPES = {
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  minute: { hour: '2-digit', minute: '2-digit' },
  day: { day: 'numeric', month: 'short' },
  date: { day: 'numeric', month: 'short', year: 'numeric' },
  dayKey: { day: '2-digit', month: '2-digit', year: 'numeric' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** "14:02:11" */
export const formatClock = (ms: number, locale: Locale, timeZone: string): string =>
  formatter(locale, timeZone, 'clock').format(ms);

/** "14:02" */
export const formatMinute = (ms: number, locale: Locale, timeZone: string): string =>
  formatter(locale, timeZone, 'minute').format(ms);

/** Today only the clock; this year "10 Oct 03:52"; before that with the year. */
export function formatInstant(ms: number, locale: Locale, timeZone: string, nowMs: number): string {
  const day = (value: number) => formatter(locale, timeZone, 'dayKey').format(value);
  if (day(ms) === day(nowMs)) return formatClock(ms, locale, timeZone);
  const sameYear = year(ms, timeZone) === year(nowMs, timeZone);
  const date = formatter(locale, timeZone, sameYear ? 'day' : 'date').format(ms);
  return `${date} ${formatMinute(ms, locale, timeZone)}`;
}

function year(ms: number, timeZone: string): string {
  const parts = formatter('en', timeZone, 'date').formatToParts(ms);
  return parts.find((part) => part.type === 'year')?.value ?? '';
}

/** The whole of it with the zone, for titles and exports: "10 Oct 2026 14:02:11 JST (UTC+9)". */
export const formatFullInstant = (ms: number, locale: Locale, timeZone: string): string =>
  `${formatter(locale, timeZone, 'date').format(ms)} ${formatClock(ms, locale, timeZone)} ${formatZone(timeZone, ms, locale)}`;

/** "JST (UTC+9)", or only "UTC+9" where a zone has no letters of its own. */
export function formatZone(timeZone: string, atMs: number, locale: Locale = 'en'): string {
  const offset = zoneName('en', timeZone, 'longOffset', atMs)
    .replace('GMT', 'UTC')
    .replace(/[+-]00:00$/, '')
    .replace(/([+-])0?(\d+):00$/, '$1$2')
    .replace(/([+-])0(\d)/, '$1$2');
  // Each language names the zones of its own region by letters, others by offset.
  for (const region of ['ja', 'en-US', 'en-GB', 'en-AU', 'en-IN']) {
    const name = zoneName(region, timeZone, 'short', atMs);
    if (/^[A-Z]{3,5}$/.test(name) && name !== 'GMT' && name !== 'UTC')
      return locale === 'ja' ? `${name}（${offset}）` : `${name} (${offset})`;
  }
  return offset;
}

function zoneName(locale: string, timeZone: string, style: 'short' | 'longOffset', atMs: number): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: style }).formatToParts(atMs);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}
