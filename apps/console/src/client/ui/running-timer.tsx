'use client';

import { useEffect, useState } from 'react';
import { useFormat } from './use-format.ts';

/** Time since `startedAtMs`, in tenths of a second while it is short: what clients feel during an operation. */
export function RunningTimer({ startedAtMs }: { readonly startedAtMs: number }) {
  const format = useFormat();
  const [elapsed, setElapsed] = useState<number | null>(null);
  useEffect(() => {
    const tick = (): void => setElapsed(Math.max(0, Date.now() - startedAtMs));
    tick();
    const timer = setInterval(tick, 100);
    return () => clearInterval(timer);
  }, [startedAtMs]);
  // Tenths stand from the first moment, so that the figure does not change its width.
  return <span>{elapsed === null ? '' : format.duration(Math.max(100, elapsed))}</span>;
}
