'use client';

import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

/** A part of the address as state. The page is not asked for anew, and Back leads past it. */
export function useQueryParam(name: string): readonly [string, (value: string) => void] {
  const value = useSearchParams().get(name) ?? '';
  const set = useCallback(
    (next: string) => {
      const params = new URLSearchParams(window.location.search);
      if (next === '') params.delete(name);
      else params.set(name, next);
      const query = params.toString();
      window.history.replaceState(null, '', `${window.location.pathname}${query === '' ? '' : `?${query}`}`);
    },
    [name],
  );
  return [value, set];
}
