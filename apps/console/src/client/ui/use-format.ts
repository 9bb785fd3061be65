import { useLocale, useTimeZone } from 'next-intl';
import { useMemo } from 'react';
import {
  formatBytes,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRoughDuration,
} from '../../shared/format/quantity.ts';
import { formatClock, formatFullInstant, formatInstant, formatMinute, formatZone } from '../../shared/format/time.ts';

/** The formatters, bound to the visitor's language and time zone. Durations and instants in milliseconds. */
export function useFormat() {
  const locale = useLocale();
  const zone = useTimeZone() ?? 'UTC';
  return useMemo(
    () => ({
      locale,
      zone,
      number: (value: number, fraction?: number) => formatNumber(value, locale, fraction),
      percent: (share: number, fraction?: number) => formatPercent(share, locale, fraction),
      bytes: (bytes: number) => formatBytes(bytes, locale),
      duration: (ms: number) => formatDuration(ms, locale),
      wholeDuration: (ms: number) => formatDuration(ms, locale, true),
      roughDuration: (ms: number) => formatRoughDuration(ms, locale),
      clock: (ms: number) => formatClock(ms, locale, zone),
      minute: (ms: number) => formatMinute(ms, locale, zone),
      instant: (ms: number, nowMs: number) => formatInstant(ms, locale, zone, nowMs),
      fullInstant: (ms: number) => formatFullInstant(ms, locale, zone),
      zoneName: (atMs: number) => formatZone(zone, atMs, locale),
    }),
    [locale, zone],
  );
}
