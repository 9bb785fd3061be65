/** What the frame shows, and what it asks for. Whoever knows the facts fills a Frame; the shell only draws it. */
import type { Environment } from '../ui/env-badge.tsx';
import type { StatusKind } from '../ui/status.ts';
import type { PlaceId } from './places.ts';

export interface ClusterChoice {
  readonly id: string;
  readonly name: string;
  readonly environment: Environment;
  readonly href: string;
  /** The worst that is known of it. */
  readonly health: StatusKind;
}

/** How live data reaches this page. */
export interface Connection {
  readonly state: 'live' | 'stream' | 'polling' | 'paused' | 'connecting' | 'lost';
  /** Time of the newest fact, ms since 1970; null before the first. */
  readonly factsAtMs: number | null;
  /** When the next try is due, ms since 1970, while contact is lost. */
  readonly retryAtMs?: number;
}

/** In order of rank: only the first that holds is shown, until its cause is gone. */
export type Banner =
  | { readonly kind: 'lost' }
  | { readonly kind: 'noQuorum'; readonly href?: string }
  | { readonly kind: 'noPrimary'; readonly href?: string }
  | { readonly kind: 'operation'; readonly name: string; readonly href: string }
  | { readonly kind: 'applyRejected'; readonly detail?: string; readonly href?: string }
  | { readonly kind: 'drift'; readonly detail?: string; readonly href?: string }
  | { readonly kind: 'maintenance'; readonly detail?: string; readonly href?: string };

export interface Crumb {
  readonly label: string;
  /** The last one is where one is, and has none. */
  readonly href?: string;
}

/** An entry of the command palette. Acts open a wizard or a dialog; the palette itself executes nothing. */
export interface PaletteEntry {
  readonly id: string;
  readonly group: 'pages' | 'nodes' | 'proxies' | 'parameters' | 'sessions' | 'versions' | 'acts';
  readonly label: string;
  readonly hint?: string;
  /** Other words by which it is found. */
  readonly also?: string;
  readonly href?: string;
  readonly onChoose?: () => void;
}

export interface Frame {
  /** Null on pages outside any cluster (settings, welcome). */
  readonly cluster: ClusterChoice | null;
  readonly clusters: readonly ClusterChoice[];
  /** Null before sign-in: the foot shows language and theme only. */
  readonly user: { readonly name: string; readonly role: string; readonly accountHref: string } | null;
  readonly connection: Connection;
  readonly problems: number;
  /** Changes in the draft one works on; 0 hides the chip. */
  readonly draftChanges: number;
  readonly draftHref: string | null;
  readonly banners: readonly Banner[];
  /** Entries that are not shown: Cache without a query cache, Audit without permission, pages not built yet. */
  readonly hiddenPlaces: readonly PlaceId[];
  /** Called when the palette opens, and again as one types; long lists (parameters, sessions) come from here. */
  readonly findEntries: (query: string) => readonly PaletteEntry[];
  readonly onPause: () => void;
  readonly onRetry: () => void;
  readonly onSignOut: () => void;
}
