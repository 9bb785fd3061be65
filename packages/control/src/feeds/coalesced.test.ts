import { expect, test } from 'vitest';
import { FakeOperations } from '../testing/fake-operations.ts';
import { coalesced, sparing } from './coalesced.ts';

test('who asks while a question is open shares the next one, never the one that began before', async () => {
  let begun = 0;
  const answers: (() => void)[] = [];
  const ask = coalesced(() => {
    const mine = ++begun;
    return new Promise<number>((resolve) => answers.push(() => resolve(mine)));
  });
  const first = ask();
  const others = [ask(), ask(), ask()];
  await Promise.resolve();
  expect(begun).toBe(1);
  answers.shift()?.();
  expect(await first).toBe(1);
  await expect.poll(() => begun).toBe(2);
  const late = ask();
  answers.shift()?.();
  expect(await Promise.all(others)).toEqual([2, 2, 2]);
  await expect.poll(() => begun).toBe(3);
  answers.shift()?.();
  expect(await late).toBe(3);
});

test('a question that fails is told to those who asked, and the next one is asked all the same', async () => {
  let begun = 0;
  const ask = coalesced(async () => {
    if (++begun === 1) throw new Error('not now');
    return begun;
  });
  const [first, second] = await Promise.allSettled([ask(), ask()]);
  expect([first.status, second]).toEqual(['rejected', { status: 'fulfilled', value: 2 }]);
  expect(await ask()).toBe(3);
});

test('a crowd costs the engine two answers, and acts are passed on one by one', async () => {
  const engine = new FakeOperations();
  let asked = 0;
  const status = engine.status.bind(engine);
  engine.status = () => {
    asked++;
    return status();
  };
  const spared = sparing(engine);
  await Promise.all(Array.from({ length: 1_000 }, () => spared.status()));
  expect(asked).toBe(2);
  const by = { door: 'control', user: 'x', address: '' } as const;
  await Promise.all([spared.begin({ act: 'attach', node: 1 }, by), spared.begin({ act: 'attach', node: 1 }, by)]);
  expect(engine.calls).toHaveLength(2);
});
