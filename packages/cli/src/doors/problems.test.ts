import type { FoundProblem } from '@pgherd/engine';
import type { Problems } from '@pgherd/operations';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeOperations } from '../../../control/src/testing/fake-operations.ts';
import { withLooks } from './problems.ts';

const AT = '2026-01-02T03:04:05.000Z';

const found = (code: string, over: Partial<FoundProblem> = {}): FoundProblem => ({
  code,
  severity: 'warning',
  node: null,
  sentence: 'Something is so.',
  cause: null,
  remedy: 'Do something about it.',
  wish: null,
  ...over,
});

let engine: FakeOperations;
let looks: number;
let finds: readonly FoundProblem[];
const said: string[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'setTimeout', 'clearTimeout'] });
  engine = new FakeOperations();
  looks = 0;
  finds = [found('look-safety')];
  said.length = 0;
});
afterEach(() => void vi.useRealTimers());

async function looking(): Promise<readonly FoundProblem[]> {
  looks++;
  return finds;
}

const door = (look: () => Promise<readonly FoundProblem[]> = looking) =>
  withLooks(engine, look, (message) => said.push(message));
const codes = ({ problems }: Problems): string[] => problems.map(({ code }) => code);

test('what the engine knows and what a look finds are one list, the errors first', async () => {
  engine.suffers([{ ...found('restart-pending'), since: AT }]);
  finds = [found('look-safety'), found('look-failover', { severity: 'error' })];
  const list = await door().problems();
  expect(codes(list)).toEqual(['look-failover', 'restart-pending', 'look-safety']);
  expect(list.lookedAt).not.toBeNull();
});

test('a look says nothing of a node that the engine speaks of already', async () => {
  engine.suffers([{ ...found('node-down', { node: 1, severity: 'error' }), since: AT }]);
  finds = [
    found('look-connection', { node: 1 }),
    found('look-connection', { node: 2 }),
    found('look-failover', { node: 1 }),
  ];
  const { problems } = await door().problems();
  expect(problems.map(({ code, node }) => `${code} ${node}`)).toEqual([
    'node-down 1',
    'look-connection 2',
    'look-failover 1',
  ]);
});

test('servers are looked at once in 30 s at most, however many ask, and nobody waits for the next look', async () => {
  const operations = door();
  await Promise.all([operations.problems(), operations.problems(), operations.problems()]);
  expect(looks).toBe(1);
  await vi.advanceTimersByTimeAsync(29_000);
  await operations.problems();
  expect(looks).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  finds = [];
  expect(codes(await operations.problems())).toEqual(['look-safety']);
  expect(looks).toBe(2);
  expect(codes(await operations.problems())).toEqual([]);
});

test('who watches hears of changes only, from both sides, and nothing is looked at after the last one left', async () => {
  const operations = door();
  const heard: string[][] = [];
  const end = operations.watchProblems((problems) => heard.push(codes(problems)));
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual([[], ['look-safety']]);
  engine.suffers([{ ...found('node-left-out', { node: 1 }), since: AT }]);
  engine.suffers([{ ...found('node-left-out', { node: 1 }), since: AT }]);
  expect(heard).toHaveLength(3);
  finds = [];
  await vi.advanceTimersByTimeAsync(30_000);
  expect(heard.at(-1)).toEqual(['node-left-out']);
  end();
  expect(engine.watchers).toBe(0);
  await vi.advanceTimersByTimeAsync(90_000);
  expect(looks).toBe(2);
});

test('a look that fails or hangs is said, and what is known stays', async () => {
  const failing = door(async () => {
    throw new Error('out of luck');
  });
  expect(await failing.problems()).toMatchObject({ problems: [], lookedAt: null });
  const hanging = door(() => new Promise(() => {}));
  const answer = hanging.problems();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await answer).toMatchObject({ problems: [], lookedAt: null });
  expect(said).toEqual([
    'the servers could not be looked at for problems: out of luck',
    'the servers could not be looked at for problems: nothing after 20 s',
  ]);
});
