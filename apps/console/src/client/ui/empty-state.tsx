import type { ReactNode } from 'react';

interface EmptyStateProps {
  /** What is the case: nothing yet, nothing in this range, or nothing for this filter. */
  readonly title: string;
  readonly children?: ReactNode;
  /** One next step. */
  readonly act?: ReactNode;
}

export function EmptyState({ title, children, act }: EmptyStateProps) {
  return (
    <div className="empty">
      <h3>{title}</h3>
      {children !== undefined && <p>{children}</p>}
      {act}
    </div>
  );
}
