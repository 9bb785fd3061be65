'use client';

import { useSyncExternalStore } from 'react';

/** The break of globals.css. Layout follows CSS; ask this only where the amount of work differs. */
const QUERY = '(max-width: 720px)';

function subscribe(listener: () => void): () => void {
  const list = window.matchMedia(QUERY);
  list.addEventListener('change', listener);
  return () => list.removeEventListener('change', listener);
}

export function usePhone(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => window.matchMedia(QUERY).matches,
    () => false,
  );
}
