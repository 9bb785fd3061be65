'use client';
/** Live data for pages: one transport for the tab, a store for each topic of each cluster. */
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { Topic } from '../../shared/live/topics.ts';
import { type TopicState, TopicStore } from './topic-store.ts';
import { Transport, type TransportState } from './transport.ts';

class Live {
  readonly transport = new Transport();
  readonly #stores = new Map<string, TopicStore<Topic>>();

  store<T extends Topic>(cluster: string, topic: T): TopicStore<T> {
    const key = `${cluster}\0${topic}`;
    const known = this.#stores.get(key);
    if (known !== undefined) return known as unknown as TopicStore<T>;
    const made = new TopicStore(this.transport, cluster, topic);
    this.#stores.set(key, made as unknown as TopicStore<Topic>);
    return made;
  }
}

const LiveContext = createContext<Live | null>(null);

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [live] = useState(() => new Live());
  useEffect(() => () => live.transport.close(), [live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error('outside of LiveProvider');
  return live;
}

const NOTHING = { data: null, sourceAt: null, receivedAt: null, refused: null } as const;

/** A topic of a cluster, live. The same object until something changed. */
export function useTopic<T extends Topic>(cluster: string, topic: T): TopicState<T> {
  const store = useLive().store(cluster, topic);
  return useSyncExternalStore(store.watch, store.state, () => NOTHING);
}

/** To pause a topic, and to see how much came meanwhile. */
export function useTopicStore<T extends Topic>(cluster: string, topic: T): TopicStore<T> {
  return useLive().store(cluster, topic);
}

const CLOSED: TransportState = { mode: 'ws', open: false, lostAt: null, retryAt: null };

export function useTransport(): TransportState {
  const { transport } = useLive();
  return useSyncExternalStore(
    (listener) => transport.watch(listener),
    () => transport.state,
    () => CLOSED,
  );
}
