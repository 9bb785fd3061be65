import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { type StatusKind, toneOf } from './status.ts';

/** 16 px grid, drawn with currentColor. Health: solid shapes. Configuration: two bars, in ink. */
const SHAPES: Readonly<Record<StatusKind, ReactNode>> = {
  ok: <circle cx="8" cy="8" r="5.5" fill="currentColor" />,
  degraded: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M7.1 2 .9 13.2A1 1 0 0 0 1.8 14.7h12.4a1 1 0 0 0 .9-1.5L8.9 2a1 1 0 0 0-1.8 0zM7.1 5.8h1.8v4H7.1zm0 5.2h1.8v1.8H7.1z"
    />
  ),
  down: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M3 2h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zm2.7 2.6-1.1 1.1L6.9 8l-2.3 2.3 1.1 1.1L8 9.1l2.3 2.3 1.1-1.1L9.1 8l2.3-2.3-1.1-1.1L8 6.9z"
    />
  ),
  changing: (
    <g fill="none" stroke="currentColor" strokeWidth="2.4">
      <circle cx="8" cy="8" r="5.5" opacity=".28" />
      <path className="glyph-turn" d="M8 2.5A5.5 5.5 0 1 1 2.5 8" />
    </g>
  ),
  out: (
    <path
      fill="currentColor"
      transform="scale(.6667)"
      d="M14.7 6.3a1 1 0 0 0 0 1.4l1.6 1.6a1 1 0 0 0 1.4 0l3.106-3.105c.32-.322.863-.22.983.218a6 6 0 0 1-8.259 7.057l-7.91 7.91a1 1 0 0 1-2.999-3l7.91-7.91a6 6 0 0 1 7.057-8.259c.438.12.54.662.219.984z"
    />
  ),
  unknown: (
    <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" strokeWidth="1.8" strokeDasharray="2.6 1.72" />
  ),
  instep: <path fill="currentColor" d="M2 4.5h12v2.2H2zM2 9.3h12v2.2H2z" />,
  pending: (
    <>
      <path fill="currentColor" d="M2 2.8h12V5H2zM2 7.6h4.5v2.2H2z" />
      <g fill="none" stroke="currentColor" strokeWidth="1.4">
        <circle cx="11" cy="11" r="3.6" />
        <path d="M11 9v2.1l1.5 1" />
      </g>
    </>
  ),
  drifted: (
    <>
      <path fill="currentColor" d="M2 4.5h12v2.2H2zM2 9.3h12v2.2H2z" />
      <path stroke="currentColor" strokeWidth="1.8" d="M4.6 14.2 11.4 1.8" />
    </>
  ),
  failed: (
    <>
      <path fill="currentColor" d="M2 2.8h12V5H2zM2 7.6h4.5v2.2H2z" />
      <path stroke="currentColor" strokeWidth="1.8" d="m8.6 8.6 5.2 5.2m0-5.2-5.2 5.2" />
    </>
  ),
};

interface GlyphProps {
  readonly kind: StatusKind;
  readonly size?: 'small' | 'large';
  /** Off where a parent already has the tone. */
  readonly toned?: boolean;
}

/** The shape alone is never the message: put the word beside it (StatusWord does). */
export function Glyph({ kind, size, toned = true }: GlyphProps) {
  const className = cx('glyph', size !== undefined && `glyph-${size}`, toned && toneOf(kind));
  return (
    <svg className={className} viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[kind]}
    </svg>
  );
}
