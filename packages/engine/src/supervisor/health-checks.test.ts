import type { HealthCheckSettings } from '@pgherd/config';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HealthChecks, type Look } from './health-checks.ts';

const check = (over: Partial<HealthCheckSettings> = {}): HealthCheckSettings => ({
  nodeId: 0,
  periodSeconds: 10,
  timeoutSeconds: 5,
  user: '',
  password: '',
  database: 'postgres',
  maxRetries: 0,
  retryDelaySeconds: 1,
  connectTimeoutMs: 1000,
  ...over,
});
const UP: Look = { up: true, reason: null };
const DOWN: Look = { up: false, reason: 'refused' };

let looks: Look[];
let said: string[];
let checks: HealthChecks;

beforeEach(() => {
  vi.useFakeTimers();
  looks = [];
  said = [];
  checks = new HealthChecks({
    look: async () => (looks.length === 0 ? UP : (looks.shift() as Look)),
    retrying: (id, reason, retry, max) => said.push(`node ${id} retry ${retry}/${max}: ${reason}`),
    verdict: (id, { up, reason }, news) =>
      said.push(`node ${id} ${up ? 'up' : `down: ${reason}`}${news ? ' (news)' : ''}`),
  });
});
afterEach(() => {
  checks.stop();
  vi.useRealTimers();
});

const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1000);

describe('a health check', () => {
  it('runs on its period, and not at all with a period of 0', async () => {
    checks.schedule([check(), check({ nodeId: 1, periodSeconds: 0 })]);
    await seconds(25);
    expect(said).toEqual(['node 0 up', 'node 0 up']);
    expect(checks.of(0).facts).toMatchObject({ total: 2, success: 2, fail: 0, skip: 0, lastFail: null });
    expect(checks.of(1).facts).toMatchObject({ total: 0, durationMinMs: 0, durationAverageMs: 0, last: null });
  });

  it('forgives as many failures as it may retry', async () => {
    checks.schedule([check({ maxRetries: 2, retryDelaySeconds: 1 })]);
    looks = [DOWN, DOWN, UP];
    await seconds(15);
    expect(said).toEqual(['node 0 retry 1/2: refused', 'node 0 retry 2/2: refused', 'node 0 up']);
    expect(checks.of(0).facts).toMatchObject({ success: 1, fail: 0, retries: 2, retriesMax: 2, retriesAverage: 2 });
  });

  it('says that a node is down after the last retry, and then only looks whether it is back', async () => {
    checks.schedule([check({ maxRetries: 1 })]);
    looks = [DOWN, DOWN, DOWN, UP];
    await seconds(45);
    expect(said).toEqual([
      'node 0 retry 1/1: refused',
      'node 0 down: refused (news)',
      'node 0 down: refused',
      'node 0 up',
      'node 0 up',
    ]);
    const { facts } = checks.of(0);
    expect(facts).toMatchObject({ total: 4, success: 2, fail: 1, skip: 1, retries: 1, retriesMax: 1 });
    expect(facts.retriesAverage).toBeCloseTo(1 / 3);
    expect([facts.lastFail, facts.lastSkip, facts.lastSuccess].every((time) => time !== null)).toBe(true);
  });

  it('of one node never runs twice at a time, however long its retries take', async () => {
    checks.schedule([check({ periodSeconds: 1, maxRetries: 3, retryDelaySeconds: 5 })]);
    looks = Array.from({ length: 4 }, () => DOWN);
    await seconds(15.5);
    expect(said).toEqual([1, 2, 3].map((retry) => `node 0 retry ${retry}/3: refused`));
    await seconds(0.5);
    expect(checks.of(0).facts).toMatchObject({ fail: 1, retries: 3 });
  });

  it('that found nothing out counts for nothing', async () => {
    checks.schedule([check()]);
    looks = [null];
    await seconds(11);
    expect(said).toEqual([]);
    expect(checks.of(0).facts.total).toBe(0);
  });

  it('that waits to retry is forgotten when the settings change; counters stay', async () => {
    checks.schedule([check({ maxRetries: 5, retryDelaySeconds: 4 })]);
    looks = [UP, DOWN];
    await seconds(21);
    checks.schedule([check({ periodSeconds: 30 })]);
    await seconds(10);
    expect(said).toEqual(['node 0 up', 'node 0 retry 1/5: refused']);
    await seconds(21);
    expect(checks.of(0).facts).toMatchObject({ total: 2, success: 2 });
  });
});
