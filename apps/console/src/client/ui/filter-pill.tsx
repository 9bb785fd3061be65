'use client';

import type { ReactNode } from 'react';

interface FilterPillProps {
  readonly pressed: boolean;
  readonly onPress: () => void;
  /** The word and how many: "Changed 4". */
  readonly children: ReactNode;
}

export function FilterPill({ pressed, onPress, children }: FilterPillProps) {
  return (
    <button type="button" className="filter-pill" aria-pressed={pressed} onClick={onPress}>
      {children}
    </button>
  );
}
