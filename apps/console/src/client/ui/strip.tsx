import Link from 'next/link';
import type { CSSProperties, ReactNode } from 'react';
import { cx } from './cx.ts';

export interface StripCell {
  readonly label: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  /** Where the figure is explained. */
  readonly href?: string;
  readonly stale?: boolean;
}

/** The status strip: few figures, each with a word and a way on. */
export function Strip({ cells }: { readonly cells: readonly StripCell[] }) {
  return (
    <div className="strip" style={{ '--cells': cells.length } as CSSProperties}>
      {cells.map((cell) => {
        const inside = (
          <>
            <span className="strip-label">{cell.label}</span>
            <span className="strip-value">{cell.value}</span>
            {cell.note !== undefined && <span className="strip-note">{cell.note}</span>}
          </>
        );
        const className = cx('strip-cell', cell.stale === true && 'stale');
        return cell.href === undefined ? (
          <div key={cell.label} className={className}>
            {inside}
          </div>
        ) : (
          <Link key={cell.label} href={cell.href} className={className} prefetch={false}>
            {inside}
          </Link>
        );
      })}
    </div>
  );
}
