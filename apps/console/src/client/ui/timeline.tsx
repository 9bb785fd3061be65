import type { ReactNode } from 'react';

export interface TimelinePoint {
  readonly label: string;
  readonly note?: ReactNode;
  readonly state: 'done' | 'now' | 'ahead';
}

/** How far something has come: draft, check, apply. */
export function Timeline({ label, points }: { readonly label: string; readonly points: readonly TimelinePoint[] }) {
  return (
    <ol className="timeline" aria-label={label}>
      {points.map((point) => (
        <li key={point.label} data-state={point.state} aria-current={point.state === 'now' ? 'step' : undefined}>
          <b>{point.label}</b>
          {point.note}
        </li>
      ))}
    </ol>
  );
}
