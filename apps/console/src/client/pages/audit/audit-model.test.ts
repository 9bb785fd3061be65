import { expect, it } from 'vitest';
import { detailsOf, filterOf } from './audit-model.ts';

it('reads its filter from the address; a day is the whole day', () => {
  const query = new URLSearchParams('who=sato&result=refused&from=2026-11-20&to=2026-11-20&q=+');
  expect(filterOf(query, 'orders')).toEqual({
    ...{ of: 'orders', actor: 'sato', result: 'refused' },
    ...{ from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' },
  });
  expect(filterOf(new URLSearchParams('scope=all&from=x&result=other'), 'orders')).toEqual({});
});

it('shows the reason first, and what an object holds by its names', () => {
  expect(detailsOf({ proxy: null, wish: { act: 'switchover', to: 1 }, reason: 'kernel' })).toEqual([
    ['reason', 'kernel'],
    ['act', 'switchover'],
    ['to', '1'],
  ]);
  expect(detailsOf(null)).toEqual([]);
});
