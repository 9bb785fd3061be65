import { eventKinds } from '@pgherd/operations';
import { expect, it } from 'vitest';
import type { EventView } from '../../../shared/live/topics.ts';
import { bandOf, type EventFilter, filterEvents, LANES, laneOf } from './event-lanes.ts';

const event = (at: string, kind: EventView['kind'], change: Partial<EventView> = {}): EventView => ({
  ...{ seq: 1, at, kind, node: null, severity: 'info', message: `${kind} happened`, epoch: 1, details: {} },
  ...{ by: { door: 'engine', user: 'health check', address: '' }, proxy: 'herd-1', key: `herd-1:${at}` },
  ...change,
});
const all = [
  event('2026-01-01T00:00:00Z', 'started'),
  event('2026-01-01T00:10:00Z', 'nodeDetached', { node: 2, severity: 'error' }),
  event('2026-01-01T00:20:00Z', 'failoverDone', { node: 1, severity: 'warning' }),
];
const NONE: EventFilter = { q: '', severity: '', lane: '', node: '', fromMs: null };
const kinds = (filter: Partial<EventFilter>) => filterEvents(all, { ...NONE, ...filter }).map(({ kind }) => kind);

it('knows a lane for every kind of event', () => {
  for (const kind of eventKinds) expect(LANES).toContain(laneOf({ kind }));
  expect(laneOf({ kind: 'fromTheFuture' as EventView['kind'] })).toBe('proxy');
});

it('filters the stream, newest first', () => {
  expect(kinds({})).toEqual(['failoverDone', 'nodeDetached', 'started']);
  expect(kinds({ severity: 'error' })).toEqual(['nodeDetached']);
  expect(kinds({ lane: 'operations' })).toEqual(['failoverDone']);
  expect(kinds({ node: '2' })).toEqual(['nodeDetached']);
  expect(kinds({ q: 'HEALTH happened' })).toHaveLength(3);
  expect(kinds({ fromMs: Date.parse('2026-01-01T00:10:00Z') })).toEqual(['failoverDone', 'nodeDetached']);
});

it('places events on the band, and leaves empty lanes out', () => {
  const band = bandOf(all, Date.parse('2026-01-01T00:00:00Z'), Date.parse('2026-01-01T00:40:00Z'));
  expect(band.map(({ lane, marks }) => [lane, marks.map(({ at }) => at)])).toEqual([
    ['nodes', [25]],
    ['operations', [50]],
    ['proxy', [0]],
  ]);
});
