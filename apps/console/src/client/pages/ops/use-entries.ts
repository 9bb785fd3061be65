'use client';

import { useMemo } from 'react';
import { api } from '../../live/api.ts';
import { useTopic } from '../../live/live.tsx';
import { useAsk } from '../../live/use-ask.ts';
import { type Entry, entriesOf, type Report } from './ops-model.ts';

interface Entries {
  /** Newest first; null: nothing came yet. */
  readonly entries: readonly Entry[] | null;
  readonly atMs: number | null;
  /** Why what was kept cannot be had. */
  readonly failure: string | null;
  readonly reload: () => void;
}

/** What runs, live, and what is kept of what ended. Either one is enough to show something. */
export function useEntries(cluster: string): Entries {
  const { data: live, receivedAt } = useTopic(cluster, 'operations');
  const ended = live?.filter(({ state }) => state !== 'running').length ?? 0;
  // Asked again when an operation has ended: its report has just been kept.
  const { data, failure, reload, at } = useAsk(`reports ${cluster} ${ended}`, () =>
    api.herd.reports.query({ cluster, limit: 200 }),
  );
  const entries = useMemo(
    () => (live === null && data === null ? null : entriesOf(live ?? [], (data ?? []) as readonly Report[])),
    [live, data],
  );
  return { entries, atMs: receivedAt ?? at, failure: failure?.message ?? null, reload };
}
