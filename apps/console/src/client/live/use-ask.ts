'use client';
/** A question to the console that is not a live topic: asked at once, again every so often, old answers kept meanwhile. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type ApiFailure, failureOf } from './api.ts';

export interface Asked<T> {
  /** The last answer; null: none came yet. Kept while it is asked again, and while that fails. */
  readonly data: T | null;
  /** When the last answer came, ms since 1970. */
  readonly at: number | null;
  /** Why the last question failed; null when it did not. */
  readonly failure: ApiFailure | null;
  readonly reload: () => void;
}

interface Options {
  /** Asks again so often while the tab is seen, ms. */
  readonly everyMs?: number;
  /** False: not asked. */
  readonly enabled?: boolean;
  /** Asks again when it changes: a live topic's word that something moved. */
  readonly stamp?: string | number;
}

/**
 * @param key what the question depends on; another key asks anew and forgets the old answer
 * @param question only read when it is asked
 */
export function useAsk<T>(
  key: string,
  question: () => Promise<T>,
  { everyMs, enabled = true, stamp }: Options = {},
): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, 'reload'> & { key: string }>({
    ...{ key, data: null, at: null, failure: null },
  });
  const latest = useRef(question);
  latest.current = question;
  const round = useRef(0);

  const ask = useCallback(async (): Promise<void> => {
    const mine = ++round.current;
    try {
      const data = await latest.current();
      if (mine === round.current) setState({ key, data, at: Date.now(), failure: null });
    } catch (error) {
      const failure = failureOf(error);
      if (mine !== round.current) return;
      setState((before) =>
        before.key === key ? { ...before, failure } : { ...{ key, data: null, at: null, failure } },
      );
    }
  }, [key]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another stamp asks the same again
  useEffect(() => {
    if (!enabled) return;
    void ask();
    if (everyMs === undefined) return;
    const timer = setInterval(() => document.hidden || void ask(), everyMs);
    return () => clearInterval(timer);
  }, [ask, everyMs, enabled, stamp]);

  const mine = state.key === key ? state : { data: null, at: null, failure: null };
  return { data: mine.data, at: mine.at, failure: mine.failure, reload: useCallback(() => void ask(), [ask]) };
}
