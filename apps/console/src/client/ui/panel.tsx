import type { ReactNode } from 'react';
import { cx } from './cx.ts';

interface PanelProps {
  readonly title?: ReactNode;
  /** Beside the title in a quieter voice: how many, or a word of explanation. */
  readonly count?: ReactNode;
  /** At the right end: the age of what is shown, a link, a control. */
  readonly end?: ReactNode;
  /** Names the region where there is no title. */
  readonly label?: string;
  readonly as?: 'section' | 'aside' | 'div';
  readonly id?: string;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A surface with one hairline. Panels stand beside each other, never in each other. */
export function Panel({ title, count, end, label, as: Element = 'section', id, className, children }: PanelProps) {
  return (
    <Element className={cx('panel', className)} id={id} aria-label={label}>
      {title !== undefined && (
        <div className="panel-head">
          <h2>{title}</h2>
          {count !== undefined && <span className="quiet">{count}</span>}
          {end !== undefined && <span className="panel-end">{end}</span>}
        </div>
      )}
      {children}
    </Element>
  );
}

/** A part of a panel with the usual padding; a hairline parts it from the one before. */
export function PanelPart({ children, className }: { readonly children: ReactNode; readonly className?: string }) {
  return <div className={cx('panel-part', className)}>{children}</div>;
}
