import { describe, expect, it } from 'vitest';
import { APART_MS, add, next, SILENT } from './announcer.ts';
import { firstBanner } from './banner-rank.ts';
import type { PaletteEntry } from './frame.ts';
import { GO_WAIT_MS, type Press, press, REST } from './keys.ts';
import { groupEntries, matchEntries } from './palette-match.ts';
import { hrefOf, PLACES, placeAt } from './places.ts';

const key = (pressed: string, more: Partial<Press> = {}): Press => ({
  key: pressed,
  ctrl: false,
  meta: false,
  alt: false,
  typing: false,
  ...more,
});

describe('keys', () => {
  it('goes to a place with g and its letter, in time', () => {
    const waiting = press(REST, key('g'), 0);
    expect(waiting.act).toBeNull();
    expect(press(waiting.state, key('n'), GO_WAIT_MS).act).toEqual({ kind: 'go', key: 'n' });
    expect(press(waiting.state, key('n'), GO_WAIT_MS + 1).act).toBeNull();
  });

  it('leaves every key alone while one types, but for ⌘K and Ctrl K', () => {
    for (const letter of ['g', '?', '/', '.']) expect(press(REST, key(letter, { typing: true }), 0).act).toBeNull();
    expect(press(REST, key('k', { typing: true, meta: true }), 0).act).toEqual({ kind: 'palette' });
    expect(press(REST, key('K', { ctrl: true }), 0).act).toEqual({ kind: 'palette' });
  });

  it('leaves the browser its own: Ctrl F, Alt ←', () => {
    expect(press(REST, key('/', { ctrl: true }), 0).act).toBeNull();
    expect(press(REST, key('.', { alt: true }), 0).act).toBeNull();
  });

  it('has one letter for each place', () => {
    expect(new Set(PLACES.map((place) => place.key)).size).toBe(PLACES.length);
  });
});

describe('places', () => {
  it('finds the place of each address that it gives out, and of pages below', () => {
    for (const place of PLACES) {
      expect(placeAt(hrefOf(place, 'orders'))).toBe(place.id);
      expect(placeAt(`${hrefOf(place, 'orders')}/`)).toBe(place.id);
    }
    expect(placeAt('/c/orders/config/drafts/42')).toBe('configuration');
    expect(placeAt('/c/orders/nodesque')).toBeNull();
    expect(placeAt('/login')).toBeNull();
  });

  it('keeps a name with odd signs inside its part of the address', () => {
    const nodes = PLACES.find(({ id }) => id === 'nodes');
    expect(nodes && hrefOf(nodes, 'a/b?c')).toBe('/c/a%2Fb%3Fc/nodes');
  });
});

describe('announcer', () => {
  it('says at most one sentence in five seconds', () => {
    let state = add(add(SILENT, { text: 'a', urgency: 'polite', topic: 'a' }), {
      text: 'b',
      urgency: 'polite',
      topic: 'b',
    });
    const first = next(state, 1000);
    expect(first.say?.text).toBe('a');
    state = first.state;
    const early = next(state, 1000 + APART_MS - 1);
    expect(early.say).toBeNull();
    expect(early.againInMs).toBe(1);
    expect(next(state, 1000 + APART_MS).say?.text).toBe('b');
  });

  it('says what cannot wait first, and of a topic only the newest', () => {
    let state = add(SILENT, { text: 'lag 1 s', urgency: 'polite', topic: 'lag' });
    state = add(state, { text: 'lag 2 s', urgency: 'polite', topic: 'lag' });
    state = add(state, { text: 'no primary', urgency: 'assertive', topic: 'primary' });
    const first = next(state, 0);
    expect(first.say?.text).toBe('no primary');
    expect(next(first.state, APART_MS).say?.text).toBe('lag 2 s');
  });
});

it('shows the banner of the highest rank', () => {
  expect(firstBanner([])).toBeNull();
  expect(firstBanner([{ kind: 'drift' }, { kind: 'noPrimary' }, { kind: 'maintenance' }])?.kind).toBe('noPrimary');
});

describe('palette', () => {
  const entry = (
    id: string,
    label: string,
    group: PaletteEntry['group'] = 'parameters',
    also?: string,
  ): PaletteEntry => ({
    id,
    label,
    group,
    ...(also === undefined ? {} : { also }),
  });
  const entries = [
    entry('1', 'reserved_connections'),
    entry('2', 'connection_life_time'),
    entry('3', 'max_pool'),
    entry('4', 'Nodes', 'pages', 'nodes'),
  ];

  it('puts what begins with the query before what holds it', () => {
    expect(matchEntries(entries, 'conn', 9).map(({ id }) => id)).toEqual(['2', '1']);
  });

  it('needs every word, finds other words, and keeps to the limit', () => {
    expect(matchEntries(entries, 'life conn', 9).map(({ id }) => id)).toEqual(['2']);
    expect(matchEntries(entries, 'nodes', 9).map(({ id }) => id)).toEqual(['4']);
    expect(matchEntries(entries, '', 2)).toHaveLength(2);
    expect(matchEntries(entries, 'nothing at all', 9)).toEqual([]);
  });

  it('groups in the order of first appearance', () => {
    expect(groupEntries(entries).map(([group, members]) => [group, members.length])).toEqual([
      ['parameters', 3],
      ['pages', 1],
    ]);
  });
});
