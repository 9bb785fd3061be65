/** The entries of the rail: their order, their icons, their keys after `g`, their addresses. */
import type { IconName } from '../ui/icon.tsx';

export const PLACE_IDS = [
  'overview',
  'topology',
  'nodes',
  'sessions',
  'routing',
  'cache',
  'configuration',
  'operations',
  'events',
  'logs',
  'audit',
  'settings',
] as const;
export type PlaceId = (typeof PLACE_IDS)[number];

export interface Place {
  readonly id: PlaceId & IconName;
  /** Pressed after `g`. */
  readonly key: string;
  /** Below `/c/<cluster>`; settings stand outside. */
  readonly path: string;
  readonly group: 'see' | 'act' | 'manage';
}

export const PLACES: readonly Place[] = [
  { id: 'overview', key: 'o', path: '', group: 'see' },
  { id: 'topology', key: 't', path: '/topology', group: 'see' },
  { id: 'nodes', key: 'n', path: '/nodes', group: 'see' },
  { id: 'sessions', key: 's', path: '/sessions', group: 'see' },
  { id: 'routing', key: 'r', path: '/routing', group: 'see' },
  { id: 'cache', key: 'k', path: '/cache', group: 'see' },
  { id: 'configuration', key: 'c', path: '/config', group: 'act' },
  { id: 'operations', key: 'p', path: '/ops', group: 'act' },
  { id: 'events', key: 'e', path: '/events', group: 'act' },
  { id: 'logs', key: 'l', path: '/logs', group: 'act' },
  { id: 'audit', key: 'a', path: '/audit', group: 'act' },
  { id: 'settings', key: ',', path: '/settings', group: 'manage' },
];

/** On a phone these stand in the bottom bar; the others are behind "More". */
export const PHONE_PLACES: readonly PlaceId[] = ['overview', 'nodes', 'events'];

export function hrefOf(place: Place, clusterId: string | null): string {
  if (place.group === 'manage') return place.path;
  return clusterId === null ? '/' : `/c/${encodeURIComponent(clusterId)}${place.path}`;
}

/** The place that an address belongs to: the one with the longest path that begins it. */
export function placeAt(pathname: string): PlaceId | null {
  if (pathname === '/settings' || pathname.startsWith('/settings/')) return 'settings';
  const inner = /^\/c\/[^/]+(\/.*)?$/.exec(pathname);
  if (inner === null) return null;
  const rest = (inner[1] ?? '').replace(/\/$/, '');
  if (rest === '') return 'overview';
  const found = PLACES.find(
    (place) =>
      place.path !== '' && place.group !== 'manage' && (rest === place.path || rest.startsWith(`${place.path}/`)),
  );
  return found?.id ?? null;
}
