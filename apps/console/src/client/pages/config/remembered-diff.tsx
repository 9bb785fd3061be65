'use client';

import { useSyncExternalStore } from 'react';
import { type DiffView, TextDiff } from '../../ui/text-diff.tsx';
import { usePhone } from '../../ui/use-phone.ts';

const KEY = 'pgherd.diff';
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read(): DiffView {
  try {
    return localStorage.getItem(KEY) === 'inline' ? 'inline' : 'sideBySide';
  } catch {
    return 'sideBySide';
  }
}

function remember(view: DiffView): void {
  try {
    localStorage.setItem(KEY, view);
  } catch {
    // A browser that keeps nothing forgets it.
  }
  for (const listener of listeners) listener();
}

/** A text diff in the way that the reader chose last. Two columns do not fit on a phone. */
export function RememberedDiff(props: { readonly title: string; readonly before: string; readonly after: string }) {
  const chosen = useSyncExternalStore(subscribe, read, () => 'sideBySide' as const);
  const phone = usePhone();
  return <TextDiff {...props} view={phone ? 'inline' : chosen} onView={remember} />;
}
