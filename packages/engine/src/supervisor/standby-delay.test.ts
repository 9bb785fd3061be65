import { describe, expect, it } from 'vitest';
import { delayLine, shownDelay } from './standby-delay.ts';

const settings = { delay_threshold: 0, delay_threshold_by_time: 0, log_standby_delay: 'if_over_threshold' } as const;
const node = (lagBytes: number | null, lagMs: number | null = null) => ({ id: 1, lagBytes, lagMs });

describe('the line about a standby', () => {
  it.each([
    ['always', 0, 1, 'Replication of node: 1 is behind 1 bytes from the primary server (node: 0)'],
    ['always', 0, 0, null],
    ['always', 0, null, null],
    ['if_over_threshold', 0, 100, null],
    ['if_over_threshold', 100, 100, null],
    ['if_over_threshold', 100, 101, 'Replication of node: 1 is behind 101 bytes from the primary server (node: 0)'],
    ['none', 100, 101, null],
  ] as const)('log_standby_delay = %s, delay_threshold = %d, lag %s', (when, threshold, lag, line) => {
    expect(delayLine({ ...settings, log_standby_delay: when, delay_threshold: threshold }, node(lag), 0)).toBe(line);
  });

  it('is in seconds when the limit is one of time', () => {
    const byTime = { ...settings, delay_threshold: 1, delay_threshold_by_time: 1000 };
    const line = 'Replication of node: 1 is behind 1.500000 second(s) from the primary server (node: 0)';
    expect(delayLine(byTime, node(5, 1500), 0)).toBe(line);
    expect(delayLine(byTime, node(5, 1000), 0)).toBeNull();
    expect(delayLine(byTime, node(5, null), 0)).toBeNull();
  });
});

describe('the delay that SHOW pool_nodes shows', () => {
  it.each([
    [0, 123, 5, '123'],
    [0, null, 5, '0'],
    [1000, 123, 0, '0.000000 second'],
    [1000, 123, 1999, '1.999000 second'],
    [1000, 123, 2000, '2.000000 seconds'],
    [1000, 123, null, '0.000000 second'],
  ] as const)('delay_threshold_by_time = %d, %s bytes, %s ms: %s', (byTime, bytes, ms, shown) => {
    expect(shownDelay({ ...settings, delay_threshold_by_time: byTime }, node(bytes, ms), 0)).toBe(shown);
  });

  it('of the primary is 0', () => {
    expect(shownDelay({ ...settings, delay_threshold_by_time: 1 }, node(9, 9), 1)).toBe('0');
  });
});
