import { describe, expect, it } from 'vitest';
import { formatLsn, parseLsn } from './lsn.ts';
import { formatBytes, formatDuration, formatNumber, formatPercent, formatRoughDuration } from './quantity.ts';
import { formatClock, formatFullInstant, formatInstant, formatZone } from './time.ts';

describe('quantities', () => {
  it('writes numbers and shares', () => {
    expect(formatNumber(1806, 'en')).toBe('1,806');
    expect(formatNumber(0.25, 'en', 2)).toBe('0.25');
    expect(formatNumber(Number.NaN, 'en')).toBe('');
    expect(formatPercent(0.256, 'en')).toBe('26 %');
    expect(formatPercent(1, 'ja')).toBe('100 %');
  });

  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1024, '1 kB'],
    [24_576, '24 kB'],
    [1024 * 1024 - 1, '1 MB'],
    [61 * 1024 * 1024, '61 MB'],
    [1.5 * 1024 ** 3, '1.5 GB'],
    [-2048, '-2 kB'],
  ])('writes %d bytes as %s, in PostgreSQL’s steps of 1024', (bytes, text) =>
    expect(formatBytes(bytes, 'en')).toBe(text),
  );

  it.each([
    [0.8, '0.8 ms', '0.8 ms'],
    [42, '42 ms', '42 ms'],
    [100, '0.1 s', '0.1 秒'],
    [4800, '4.8 s', '4.8 秒'],
    [9960, '10 s', '10 秒'],
    [59_600, '1 min', '1 分'],
    [192_000, '3 min 12 s', '3 分 12 秒'],
    [3_600_000, '1 h', '1 時間'],
    [(41 * 24 + 10) * 3_600_000, '41 d 10 h', '41 日 10 時間'],
    [-5, '0 ms', '0 ms'],
  ])('writes %d ms as %s and %s', (ms, en, ja) => {
    expect(formatDuration(ms, 'en')).toBe(en);
    expect(formatDuration(ms, 'ja')).toBe(ja);
  });

  it('leaves tenths out of ages, and everything but the largest unit out of narrow columns', () => {
    expect(formatDuration(1234, 'en', true)).toBe('1 s');
    expect(formatDuration(20, 'en', true)).toBe('0 s');
    expect(formatRoughDuration(41.9 * 86_400_000, 'en')).toBe('41 d');
    expect(formatRoughDuration(200_000, 'ja')).toBe('3 分');
  });
});

describe('LSNs', () => {
  it('reads and writes them', () => {
    for (const text of ['0/0', '7/3A0D91F0', 'FFFFFFFF/FFFFFFFF']) expect(formatLsn(parseLsn(text) ?? -1n)).toBe(text);
    for (const text of ['', '7', '7/', 'g/1', '100000000/0', '7/3A0D91F0 ']) expect(parseLsn(text)).toBeNull();
  });
});

describe('instants', () => {
  const at = Date.UTC(2026, 10, 20, 5, 2, 11);

  it('are written in the zone that is asked for', () => {
    expect(formatClock(at, 'en', 'Asia/Tokyo')).toBe('14:02:11');
    expect(formatClock(at, 'ja', 'UTC')).toBe('5:02:11'.padStart(8, '0'));
    expect(formatClock(Date.UTC(2026, 0, 1), 'en', 'UTC')).toBe('00:00:00');
  });

  it('carry a date only when it is not today there, and a year only when it is not this one', () => {
    const zone = 'Asia/Tokyo';
    expect(formatInstant(at, 'en', zone, at + 3_600_000)).toBe('14:02:11');
    expect(formatInstant(at, 'en', zone, at + 10 * 3_600_000)).toBe('20 Nov 14:02');
    expect(formatInstant(at, 'ja', zone, at + 86_400_000)).toBe('11月20日 14:02');
    expect(formatInstant(at, 'en', zone, at + 200 * 86_400_000)).toBe('20 Nov 2026 14:02');
  });

  it('name their zone by letters where it has some, and always by offset', () => {
    expect(formatZone('Asia/Tokyo', at)).toBe('JST (UTC+9)');
    expect(formatZone('Asia/Tokyo', at, 'ja')).toBe('JST（UTC+9）');
    expect(formatZone('UTC', at)).toBe('UTC');
    expect(formatZone('Asia/Kolkata', at)).toBe('IST (UTC+5:30)');
    expect(formatZone('America/New_York', at)).toBe('EST (UTC-5)');
    expect(formatZone('America/New_York', Date.UTC(2026, 6, 1))).toBe('EDT (UTC-4)');
    expect(formatFullInstant(at, 'en', 'Asia/Tokyo')).toBe('20 Nov 2026 14:02:11 JST (UTC+9)');
  });
});
