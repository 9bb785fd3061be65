'use client';

import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { type AnnouncerState, add, next, type Saying, SILENT, type Urgency } from './announcer.ts';

type Announce = (text: string, options?: { readonly urgency?: Urgency; readonly topic?: string }) => void;

const AnnounceContext = createContext<Announce>(() => undefined);

/** Says a sentence to screen readers: politely, or at once for what must not wait. */
export const useAnnounce = (): Announce => useContext(AnnounceContext);

export function LiveRegions({ children }: { readonly children: ReactNode }) {
  const state = useRef<AnnouncerState>(SILENT);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [said, setSaid] = useState<Saying | null>(null);

  const pump = useCallback(() => {
    const step = next(state.current, Date.now());
    state.current = step.state;
    if (step.say !== null) setSaid(step.say);
    clearTimeout(timer.current);
    timer.current = step.againInMs === null ? undefined : setTimeout(pump, step.againInMs);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);

  const announce = useCallback<Announce>(
    (text, { urgency = 'polite', topic = text } = {}) => {
      state.current = add(state.current, { text, urgency, topic });
      pump();
    },
    [pump],
  );

  return (
    <AnnounceContext value={announce}>
      {children}
      <div className="sr-only" role="status" aria-live="polite">
        {said?.urgency === 'polite' ? said.text : ''}
      </div>
      <div className="sr-only" role="alert" aria-live="assertive">
        {said?.urgency === 'assertive' ? said.text : ''}
      </div>
    </AnnounceContext>
  );
}
