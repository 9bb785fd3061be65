/** Numbers with their unit. Unit words are ours: Intl writes "3 min, 12 sec" where a console needs "3 min 12 s". */
import type { Locale } from '../messages/index.ts';

const kept = new Map<string, Intl.NumberFormat>();

function digits(locale: Locale, least: number, most: number): Intl.NumberFormat {
  const key = `${locale} ${least} ${most}`;
  let format = kept.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { minimumFractionDigits: least, maximumFractionDigits: most });
    kept.set(key, format);
  }
  return format;
}

/** 1806 -> "1,806"; at most `fraction` decimals. */
export const formatNumber = (value: number, locale: Locale, fraction = 0): string =>
  Number.isFinite(value) ? digits(locale, 0, fraction).format(value) : '';

/** 0.26 -> "26 %" */
export const formatPercent = (share: number, locale: Locale, fraction = 0): string =>
  Number.isFinite(share) ? `${digits(locale, 0, fraction).format(share * 100)} %` : '';

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Steps of 1024, named as PostgreSQL names them: 24576 -> "24 kB". One decimal below 10. */
export function formatBytes(bytes: number, locale: Locale): string {
  if (!Number.isFinite(bytes)) return '';
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = digits(locale, 0, unit > 0 && value < 9.95 ? 1 : 0).format(bytes < 0 ? -value : value);
  return `${text} ${BYTE_UNITS[unit]}`;
}

const DURATION_UNITS = {
  en: { d: 'd', h: 'h', min: 'min', s: 's', ms: 'ms' },
  ja: { d: '日', h: '時間', min: '分', s: '秒', ms: 'ms' },
} as const;

/**
 * A duration in the two largest units that say something: "0.8 ms", "4.8 s", "3 min 12 s", "41 d 10 h". Milliseconds in.
 * `whole` leaves tenths of seconds out, for ages.
 */
export function formatDuration(milliseconds: number, locale: Locale, whole = false): string {
  if (!Number.isFinite(milliseconds)) return '';
  const unit = DURATION_UNITS[locale];
  const ms = Math.max(0, milliseconds);
  const one = (value: number, name: string, most = 0) => `${digits(locale, 0, most).format(value)} ${name}`;
  if (ms < 100 && !whole) return one(ms, unit.ms, ms < 10 ? 1 : 0);
  if (whole && ms < 59_500) return one(Math.round(ms / 1000), unit.s);
  if (ms < 9950) return one(ms / 1000, unit.s, 1);
  if (ms < 59_500) return one(Math.round(ms / 1000), unit.s);
  const seconds = Math.round(ms / 1000);
  const pair = (big: number, bigName: string, small: number, smallName: string) =>
    small === 0 ? one(big, bigName) : `${one(big, bigName)} ${one(small, smallName)}`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), unit.min, seconds % 60, unit.s);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), unit.h, minutes % 60, unit.min);
  const hours = Math.floor(minutes / 60);
  return pair(Math.floor(hours / 24), unit.d, hours % 24, unit.h);
}

/** A duration in its largest unit, for narrow columns: "41 d". Milliseconds in. */
export function formatRoughDuration(milliseconds: number, locale: Locale): string {
  const unit = DURATION_UNITS[locale];
  const ms = Math.max(0, milliseconds);
  const one = (value: number, name: string) => `${digits(locale, 0, 0).format(Math.floor(value))} ${name}`;
  if (ms < 60_000) return one(ms / 1000, unit.s);
  if (ms < 3_600_000) return one(ms / 60_000, unit.min);
  if (ms < 86_400_000) return one(ms / 3_600_000, unit.h);
  return one(ms / 86_400_000, unit.d);
}
