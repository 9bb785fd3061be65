/** Events as lanes on a band of time, and the filters of the stream. Pure. */
import type { HerdEventKind } from '@pgherd/operations';
import type { EventView } from '../../../shared/live/topics.ts';

export const LANES = ['primary', 'nodes', 'operations', 'configuration', 'sessions', 'proxy'] as const;
export type Lane = (typeof LANES)[number];
export const SEVERITIES = ['info', 'warning', 'error'] as const;

const LANE: Readonly<Record<HerdEventKind, Lane>> = {
  started: 'proxy',
  stopped: 'proxy',
  reloaded: 'configuration',
  configurationApplied: 'configuration',
  configurationRejected: 'configuration',
  sessionsEnded: 'sessions',
  statementsCancelled: 'sessions',
  nodeSuspected: 'nodes',
  nodeDetached: 'nodes',
  nodeAttached: 'nodes',
  nodeQuarantined: 'nodes',
  primaryFound: 'primary',
  primaryLost: 'primary',
  falsePrimary: 'primary',
  failoverStarted: 'operations',
  failoverWaits: 'operations',
  failoverDone: 'operations',
  failoverFailed: 'operations',
  actResumed: 'operations',
  lossKnown: 'primary',
  switchoverStarted: 'operations',
  switchoverDone: 'operations',
  switchoverFailed: 'operations',
  recoveryStarted: 'operations',
  recoveryDone: 'operations',
  recoveryFailed: 'operations',
  nodeFollows: 'nodes',
  nodeCannotFollow: 'nodes',
  standbyDiscovered: 'nodes',
  syncRelaxed: 'primary',
  syncRestored: 'primary',
  commandRun: 'operations',
  flapping: 'nodes',
};

/** Events of a newer proxy that this console does not know are the proxy's. */
export const laneOf = ({ kind }: Pick<EventView, 'kind'>): Lane => LANE[kind] ?? 'proxy';

export interface EventFilter {
  readonly q: string;
  readonly severity: string;
  readonly lane: string;
  readonly node: string;
  /** Milliseconds since 1970; null: from the beginning. */
  readonly fromMs: number | null;
}

/** Newest first. */
export function filterEvents(all: readonly EventView[], filter: EventFilter): readonly EventView[] {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  return all
    .filter((event) => {
      if (filter.fromMs !== null && Date.parse(event.at) < filter.fromMs) return false;
      if (filter.severity !== '' && event.severity !== filter.severity) return false;
      if (filter.lane !== '' && laneOf(event) !== filter.lane) return false;
      if (filter.node !== '' && String(event.node) !== filter.node) return false;
      const text = `${event.message} ${event.kind} ${event.by.user} ${event.proxy}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .toReversed();
}

export interface Mark {
  readonly event: EventView;
  /** 0 to 100: from the left end of the band. */
  readonly at: number;
}

/** Lanes that hold something, each with its marks in order. */
export function bandOf(
  events: readonly EventView[],
  fromMs: number,
  toMs: number,
): readonly { readonly lane: Lane; readonly marks: readonly Mark[] }[] {
  const span = Math.max(1, toMs - fromMs);
  const byLane = Map.groupBy(events, laneOf);
  return LANES.filter((lane) => byLane.has(lane)).map((lane) => ({
    lane,
    marks: (byLane.get(lane) ?? [])
      .map((event) => ({ event, at: (100 * (Date.parse(event.at) - fromMs)) / span }))
      .filter(({ at }) => at >= 0 && at <= 100)
      .sort((a, b) => a.at - b.at),
  }));
}
