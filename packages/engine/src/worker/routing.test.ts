import { defaults } from '@pgherd/config';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NO_HERD } from '../ipc.ts';
import { Routing } from './routing.ts';

let routing: Routing;
let told = 0;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  told = 0;
  const ports = { catalogChanged: () => told++ } as unknown as ConstructorParameters<typeof Routing>[2];
  routing = new Routing(defaults(), { ...NO_HERD, epoch: 1, primary: 0 }, ports);
});
afterEach(() => {
  routing.close();
  vi.useRealTimers();
});

it('what may have changed the catalog is taken up at once, then once for all that follow', () => {
  const { namesGeneration } = routing;
  expect(routing.catalogMayHaveChanged()).toBe(true);
  expect(routing.namesGeneration).toBe(namesGeneration + 1);
  for (let i = 0; i < 1_000; i++) expect(routing.catalogMayHaveChanged()).toBe(false);
  expect(told).toBe(1);
  vi.advanceTimersByTime(101);
  expect([told, routing.namesGeneration]).toEqual([2, namesGeneration + 2]);
  vi.advanceTimersByTime(1_000);
  expect(told).toBe(2);
  expect(routing.catalogMayHaveChanged()).toBe(true);
});

it('what certainly has is taken up at once, and for those that wait too', () => {
  routing.catalogMayHaveChanged();
  routing.catalogMayHaveChanged();
  routing.catalogChanged();
  expect(told).toBe(2);
  vi.advanceTimersByTime(1_000);
  expect(told).toBe(2);
});
