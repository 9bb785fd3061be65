import { describe, expect, test } from 'vitest';
import { FailedSignIns } from './failed-sign-ins.ts';

describe('the limit of failed sign-ins', () => {
  const fail = (limit: FailedSignIns, times: number, account: string, address: string, now: number): void => {
    for (let n = 0; n < times; n++) limit.attempt(account, address, now);
  };

  test('is 10 for an account from one address, 30 for an address, 60 for an account', () => {
    const limit = new FailedSignIns();
    fail(limit, 9, 'ann', 'a', 0);
    expect(limit.waitSeconds('ann', 'a', 0)).toBe(0);
    fail(limit, 1, 'ann', 'a', 0);
    expect(limit.waitSeconds('ann', 'a', 0)).toBe(60);
    expect(limit.waitSeconds('ann', 'b', 0)).toBe(0);
    for (let n = 0; n < 20; n++) fail(limit, 1, `user${n}`, 'a', 0);
    expect(limit.waitSeconds('anybody', 'a', 1_000)).toBe(59);
    for (let n = 0; n < 50; n++) fail(limit, 1, 'ann', `host${n}`, 0);
    expect(limit.waitSeconds('ann', 'elsewhere', 0)).toBe(60);
    expect(limit.waitSeconds('ann', 'elsewhere', 60_000)).toBe(0);
  });

  test('begins anew after a quiet minute, and for one who knows the password', () => {
    const limit = new FailedSignIns();
    fail(limit, 9, 'ann', 'a', 0);
    fail(limit, 1, 'ann', 'a', 60_000);
    expect(limit.waitSeconds('ann', 'a', 60_000)).toBe(0);
    fail(limit, 8, 'ann', 'a', 60_000);
    limit.attempt('ann', 'a', 60_000);
    limit.succeeded('ann', 'a');
    fail(limit, 9, 'ann', 'a', 60_000);
    expect(limit.waitSeconds('ann', 'a', 60_000)).toBe(0);
    // a thousand that succeed are no attack on the address
    for (let n = 0; n < 1_000; n++) {
      limit.attempt('bob', 'z', 0);
      limit.succeeded('bob', 'z');
    }
    expect(limit.waitSeconds('bob', 'z', 0)).toBe(0);
  });

  test('remembers a bounded number of names', () => {
    const limit = new FailedSignIns();
    for (let n = 0; n < 50_000; n++) limit.attempt(`user${n}`, `host${n}`, 0);
    expect((limit as unknown as { counts: Map<string, unknown> }).counts.size).toBe(10_000);
  });
});
